import { el } from "../../shared/el.js";
import { setText } from "../../shared/set_text.js";
import { stepWords } from "./step_words.js";

/** What the bar under the pointer, or with the focus, is. */
export function createTimelineTip() {
  const [name, times, status] = [el("b"), el("span"), el("span", { class: "dsg-chart-muted" })];
  const element = el("div", { class: "dsg-timeline-tip", hidden: true }, name, times, status);
  return {
    element,
    /**
     * @param {any | null} step
     * @param {boolean} critical
     * @param {{x: number, y: number, width: number, height: number}} at px of the stage, and its size
     */
    show(step, critical, at) {
      element.hidden = !step;
      if (!step) return;
      const words = stepWords(step, critical);
      setText(name, words.name);
      setText(times, words.times);
      setText(status, words.status);
      const x = Math.max(4, Math.min(at.x + 12, at.width - element.offsetWidth - 4));
      const below = at.y + 16 + element.offsetHeight < at.height - 4;
      const y = below ? at.y + 16 : Math.max(4, at.y - element.offsetHeight - 8);
      element.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
    },
  };
}
