import { el } from "../../shared/el.js";
import { textButton } from "../../shared/text_button.js";

/**
 * Asked inside the painter when it is closed with work in it; the safe choice comes first.
 * @param {{keep: () => void, discard: () => void}} run
 */
export function createLeaveQuestion(run) {
  const element = el(
    "div",
    { class: "dsg-paint-leave", role: "alertdialog", "aria-label": "Unsaved mask", hidden: true },
    el("span", {}, "The mask is not saved. Closing loses what was painted."),
    textButton("Keep painting", run.keep),
    textButton("Discard", run.discard),
  );
  return element;
}
