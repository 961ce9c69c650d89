import { dragReorder } from "./drag_reorder.js";
import { gridKey } from "./grid_keys.js";
import { GridView } from "./grid_view.js";
import { createImageCell } from "./image_cell.js";
import { ImageCommands } from "./image_commands.js";
import { movedOrder } from "./moved_order.js";
import { among, everything, extended, meant, NOTHING, toggled } from "./selection.js";
import { session } from "./session.js";
import { thumbnailOf } from "./thumbnail_size.js";

/** The images of a pool node: what is shown, focused and selected, and what the pointer means. */
export class ImagesView {
  selection = NOTHING;
  #poolId = "";
  #grid;
  #commands;
  #view = new GridView(createImageCell, "Images of the pool");

  /** @param {import("./pool_grid.js").PoolGrid} grid */
  constructor(grid) {
    this.#grid = grid;
    this.#commands = new ImageCommands(grid, this.#view, (id) => meant(this.selection, id));
    this.element = this.#view.element;
    this.element.addEventListener("click", (event) => this.#onClick(event));
    this.element.addEventListener("dblclick", (event) => this.#onDoubleClick(event));
    this.element.addEventListener("contextmenu", (event) => this.#onMenu(event));
    this.element.addEventListener("keydown", (event) => gridKey(event, this.#at(), this.#keys()));
    this.element.addEventListener("copy", (event) => this.#onCopy(event));
    dragReorder(this.#view, {
      idsOf: (id) => meant(this.selection, id),
      count: () => this.#order.length,
      drop: (ids, position) => this.#commands.reorder(movedOrder(this.#order, ids, position)),
    });
  }

  start() {
    this.#view.start();
  }

  stop() {
    this.#view.stop();
  }

  update() {
    const { state, verdict, node, runs } = this.#grid;
    this.#follow(verdict?.id ?? "");
    const slots = state?.phase === "ready" ? state.slots : [];
    this.selection = among(this.selection, new Set(slots.map((slot) => slot.id)));
    const { cell, pixels, masks, whole } = thumbnailOf(node);
    const context = {
      poolId: verdict?.id ?? "",
      urls: session().urls,
      runs,
      selected: this.selection.ids,
      showMasks: masks,
      pixels,
    };
    this.element.toggleAttribute("data-whole", whole);
    this.#view.show(slots, context, cell);
  }

  /**
   * Slots of two pools may have the same ids: nothing selected in one may count in the other.
   * @param {string} poolId
   */
  #follow(poolId) {
    if (this.#poolId === poolId) return;
    this.#poolId = poolId;
    this.selection = NOTHING;
    this.#view.reset();
  }

  selectAll() {
    this.#select(everything(this.#order));
  }

  clearSelection() {
    this.#select(NOTHING);
    this.#view.focus(this.#view.current);
  }

  removeSelected() {
    void this.#grid.actions.remove([...this.selection.ids]);
  }

  get #order() {
    return this.#commands.order;
  }

  #select(selection) {
    this.selection = selection;
    this.#grid.update();
  }

  #at() {
    const id = this.#view.current;
    const { columns } = this.#view.metrics;
    return {
      id,
      position: this.#view.positionOf(id),
      count: this.#order.length,
      columns,
      page: this.#view.rowsInView,
    };
  }

  #keys() {
    const commands = this.#commands;
    return {
      ...commands.keys,
      toggle: (id) => this.#select(toggled(this.selection, id)),
      escape: () => this.#select(NOTHING),
      selectAll: () => this.selectAll(),
      undo: () => this.#grid.strip.takeOffer(),
      moveFocus: (position, extend) => this.#moveFocus(position, extend),
      shift: (id, to) => commands.shift(id, to),
    };
  }

  #moveFocus(position, extend) {
    const { ids, anchor } = this.selection;
    const id = this.#order[position];
    if (extend) this.#select(extended({ ids, anchor: anchor ?? this.#view.current }, id, this.#order));
    this.#view.focus(id);
  }

  #onClick(event) {
    const id = event.target.closest("[data-id]")?.dataset.id;
    if (!id) return this.#select(NOTHING);
    if (event.target.closest("input")) return undefined;
    this.#view.focus(id);
    const what = event.target.closest("[data-do]")?.dataset.do;
    if (what) return this.#commands.tool(what, id);
    if (event.shiftKey) return this.#select(extended(this.selection, id, this.#order));
    if (event.ctrlKey || event.metaKey) return this.#select(toggled(this.selection, id));
    this.#select({ ids: new Set(), anchor: id });
    return this.#commands.activate(id);
  }

  #onDoubleClick(event) {
    const id = event.target.closest("[data-id]")?.dataset.id;
    if (id && !event.target.closest("button, input")) this.#commands.open(id);
  }

  #onMenu(event) {
    const id = event.target.closest("[data-id]")?.dataset.id;
    if (!id) return;
    event.preventDefault();
    event.stopPropagation();
    this.#view.focus(id);
    this.#commands.menu(id, { x: event.clientX, y: event.clientY });
  }

  #onCopy(event) {
    if (event.target instanceof HTMLInputElement) return;
    event.preventDefault();
    void this.#commands.copy(this.#view.current);
  }
}
