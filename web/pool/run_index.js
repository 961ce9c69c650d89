/**
 * The position that a run takes: the forced index kept within the pool, or the active image.
 * @param {number} index the node's `index`; below 0 means the active one
 * @param {number} active @param {number} count @returns {number} -1 in an empty pool
 */
export function runIndex(index, active, count) {
  const wanted = Number.isInteger(index) && index >= 0 ? index : active;
  return Math.min(wanted, count - 1);
}
