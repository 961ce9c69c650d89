import { el } from "../../shared/el.js";

export const ROW = 28; // px, as profiler.css has it
const MORE = 6; // rows kept above and below what is seen

/**
 * Keeps only the rows in view in the document, and uses them again while they scroll by.
 *
 * @template R
 * @param {() => {element: HTMLElement, update: (row: R, at: number) => void}} makeRow
 * @param {HTMLElement} scroller
 */
export function createWindowRows(makeRow, scroller) {
  const plane = el("div", { class: "dsg-steps-plane", role: "presentation" });
  /** @type {Map<number, ReturnType<typeof makeRow>>} */
  const shown = new Map();
  const spare = [];
  let rows = [];
  let frame = 0;

  const range = () => {
    const top = Math.max(0, scroller.scrollTop);
    const from = Math.max(0, Math.floor(top / ROW) - MORE);
    const height = scroller.clientHeight || 600;
    return { from, to: Math.min(rows.length, Math.ceil((top + height) / ROW) + MORE) };
  };

  function draw(all) {
    const { from, to } = range();
    for (const [at, row] of shown) {
      if (at >= from && at < to) continue;
      shown.delete(at);
      spare.push(row);
    }
    for (let at = from; at < to; at += 1) {
      let row = shown.get(at);
      if (row && !all) continue;
      if (!row) {
        row = spare.pop() ?? makeRow();
        shown.set(at, row);
        row.element.style.transform = `translateY(${at * ROW}px)`;
        if (!row.element.isConnected) plane.append(row.element);
      }
      row.update(rows[at], at);
      row.element.hidden = false;
    }
    for (const row of spare) row.element.hidden = true;
  }

  const onScroll = () => {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      draw(false);
    });
  };
  scroller.addEventListener("scroll", onScroll, { passive: true });
  const resize = new ResizeObserver(() => draw(false));
  resize.observe(scroller);

  return {
    plane,
    /** @param {R[]} next */
    show(next) {
      rows = next;
      const height = `${rows.length * ROW}px`;
      if (plane.style.height !== height) plane.style.height = height;
      draw(true);
    },
    /** Other cells are wanted: every row is made anew. */
    reset() {
      for (const row of [...shown.values(), ...spare]) row.element.remove();
      shown.clear();
      spare.length = 0;
    },
    /** Draws what is there again. */
    redraw: () => draw(true),
    /** @param {number} at @param {number} covered px at the top that the head covers */
    reveal(at, covered) {
      const top = at * ROW;
      const room = scroller.clientHeight - covered;
      if (top < scroller.scrollTop) scroller.scrollTop = top;
      else if (top + ROW > scroller.scrollTop + room) scroller.scrollTop = top + ROW - room;
      draw(false);
    },
    /** @param {number} at @returns {HTMLElement | null} */
    elementAt: (at) => shown.get(at)?.element ?? null,
    get inView() {
      return Math.max(1, Math.floor(scroller.clientHeight / ROW) - 2);
    },
    destroy() {
      cancelAnimationFrame(frame);
      resize.disconnect();
      scroller.removeEventListener("scroll", onScroll);
    },
  };
}
