import { timeTicks } from "./time_ticks.js";

const TICK = 84; // px from one to the next, at least

/**
 * The moments above the lanes.
 * @param {CanvasRenderingContext2D} context
 * @param {object} picture
 * @param {import("./time_view.js").View} picture.view
 * @param {{left: number, width: number}} picture.area px
 * @param {number} picture.height px
 * @param {string} picture.font
 * @param {number} picture.pixel CSS px of one pixel of the screen
 * @param {import("./chart_colours.js").Colours} colours
 */
export function drawAxis(context, { view, area, height, font, pixel }, colours) {
  context.font = font;
  context.textBaseline = "middle";
  for (const { at, text } of timeTicks(view, Math.floor(area.width / TICK))) {
    const x =
      Math.round((area.left + ((at - view.from) / (view.to - view.from)) * area.width) / pixel) * pixel;
    context.fillStyle = colours.line;
    context.fillRect(x, height - 6, pixel, 6);
    context.fillStyle = colours.muted;
    const width = context.measureText(text).width;
    context.fillText(
      text,
      Math.min(Math.max(x - width / 2, area.left), area.left + area.width - width),
      height / 2 - 1,
    );
  }
  context.fillStyle = colours.line;
  context.fillRect(0, height - pixel, area.left + area.width + area.left, pixel);
}
