/**
 * Visits every node of a graph and of the subgraphs in it, once for each place where it will run: a
 * subgraph that is
 * used twice is visited twice, with another path. `path` holds the subgraph nodes on the way in, outermost
 * first.
 *
 * @param {any} graph
 * @param {(node: any, path: any[]) => void} visit
 * @param {any[]} [path]
 */
export function eachNode(graph, visit, path = []) {
  for (const node of graph?.nodes ?? graph?._nodes ?? []) {
    visit(node, path);
    const inner = innerGraph(node);
    if (inner && !path.some((outer) => outer.subgraph === inner)) eachNode(inner, visit, [...path, node]);
  }
}

function innerGraph(node) {
  return node.isSubgraphNode?.() ? node.subgraph : null;
}
