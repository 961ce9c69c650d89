import { linkInto } from "./link_into.js";

/**
 * The value that a widget of a node has when the workflow runs: its own, that of the widget which stands
 * for it on
 * the outside of a subgraph, or that of a primitive. Anything else that is linked is known only to the run.
 *
 * @param {any} node @param {string} name @param {any[]} path the subgraph nodes around it, outermost first
 * @returns {{known: true, value: any} | {known: false, title: string}}
 */
export function runValue(node, name, path) {
  const slot = (node.inputs ?? []).findIndex((input) => (input.widget?.name ?? input.name) === name);
  const link = slot < 0 ? null : linkInto(node, slot);
  if (!link) return { known: true, value: node.widgets?.find((widget) => widget.name === name)?.value };
  if (link.originIsIoNode || String(link.origin_id) === "-10") return outside(link.origin_slot, path);
  const origin = node.graph?.getNodeById(link.origin_id);
  if (origin?.type === "PrimitiveNode") return { known: true, value: origin.widgets?.[0]?.value };
  return { known: false, title: origin?.title ?? "" };
}

/** @returns {{known: true, value: any} | {known: false, title: string}} */
function outside(slot, path) {
  const host = path.at(-1);
  const input = host?.inputs?.[slot];
  return input
    ? runValue(host, input.widget?.name ?? input.name, path.slice(0, -1))
    : { known: true, value: undefined };
}
