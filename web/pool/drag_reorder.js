import { el } from "../shared/el.js";
import { cellPlace, dropPosition } from "./grid_metrics.js";

const SLOP = 5; // px a pointer may move and still be a click
const EDGE = 28; // px from the edge of the scroller where it begins to scroll
const SPEED = 9; // px per frame

/**
 * Reordering with the pointer. `idsOf` says what is dragged with a cell, `drop` where it went.
 *
 * @param {import("./grid_view.js").GridView<any>} view
 * @param {{idsOf: (id: string) => string[], drop: (ids: string[], position: number) => void, count: () => number}} hooks
 */
export function dragReorder(view, hooks) {
  view.plane.addEventListener("pointerdown", (event) => {
    const cell = event.target.closest("[data-id]");
    const grabbed = cell && event.button === 0 && event.isPrimary && event.pointerType !== "touch";
    if (grabbed && !event.target.closest("button, input")) follow(view, hooks, cell, event);
  });
}

function follow(view, hooks, cell, down) {
  const drag = {
    started: false,
    position: 0,
    x: down.clientX,
    y: down.clientY,
    frame: 0,
    line: null,
    ids: [],
  };
  const over = new AbortController();
  const end = (keep) => {
    over.abort();
    cancelAnimationFrame(drag.frame);
    if (!drag.started) return;
    finish(view, drag);
    if (keep) hooks.drop(drag.ids, drag.position);
  };
  const on = (target, type, listener, capture = false) =>
    target.addEventListener(type, listener, { signal: over.signal, capture });
  on(cell, "pointermove", (event) => {
    Object.assign(drag, { x: event.clientX, y: event.clientY });
    if (!drag.started && Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY) < SLOP)
      return;
    if (!drag.started) start(view, hooks, cell, drag, down.pointerId);
    move(view, hooks, drag);
  });
  on(cell, "pointerup", () => end(true));
  on(cell, "pointercancel", () => end(false));
  on(cell, "lostpointercapture", () => end(false));
  on(document, "keydown", (event) => escape(event, drag, end), true);
}

function escape(event, drag, end) {
  if (event.key !== "Escape" || !drag.started) return;
  event.preventDefault();
  event.stopPropagation();
  end(false);
}

function start(view, hooks, cell, drag, pointerId) {
  drag.started = true;
  drag.ids = hooks.idsOf(cell.dataset.id);
  drag.line = el("div", { class: "dsg-drop-line" });
  cell.setPointerCapture(pointerId);
  view.plane.append(drag.line);
  view.element.dataset.dragging = "";
  for (const id of drag.ids) view.cellOf(id)?.element.setAttribute("data-dragged", "");
  drag.frame = requestAnimationFrame(() => scroll(view, hooks, drag));
}

/** The click that ends a drag is none: the browser sends it right after, to the cell under the pointer. */
function finish(view, drag) {
  drag.line?.remove();
  delete view.element.dataset.dragging;
  for (const cell of view.plane.querySelectorAll("[data-dragged]")) cell.removeAttribute("data-dragged");
  const swallow = (event) => event.stopPropagation();
  view.element.addEventListener("click", swallow, { capture: true, once: true });
  setTimeout(() => view.element.removeEventListener("click", swallow, { capture: true }), 0);
}

function move(view, hooks, drag) {
  const box = view.plane.getBoundingClientRect();
  const zoom = box.width / view.plane.offsetWidth || 1;
  const { metrics } = view;
  drag.position = dropPosition(metrics, (drag.x - box.left) / zoom, (drag.y - box.top) / zoom, hooks.count());
  const { x, y } = linePlace(metrics, drag.position, (drag.y - box.top) / zoom);
  drag.line.style.transform = `translate(${x}px, ${y}px)`;
  drag.line.style.height = `${metrics.cell}px`;
}

/** The line at the end of a row belongs to that row, though its position begins the next. */
function linePlace(metrics, position, y) {
  const place = cellPlace(metrics, position);
  const sameRow = position % metrics.columns !== 0 || position === 0 || place.y <= y;
  if (sameRow) return { x: place.x - 5, y: place.y };
  const before = cellPlace(metrics, position - 1);
  return { x: before.x + metrics.cell + 3, y: before.y };
}

function scroll(view, hooks, drag) {
  const box = view.element.getBoundingClientRect();
  const up = drag.y < box.top + EDGE;
  const down = drag.y > box.bottom - EDGE;
  if (up || down) {
    view.element.scrollTop += up ? -SPEED : SPEED;
    move(view, hooks, drag);
  }
  drag.frame = requestAnimationFrame(() => scroll(view, hooks, drag));
}
