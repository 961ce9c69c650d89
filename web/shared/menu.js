import { el } from "./el.js";
import { claimKey } from "./claim_key.js";
import { icon } from "./icon.js";
import { placeNear } from "./place_near.js";

/**
 * @typedef {{label: string, icon?: import("./icon.js").IconName, run?: () => void, hint?: string, disabled?: boolean, why?: string, checked?: boolean}} MenuItem
 *
 * A popup menu in the top layer, so no zoom or clipping of the graph reaches it. `null` is a separator.
 *
 * @param {(MenuItem | null)[]} items @param {{x: number, y: number}} point @param {string} name
 * @returns {{close: () => void}}
 */
export function openMenu(items, point, name) {
  const back = document.activeElement;
  const menu = el("div", {
    class: "dsg-menu",
    role: "menu",
    "aria-label": name,
    popover: "manual",
    tabindex: "-1",
  });
  const close = (refocus = true) => {
    if (!menu.isConnected) return;
    menu.remove();
    document.removeEventListener("pointerdown", outside, true);
    if (refocus && back instanceof HTMLElement) back.focus({ preventScroll: true });
  };
  const outside = (event) => {
    if (!menu.contains(event.target)) close(false);
  };
  menu.append(
    ...items.map((item) =>
      item ? entry(item, close) : el("div", { class: "dsg-menu-line", role: "separator" }),
    ),
  );
  menu.addEventListener("keydown", (event) => onKey(event, menu, close));
  menu.addEventListener("contextmenu", (event) => event.preventDefault());
  document.body.append(menu);
  menu.showPopover?.();
  placeNear(menu, point);
  document.addEventListener("pointerdown", outside, true);
  (entries(menu)[0] ?? menu).focus({ preventScroll: true });
  return { close };
}

function entry(item, close) {
  const run = () => {
    close();
    item.run?.();
  };
  return el(
    "button",
    {
      type: "button",
      class: "dsg-menu-item",
      role: item.checked === undefined ? "menuitem" : "menuitemcheckbox",
      "aria-checked": item.checked === undefined ? null : String(item.checked),
      tabindex: "-1",
      disabled: item.disabled,
      title: item.disabled ? item.why : null,
      onclick: run,
    },
    el("span", { class: "dsg-menu-icon" }, shapeOf(item) && icon(shapeOf(item))),
    el("span", { class: "dsg-menu-label" }, item.label),
    item.hint && el("span", { class: "dsg-menu-hint", "aria-hidden": "true" }, item.hint),
  );
}

const shapeOf = (item) => (item.checked === undefined ? item.icon : item.checked && "check");

const entries = (menu) => [...menu.querySelectorAll("button:not(:disabled)")];

function onKey(event, menu, close) {
  const all = entries(menu);
  const at = all.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
  if (to !== undefined) all.at(to % all.length)?.focus();
  else if (event.key === "Escape" || event.key === "Tab") close();
  else if (event.key === "Enter" || event.key === " ") return event.stopPropagation();
  claimKey(event);
}
