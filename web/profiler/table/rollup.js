/**
 * Sums over several steps. Times that overlap count once; what nobody measured stays null.
 *
 * @typedef {import("../types.js").Step} Step
 */

const NANO = 1e-9;

/** The highest of what was measured, null when nothing was. @param {Iterable<number | null | undefined>} values */
export function highest(values) {
  let most = null;
  for (const value of values) if (typeof value === "number" && (most === null || value > most)) most = value;
  return most;
}

/** The sum of what was measured, null when nothing was. @param {Iterable<number | null | undefined>} values */
export function total(values) {
  let sum = null;
  for (const value of values) if (typeof value === "number") sum = (sum ?? 0) + value;
  return sum;
}

/** The length of the union of intervals. @param {[number, number][]} spans @returns {number} */
export function unionLength(spans) {
  const ordered = [...spans].sort(([one], [other]) => one - other);
  let length = 0;
  let reached = -Infinity;
  for (const [begin, end] of ordered) {
    if (end <= reached) continue;
    length += end - Math.max(begin, reached);
    reached = end;
  }
  return length;
}

/** When a step ran, in seconds of its run; nothing for one that never did. @param {Step} step @returns {[number, number][]} */
export function spansOf(step) {
  if (Array.isArray(step.segments) && step.segments.length)
    return step.segments.map(([begin, end]) => [begin * NANO, end * NANO]);
  if (typeof step.t_start !== "number") return [];
  return [[step.t_start, step.t_start + (step.exec_time ?? 0)]];
}

/** The time in which at least one of the steps ran; null when none was measured. @param {Step[]} steps */
export function timeOfAny(steps) {
  const measured = steps.filter((step) => typeof step.exec_time === "number");
  if (!measured.length) return null;
  const placed = measured.every((step) => spansOf(step).length);
  return placed ? unionLength(measured.flatMap(spansOf)) : total(measured.map((step) => step.exec_time));
}

/** One value for each column that can be summed up. @param {Step[]} steps @param {readonly import("./columns.js").Column[]} columns */
export function sums(steps, columns) {
  const found = {};
  for (const { key, total: how } of columns) {
    if (how === "sum") found[key] = total(steps.map((step) => step[key]));
    if (how === "max") found[key] = highest(steps.map((step) => step[key]));
  }
  return found;
}

/**
 * The slowest node of a run, by own time. @param {Step[]} steps @param {number | null | undefined} runTime seconds
 * @returns {{step: Step, share: number | null} | null}
 */
export function slowestOf(steps, runTime) {
  let slowest = null;
  for (const step of steps)
    if (typeof step.exec_time === "number" && step.exec_time > (slowest?.exec_time ?? 0)) slowest = step;
  if (!slowest) return null;
  return { step: slowest, share: runTime ? (100 * slowest.exec_time) / runTime : null };
}
