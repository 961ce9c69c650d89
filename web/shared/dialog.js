import { el } from "./el.js";
import { keepInside } from "./keep_inside.js";

/**
 * A modal dialog over the whole window. Everything that happens in it stays in it.
 *
 * @param {string} name @param {string} className @param {(HTMLElement | null)[]} children
 * @param {{mayClose?: () => boolean, onclose?: () => void}} [hooks] `mayClose` answers false to keep it open (and say why)
 */
export function openDialog(name, className, children, { mayClose, onclose } = {}) {
  const dialog = el("dialog", { class: `dsg-dialog ${className}`, "aria-label": name }, ...children);
  keepInside(dialog, [
    "wheel",
    "paste",
    "drop",
    "dragover",
    "contextmenu",
    "pointerdown",
    "pointermove",
    "pointerup",
  ]);
  const back = document.activeElement;
  dialog.addEventListener("cancel", (event) => {
    if (mayClose && !mayClose()) event.preventDefault();
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    onclose?.();
    if (back instanceof HTMLElement && back.isConnected) back.focus({ preventScroll: true });
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}
