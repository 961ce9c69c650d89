import { turnsOf } from "./turns.js";

/**
 * @typedef {{start: number, end: number, step: any, index: number, kind: "turn" | "wait"}} Bar
 *   seconds from the start of the run; `index` is that of the step
 * @typedef {{bars: Bar[], threads: Bar[]}} Row bars that do not overlap, by their start; `threads` tie the turns
 *   of one step together
 * @typedef {{name: string, rows: Row[]}} Lane
 * @typedef {{lanes: Lane[], end: number, bars: Bar[]}} Lanes `bars` are all, in the order of their starts
 */

const DEEPEST = 7; // expansions within expansions; what lies deeper shares the last row
const MOST_ASYNC = 500; // rows

/**
 * Where each step of a run lies: the turns of the prompt thread, expanded nodes in the rows under those that they were
 * made of, and beside them each async task from its call to its end. Pure.
 *
 * @param {any[]} steps as the server has them
 * @param {number | null} [total] seconds that the run took, as far as known
 * @returns {Lanes}
 */
export function layLanes(steps, total = null) {
  const depths = depthsOf(steps);
  /** @type {Row[]} */
  const thread = [];
  const waits = [];
  steps.forEach((step, index) => {
    const turns = turnsOf(step).map(([start, end]) => ({ start, end, step, index, kind: "turn" }));
    const row = (thread[depths.get(step) ?? 0] ??= emptyRow());
    row.bars.push(...turns);
    if (turns.length > 1) row.threads.push({ ...turns[0], end: turns[turns.length - 1].end });
    const wait = waitOf(step);
    if (wait) waits.push({ start: wait[0], end: wait[1], step, index, kind: "wait" });
  });
  const rows = Array.from(thread, (row) => row ?? emptyRow());
  for (const row of rows) row.bars.sort(byStart);
  const lanes = [{ name: "Prompt thread", rows: rows.length ? rows : [emptyRow()] }];
  const beside = packed(waits.sort(byStart));
  beside.forEach((row, at) =>
    lanes.push({ name: beside.length > 1 ? `Async ${at + 1}` : "Async", rows: [row] }),
  );
  const bars = lanes.flatMap((lane) => lane.rows.flatMap((row) => row.bars)).sort(byStart);
  const last = bars.reduce((most, bar) => Math.max(most, bar.end), 0);
  return { lanes, end: Math.max(last, isTime(total) ? total : 0), bars };
}

const emptyRow = () => ({ bars: [], threads: [] });
const byStart = (a, b) => a.start - b.start || a.end - b.end;
const isTime = (value) => typeof value === "number" && Number.isFinite(value) && value >= 0;

/** How many expansions each step lies in. @returns {Map<any, number>} */
function depthsOf(steps) {
  const parents = new Map(steps.map((step) => [step.node_id, step.parent_id ?? null]));
  const depths = new Map();
  for (const step of steps) {
    let depth = 0;
    for (let id = step.parent_id; id != null && parents.has(id) && depth < DEEPEST; id = parents.get(id))
      depth += 1;
    depths.set(step, depth);
  }
  return depths;
}

function waitOf(step) {
  if (!step.is_async || !isTime(step.t_start) || !isTime(step.wall_time)) return null;
  return [step.t_start, step.t_start + step.wall_time];
}

/** As few rows as there were tasks at once; each takes the first that is free. @returns {Row[]} */
function packed(waits) {
  const rows = [];
  for (const wait of waits) {
    let row = rows.find((one) => one.bars[one.bars.length - 1].end <= wait.start);
    if (!row && rows.length >= MOST_ASYNC) row = rows[rows.length - 1];
    if (!row) rows.push((row = emptyRow()));
    row.bars.push(wait);
  }
  return rows;
}
