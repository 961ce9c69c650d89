import { cutOut, putBack, union } from "./mask_buffer.js";

const MOST_BYTES = 128 * 1024 * 1024; // of remembered pixels; the oldest steps go first

/**
 * Undo and redo of a mask. A step is everything between `begin` and `commit`; only the pixels that it
 * touched are kept.
 * @typedef {import("./mask_buffer.js").Rect} Rect
 */
export class MaskHistory {
  #mask;
  #scratch;
  #touched = null;
  #undo = [];
  #redo = [];

  /** @param {import("./mask_buffer.js").Mask} mask */
  constructor(mask) {
    this.#mask = mask;
    this.#scratch = { ...mask, data: new Uint8Array(mask.data.length) };
  }

  get canUndo() {
    return this.#undo.length > 0;
  }

  get canRedo() {
    return this.#redo.length > 0;
  }

  begin() {
    this.#scratch.data.set(this.#mask.data);
    this.#touched = null;
  }

  /** @param {Rect | null} rect */
  touched(rect) {
    this.#touched = union(this.#touched, rect);
  }

  commit() {
    const rect = this.#touched;
    this.#touched = null;
    if (!rect) return;
    this.#undo.push({ rect, before: cutOut(this.#scratch, rect), after: cutOut(this.#mask, rect) });
    this.#redo = [];
    this.#forget();
  }

  /** @returns {Rect | null} what changed */
  undo() {
    return this.#step(this.#undo, this.#redo, "before");
  }

  /** @returns {Rect | null} */
  redo() {
    return this.#step(this.#redo, this.#undo, "after");
  }

  #step(from, to, side) {
    const step = from.pop();
    if (!step) return null;
    to.push(step);
    putBack(this.#mask, step.rect, step[side]);
    return step.rect;
  }

  #forget() {
    let bytes = this.#undo.reduce((sum, step) => sum + 2 * step.before.length, 0);
    while (bytes > MOST_BYTES && this.#undo.length > 1) bytes -= 2 * this.#undo.shift().before.length;
  }
}
