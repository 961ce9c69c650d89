import { linkInto } from "./link_into.js";

/**
 * Where the value of an input comes from when the workflow runs: through native reroutes (links see through
 * them),
 * Reroute and Set/Get nodes, subgraph borders both ways, and bypassed nodes. The same answer as the prompt
 * that the
 * frontend sends; muted nodes and loose ends give none.
 */

const NEVER = 2;
const BYPASS = 4;
const SUBGRAPH_INPUT = "-10";
const DEEPEST = 200;

/**
 * @typedef {{node: any, slot: number, path: any[]}} Source
 * @param {any} node @param {number} slot @param {any[]} path the subgraph nodes around it, outermost first
 * @param {string} type what the first input of the walk takes
 * @param {number} [depth]
 * @returns {Source | null}
 */
export function resolveInput(node, slot, path, type, depth = 0) {
  const link = linkInto(node, slot);
  return link ? resolveOrigin(node.graph, link, path, type, depth) : null;
}

function resolveOrigin(graph, link, path, type, depth) {
  if (depth > DEEPEST) return null;
  if (isFromBorder(link)) {
    const outer = path.at(-1);
    return outer ? resolveInput(outer, link.origin_slot, path.slice(0, -1), type, depth + 1) : null;
  }
  const origin = graph?.getNodeById(link.origin_id);
  return origin ? resolveOutput(origin, link.origin_slot, path, type, depth + 1) : null;
}

function resolveOutput(node, slot, path, type, depth) {
  if (node.mode === NEVER) return null;
  if (node.mode === BYPASS) return resolveBypass(node, slot, path, type, depth);
  if (node.isSubgraphNode?.()) return resolveInside(node, slot, path, type, depth);
  if (node.isVirtualNode) return resolveVirtual(node, slot, path, type, depth);
  return { node, slot, path };
}

function resolveBypass(node, slot, path, type, depth) {
  const through = bypassSlot(node.inputs ?? [], slot, type);
  return through < 0 ? null : resolveInput(node, through, path, type, depth);
}

function bypassSlot(inputs, slot, type) {
  if (fits(inputs[slot]?.type, type)) return slot;
  const exact = inputs.findIndex((input) => input.type === type);
  return exact >= 0 ? exact : inputs.findIndex((input) => fits(input.type, type));
}

function fits(offered, wanted) {
  if (offered === undefined) return false;
  return offered === wanted || offered === "*" || String(offered).split(",").includes(wanted);
}

function resolveInside(node, slot, path, type, depth) {
  const inner = node.subgraph;
  const border = inner?.outputNode?.slots?.[slot] ?? inner?.outputs?.[slot];
  const id = border?.linkIds?.[0];
  const link = id === undefined ? null : inner.getLink(id);
  return link ? resolveOrigin(inner, link, [...path, node], type, depth) : null;
}

function resolveVirtual(node, slot, path, type, depth) {
  const elsewhere = node.resolveVirtualOutput?.(slot);
  if (elsewhere)
    return resolveOutput(elsewhere.node, elsewhere.slot, pathOf(elsewhere.node, path), type, depth + 1);
  return resolveInput(node, slot, path, type, depth);
}

/** The path to a node that a virtual node named: somewhere on the way out of the present one. */
function pathOf(node, path) {
  const inside = path.findLastIndex((outer) => outer.subgraph === node.graph);
  return inside < 0 ? [] : path.slice(0, inside + 1);
}

function isFromBorder(link) {
  return Boolean(link.originIsIoNode) || String(link.origin_id) === SUBGRAPH_INPUT;
}
