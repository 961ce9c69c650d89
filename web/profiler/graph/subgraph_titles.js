/**
 * What the subgraphs of a workflow are called, by the id that they have in a run: `12`, `12:7`.
 * @param {any} workflow as the page saves it @returns {Record<string, string>}
 */
export function subgraphTitles(workflow) {
  const definitions = new Map((workflow?.definitions?.subgraphs ?? []).map((one) => [one.id, one]));
  const titles = {};
  const walk = (nodes, prefix, around) => {
    for (const node of nodes ?? []) {
      const inner = definitions.get(node.type);
      if (!inner || around.includes(inner)) continue;
      const id = `${prefix}${node.id}`;
      titles[id] = node.title || inner.name || "";
      walk(inner.nodes, `${id}:`, [...around, inner]);
    }
  };
  walk(workflow?.nodes, "", []);
  return titles;
}
