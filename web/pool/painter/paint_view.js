/**
 * How the image lies in the painter: moved by `x`, `y` (px of the window) and drawn `zoom` times its size.
 * Pure.
 * @typedef {{x: number, y: number, zoom: number}} View
 */

const MARGIN = 24; // px left free around an image that is fitted
const FIT_MOST = 8;
const LEAST = 0.02;
const MOST = 32;

/** The whole image in the middle, as large as it goes; tiny ones not without bound. @returns {View} */
export function fitted(width, height, areaWidth, areaHeight) {
  const zoom = Math.min(FIT_MOST, (areaWidth - 2 * MARGIN) / width, (areaHeight - 2 * MARGIN) / height);
  return centred(width, height, areaWidth, areaHeight, Math.max(LEAST, zoom));
}

/** @returns {View} */
export function centred(width, height, areaWidth, areaHeight, zoom) {
  return { x: (areaWidth - width * zoom) / 2, y: (areaHeight - height * zoom) / 2, zoom };
}

/**
 * Larger or smaller by a factor; the point of the image under `at` stays there.
 * @param {View} view
 * @returns {View}
 */
export function zoomed(view, factor, at) {
  const zoom = Math.min(MOST, Math.max(LEAST, view.zoom * factor));
  const ratio = zoom / view.zoom;
  return { x: at.x - (at.x - view.x) * ratio, y: at.y - (at.y - view.y) * ratio, zoom };
}

/**
 * @param {View} view
 * @param {{x: number, y: number}} at in the painter
 * @returns the same point in the image
 */
export const toImage = (view, at) => ({ x: (at.x - view.x) / view.zoom, y: (at.y - view.y) / view.zoom });
