const GAP = 4; // px between a popup and the edge of the window

/**
 * Moves a fixed element to a point, inside the window.
 * @param {HTMLElement} element
 * @param {{x: number, y: number}} point
 */
export function placeNear(element, { x, y }) {
  const { width, height } = element.getBoundingClientRect();
  const left = Math.min(x, window.innerWidth - width - GAP);
  const top = y + height + GAP > window.innerHeight ? Math.max(GAP, y - height) : y;
  element.style.left = `${Math.max(GAP, left)}px`;
  element.style.top = `${top}px`;
}
