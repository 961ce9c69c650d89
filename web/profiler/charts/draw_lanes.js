import { stepTitle } from "./step_words.js";

const LABEL_FROM = 44; // px that a bar needs to be named
const PADDING = 5;

/**
 * @typedef {object} Picture what the lanes are drawn from
 * @property {ReturnType<typeof import("./lane_places.js").lanePlaces>} places
 * @property {import("./lanes.js").Lane[]} lanes
 * @property {import("./time_view.js").View} view
 * @property {{left: number, width: number}} area px, where time runs
 * @property {Set<string>} chain ids of the longest chain
 * @property {number} focused index of a step, -1 for none
 * @property {string | null} selected id of a node
 * @property {{from: number, to: number}} seen px of the canvas that are in view
 * @property {string} font
 * @property {number} pixel CSS px of one pixel of the screen
 */

/**
 * Draws the bars that are in view. Where several fall on one pixel, one is drawn, so ten thousand cost no more than
 * the pixels that they cover.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Picture} picture
 * @param {import("./chart_colours.js").Colours} colours
 */
export function drawLanes(context, picture, colours) {
  const { places, area } = picture;
  context.font = picture.font;
  context.textBaseline = "middle";
  for (const place of places.rows) {
    if (place.top + places.row < picture.seen.from || place.top > picture.seen.to) continue;
    if (place.first) drawName(context, picture, place, colours);
    context.save();
    context.beginPath();
    context.rect(area.left, place.top - 1, area.width, places.row + 2);
    context.clip();
    drawThreads(context, picture, place, colours);
    drawBars(context, picture, place, colours);
    context.restore();
  }
}

function drawName(context, { lanes, places, area }, { lane, top }, colours) {
  if (places.row < 12 && lane > 0) return;
  context.fillStyle = colours.muted;
  context.fillText(lanes[lane].name, 8, top + places.row / 2, area.left - 16);
}

/** What ties the turns of a node together: a line behind its bars. */
function drawThreads(context, { places, view, area, pixel }, { top, row }, colours) {
  const scale = area.width / (view.to - view.from);
  context.fillStyle = colours.idle;
  let covered = -Infinity;
  for (const { start, end } of row.threads) {
    if (end < view.from || start > view.to) continue;
    const left = Math.max(area.left, area.left + (start - view.from) * scale);
    const right = Math.min(area.left + area.width, area.left + (end - view.from) * scale);
    if (right <= covered) continue;
    context.fillRect(left, snapped(top + places.row / 2, pixel), Math.max(right - left, pixel), pixel);
    covered = right;
  }
}

function drawBars(context, picture, { top, row }, colours) {
  const { places, view, area, pixel } = picture;
  const scale = area.width / (view.to - view.from);
  const height = Math.max(2, places.row - (places.row > 10 ? 3 : 1));
  let covered = -Infinity;
  let weight = -1;
  for (const bar of row.bars) {
    if (bar.end < view.from) continue;
    if (bar.start > view.to) break;
    const left = snapped(Math.max(area.left - 2, area.left + (bar.start - view.from) * scale), pixel);
    const end = Math.min(area.left + area.width + 2, area.left + (bar.end - view.from) * scale);
    const right = Math.max(left + pixel, snapped(end, pixel));
    const style = styleOf(bar, picture);
    if (right <= covered && style.weight <= weight) continue;
    context.fillStyle = colours[style.colour];
    context.fillRect(left, top, right - left - (right - left > 4 ? pixel : 0), height);
    if (style.outline) outline(context, left, top, right - left, height, colours.text);
    if (right - left >= LABEL_FROM && places.row >= 14)
      label(context, bar, left, top, right, height, picture, colours);
    [covered, weight] = [right, right - left > 2 ? -1 : style.weight];
  }
}

/** The heavier one is drawn where two fall on one pixel: what failed or was chosen must never be hidden. */
function styleOf({ step, index, kind }, { chain, focused, selected }) {
  const chosen = index === focused || step.node_id === selected;
  const failed = step.status === "error" || step.status === "interrupted";
  const weight = (chosen ? 4 : 0) + (failed ? 2 : 0) + (chain.has(step.node_id) ? 1 : 0);
  let colour = kind === "wait" ? "wait" : "ran";
  if (chain.has(step.node_id)) colour = "chain";
  if (step.status === "cached" || step.status === "blocked") colour = "idle";
  if (failed) colour = "failed";
  return { colour, weight, outline: chosen };
}

function outline(context, left, top, width, height, colour) {
  context.strokeStyle = colour;
  context.lineWidth = 2;
  context.strokeRect(left - 1, top, Math.max(width, 2) + 1, height);
}

function label(context, { step }, left, top, right, height, { area }, colours) {
  const from = Math.max(left, area.left) + PADDING;
  const room = Math.min(right, area.left + area.width) - from - PADDING;
  const most = Math.floor(room / 6.4);
  if (most < 3) return;
  const name = stepTitle(step);
  context.fillStyle = colours.text;
  context.fillText(
    name.length > most ? `${name.slice(0, most - 1)}…` : name,
    from,
    top + height / 2 + 0.5,
    room,
  );
}

const snapped = (value, pixel) => Math.round(value / pixel) * pixel;
