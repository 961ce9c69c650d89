/**
 * The one door to ComfyUI's frontend: nothing else in `web/` imports its modules, so everything else can be
 * loaded by `node --test`, and a change of the frontend is met in one place.
 */
import { app } from "../../scripts/app.js";
import { api } from "../../scripts/api.js";

/** @typedef {import("./shared/types.js").GraphNode} GraphNode */

/** @param {string} route @param {RequestInit & {timeoutMs?: number | null}} [init] */
export const fetchApi = (route, init) => api.fetchApi(route, init);

/**
 * The address of a route for `<img src>`, behind whatever base path ComfyUI is served.
 * @param {string} route
 */
export const apiURL = (route) => api.apiURL(route);

/** @param {object} extension */
export const registerExtension = (extension) => app.registerExtension(extension);

/** @param {string} type @param {(detail: any) => void} listener */
export const onServer = (type, listener) => api.addEventListener(type, (event) => listener(event.detail));

export const rootGraph = () => app.rootGraph ?? app.graph;

/** True while a workflow, an undo step or a subgraph is being built: values are not what they will be. */
export const isConfiguring = () => Boolean(app.configuringGraph);

/** Everything that `edit` changes in any number of nodes becomes one undo step. @param {() => void} edit */
export function inOneUndoStep(edit) {
  const canvas = app.canvas;
  canvas?.emitBeforeChange?.();
  try {
    edit();
  } finally {
    canvas?.emitAfterChange?.();
  }
}

/** @param {GraphNode} node */
export const redraw = (node) => node.setDirtyCanvas?.(true, true);

/** The nodes that are selected on the canvas. @returns {GraphNode[]} */
export const selectedNodes = () => Object.values(app.canvas?.selected_nodes ?? {});

/**
 * @param {"success" | "info" | "warn" | "error"} severity
 * @param {string} summary
 * @param {string} [detail]
 */
export function toast(severity, summary, detail) {
  const life = severity === "error" ? 12_000 : 6_000;
  app.extensionManager.toast.add({ severity, summary, detail, life });
}

/**
 * @param {{title: string, message: string, defaultValue?: string}} question
 * @returns {Promise<string | null>}
 */
export const askText = (question) => app.extensionManager.dialog.prompt(question);

/** @param {{title: string, message: string, type?: string, itemList?: string[], hint?: string}} question */
export const askConfirm = async (question) => Boolean(await app.extensionManager.dialog.confirm(question));

/** @param {string} id */
export const readSetting = (id) => app.extensionManager.setting.get(id);

/** Puts `element` at the end of the node as a widget that neither workflow nor prompt ever sees. */
export function addElementWidget(node, name, type, element, minHeight) {
  const widget = node.addDOMWidget(name, type, element, {
    serialize: false,
    hideOnZoom: false,
    getMinHeight: minHeight,
  });
  widget.serialize = false;
  return widget;
}
