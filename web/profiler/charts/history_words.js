import { countOf } from "../../shared/count_of.js";
import { amountText, momentText } from "../format.js";
import { FEWEST } from "./history_points.js";
import { plainText } from "./plain_text.js";

/**
 * @param {ReturnType<typeof import("./history_points.js").historyPoints>} found
 * @param {import("../format.js").Unit} unit
 */
export function spreadWords({ points, whole }, unit) {
  const counted = points.filter((point) => point.counted).length;
  const failed = points.length - counted;
  const others = failed ? `, ${failed} that did not end well` : "";
  const runs = `${countOf(counted, "successful run")}${others}`;
  if (!whole) return `${runs}. A spread needs ${FEWEST} successful runs.`;
  const [low, high] = [whole.q1, whole.q3].map((value) => amountText(value, unit));
  return `${runs}. Median ${amountText(whole.median, unit)}, the middle half from ${low} to ${high}.`;
}

const STATUS = {
  success: "",
  error: "failed",
  interrupted: "interrupted",
  aborted: "the server ended",
  running: "running",
};

/** @param {any} run @param {number} value @param {import("../format.js").Unit} unit */
export function pointWords(run, value, unit) {
  const about = [plainText(run.series ?? ""), run.mode, STATUS[run.status] ?? run.status]
    .filter(Boolean)
    .join(", ");
  return {
    name: plainText(run.name ?? "") || `Run ${run.id}`,
    figure: amountText(value, unit),
    when: momentText(run.timestamp),
    about,
  };
}
