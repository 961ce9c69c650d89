/**
 * The part of a run that is in view: seconds from its start. Pure.
 * @typedef {{from: number, to: number}} View
 */

const SHORTEST = 20e-6; // seconds: nothing below is measured

/** @param {number} end seconds @returns {View} */
export const wholeRun = (end) => ({ from: 0, to: end > 0 ? end : 1 });

/** Within the run, and never shorter than can be told apart. @param {View} view @param {number} end @returns {View} */
export function within(view, end) {
  const whole = wholeRun(end);
  const length = Math.min(whole.to, Math.max(view.to - view.from, Math.min(SHORTEST, whole.to)));
  const from = Math.min(Math.max(view.from, 0), whole.to - length);
  return { from, to: from + length };
}

/** `factor` below 1 shows less; the moment `at` stays where it is. @param {View} view @returns {View} */
export function zoomed(view, factor, at, end) {
  const wanted = Math.max((view.to - view.from) * factor, Math.min(SHORTEST, wholeRun(end).to));
  const share = (at - view.from) / (view.to - view.from);
  return within({ from: at - share * wanted, to: at + (1 - share) * wanted }, end);
}

/** @param {View} view @param {number} by seconds @returns {View} */
export const panned = (view, by, end) => within({ from: view.from + by, to: view.to + by }, end);

/** Moves the view as little as it takes to see the whole bar, or its beginning. @returns {View} */
export function showing(view, { start, end: barEnd }, end) {
  const length = view.to - view.from;
  if (start >= view.from && barEnd <= view.to) return view;
  const margin = length * 0.05;
  if (start < view.from || barEnd - start > length - 2 * margin)
    return panned(view, start - margin - view.from, end);
  return panned(view, barEnd + margin - view.to, end);
}

/** @param {View} view @param {number} end */
export const isWhole = (view, end) => view.from <= 0 && view.to >= wholeRun(end).to;
