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

/** The id under which the server knows this page. @returns {string} */
export const clientId = () => api.clientId ?? "";

/** What Run would send now. @returns {Promise<{prompt: Record<string, any>, workflow: any}>} */
export async function capturePrompt() {
  const { output, workflow } = await app.graphToPrompt();
  return { prompt: output, workflow };
}

/** What the open workflow is called. @returns {string} */
export const workflowName = () => app.extensionManager.workflow?.activeWorkflow?.filename ?? "";

/** @param {object} tab */
export const registerSidebarTab = (tab) => app.extensionManager.registerSidebarTab(tab);

/** Opens a sidebar tab, or closes it when it is open. @param {string} id */
export const toggleSidebarTab = (id) =>
  app.extensionManager.command.execute(`Workspace.ToggleSidebarTab.${id}`);

/** Opens the graph that a node is in and puts the node in the middle. @param {any} node */
export function showNode(node) {
  const canvas = app.canvas;
  if (!canvas) return;
  if (canvas.graph !== node.graph) canvas.setGraph?.(node.graph);
  canvas.centerOnNode?.(node);
  canvas.selectNode?.(node);
}

/** Nodes are elements (Nodes 2.0), not drawn on the canvas. */
export const isModernRenderer = () => Boolean(globalThis.LiteGraph?.vueNodesMode);

/** The other renderer was switched on, or another graph is shown. @param {() => void} listener */
export function onOtherView(listener) {
  const soon = () => requestAnimationFrame(listener); // the elements come with the next frame
  app.ui?.settings?.addEventListener?.("Comfy.VueNodes.Enabled.change", soon);
  app.canvas?.canvas?.addEventListener("litegraph:set-graph", soon);
}

/** The element of a node in Nodes 2.0, while its graph is on screen. @param {any} node @returns {HTMLElement | null} */
export function nodeElement(node) {
  if (node.graph !== app.canvas?.graph) return null;
  return document.querySelector(`[data-node-id="${CSS.escape(String(node.id))}"]`);
}

/**
 * Has the canvas draw a small text above a node; the answer takes it off again.
 * @param {any} node @param {string} text @param {{fgColor: string, bgColor: string}} colours
 * @returns {() => void}
 */
export function addBadge(node, text, colours) {
  const badge = new globalThis.LGraphBadge({ text, ...colours });
  node.badges = [...(node.badges ?? []), badge];
  redraw(node);
  return () => {
    node.badges = node.badges.filter((one) => one !== badge);
    redraw(node);
  };
}
