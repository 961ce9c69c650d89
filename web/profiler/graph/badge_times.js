import { forestOf } from "../table/forest.js";

/**
 * What each node of the workflow took, by its id: what was made of a node counts for that node, what lies in a
 * subgraph for the subgraph too. Cached nodes have no time; null says so.
 *
 * @param {import("../types.js").Step[]} steps
 * @returns {Map<string, {time: number | null, status: string}>}
 */
export function badgeTimes(steps) {
  const found = new Map();
  const walk = (branch) => {
    const id = branch.step?.display_id ?? branch.step?.real_id ?? branch.id;
    const before = found.get(id);
    if (!before || id === branch.id)
      found.set(id, { time: branch.time, status: branch.step?.status ?? "executed" });
    branch.children.forEach(walk);
  };
  forestOf(steps).forEach(walk);
  return found;
}
