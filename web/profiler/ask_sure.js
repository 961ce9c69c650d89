import { el } from "../shared/el.js";
import { openDialog } from "../shared/dialog.js";
import { textButton } from "../shared/text_button.js";

/**
 * Asks before what cannot be undone; the safe choice has the focus.
 * @param {string} title @param {string} text @param {string} verb @returns {Promise<boolean>}
 */
export function askSure(title, text, verb) {
  return new Promise((resolve) => {
    let sure = false;
    const go = () => {
      sure = true;
      dialog.close();
    };
    const cancel = textButton("Cancel", () => dialog.close());
    const buttons = el(
      "div",
      { class: "dsg-form-buttons" },
      cancel,
      textButton(verb, go, { class: "dsg-button dsg-danger" }),
    );
    const parts = [
      el("h2", { class: "dsg-form-title" }, title),
      el("p", { class: "dsg-form-text" }, text),
      buttons,
    ];
    const dialog = openDialog(title, "dsg-small-dialog", parts, { onclose: () => resolve(sure) });
    cancel.focus();
  });
}
