import { el } from "../shared/el.js";
import { cellPlace, fittingMetrics, scrollFor, visibleRange } from "./grid_metrics.js";

/**
 * @template I
 * @typedef {object} Cell
 * @property {HTMLElement} element
 * @property {(item: I, position: number, count: number, context: any) => void} update touches only what differs
 */

/**
 * A scroller that keeps only the cells in view in the document. Cells are kept by key while they stay in
 * view, and
 * used again for others when they leave it, so an update of one item touches one cell.
 *
 * @template {{id: string}} I
 */
export class GridView {
  /** @type {I[]} */
  #items = [];
  /** @type {Map<string, number>} */
  #positions = new Map();
  /** @type {Map<string, Cell<I>>} */
  #cells = new Map();
  /** @type {Cell<I>[]} */
  #spare = [];
  #context = {};
  #wanted = 112;
  #focused = "";
  #scrollTop = 0;
  #frame = 0;
  #makeCell;
  #resize = new ResizeObserver(() => this.#onResize());

  /** @param {() => Cell<I>} makeCell @param {string} name */
  constructor(makeCell, name) {
    this.#makeCell = makeCell;
    this.plane = el("div", { class: "dsg-plane", role: "presentation" });
    this.element = el(
      "div",
      {
        class: "dsg-scroller",
        role: "listbox",
        "aria-multiselectable": "true",
        "aria-label": name,
        tabindex: "-1",
        "data-capture-wheel": "true",
      },
      this.plane,
    );
    this.metrics = fittingMetrics(1, 1, 0, this.#wanted);
    this.element.addEventListener("scroll", () => this.#onScroll(), { passive: true });
    this.element.addEventListener("focusin", (event) => this.#onFocus(event));
  }

  start() {
    this.#resize.observe(this.element);
  }

  stop() {
    this.#resize.disconnect();
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
  }

  /**
   * @param {I[]} items
   * @param {any} context handed to each cell
   * @param {number} wanted smallest cell width, px
   */
  show(items, context, wanted) {
    const focus = this.#focusAfter(items);
    this.#items = items;
    this.#positions = new Map(items.map((item, position) => [item.id, position]));
    this.#context = context;
    this.#wanted = wanted;
    this.update();
    if (focus !== null) this.focus(focus);
  }

  /** Other things are to be shown: nothing of the former ones stays, not even their place in the scroller. */
  reset() {
    for (const [id, cell] of this.#cells) this.#release(id, cell);
    this.#items = [];
    this.#positions = new Map();
    this.#focused = "";
    this.#scrollTop = this.element.scrollTop = 0;
  }

  /** The id that has, or would get, the keyboard focus. */
  get current() {
    return this.#positions.has(this.#focused) ? this.#focused : (this.#items[0]?.id ?? "");
  }

  /** @param {string} id */
  positionOf(id) {
    return this.#positions.get(id) ?? -1;
  }

  get rowsInView() {
    return Math.floor(this.element.clientHeight / this.metrics.row);
  }

  /** Brings an item into view and gives it the keyboard focus. @param {string} id */
  focus(id) {
    this.#focused = id;
    this.reveal(id);
    this.update();
    this.#cells.get(id)?.element.focus({ preventScroll: true });
  }

  /** @param {string} id */
  reveal(id) {
    const { scrollTop, clientHeight } = this.element;
    const position = this.positionOf(id);
    if (position < 0 || !clientHeight) return;
    this.#measure();
    this.element.scrollTop = scrollFor(this.metrics, position, scrollTop, clientHeight);
    this.#scrollTop = this.element.scrollTop;
  }

  /** @param {string} id */
  cellOf(id) {
    return this.#cells.get(id);
  }

  update() {
    const { clientHeight } = this.element;
    if (!clientHeight || !this.element.clientWidth) return;
    this.#measure();
    const count = this.#items.length;
    const range = visibleRange(this.metrics, this.element.scrollTop, clientHeight, count);
    const shown = new Set(this.#items.slice(range.from, range.to).map((item) => item.id));
    if (this.#hasFocus() && this.#positions.has(this.#focused)) shown.add(this.#focused);
    for (const [id, cell] of this.#cells) if (!shown.has(id)) this.#release(id, cell);
    for (const id of shown) this.#bind(id, this.positionOf(id), count);
  }

  #measure() {
    const { clientWidth, clientHeight } = this.element;
    this.metrics = fittingMetrics(clientWidth, clientHeight, this.#items.length, this.#wanted);
    const height = `${this.metrics.height}px`;
    if (this.plane.style.height !== height) this.plane.style.height = height;
  }

  #bind(id, position, count) {
    let cell = this.#cells.get(id);
    if (!cell) {
      cell = this.#spare.pop() ?? this.#makeCell();
      this.#cells.set(id, cell);
      this.plane.append(cell.element);
    }
    place(cell.element, cellPlace(this.metrics, position), this.metrics.cell);
    cell.update(this.#items[position], position, count, this.#context);
    const tabindex = id === this.current ? 0 : -1;
    if (cell.element.tabIndex !== tabindex) cell.element.tabIndex = tabindex;
  }

  #release(id, cell) {
    this.#cells.delete(id);
    cell.element.remove();
    this.#spare.push(cell);
  }

  /**
   * When the focused item goes away, the focus stays at its place in the grid: keys must never fall to the
   * canvas.
   */
  #focusAfter(items) {
    if (!this.#hasFocus() || !this.#positions.has(this.#focused)) return null;
    if (items.some((item) => item.id === this.#focused)) return null;
    const at = Math.min(this.positionOf(this.#focused), items.length - 1);
    if (at >= 0) return items[at].id;
    this.element.focus({ preventScroll: true });
    return null;
  }

  #hasFocus() {
    return this.plane.contains(document.activeElement);
  }

  #onFocus(event) {
    const id = event.target.closest?.("[data-id]")?.dataset.id;
    if (!id || id === this.#focused) return;
    this.#focused = id;
    this.update();
  }

  #onScroll() {
    if (this.element.clientHeight) this.#scrollTop = this.element.scrollTop;
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.update();
    });
  }

  /** A node that was off the screen comes back with its scroller at the top. */
  #onResize() {
    this.update();
    if (this.element.clientHeight && this.element.scrollTop !== this.#scrollTop)
      this.element.scrollTop = this.#scrollTop;
  }
}

function place(element, { x, y }, size) {
  const transform = `translate(${x}px, ${y}px)`;
  if (element.style.transform !== transform) element.style.transform = transform;
  const width = `${size}px`;
  if (element.style.width !== width) element.style.width = width;
}
