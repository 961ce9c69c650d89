/**
 * The link that enters an input, null for none. A subgraph node's own `getInputLink` answers about its
 * inside, so there
 * the links of the graph are asked.
 *
 * @param {any} node @param {number} slot
 */
export function linkInto(node, slot) {
  if (!node.isSubgraphNode?.()) return node.getInputLink(slot) ?? null;
  for (const link of node.graph?.links?.values() ?? []) {
    if (String(link.target_id) === String(node.id) && link.target_slot === slot) return link;
  }
  return null;
}
