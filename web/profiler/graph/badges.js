import { DASH, secondsText } from "../format.js";
import { badgeTimes } from "./badge_times.js";
import { nodeAt } from "./node_at.js";

const COLOURS = { fgColor: "#ffffff", bgColor: "#3d5a80" };
const SLOWEST = { fgColor: "#ffffff", bgColor: "#b3541e" };
const WORDS = { cached: "cached", error: "failed", blocked: "blocked", interrupted: "interrupted" };

/**
 * The time of the last run on each node of the graph, the slowest in another colour.
 *
 * @param {{rootGraph: () => any, addBadge: (node: any, text: string, colours: {fgColor: string, bgColor: string}) => () => void}} comfy
 */
export function createBadges(comfy) {
  /** @type {(() => void)[]} */
  let shown = [];

  const clear = () => {
    for (const remove of shown) remove();
    shown = [];
  };

  return {
    /** @param {import("../types.js").Step[]} steps of the run; none takes all badges off */
    show(steps) {
      clear();
      const times = badgeTimes(steps);
      const leaves = steps.map(({ exec_time: time }) => time ?? 0);
      const most = Math.max(0, ...leaves);
      for (const [id, { time, status }] of times) {
        const node = nodeAt(comfy.rootGraph(), id);
        const text = textOf(time, status);
        if (!node || text === DASH) continue;
        const isSlowest = most > 0 && time === most;
        shown.push(comfy.addBadge(node, text, isSlowest ? SLOWEST : COLOURS));
      }
    },
    clear,
  };
}

const textOf = (time, status) => (time === null ? (WORDS[status] ?? DASH) : secondsText(time));
