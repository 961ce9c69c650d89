const RAN = new Set(["executed", "error", "interrupted"]);

/**
 * The longest chain of nodes that waited for each other: nothing but these can make the run shorter as long as they
 * take what they take. An expanded node is done when all that it was made into is done. Pure.
 *
 * @param {any[]} steps with their `inputs`, links as [id, output]
 * @returns {{ids: Set<string>, seconds: number} | null} null where no inputs are known
 */
export function criticalPath(steps) {
  if (!steps.some((step) => step.inputs && typeof step.inputs === "object")) return null;
  const graph = graphOf(steps);
  const { order, best, before } = longestPaths(graph);
  let last = -1;
  for (const node of order) if (last < 0 || best[node] > best[last]) last = node;
  const ids = new Set();
  for (let node = last; node >= 0; node = before[node]) {
    const step = steps[node % steps.length];
    if (node < steps.length && RAN.has(step.status)) ids.add(step.node_id);
  }
  return { ids, seconds: last < 0 ? 0 : best[last] };
}

/** Step `i` is node `i` where it begins, and node `n + i` where it and all that was made of it is done. */
function graphOf(steps) {
  const count = steps.length;
  const places = new Map(steps.map((step, at) => [step.node_id, at]));
  const weights = new Float64Array(2 * count);
  /** @type {number[][]} */
  const needs = Array.from({ length: 2 * count }, () => []);
  steps.forEach((step, at) => {
    if (RAN.has(step.status) && step.exec_time > 0) weights[at] = step.exec_time;
    needs[count + at].push(at);
    for (const source of sourcesOf(step)) if (places.has(source)) needs[at].push(count + places.get(source));
    const parent = places.get(step.parent_id);
    if (parent === undefined || parent === at) return;
    needs[at].push(parent);
    needs[count + parent].push(count + at);
  });
  return { weights, needs };
}

function sourcesOf(step) {
  const values = step.inputs && typeof step.inputs === "object" ? Object.values(step.inputs) : [];
  return values.filter(isLink).map(([source]) => source);
}

const isLink = (value) =>
  Array.isArray(value) && value.length === 2 && typeof value[0] === "string" && Number.isInteger(value[1]);

/** Depth first with a stack of its own: chains may be thousands long. A link that closes a circle is left out. */
function longestPaths({ weights, needs }) {
  const best = new Float64Array(weights.length);
  const before = new Int32Array(weights.length).fill(-1);
  const state = new Uint8Array(weights.length); // 1 on the way, 2 done
  const order = [];
  for (let root = 0; root < weights.length; root += 1) {
    const stack = state[root] ? [] : [root];
    while (stack.length) {
      const node = stack[stack.length - 1];
      if (state[node] === 0) {
        state[node] = 1;
        for (const need of needs[node]) if (state[need] === 0) stack.push(need);
        continue;
      }
      stack.pop();
      if (state[node] === 2) continue;
      state[node] = 2;
      for (const need of needs[node]) {
        if (state[need] !== 2 || (before[node] >= 0 && best[need] <= best[before[node]])) continue;
        before[node] = need;
      }
      best[node] = weights[node] + (before[node] < 0 ? 0 : best[before[node]]);
      order.push(node);
    }
  }
  return { order, best, before };
}
