import { el } from "../../shared/el.js";
import { setText } from "../../shared/set_text.js";
import { chainWords } from "./timeline_words.js";

const CHAIN =
  "The nodes that waited for each other. As long as these take what they take, the run cannot be shorter.";

/** What the colours mean, as far as they appear. */
export function createTimelineKeys() {
  const key = (colour, text, title) =>
    el("span", { class: "dsg-chart-key", style: { "--dsg-key": `var(--dsg-chart-${colour})` }, title }, text);
  const chain = key("chain", "", CHAIN);
  const ran = key("ran", "Other nodes");
  const wait = key("wait", "Async, from call to end");
  const failed = key("failed", "Failed or interrupted");
  return {
    elements: [chain, ran, wait, failed],
    /** @param {{ids: Set<string>, seconds: number} | null} path @param {any[]} steps */
    update(path, steps) {
      const has = (of) => steps.some((step) => of(step));
      chain.hidden = !path?.ids.size;
      setText(chain, path ? chainWords(path) : "");
      setText(ran, chain.hidden ? "Nodes" : "Other nodes");
      wait.hidden = !has((step) => step.is_async);
      failed.hidden = !has((step) => step.status === "error" || step.status === "interrupted");
    },
  };
}
