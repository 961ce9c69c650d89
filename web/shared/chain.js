/**
 * Adds `after` behind a hook of a node without losing what is already there: other packs and the frontend
 * itself
 * hang their clean-up on the same hooks.
 *
 * @param {any} node @param {string} hook @param {(...args: any[]) => void} after
 */
export function chain(node, hook, after) {
  const before = node[hook];
  node[hook] = function chained(...args) {
    const answer = before?.apply(this, args);
    after.apply(this, args);
    return answer;
  };
}
