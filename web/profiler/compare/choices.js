import { countOf } from "../../shared/count_of.js";
import { plainText } from "../charts/plain_text.js";
import { momentText, secondsText } from "../format.js";

/**
 * @typedef {{runs: number[]} | {series: string}} Side what the server is asked for
 * @typedef {{key: string, side: Side, label: string, about: string, hash: string | null}} Choice
 */

/** @param {Side | null | undefined} side @returns {string} "" for none */
export function keyOf(side) {
  if (!side) return "";
  return "series" in side ? `series:${side.series}` : `runs:${side.runs.join(",")}`;
}

/**
 * What can be compared: the series, then the single runs, newest first. Pure.
 * @param {any[]} runs newest first
 * @returns {{series: Choice[], runs: Choice[]}}
 */
export function choicesOf(runs) {
  const groups = new Map();
  for (const run of runs) {
    if (!run.series) continue;
    if (!groups.has(run.series)) groups.set(run.series, []);
    groups.get(run.series).push(run);
  }
  const series = [...groups].map(([name, own]) => {
    const ended = own.filter((run) => run.status === "success").length;
    const about =
      ended === own.length ? countOf(ended, "run") : `${ended} of ${countOf(own.length, "run")} succeeded`;
    return choice({ series: name }, name, about, own[0].workflow_hash);
  });
  return {
    series,
    runs: runs.map((run) =>
      choice({ runs: [run.id] }, run.name || `Run ${run.id}`, aboutRun(run), run.workflow_hash),
    ),
  };
}

const choice = (side, label, about, hash) => ({
  key: keyOf(side),
  side,
  label: plainText(label),
  about,
  hash: hash ?? null,
});

function aboutRun(run) {
  const status = run.status === "success" ? secondsText(run.total_time) : run.status;
  return `${momentText(run.timestamp).slice(0, 16)}, ${status}`;
}

/**
 * The two that someone most likely means: the newest, and what came before it of the same workflow. Pure.
 * @param {any[]} runs newest first @returns {{a: Side | null, b: Side | null}}
 */
export function likelySides(runs) {
  const { series, runs: single } = choicesOf(runs.filter((run) => run.status === "success"));
  for (const choices of [series, single]) {
    const [newest] = choices;
    const before = newest && choices.find((one) => one !== newest && one.hash === newest.hash);
    if (before) return { a: before.side, b: newest.side };
  }
  return { a: null, b: null };
}
