import { el } from "./el.js";
import { icon } from "./icon.js";

/**
 * A square button that shows an icon and is called `name`.
 * @param {import("./icon.js").IconName} shape
 * @param {string} name
 * @param {(event: MouseEvent) => void} onclick
 * @param {Record<string, any>} [props]
 * @returns {HTMLButtonElement}
 */
export function iconButton(shape, name, onclick, props = {}) {
  return el(
    "button",
    { type: "button", class: "dsg-icon-button", title: name, "aria-label": name, onclick, ...props },
    icon(shape),
  );
}
