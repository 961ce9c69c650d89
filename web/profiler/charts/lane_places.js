/** Of the canvas that the lanes are drawn on; px. */
const ROW = 20;
const LOWEST = 6;
const BETWEEN = 6;
const TOP = 4;

/**
 * Where each row lies, from the top, as high as fits: many async tasks make rows lower, and in the end the canvas
 * higher than its place. Pure.
 *
 * @param {import("./lanes.js").Lanes} lanes
 * @param {number} room px that there are
 * @returns {{height: number, row: number, rows: Place[]}}
 *
 * @typedef {{top: number, lane: number, first: boolean, row: import("./lanes.js").Row}} Place
 */
export function lanePlaces({ lanes }, room) {
  const count = lanes.reduce((sum, lane) => sum + lane.rows.length, 0);
  const gap = count > 20 ? 1 : BETWEEN;
  const height = Math.floor((room - 2 * TOP - gap * (lanes.length - 1)) / count);
  const row = Math.max(LOWEST, Math.min(ROW, height));
  const rows = [];
  let top = TOP;
  lanes.forEach((lane, at) => {
    if (at) top += gap;
    lane.rows.forEach((one, depth) => {
      rows.push({ top, lane: at, first: depth === 0, row: one });
      top += row;
    });
  });
  return { height: top + TOP, row, rows };
}

/** The row at a height, or -1. @param {ReturnType<typeof lanePlaces>} places @param {number} y */
export const rowAt = (places, y) => places.rows.findIndex(({ top }) => y >= top && y < top + places.row);

/**
 * The bar of a row at a moment, or the nearest within `reach` seconds: short ones can be pointed at too.
 * @param {import("./lanes.js").Row} row
 * @returns {import("./lanes.js").Bar | null}
 */
export function barAt(row, at, reach) {
  let best = null;
  let distance = reach;
  for (const bar of row.bars) {
    if (bar.start - reach > at) break;
    const away = Math.max(0, bar.start - at, at - bar.end);
    if (away < distance || (away === distance && !best)) [best, distance] = [bar, away];
    if (away === 0) break;
  }
  return best;
}
