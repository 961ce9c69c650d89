/** How cells lie in a scroller, in CSS pixels. All pure, all the arithmetic of the windowed grid. */

export const GAP = 8;
export const CAPTION = 24; // the line below each picture
export const MOST_CELLS = 300;
const OVERSCAN_ROWS = 2;

/**
 * @typedef {object} Metrics
 * @property {number} columns
 * @property {number} cell    width of a cell, and height of its picture
 * @property {number} row     distance from one row to the next
 * @property {number} height  of everything
 *
 * @param {number} width of the scroller, inside
 * @param {number} count of cells
 * @param {number} wanted smallest cell width
 * @returns {Metrics}
 */
export function gridMetrics(width, count, wanted) {
  const columns = Math.max(1, Math.floor((width + GAP) / (wanted + GAP)));
  const cell = Math.max(1, Math.floor((width - GAP * (columns - 1)) / columns));
  const row = cell + CAPTION + GAP;
  return { columns, cell, row, height: Math.max(0, Math.ceil(count / columns) * row - GAP) };
}

/**
 * The same, with cells so large that a view of this height never needs more than MOST_CELLS of them.
 * @param {number} width @param {number} viewHeight @param {number} count @param {number} wanted
 */
export function fittingMetrics(width, viewHeight, count, wanted) {
  let metrics = gridMetrics(width, count, wanted);
  while (metrics.columns > 1 && metrics.columns * rowsHeld(metrics, viewHeight) > MOST_CELLS) {
    metrics = gridMetrics(width, count, metrics.cell + GAP);
  }
  return metrics;
}

const rowsHeld = ({ row }, viewHeight) => Math.ceil(viewHeight / row) + 1 + 2 * OVERSCAN_ROWS;

/**
 * The half-open range of positions to have in the document: what can be seen, a little more, never over
 * MOST_CELLS.
 *
 * @param {Metrics} metrics @param {number} scrollTop @param {number} viewHeight @param {number} count
 */
export function visibleRange({ columns, row }, scrollTop, viewHeight, count) {
  const first = Math.max(0, Math.floor(scrollTop / row) - OVERSCAN_ROWS);
  const last = Math.ceil((scrollTop + viewHeight) / row) + OVERSCAN_ROWS;
  const from = Math.min(first * columns, count);
  return { from, to: Math.min(last * columns, count, from + MOST_CELLS) };
}

/** @param {Metrics} metrics @param {number} position */
export function cellPlace({ columns, cell, row }, position) {
  return { x: (position % columns) * (cell + GAP), y: Math.floor(position / columns) * row };
}

/** Where a dragged cell would be put when it is dropped at a point: 0 to count. @param {Metrics} metrics */
export function dropPosition({ columns, cell, row }, x, y, count) {
  const column = Math.min(columns, Math.max(0, Math.round(x / (cell + GAP))));
  const line = Math.max(0, Math.floor(y / row));
  return Math.min(count, line * columns + column);
}

/** The scroll position that shows a cell whole, or the present one. @param {Metrics} metrics */
export function scrollFor({ columns, row }, position, scrollTop, viewHeight) {
  const top = Math.floor(position / columns) * row;
  if (top < scrollTop) return top;
  return top + row - GAP > scrollTop + viewHeight ? top + row - GAP - viewHeight : scrollTop;
}
