import { toast } from "../comfy.js";
import { el } from "../shared/el.js";
import { claimKey } from "../shared/claim_key.js";
import { createSequence } from "../shared/sequence.js";
import { GridView } from "./grid_view.js";
import { session } from "./session.js";
import { thumbnailOf } from "./thumbnail_size.js";
import { createTrashCell } from "./trash_cell.js";

/** What was deleted from the pool of a node, to be restored or deleted for good. */
export class TrashView {
  isOpen = false;
  #grid;
  #view = new GridView(createTrashCell, "Deleted images");
  #items = [];
  #only = "";
  #read = { store: null, revision: -2 };
  #reads = createSequence();

  /** @param {import("./pool_grid.js").PoolGrid} grid */
  constructor(grid) {
    this.#grid = grid;
    this.nothing = el("p", { class: "dsg-nothing" }, "Nothing is deleted here.");
    this.element = el("div", { class: "dsg-trash", hidden: true }, this.#view.element, this.nothing);
    this.element.addEventListener("click", (event) => this.#onClick(event));
    this.element.addEventListener("keydown", (event) => this.#onKey(event));
  }

  start() {
    this.#view.start();
  }

  stop() {
    this.#view.stop();
  }

  /** @param {string} [slotId] only what this image lost */
  open(slotId = "") {
    this.isOpen = true;
    this.#only = slotId;
    this.#read.revision = -2;
    this.#grid.update();
  }

  close() {
    this.isOpen = false;
    this.#grid.update();
  }

  get count() {
    return this.#items.length;
  }

  update() {
    const { store, state, node } = this.#grid;
    if (store && (this.#read.store !== store || this.#read.revision !== state.revision))
      void this.#load(store, state.revision);
    const { cell, pixels } = thumbnailOf(node);
    this.nothing.hidden = this.#items.length > 0;
    this.#view.show(this.#items, { poolId: store?.id ?? "", urls: session().urls, pixels }, cell);
  }

  async #load(store, revision) {
    this.#read = { store, revision };
    const mine = this.#reads.next();
    try {
      const items = await store.trash();
      if (!this.#reads.isLatest(mine)) return;
      const wanted = items.filter((one) => !this.#only || one.slot.id === this.#only);
      this.#items = wanted.map((one) => ({ ...one, id: one.item }));
      this.#grid.update();
    } catch (error) {
      toast("error", "The trash could not be read", error.message);
    }
  }

  #itemOf(id) {
    return this.#items.find((one) => one.id === id);
  }

  #onClick(event) {
    const id = event.target.closest("[data-id]")?.dataset.id;
    if (!id) return;
    this.#view.focus(id);
    const what = event.target.closest("[data-do]")?.dataset.do;
    if (what === "restore") void this.#restore(id);
    if (what === "purge") void this.#grid.actions.purgeItem(this.#itemOf(id));
  }

  async #restore(id) {
    await this.#grid.actions.restoreItem(this.#itemOf(id));
    if (this.count <= 1) this.close();
  }

  #onKey(event) {
    const { current } = this.#view;
    if (event.key === "Escape") this.close();
    else if (event.key === "Enter" && current) void this.#restore(current);
    else if (event.key === "Delete" && current) void this.#grid.actions.purgeItem(this.#itemOf(current));
    else return;
    claimKey(event);
  }
}
