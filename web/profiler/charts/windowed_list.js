import { el } from "../../shared/el.js";

const BEYOND = 4; // rows above and below what is seen

/**
 * A list of any length with only the rows in view in the document. Arrow keys, Home and End move, Enter and a click
 * pick; one row is reached by Tab.
 *
 * @template I
 * @param {object} of
 * @param {string} of.name for screen readers
 * @param {number} of.row px
 * @param {() => {element: HTMLElement, update: (item: I) => void}} of.make
 * @param {(item: I) => void} of.pick
 */
export function createWindowedList({ name, row, make, pick }) {
  const plane = el("div", { class: "dsg-list-plane", role: "presentation" });
  const element = el(
    "div",
    { class: "dsg-list", role: "listbox", "aria-label": name, tabindex: "-1" },
    plane,
  );
  /** @type {I[]} */
  let items = [];
  let current = 0;
  /** @type {Map<number, ReturnType<typeof make>>} */
  const shown = new Map();

  function draw() {
    const from = Math.max(0, Math.floor(element.scrollTop / row) - BEYOND);
    const to = Math.min(
      items.length,
      Math.ceil((element.scrollTop + (element.clientHeight || 400)) / row) + BEYOND,
    );
    const wanted = (at) => at < items.length && ((at >= from && at < to) || (at === current && hasFocus()));
    for (const [at, line] of shown) if (!wanted(at)) shown.delete(at) && line.element.remove();
    for (let at = from; at < to; at += 1) bind(at);
    if (hasFocus()) bind(current);
  }

  function bind(at) {
    if (at < 0 || at >= items.length) return;
    let line = shown.get(at);
    if (!line) {
      shown.set(at, (line = make()));
      line.element.style.transform = `translateY(${at * row}px)`;
      line.element.addEventListener("click", () => pickAt(at));
      line.element.addEventListener("focus", () => (current = at));
      plane.append(line.element);
    }
    line.element.tabIndex = at === current ? 0 : -1;
    line.element.setAttribute("aria-setsize", String(items.length));
    line.element.setAttribute("aria-posinset", String(at + 1));
    line.update(items[at]);
  }

  const hasFocus = () => plane.contains(document.activeElement);

  function pickAt(at) {
    current = at;
    draw();
    pick(items[at]);
  }

  function focus(at) {
    current = Math.max(0, Math.min(items.length - 1, at));
    const top = current * row;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + row > element.scrollTop + element.clientHeight)
      element.scrollTop = top + row - element.clientHeight;
    draw();
    bind(current);
    shown.get(current)?.element.focus({ preventScroll: true });
    draw();
  }

  element.addEventListener("scroll", draw, { passive: true });
  element.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    event.stopPropagation();
    const page = Math.max(1, Math.floor(element.clientHeight / row) - 1);
    const by = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -items.length,
      End: items.length,
    }[event.key];
    if (by === undefined && event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    if (by === undefined) pickAt(current);
    else focus(current + by);
  });
  const resize = new ResizeObserver(draw);
  resize.observe(element);

  return {
    element,
    /** @param {I[]} next */
    update(next) {
      items = next;
      current = Math.min(current, Math.max(0, items.length - 1));
      plane.style.height = `${items.length * row}px`;
      draw();
    },
    destroy: () => resize.disconnect(),
  };
}
