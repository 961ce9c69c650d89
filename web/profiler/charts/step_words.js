import { DASH, secondsText } from "../format.js";
import { plainText } from "./plain_text.js";

const STATUS = {
  executed: "ran",
  cached: "result was there",
  blocked: "blocked: an input held it back",
  error: "failed",
  interrupted: "interrupted",
  skipped: "never reached",
};

/** "KSampler" @param {any} step @returns {string} */
export const stepTitle = (step) => plainText(step.node_title || step.node_type || "Node");

/** "KSampler (12)" @param {any} step */
export const stepName = (step) => `${stepTitle(step)} (${step.node_id})`;

/**
 * What is said of one step: its name, its times, what became of it.
 * @param {any} step @param {boolean} [critical]
 * @returns {{name: string, times: string, status: string}}
 */
export function stepWords(step, critical = false) {
  const words = [STATUS[step.status] ?? step.status ?? ""];
  if (step.error_type) words.push(step.error_type);
  if (step.is_async) words.push("async");
  if (step.n_calls > 1) words.push(`${step.n_calls} calls`);
  if (critical) words.push("in the longest chain");
  return { name: stepName(step), times: timesText(step), status: words.filter(Boolean).join(", ") };
}

function timesText({ exec_time: own, t_start: start, wall_time: wall }) {
  const took = secondsText(own);
  if (typeof start !== "number") return took === DASH ? "no time measured" : took;
  const end = start + (wall ?? own ?? 0);
  const span = `from ${secondsText(start)} to ${secondsText(end)}`;
  const waits =
    typeof wall === "number" && typeof own === "number" && wall - own > Math.max(0.001, own * 0.01);
  return `${took}${waits ? ` of its own in ${secondsText(wall)}` : ""}, ${span}`;
}
