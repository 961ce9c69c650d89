import { el } from "./el.js";

/**
 * @param {string} text
 * @param {(event: MouseEvent) => void} onclick
 * @param {Record<string, any>} [props]
 * @returns {HTMLButtonElement}
 */
export function textButton(text, onclick, props = {}) {
  return el("button", { type: "button", class: "dsg-button", onclick, ...props }, text);
}
