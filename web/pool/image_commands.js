import { toast } from "../comfy.js";
import { openMenu } from "../shared/menu.js";
import { copyImage } from "./copy_image.js";
import { editLabel } from "./edit_label.js";
import { imageMenu } from "./image_menu.js";
import { openLightbox } from "./lightbox.js";
import { movedOrder } from "./moved_order.js";
import { paintMask } from "./paint_mask.js";
import { session } from "./session.js";

/** What can be done with one image, or with all that are selected with it: by key, tool or menu. */
export class ImageCommands {
  #grid;
  #view;
  #meant;

  /**
   * @param {import("./pool_grid.js").PoolGrid} grid @param {import("./grid_view.js").GridView<any>} view
   * @param {(id: string) => string[]} meant the images that an action on one of them means
   */
  constructor(grid, view, meant) {
    this.#grid = grid;
    this.#view = view;
    this.#meant = meant;
  }

  get #slots() {
    return this.#grid.state?.slots ?? [];
  }

  get order() {
    return this.#slots.map((slot) => slot.id);
  }

  get keys() {
    return {
      activate: (id) => this.activate(id),
      remove: (id) => this.remove(id),
      label: (id) => this.label(id),
      open: (id) => this.open(id),
      paint: (id) => this.paint(id),
      menu: (id) => this.menu(id),
    };
  }

  /** @param {string} what @param {string} id */
  tool(what, id) {
    if (what === "paint") this.paint(id);
    else if (what === "delete") this.remove(id);
    else this.menu(id);
  }

  /** @param {string} id */
  activate(id) {
    const { index, strip, offers, state, actions } = this.#grid;
    if (index.known && index.value >= 0)
      strip.say("Index is set, so the active image does not run.", offers.freeIndex);
    if (this.#slots[state.active]?.id !== id) void actions.activate(id);
  }

  /** @param {string} id */
  remove(id) {
    void this.#grid.actions.remove(this.#meant(id));
  }

  /** @param {string} id */
  label(id) {
    this.#view.focus(id);
    const cell = this.#view.cellOf(id)?.element;
    const slot = this.#slotOf(id);
    if (cell && slot) editLabel(cell, slot.label, (text) => void this.#grid.actions.label(id, text));
  }

  /** @param {string} id */
  open(id) {
    const { store } = this.#grid;
    if (store) openLightbox(this.#slots, id, (slot) => session().urls.file(store.id, slot.image));
  }

  /** @param {string} id */
  paint(id) {
    const slot = this.#slotOf(id);
    if (slot) paintMask(this.#grid, slot);
  }

  /** @param {string} id */
  async copy(id) {
    const { store, strip } = this.#grid;
    const slot = this.#slotOf(id);
    if (!slot || !store) return;
    try {
      await copyImage(session().urls.file(store.id, slot.image));
      strip.say("Image copied.");
    } catch (error) {
      toast("error", "Copy failed", error.message);
    }
  }

  /** Alt and a key of movement. @param {string} id @param {number} to */
  shift(id, to) {
    const before = to > this.#view.positionOf(id) ? to + 1 : to;
    this.reorder(movedOrder(this.order, this.#meant(id), before));
  }

  /** @param {string[]} order */
  reorder(order) {
    const { order: present } = this;
    if (order.some((id, at) => id !== present[at])) void this.#grid.actions.reorder(order);
  }

  /** @param {string} id @param {{x: number, y: number}} [point] */
  menu(id, point = this.#pointOf(id)) {
    const slot = this.#slotOf(id);
    if (!slot) return;
    const position = this.#view.positionOf(id);
    const isActive = position === this.#grid.state.active;
    const at = { position, count: this.#slots.length, isActive, chosen: this.#meant(id).length };
    openMenu(imageMenu(slot, at, this.#menuActions(id)), point, `Image ${position}`);
  }

  #menuActions(id) {
    const { actions, trash } = this.#grid;
    return {
      ...Object.fromEntries(Object.entries(this.keys).map(([name, run]) => [name, () => run(id)])),
      copy: () => void this.copy(id),
      replace: () => void actions.replace(id),
      clearMask: () => void actions.clearMask(id),
      history: () => trash.open(id),
      toFront: () => this.reorder(movedOrder(this.order, this.#meant(id), 0)),
      toEnd: () => this.reorder(movedOrder(this.order, this.#meant(id), this.order.length)),
    };
  }

  #slotOf(id) {
    return this.#slots.find((slot) => slot.id === id);
  }

  #pointOf(id) {
    const box = (this.#view.cellOf(id)?.element ?? this.#view.element).getBoundingClientRect();
    return { x: box.left + box.width / 2, y: box.bottom };
  }
}
