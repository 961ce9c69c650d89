import { countOf } from "../../shared/count_of.js";
import { secondsText } from "../format.js";
import { stepName, stepWords } from "./step_words.js";

/**
 * The timeline for those who do not see it: how long, how many, what took longest, what held it up. Pure.
 * @param {any} run @param {any[]} steps @param {import("./lanes.js").Lanes} lanes
 * @param {{ids: Set<string>, seconds: number} | null} chain
 */
export function timelineWords(run, steps, lanes, chain) {
  const ran = steps.filter((step) => step.exec_time > 0);
  const slowest = ran.reduce((most, step) => (!most || step.exec_time > most.exec_time ? step : most), null);
  const sentences = [
    `${secondsText(run?.total_time ?? lanes.end)}, ${countOf(ran.length, "node")} ran.`,
    slowest && `Longest: ${stepName(slowest)}, ${secondsText(slowest.exec_time)}.`,
    chain && `${chainWords(chain)}.`,
    "Arrow keys go from bar to bar, Shift and arrows move, plus and minus zoom, 0 shows all, Enter selects the node.",
  ];
  return sentences.filter(Boolean).join(" ");
}

/** @param {{ids: Set<string>, seconds: number}} chain */
export const chainWords = ({ ids, seconds }) =>
  `Longest chain: ${countOf(ids.size, "node")}, ${secondsText(seconds)}`;

/** @param {import("./lanes.js").Bar[]} bars @param {Set<string>} chain */
export function timelineTable(bars, chain, most) {
  const steps = [...new Set(bars.map((bar) => bar.step))];
  const rows = steps.slice(0, most).map((step) => {
    const words = stepWords(step, chain.has(step.node_id));
    return [words.name, words.times, words.status];
  });
  return { rows, left: steps.length - rows.length };
}
