import { barAt, rowAt } from "./lane_places.js";

/** Of the timeline; px. */
export const GUTTER = 136; // for names and scales, left of where time runs
export const RIGHT = 8;
export const AXIS = 22; // height
const NEAR = 4; // from a bar that still mean it

/**
 * Where time runs in a timeline of a width. Pure, as all here is.
 * @param {number} width @returns {{left: number, width: number}}
 */
export const areaOf = (width) => ({ left: GUTTER, width: Math.max(1, width - GUTTER - RIGHT) });

/** @param {number} x px @param {{left: number, width: number}} area @param {import("./time_view.js").View} view */
export const momentAt = (x, area, view) => view.from + ((x - area.left) / area.width) * (view.to - view.from);

/** Where a bar begins, as far as it is in view; px of the stage. */
export function placeOfBar(bar, places, area, view, scrolled) {
  const row = places.rows.find((place) => place.row.bars.includes(bar));
  const share = (Math.max(bar.start, view.from) - view.from) / (view.to - view.from);
  return { x: area.left + share * area.width, y: AXIS + (row?.top ?? 0) - scrolled + places.row / 2 };
}

/** The bar at a point of the stage, or the nearest of its row. */
export function barUnder({ x, y }, places, area, view, scrolled) {
  const row = places.rows[rowAt(places, y - AXIS + scrolled)];
  const reach = (NEAR / area.width) * (view.to - view.from);
  return row ? barAt(row.row, momentAt(x, area, view), reach) : null;
}

/** The bar before or after one in its row; the first of all without one. */
export function barBeside(bar, by, places) {
  const row = places.rows.find((place) => place.row.bars.includes(bar))?.row;
  if (!row) return places.rows.find((place) => place.row.bars.length)?.row.bars[0] ?? null;
  const at = row.bars.indexOf(bar) + by;
  return row.bars[Math.max(0, Math.min(row.bars.length - 1, at))];
}

/** The nearest bar of the next row above or beneath that has one; the bar itself where there is none. */
export function barInNextRow(bar, by, places) {
  const rows = places.rows.map((place) => place.row);
  const from = rows.findIndex((row) => row.bars.includes(bar));
  if (from < 0) return barBeside(null, 0, places);
  for (let at = from + by; at >= 0 && at < rows.length; at += by)
    if (rows[at].bars.length) return barAt(rows[at], (bar.start + bar.end) / 2, Infinity);
  return bar;
}
