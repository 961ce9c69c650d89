/**
 * The node of the graph that an id of a run names: `12:3` is node 3 in the subgraph of node 12. Null when it is
 * not there, or is one that was made while the run went on.
 *
 * @param {any} root graph @param {string} id @returns {any}
 */
export function nodeAt(root, id) {
  let graph = root;
  let node = null;
  for (const part of String(id).split(":")) {
    node = graph?.getNodeById?.(part) ?? null;
    if (!node) return null;
    graph = node.subgraph;
  }
  return node;
}
