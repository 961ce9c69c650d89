import { el } from "../../shared/el.js";
import { DASH, secondsText } from "../format.js";
import { badgeTimes } from "./badge_times.js";
import { nodeAt } from "./node_at.js";

const COLOURS = { fgColor: "#ffffff", bgColor: "#3d5a80" };
const SLOWEST = { fgColor: "#ffffff", bgColor: "#b3541e" };
const WORDS = { cached: "cached", error: "failed", blocked: "blocked", interrupted: "interrupted" };

/**
 * The time of the last run above each node of the graph, the slowest in another colour. The canvas draws badges
 * of its own; in Nodes 2.0, which looks at those only now and then, ours are elements on the elements of nodes.
 *
 * @param {Pick<typeof import("../../comfy.js"), "rootGraph" | "addBadge" | "isModernRenderer" | "nodeElement">} comfy
 */
export function createBadges(comfy) {
  /** @type {import("../types.js").Step[]} */
  let steps = [];
  /** @type {(() => void)[]} */
  let shown = [];
  const watch = new MutationObserver(() => draw());

  function clear() {
    watch.disconnect();
    for (const remove of shown) remove();
    shown = [];
  }

  function draw() {
    clear();
    const isModern = comfy.isModernRenderer();
    for (const { node, text, colours } of wanted()) {
      if (isModern) pin(node, text, colours);
      else shown.push(comfy.addBadge(node, text, colours));
    }
  }

  function* wanted() {
    const most = Math.max(0, ...steps.map(({ exec_time: time }) => time ?? 0));
    for (const [id, { time, status }] of badgeTimes(steps)) {
      const node = nodeAt(comfy.rootGraph(), id);
      const text = time === null ? (WORDS[status] ?? DASH) : secondsText(time);
      if (node && text !== DASH) yield { node, text, colours: most > 0 && time === most ? SLOWEST : COLOURS };
    }
  }

  function pin(node, text, { fgColor, bgColor }) {
    const place = comfy.nodeElement(node);
    if (!place) return;
    const badge = el(
      "span",
      { class: "dsg-node-badge", style: { color: fgColor, "background-color": bgColor } },
      text,
    );
    place.append(badge);
    shown.push(() => badge.remove());
    if (place.parentElement) watch.observe(place.parentElement, { childList: true }); // nodes come and go
  }

  return {
    /** @param {import("../types.js").Step[]} next of the run; none takes all badges off */
    show(next) {
      steps = next;
      draw();
    },
    /** Another renderer or another graph is on screen. */
    redraw: draw,
  };
}
