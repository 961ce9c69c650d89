import { countOf } from "../../shared/count_of.js";
import { DASH, amountText, changeText } from "../format.js";
import { pOf } from "./findings.js";

const TITLES = {
  total_time: "Total time",
  framework_time: "ComfyUI between nodes",
  exec_time: "Time",
  cpu_time: "Processor time",
  vram_peak: "VRAM peak",
  vram_max: "VRAM",
  torch_peak: "Torch peak",
  ram_peak: "RAM peak",
  ram_max: "RAM",
};

/** @param {string} metric */
export const metricTitle = (metric) => TITLES[metric] ?? metric.replaceAll("_", " ");

/** The server's verdict in the words of the metric; never another one. @param {any} finding */
export function verdictText({ verdict, metric }) {
  if (verdict === "more") return metric.unit === "s" ? "slower" : "more";
  if (verdict === "less") return metric.unit === "s" ? "faster" : "less";
  return verdict;
}

/** "+17 %" @param {number | null | undefined} ratio */
export function shareText(ratio) {
  if (typeof ratio !== "number" || !Number.isFinite(ratio)) return DASH;
  const percent = 100 * (ratio - 1);
  const text = Math.abs(percent).toFixed(Math.abs(percent) < 10 ? 1 : 0);
  return `${percent > 0 ? "+" : percent < 0 ? "−" : ""}${text} %`;
}

/** @param {number | null} p */
export function pText(p) {
  if (p === null) return DASH;
  return p < 0.001 ? "<0.001" : p.toFixed(3);
}

/** "+1.50 s to +1.70 s" @param {{low: number, high: number} | null | undefined} interval */
export const intervalText = (interval, unit) =>
  interval ? `${changeText(interval.low, unit)} to ${changeText(interval.high, unit)}` : DASH;

/**
 * One side of a figure: its median, and how far it spreads.
 * @param {any} summary @param {import("../format.js").Unit} unit
 */
export function spreadTitle(summary, unit) {
  if (!summary) return "Not measured.";
  const { n, median, interval, quartiles, least, most } = summary;
  const lines = [`Median ${amountText(median, unit)} of ${countOf(n, "run")}`];
  if (interval)
    lines.push(
      `95 % interval of the median: ${amountText(interval.low, unit)} to ${amountText(interval.high, unit)}`,
    );
  if (n > 3)
    lines.push(`Middle half: ${amountText(quartiles.low, unit)} to ${amountText(quartiles.high, unit)}`);
  if (n > 1) lines.push(`All: ${amountText(least, unit)} to ${amountText(most, unit)}`);
  return lines.join("\n");
}

/**
 * What is to be said first.
 * @param {any} answer of the server
 * @param {string} a name of that side @param {string} b
 */
export function headline(answer, a, b) {
  const finding = answer.totals[0];
  const { unit } = finding.metric;
  const verdict = finding.verdict;
  if (verdict === "not measured")
    return { text: "The total time was not measured on both sides.", about: finding.why };
  const sides = `${amountText(finding.a?.median, unit)} against ${amountText(finding.b?.median, unit)}`;
  if (verdict === "not enough runs")
    return { text: "Not enough runs to tell a difference from chance.", about: `${finding.why} ${sides}.` };
  if (verdict === "no difference")
    return { text: `No difference in total time: ${sides}.`, about: `${finding.why} ${certainty(finding)}` };
  if (verdict === "not comparable") return { text: "These runs cannot be compared.", about: finding.why };
  const size = `${amountText(Math.abs(finding.shift), unit)} (${shareText(finding.ratio)})`;
  const text = `“${b}” is ${verdictText(finding)} than “${a}” by ${size}.`;
  return { text, about: `${sides}. ${certainty(finding)}` };
}

function certainty(finding) {
  const p = pOf(finding);
  const parts = [
    finding.shift_interval &&
      `95 % interval of the change: ${intervalText(finding.shift_interval, finding.metric.unit)}`,
    p !== null && `p ${p < 0.001 ? "<0.001" : `= ${pText(p)}`}`,
  ].filter(Boolean);
  return parts.length ? `${parts.join(", ")}.` : "";
}

/** @param {any} answer */
export function countWords({ runs, left_out: left }) {
  const without = (at) => (left?.[at] ? ` (${left[at]} left out: failed, stopped or not over)` : "");
  const side = (name, at) => `${name}: ${countOf(runs[at], "run")}${without(at)}`;
  return `${side("A", 0)}, ${side("B", 1)}`;
}
