import { el } from "./el.js";
import { iconButton } from "./icon_button.js";
import { textButton } from "./text_button.js";

const STAYS = 4_000; // ms that a line stays, and
const OFFER_STAYS = 12_000; // one with an offer to undo; longer while pointer or focus are on it

/**
 * The line at the bottom of a node: what just happened and how to take it back, or how far something is.
 * One thing at a time: the next replaces it.
 */
export class StatusStrip {
  #timer = 0;
  #offer = null;

  constructor() {
    this.element = el("div", { class: "dsg-strip", role: "status", "aria-live": "polite", hidden: true });
    const hold = () => clearTimeout(this.#timer);
    const release = () => this.#expire();
    for (const type of ["pointerenter", "focusin"]) this.element.addEventListener(type, hold);
    for (const type of ["pointerleave", "focusout"]) this.element.addEventListener(type, release);
  }

  /** @param {string} text @param {{label: string, run: () => void}} [offer] */
  say(text, offer) {
    this.#offer = offer ?? null;
    const button = offer && textButton(offer.label, () => this.takeOffer(), { class: "dsg-button dsg-link" });
    this.#show(el("span", { class: "dsg-strip-text" }, text), button, this.#closer());
    this.#expire();
  }

  /**
   * The open offer, when there is one: the undo key asks for it too.
   * @returns {boolean} whether it was taken
   */
  takeOffer() {
    const offer = this.#offer;
    this.clear();
    offer?.run();
    return offer !== null;
  }

  /**
   * @param {string} text
   * @param {number} done
   * @param {number} total 0 when it cannot be known
   * @param {() => void} [cancel]
   */
  progress(text, done, total, cancel) {
    clearTimeout(this.#timer);
    this.#offer = null;
    const bar = this.element.querySelector("progress");
    if (bar && total) {
      bar.value = done;
      bar.previousElementSibling.textContent = text;
      return;
    }
    const stop = cancel && textButton("Cancel", cancel, { class: "dsg-button dsg-link" });
    const meter = el("progress", { class: "dsg-progress", max: total || null, "aria-label": text });
    if (total) meter.value = done;
    this.#show(el("span", { class: "dsg-strip-text" }, text), meter, stop);
  }

  clear() {
    clearTimeout(this.#timer);
    this.#offer = null;
    this.element.hidden = true;
    this.element.replaceChildren();
  }

  #show(...children) {
    this.element.replaceChildren(...children.filter(Boolean));
    this.element.hidden = false;
  }

  #closer() {
    return iconButton("close", "Dismiss", () => this.clear());
  }

  #expire() {
    clearTimeout(this.#timer);
    if (this.element.querySelector("progress")) return;
    this.#timer = setTimeout(() => this.clear(), this.#offer ? OFFER_STAYS : STAYS);
  }
}
