import { stepName } from "./step_words.js";
import { turnsOf } from "./turns.js";

const NAMED = 3; // async nodes that are named where the run waited for them

/**
 * @typedef {{key: string, kind: "node" | "idle" | "framework" | "rest", step: any | null, name: string,
 *   about: string, seconds: number, share: number | null}} Part `share` of the total, 0-1
 * @typedef {{total: number | null, parts: Part[], sums: {kind: Part["kind"], seconds: number, share: number | null}[],
 *   untimed: number}} TimeParts `untimed` steps took no time
 */

/**
 * Where the time of a run went, the largest first: each node by its turns on the prompt thread, which never overlap,
 * the waiting for async nodes alone, and the work between nodes. Together they are the total. Pure.
 *
 * @param {any} run @param {any[]} steps
 * @returns {TimeParts}
 */
export function timeParts(run, steps) {
  const nodes = steps.map(partOf).filter((part) => part.seconds > 0);
  const measured = sumOf(nodes);
  const total = isNumber(run?.total_time) ? run.total_time : null;
  const parts = [...nodes, ...between(run, steps, total, measured)];
  const whole = total ?? (measured || null);
  for (const part of parts) part.share = whole ? part.seconds / whole : null;
  parts.sort((a, b) => b.seconds - a.seconds);
  const sums = ["node", "idle", "framework", "rest"]
    .map((kind) => ({ kind, seconds: sumOf(parts.filter((part) => part.kind === kind)) }))
    .filter(({ seconds }) => seconds > 0)
    .map((sum) => ({ ...sum, share: whole ? sum.seconds / whole : null }));
  return { total, parts, sums, untimed: steps.length - nodes.length };
}

const isNumber = (value) => typeof value === "number" && Number.isFinite(value);
const sumOf = (parts) => parts.reduce((sum, part) => sum + part.seconds, 0);

function partOf(step) {
  const seconds = turnsOf(step).reduce((sum, [start, end]) => sum + end - start, 0);
  return {
    key: step.node_id,
    kind: "node",
    step,
    name: stepName(step),
    about: step.node_type ?? "",
    seconds,
    share: null,
  };
}

/** What was spent outside of nodes. A rest that no one measured is named as such, never given to someone. */
function between(run, steps, total, measured) {
  if (total === null) return [];
  const left = Math.max(0, total - measured);
  const idle = Math.min(left, run.async_idle ?? 0);
  const rest = left - idle;
  const exact = isNumber(run.framework_time) && rest - run.framework_time <= Math.max(0.001, total * 0.005);
  const framework = exact ? rest : Math.min(rest, run.framework_time ?? 0);
  return [
    other("idle", "Waiting for async nodes", waitedFor(steps), idle),
    other("framework", "ComfyUI between nodes", "Its own work: caches, checks, messages.", framework),
    other("rest", "Not accounted for", "Between nodes, or in steps without times.", rest - framework),
  ].filter((part) => part.seconds > 0);
}

const other = (kind, name, about, seconds) => ({
  key: ` ${kind}`,
  kind,
  step: null,
  name,
  about,
  seconds,
  share: null,
});

function waitedFor(steps) {
  const waited = steps
    .filter((step) => step.is_async && step.wall_time > 0)
    .sort((a, b) => b.wall_time - a.wall_time);
  const more = waited.length > NAMED ? ` and ${waited.length - NAMED} more` : "";
  return waited.slice(0, NAMED).map(stepName).join(", ") + more;
}
