import { el } from "../shared/el.js";
import { iconButton } from "../shared/icon_button.js";
import { icon } from "../shared/icon.js";
import { setAttribute } from "../shared/set_attribute.js";
import { setText } from "../shared/set_text.js";
import { slotName } from "./slot_name.js";

/**
 * @typedef {object} CellContext
 * @property {string} poolId
 * @property {ReturnType<typeof import("./image_urls.js").createImageUrls>} urls
 * @property {number} runs position of the image that a run takes, -1 when that is not known
 * @property {ReadonlySet<string>} selected
 * @property {boolean} showMasks
 * @property {number} pixels size of the thumbnails to load
 */

/** One image of a pool. Clicks are heard by the grid: `data-do` says what a tool does. */
export function createImageCell() {
  const picture = el("img", { class: "dsg-picture", alt: "", decoding: "async", draggable: "false" });
  const mask = el("div", { class: "dsg-mask", hidden: true });
  const gone = el("div", { class: "dsg-gone", hidden: true }, icon("warning"), "file missing");
  const number = el("span", { class: "dsg-number" });
  const label = el("span", { class: "dsg-label" });
  const element = el(
    "div",
    { class: "dsg-cell", role: "option" },
    el("div", { class: "dsg-thumb" }, picture, mask, gone),
    el("div", { class: "dsg-caption" }, number, label, tools()),
  );
  picture.addEventListener("load", () => picture.setAttribute("data-ready", ""));
  const parts = { element, picture, mask, gone, number, label };
  let last = null;

  return {
    element,
    /**
     * @param {import("../shared/types.js").Slot} slot
     * @param {number} position
     * @param {number} count
     * @param {CellContext} context
     */
    update(slot, position, count, context) {
      const now = viewOf(slot, position, count, context);
      if (last && Object.keys(now).every((key) => now[key] === last[key])) return;
      last = now;
      draw(parts, now);
    },
  };
}

function tools() {
  const tool = (shape, name, what) =>
    iconButton(shape, name, () => {}, { tabindex: "-1", data: { do: what } });
  return el(
    "span",
    { class: "dsg-tools" },
    tool("brush", "Paint mask", "paint"),
    tool("trash", "Delete", "delete"),
    tool("more", "More for this image", "menu"),
  );
}

/** Everything that a cell shows, as plain values: equal values mean that nothing is to be touched. */
function viewOf(slot, position, count, context) {
  const { poolId, urls, pixels } = context;
  const masked = Boolean(slot.mask) && context.showMasks;
  return {
    id: slot.id,
    position,
    count,
    name: slotName(slot),
    labelled: slot.label !== "",
    missing: Boolean(slot.missing),
    hasMask: Boolean(slot.mask),
    runs: context.runs === position,
    selected: context.selected.has(slot.id),
    src: slot.missing ? "" : urls.thumb(poolId, slot, pixels),
    maskSrc: masked ? urls.maskThumb(poolId, slot, pixels) : "",
  };
}

function draw({ element, picture, mask, gone, number, label }, view) {
  setAttribute(element, "data-id", view.id);
  setAttribute(element, "aria-posinset", view.position + 1);
  setAttribute(element, "aria-setsize", view.count);
  setAttribute(element, "aria-selected", String(view.selected));
  setAttribute(element, "aria-current", view.runs ? "true" : null);
  setAttribute(element, "aria-label", spoken(view));
  setAttribute(element, "title", view.name);
  if ((picture.getAttribute("src") ?? "") !== view.src) picture.removeAttribute("data-ready");
  setAttribute(picture, "src", view.src || null);
  mask.hidden = !view.maskSrc;
  mask.style.maskImage = view.maskSrc ? `url("${view.maskSrc}")` : "";
  gone.hidden = !view.missing;
  setText(number, String(view.position));
  setText(label, view.name);
  setAttribute(label, "data-own", view.labelled);
}

function spoken({ position, name, runs, hasMask, missing }) {
  const facts = [
    `${position}: ${name}`,
    runs && "the one that runs",
    hasMask && "masked",
    missing && "its file is missing",
  ];
  return facts.filter(Boolean).join(", ");
}
