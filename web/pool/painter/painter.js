import { el } from "../../shared/el.js";
import { positionOf, sizeAt } from "./brush_size.js";
import { clearMask, invertMask, isEmpty, strokeLine, wholeOf } from "./mask_buffer.js";
import { MaskHistory } from "./mask_history.js";
import { createMaskOverlay } from "./mask_overlay.js";
import { centred, fitted, toImage, zoomed } from "./paint_view.js";

/**
 * The surface of the mask painter: an image, its mask over it, a round brush. Pointer left paints; middle,
 * or left
 * with the space bar held, moves the image; the wheel zooms.
 */
export class Painter {
  erasing = false;
  panning = false;
  /** Something was painted since the mask was loaded or saved. */
  dirty = false;
  #size = 48;
  #view = { x: 0, y: 0, zoom: 1 };
  #last = null;
  #changed;
  #overlay;
  #colours;

  /**
   * @param {HTMLImageElement} picture
   * @param {import("./mask_buffer.js").Mask} mask
   * @param {[number, number, number][]} colours
   * @param {() => void} changed
   */
  constructor(picture, mask, colours, changed) {
    this.mask = mask;
    this.history = new MaskHistory(mask);
    this.#changed = changed;
    picture.className = "dsg-paint-picture";
    picture.draggable = false;
    const canvas = el("canvas", { class: "dsg-paint-mask" });
    this.stage = el("div", { class: "dsg-paint-stage" }, picture, canvas);
    this.stage.style.width = `${mask.width}px`;
    this.stage.style.height = `${mask.height}px`;
    this.cursor = el("div", { class: "dsg-paint-cursor", hidden: true });
    this.element = el(
      "div",
      { class: "dsg-paint-area", tabindex: "0", role: "img", "aria-label": "The image and its mask" },
      this.stage,
      this.cursor,
    );
    this.#colours = colours;
    this.#overlay = createMaskOverlay(canvas, mask);
    this.#draw(wholeOf(mask));
    this.#listen();
  }

  /** Brush diameter in px of the image. */
  get size() {
    return this.#size;
  }

  set size(px) {
    this.#size = sizeAt(positionOf(px));
    this.#changed();
  }

  get zoom() {
    return this.#view.zoom;
  }

  get empty() {
    return isEmpty(this.mask);
  }

  fit() {
    const { clientWidth, clientHeight } = this.element;
    this.#look(fitted(this.mask.width, this.mask.height, clientWidth, clientHeight));
  }

  actualSize() {
    const { clientWidth, clientHeight } = this.element;
    this.#look(centred(this.mask.width, this.mask.height, clientWidth, clientHeight, 1));
  }

  invert() {
    this.#step(() => invertMask(this.mask));
  }

  clear() {
    this.#step(() => clearMask(this.mask));
  }

  undo() {
    this.#redraw(this.history.undo());
  }

  redo() {
    this.#redraw(this.history.redo());
  }

  /** The next colour for what is painted. */
  nextColour() {
    this.#colours = [...this.#colours.slice(1), this.#colours[0]];
    this.#draw(wholeOf(this.mask));
  }

  #draw(rect) {
    this.#overlay(rect, this.#colours[0]);
  }

  #step(change) {
    this.history.begin();
    const rect = change();
    this.history.touched(rect);
    this.history.commit();
    this.#redraw(rect);
  }

  #redraw(rect) {
    if (!rect) return;
    this.#draw(rect);
    this.dirty = true;
    this.#changed();
  }

  #listen() {
    const on = (type, listener) => this.element.addEventListener(type, listener);
    on("pointerdown", (event) => this.#down(event));
    on("pointermove", (event) => this.#move(event));
    on("pointerup", () => this.#up());
    on("pointercancel", () => this.#up());
    on("pointerleave", () => (this.cursor.hidden = true));
    on("contextmenu", (event) => event.preventDefault());
    on("wheel", (event) => this.#wheel(event));
  }

  #down(event) {
    const pan = event.button === 1 || (event.button === 0 && this.panning);
    if (event.button !== 0 && !pan) return;
    event.preventDefault();
    this.element.focus({ preventScroll: true });
    this.element.setPointerCapture(event.pointerId);
    this.#last = { pan, at: this.#pointOf(event) };
    if (pan) return;
    this.history.begin();
    this.#paintTo(this.#last.at);
  }

  #move(event) {
    const at = this.#pointOf(event);
    this.#showCursor(at);
    if (!this.#last) return;
    if (this.#last.pan) this.#panTo(at);
    else for (const one of event.getCoalescedEvents?.() ?? [event]) this.#paintTo(this.#pointOf(one));
  }

  #up() {
    const stroke = this.#last && !this.#last.pan;
    this.#last = null;
    if (!stroke) return;
    this.history.commit();
    this.dirty = true;
    this.#changed();
  }

  #paintTo(at) {
    const from = toImage(this.#view, this.#last.at);
    const rect = strokeLine(this.mask, from, toImage(this.#view, at), this.#size / 2, this.erasing);
    this.#last.at = at;
    this.history.touched(rect);
    this.#draw(rect);
  }

  #panTo(at) {
    const { x, y, zoom } = this.#view;
    this.#look({ x: x + at.x - this.#last.at.x, y: y + at.y - this.#last.at.y, zoom });
    this.#last.at = at;
  }

  #wheel(event) {
    event.preventDefault();
    this.#look(zoomed(this.#view, Math.exp(-event.deltaY / 400), this.#pointOf(event)));
  }

  /** @param {number} factor */
  zoomBy(factor) {
    const { clientWidth, clientHeight } = this.element;
    this.#look(zoomed(this.#view, factor, { x: clientWidth / 2, y: clientHeight / 2 }));
  }

  #look(view) {
    this.#view = view;
    this.stage.style.transform = `translate(${view.x}px, ${view.y}px) scale(${view.zoom})`;
    this.stage.toggleAttribute("data-pixels", view.zoom >= 3);
    this.#changed();
  }

  #pointOf(event) {
    const box = this.element.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  #showCursor({ x, y }) {
    const across = Math.max(4, this.#size * this.#view.zoom);
    this.cursor.hidden = false;
    this.cursor.style.width = this.cursor.style.height = `${across}px`;
    this.cursor.style.transform = `translate(${x - across / 2}px, ${y - across / 2}px)`;
  }
}
