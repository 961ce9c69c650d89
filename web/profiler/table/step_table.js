import { el } from "../../shared/el.js";
import { claimKey } from "../../shared/claim_key.js";
import { setAttribute } from "../../shared/set_attribute.js";
import { cellLookOf } from "./cell_look.js";
import { createCell } from "./cells.js";
import { leastWidth } from "./columns.js";
import { createTableEdges } from "./table_edges.js";
import { createWindowRows } from "./window_rows.js";

export const DRAGGED = "application/x-dataset-gates-nodes";
const HEAD = 28; // px, and the foot as well

/**
 * The grid of steps: a head to sort by, the rows in view, a foot with the totals.
 *
 * @typedef {import("./rows.js").Row} Row
 * @typedef {object} Look
 * @property {Row[]} rows
 * @property {import("../types.js").Step[]} matched for the totals
 * @property {readonly import("./columns.js").Column[]} columns
 * @property {import("./rows.js").StepIndex} index
 * @property {import("./rows.js").Wish} wish
 * @property {import("../types.js").Run | null} run
 * @property {string | null} selected id of a node
 *
 * @param {object} on
 * @param {(key: string) => void} on.sort
 * @param {(row: Row, open: boolean) => void} on.fold
 * @param {(nodeId: string | null) => void} on.select
 * @param {(row: Row, place: HTMLElement, back: HTMLElement) => void} on.comment
 * @param {(row: Row, ids: string[], point: {x: number, y: number}) => void} on.menu
 */
export function createStepTable(on) {
  const edges = createTableEdges(on.sort);
  const scroller = el("div", {
    class: "dsg-steps",
    role: "treegrid",
    "aria-label": "Steps",
    tabindex: "-1",
    "data-capture-wheel": "true",
  });
  /** @type {Look | null} */
  let look = null;
  let cellLook = null;
  let columnKeys = "";
  let focused = 0;
  const marked = new Set(); // keys of rows that are selected together

  const rows = createWindowRows(makeRow, scroller);
  scroller.append(edges.head, rows.plane, edges.foot);

  function makeRow() {
    const cells = look.columns.map(createCell);
    const element = el(
      "div",
      { class: "dsg-step", role: "row", tabindex: "-1" },
      ...cells.map((one) => one.element),
    );
    return { element, update: (row, at) => updateRow(element, cells, row, at) };
  }

  function updateRow(element, cells, row, at) {
    element.dataset.at = String(at);
    setAttribute(element, "data-kind", row.kind);
    setAttribute(element, "data-status", row.step?.status);
    setAttribute(element, "draggable", row.step ? "true" : null);
    setAttribute(element, "aria-rowindex", at + 2);
    setAttribute(element, "aria-level", row.depth + 1);
    setAttribute(element, "aria-expanded", row.open === null ? null : String(row.open));
    setAttribute(element, "aria-selected", String(marked.has(row.key) || isSelected(row)));
    const tabindex = at === focused ? 0 : -1;
    if (element.tabIndex !== tabindex) element.tabIndex = tabindex;
    for (const cell of cells) cell.update(row, cellLook);
  }

  const isSelected = (row) => row.step !== null && row.step.node_id === look.selected;

  const rowAt = (target) => {
    const element = target.closest?.(".dsg-step");
    return element && look ? look.rows[Number(element.dataset.at)] : null;
  };

  function focusRow(at) {
    if (!look?.rows.length) return;
    focused = Math.max(0, Math.min(look.rows.length - 1, at));
    rows.reveal(focused, HEAD * 2);
    rows.redraw();
    rows.elementAt(focused)?.focus({ preventScroll: true });
  }

  function mark(row, event) {
    const together = event?.ctrlKey || event?.metaKey;
    if (event?.shiftKey && marked.size) {
      const from = look.rows.findIndex(({ key }) => marked.has(key));
      const to = look.rows.indexOf(row);
      for (const one of look.rows.slice(Math.min(from, to), Math.max(from, to) + 1)) marked.add(one.key);
    } else if (together) {
      if (!marked.delete(row.key)) marked.add(row.key);
    } else {
      marked.clear();
      marked.add(row.key);
    }
    on.select(row.step?.node_id ?? null);
    rows.redraw();
  }

  /** The nodes that a drag or a menu on `row` means: all that are marked, when it is one of them. */
  function idsFor(row) {
    const chosen = marked.has(row.key) ? look.rows.filter(({ key }) => marked.has(key)) : [row];
    return [...new Set(chosen.flatMap(({ step }) => (step ? [step.node_id] : [])))];
  }

  function openMenu(row, point) {
    on.menu(row, idsFor(row), point);
  }

  function comment(row) {
    const element = rows.elementAt(look.rows.indexOf(row));
    const place = element?.querySelector("[data-column=step_comment]") ?? element?.firstElementChild;
    if (place && row.step) on.comment(row, place, element);
  }

  scroller.addEventListener("click", (event) => {
    const row = rowAt(event.target);
    if (!row) return;
    focused = look.rows.indexOf(row);
    const what = event.target.closest("[data-do]")?.dataset.do;
    if (what === "fold" || (row.kind === "group" && row.open !== null)) return on.fold(row, !row.open);
    mark(row, event);
    if (what === "comment") comment(row);
  });
  scroller.addEventListener("contextmenu", (event) => {
    const row = rowAt(event.target);
    if (!row?.step) return;
    event.preventDefault();
    openMenu(row, { x: event.clientX, y: event.clientY });
  });
  scroller.addEventListener("dragstart", (event) => {
    const row = rowAt(event.target);
    if (!row?.step) return;
    event.stopPropagation();
    const ids = idsFor(row);
    event.dataTransfer.setData(DRAGGED, JSON.stringify(ids));
    event.dataTransfer.setData("text/plain", ids.join(" "));
    event.dataTransfer.effectAllowed = "copy";
    scroller.dispatchEvent(new CustomEvent("dsg-drag", { bubbles: true, detail: true }));
  });
  scroller.addEventListener("dragend", () =>
    scroller.dispatchEvent(new CustomEvent("dsg-drag", { bubbles: true, detail: false })),
  );
  scroller.addEventListener("focusin", (event) => {
    const at = Number(event.target.closest?.(".dsg-step")?.dataset.at ?? focused);
    if (at !== focused) focused = at;
  });
  scroller.addEventListener("keydown", (event) => {
    if (!event.target.classList.contains("dsg-step") || event.ctrlKey || event.metaKey || event.altKey)
      return;
    if (onKey(event)) claimKey(event);
  });

  function onKey({ key, shiftKey }) {
    const row = look.rows[focused];
    const to = {
      ArrowDown: focused + 1,
      ArrowUp: focused - 1,
      Home: 0,
      End: look.rows.length - 1,
      PageDown: focused + rows.inView,
      PageUp: focused - rows.inView,
    }[key];
    if (to !== undefined) {
      focusRow(to);
      mark(look.rows[focused], shiftKey ? { shiftKey } : undefined);
    } else if (key === "ArrowRight" && row.open === false) on.fold(row, true);
    else if (key === "ArrowLeft" && row.open) on.fold(row, false);
    else if (key === "ArrowLeft") focusRow(parentOf(focused));
    else if (key === " ") mark(row, { ctrlKey: true });
    else if (key === "Enter" && row.step) comment(row);
    else if (key === "Enter" && row.open !== null) on.fold(row, !row.open);
    else if (key === "ContextMenu" || (key === "F10" && shiftKey)) return menuByKey(row);
    else if (key === "Escape" && marked.size) clearMarks();
    else return false;
    return true;
  }

  function parentOf(at) {
    const { depth } = look.rows[at];
    const before = look.rows.slice(0, at);
    const found = before.findLastIndex((row) => row.depth < depth);
    return found < 0 ? at : found;
  }

  function menuByKey(row) {
    if (!row.step) return false;
    const { left, bottom } = rows.elementAt(focused).getBoundingClientRect();
    openMenu(row, { x: left + 24, y: bottom });
    return true;
  }

  function clearMarks() {
    marked.clear();
    on.select(null);
    rows.redraw();
  }

  return {
    element: scroller,
    /** @param {Look} next */
    update(next) {
      const had = look?.rows[focused]?.key;
      const isSame =
        look?.rows === next.rows && look.columns.length === next.columns.length && look.run === next.run;
      look = next;
      if (isSame) return rows.redraw();
      cellLook = cellLookOf(next);
      const keys = next.columns.map(({ key }) => key).join();
      if (keys !== columnKeys) {
        columnKeys = keys;
        scroller.style.setProperty("--dsg-columns", next.columns.map(({ width }) => width).join(" "));
        scroller.style.setProperty("--dsg-least", `${leastWidth(next.columns)}px`);
        rows.reset();
        edges.draw(next.columns);
      }
      const at = next.rows.findIndex(({ key }) => key === had);
      focused = at >= 0 ? at : Math.min(focused, Math.max(0, next.rows.length - 1));
      setAttribute(scroller, "aria-rowcount", next.rows.length + 2);
      rows.show(next.rows);
      edges.update(next, cellLook);
    },
    focus: () => focusRow(focused),
    /** @param {string} nodeId */
    reveal(nodeId) {
      const at = look?.rows.findIndex(({ step }) => step?.node_id === nodeId) ?? -1;
      if (at >= 0) rows.reveal(at, HEAD * 2);
    },
    destroy: () => rows.destroy(),
  };
}
