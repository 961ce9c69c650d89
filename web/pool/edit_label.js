import { el } from "../shared/el.js";

/**
 * Turns the caption of a cell into a field. Enter and leaving it keep the text, Escape does not.
 *
 * @param {HTMLElement} cell @param {string} value @param {(text: string) => void} keep
 */
export function editLabel(cell, value, keep) {
  if (cell.querySelector(".dsg-label-field")) return;
  const field = el("input", {
    class: "dsg-label-field",
    type: "text",
    value,
    "aria-label": "Label",
    maxlength: "10000",
  });
  let open = true;
  const finish = (save, refocus) => {
    if (!open) return;
    open = false;
    field.remove();
    if (save && field.value !== value) keep(field.value);
    if (refocus) cell.focus({ preventScroll: true });
  };
  field.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.isComposing || (event.key !== "Enter" && event.key !== "Escape")) return;
    event.preventDefault();
    finish(event.key === "Enter", true);
  });
  field.addEventListener("blur", () => finish(true, false));
  for (const type of ["pointerdown", "click", "dblclick"])
    field.addEventListener(type, (event) => event.stopPropagation());
  cell.querySelector(".dsg-caption")?.append(field);
  field.focus({ preventScroll: true });
  field.select();
}
