/**
 * Tells the latest of several overlapping requests from the late ones.
 * `const mine = sequence.next(); …await…; if (!sequence.isLatest(mine)) return;`
 */
export function createSequence() {
  let last = 0;
  return {
    next: () => (last += 1),
    /** @param {number} number */
    isLatest: (number) => number === last,
  };
}
