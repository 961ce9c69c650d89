import { el } from "../../shared/el.js";
import { openDialog } from "../../shared/dialog.js";
import { textButton } from "../../shared/text_button.js";

const FIRST_COLOURS = ["#4f8fd0", "#d08a3c", "#5aa469", "#a678c8", "#c8605f", "#7d8a99"];

/**
 * Asks for the name, colour and words of a group. Null when it was left.
 *
 * @param {import("../types.js").Group | null} group null is a new one
 * @param {string | null} hash of the workflow on screen, which a group may be for alone
 * @param {number} count of groups, for the first colour
 * @returns {Promise<{name: string, color: string, description: string, workflow_hash: string | null} | null>}
 */
export function askGroup(group, hash, count) {
  return new Promise((resolve) => {
    let answer = null;
    const name = el("input", {
      class: "dsg-field",
      type: "text",
      value: group?.name ?? "",
      maxlength: "200",
      required: true,
    });
    const colour = el("input", {
      class: "dsg-colour",
      type: "color",
      value: hexOf(group) ?? FIRST_COLOURS[count % FIRST_COLOURS.length],
    });
    const words = el("textarea", {
      class: "dsg-field",
      rows: "2",
      value: group?.description ?? "",
      maxlength: "2000",
    });
    const only = el("input", {
      type: "checkbox",
      checked: group ? group.workflow_hash !== null : false,
      disabled: !hash && !group?.workflow_hash,
    });
    const form = el(
      "form",
      { class: "dsg-form", method: "dialog" },
      el("h2", { class: "dsg-form-title" }, group ? "Edit group" : "New group"),
      labelled("Name", name),
      labelled("Colour", colour),
      labelled("Description", words),
      el("label", { class: "dsg-check" }, only, el("span", {}, "For this workflow only")),
      el(
        "div",
        { class: "dsg-form-buttons" },
        textButton("Cancel", () => dialog.close()),
        el("button", { type: "submit", class: "dsg-button dsg-primary" }, group ? "Save" : "Create group"),
      ),
    );
    form.addEventListener("submit", () => {
      const scope = only.checked ? (group?.workflow_hash ?? hash) : null;
      answer = {
        name: name.value.trim(),
        color: colour.value,
        description: words.value,
        workflow_hash: scope,
      };
    });
    const dialog = openDialog(group ? "Edit group" : "New group", "dsg-small-dialog", [form], {
      onclose: () => resolve(answer),
    });
    name.focus();
    name.select();
  });
}

const hexOf = (group) => (/^#[0-9a-f]{6}$/i.test(group?.color ?? "") ? group.color : null);

const labelled = (text, field) => el("label", { class: "dsg-labelled" }, el("span", {}, text), field);
