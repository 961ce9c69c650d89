/**
 * A mask as bytes, one for each pixel of its image: 255 painted, 0 not. Every change answers the rectangle
 * that it
 * touched, or null for none, so that nothing else is drawn again.
 *
 * @typedef {{width: number, height: number, data: Uint8Array}} Mask
 * @typedef {{x: number, y: number, width: number, height: number}} Rect
 * @typedef {{x: number, y: number}} Point
 */

/** @param {number} width @param {number} height @returns {Mask} */
export const createMask = (width, height) => ({ width, height, data: new Uint8Array(width * height) });

/** @param {Mask} mask @returns {Rect} */
export const wholeOf = ({ width, height }) => ({ x: 0, y: 0, width, height });

/**
 * Paints, or erases, a line with a round brush and an edge one pixel soft.
 * @param {Mask} mask @param {Point} from @param {Point} to @param {number} radius px @param {boolean} erase
 * @returns {Rect | null}
 */
export function strokeLine(mask, from, to, radius, erase) {
  const rect = within(mask, boundsOf(from, to, radius + 1));
  if (!rect) return null;
  for (let y = rect.y; y < rect.y + rect.height; y += 1) {
    for (let x = rect.x; x < rect.x + rect.width; x += 1) {
      const cover = coverage(x + 0.5, y + 0.5, from, to, radius);
      if (cover > 0) blend(mask.data, y * mask.width + x, cover, erase);
    }
  }
  return rect;
}

/** @param {Mask} mask @returns {Rect} */
export function invertMask(mask) {
  const { data } = mask;
  for (let at = 0; at < data.length; at += 1) data[at] = 255 - data[at];
  return wholeOf(mask);
}

/** @param {Mask} mask @returns {Rect} */
export function clearMask(mask) {
  mask.data.fill(0);
  return wholeOf(mask);
}

/** @param {Mask} mask */
export const isEmpty = ({ data }) => data.every((value) => value === 0);

/** The bytes of a rectangle, row after row. @param {Mask} mask @param {Rect} rect */
export function cutOut({ width, data }, rect) {
  const bytes = new Uint8Array(rect.width * rect.height);
  for (let row = 0; row < rect.height; row += 1) {
    const start = (rect.y + row) * width + rect.x;
    bytes.set(data.subarray(start, start + rect.width), row * rect.width);
  }
  return bytes;
}

/** @param {Mask} mask @param {Rect} rect @param {Uint8Array} bytes as `cutOut` gave them */
export function putBack({ width, data }, rect, bytes) {
  for (let row = 0; row < rect.height; row += 1) {
    data.set(bytes.subarray(row * rect.width, (row + 1) * rect.width), (rect.y + row) * width + rect.x);
  }
}

/** @param {Rect | null} one @param {Rect | null} other @returns {Rect | null} the smallest that holds both */
export function union(one, other) {
  if (!one || !other) return one ?? other;
  const x = Math.min(one.x, other.x);
  const y = Math.min(one.y, other.y);
  const right = Math.max(one.x + one.width, other.x + other.width);
  const bottom = Math.max(one.y + one.height, other.y + other.height);
  return { x, y, width: right - x, height: bottom - y };
}

function boundsOf(from, to, reach) {
  const x = Math.floor(Math.min(from.x, to.x) - reach);
  const y = Math.floor(Math.min(from.y, to.y) - reach);
  return {
    x,
    y,
    right: Math.ceil(Math.max(from.x, to.x) + reach),
    bottom: Math.ceil(Math.max(from.y, to.y) + reach),
  };
}

function within(mask, { x, y, right, bottom }) {
  const left = Math.max(0, x);
  const top = Math.max(0, y);
  const width = Math.min(mask.width, right) - left;
  const height = Math.min(mask.height, bottom) - top;
  return width > 0 && height > 0 ? { x: left, y: top, width, height } : null;
}

/** How much of a pixel the brush covers, 0 to 1, by its distance from the line. */
function coverage(x, y, from, to, radius) {
  const dx = to.x - from.x;
  const dy = to.y - from.y;
  const length = dx * dx + dy * dy;
  const along = length ? Math.min(1, Math.max(0, ((x - from.x) * dx + (y - from.y) * dy) / length)) : 0;
  const distance = Math.hypot(x - from.x - along * dx, y - from.y - along * dy);
  return Math.min(1, Math.max(0, radius + 0.5 - distance));
}

function blend(data, at, cover, erase) {
  const value = Math.round(cover * 255);
  data[at] = erase ? Math.min(data[at], 255 - value) : Math.max(data[at], value);
}
