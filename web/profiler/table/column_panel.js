import { el } from "../../shared/el.js";
import { placeNear } from "../../shared/place_near.js";
import { textButton } from "../../shared/text_button.js";
import { COLUMNS, PRESETS } from "./columns.js";

/**
 * Lets a person choose columns; each choice shows at once.
 *
 * @param {HTMLElement} button that it belongs to @param {string[]} keys shown now @param {(keys: string[]) => void} choose
 */
export function openColumnPanel(button, keys, choose) {
  const wanted = new Set(keys);
  const boxes = COLUMNS.slice(1).map(({ key, label, title }) => {
    const box = el("input", { type: "checkbox", checked: wanted.has(key), data: { column: key } });
    box.addEventListener("change", () => {
      if (box.checked) wanted.add(key);
      else wanted.delete(key);
      take();
    });
    return el("label", { class: "dsg-check", title }, box, el("span", {}, label));
  });
  const take = () => choose(COLUMNS.map(({ key }) => key).filter((key) => wanted.has(key)));
  const preset = ({ name, keys: chosen }) =>
    textButton(name, () => {
      wanted.clear();
      for (const key of chosen) wanted.add(key);
      for (const box of panel.querySelectorAll("input")) box.checked = wanted.has(box.dataset.column);
      take();
    });
  const panel = el(
    "div",
    {
      class: "dsg-menu dsg-column-panel",
      role: "dialog",
      "aria-label": "Columns",
      popover: "auto",
      tabindex: "-1",
    },
    el(
      "div",
      { class: "dsg-presets", role: "group", "aria-label": "Sets of columns" },
      ...PRESETS.map(preset),
    ),
    el("div", { class: "dsg-column-boxes" }, ...boxes),
  );
  panel.addEventListener("keydown", (event) => event.stopPropagation());
  panel.addEventListener("toggle", (event) => {
    if (event.newState !== "closed") return;
    panel.remove();
    button.focus({ preventScroll: true });
  });
  document.body.append(panel);
  panel.showPopover();
  const { left, bottom } = button.getBoundingClientRect();
  placeNear(panel, { x: left, y: bottom + 4 });
  panel.querySelector("input")?.focus({ preventScroll: true });
}
