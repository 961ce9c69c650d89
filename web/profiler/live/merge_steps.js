/**
 * Live rows laid over those that are there: one for each node, in the order in which they began.
 * @param {import("../types.js").Step[]} steps @param {Record<string, any>[]} fresh
 * @returns {import("../types.js").Step[]}
 */
export function mergeSteps(steps, fresh) {
  const merged = new Map(steps.map((step) => [step.node_id, step]));
  for (const step of fresh) merged.set(step.node_id, { ...EMPTY, ...merged.get(step.node_id), ...step });
  return [...merged.values()].sort((one, other) => (one.seq ?? Infinity) - (other.seq ?? Infinity) || 0);
}

const EMPTY = {
  id: null,
  node_title: null,
  node_type: null,
  seq: null,
  status: "",
  exec_time: null,
  step_comment: "",
};
