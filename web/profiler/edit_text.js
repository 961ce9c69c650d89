import { el } from "../shared/el.js";

/**
 * Lays a field over a place that shows a text. Enter and leaving it keep the text, Escape does not.
 *
 * @param {HTMLElement} place @param {string} value @param {string} name of the field
 * @param {(text: string) => void} keep
 * @param {{long?: boolean, back?: HTMLElement | null}} [options] `long` is several lines, kept with Ctrl+Enter
 */
export function editText(place, value, name, keep, { long = false, back = null } = {}) {
  if (place.querySelector(".dsg-edit")) return;
  const common = {
    class: "dsg-edit",
    value,
    "aria-label": name,
    maxlength: "10000",
    rows: long ? "3" : null,
  };
  const field = el(long ? "textarea" : "input", common);
  let open = true;
  const finish = (save, refocus) => {
    if (!open) return;
    open = false;
    field.remove();
    place.removeAttribute("data-editing");
    if (save && field.value !== value) keep(field.value);
    if (refocus) (back ?? place).focus({ preventScroll: true });
  };
  field.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.isComposing) return;
    const isEnd = event.key === "Enter" && (!long || event.ctrlKey || event.metaKey);
    if (event.key !== "Escape" && !isEnd) return;
    event.preventDefault();
    finish(event.key !== "Escape", true);
  });
  field.addEventListener("blur", () => finish(true, false));
  for (const type of ["pointerdown", "click", "dblclick", "dragstart", "paste"])
    field.addEventListener(type, (event) => event.stopPropagation());
  place.setAttribute("data-editing", "");
  place.append(field);
  field.focus({ preventScroll: true });
  field.select();
}
