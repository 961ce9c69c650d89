/**
 * Where a key takes the focus in a grid, null for keys that move nothing.
 *
 * @param {string} key
 * @param {number} at present position
 * @param {number} count
 * @param {number} columns
 * @param {number} page rows in view
 */
export function stepPosition(key, at, count, columns, page) {
  if (!count) return null;
  const step = {
    ArrowLeft: -1,
    ArrowRight: 1,
    ArrowUp: -columns,
    ArrowDown: columns,
    PageUp: -columns * Math.max(1, page),
    PageDown: columns * Math.max(1, page),
    Home: -count,
    End: count,
  }[key];
  if (step === undefined) return null;
  const to = at + step;
  if (Math.abs(step) === columns && (to < 0 || to >= count)) return edgeRow(at, to, count, columns);
  return Math.min(count - 1, Math.max(0, to));
}

/** One row up from the first stays; one row down from the last full row goes to the end of a shorter one. */
function edgeRow(at, to, count, columns) {
  if (to < 0) return at;
  return Math.floor(at / columns) < Math.floor((count - 1) / columns) ? count - 1 : at;
}
