/** What a painted mask may be drawn in: no one colour is seen on every picture. */
const VARIABLES = ["--dsg-painted", "--dsg-accent", "--dsg-text"];

/**
 * The theme's colours for what is painted, for a canvas to draw with.
 * @param {Element} element @returns {[number, number, number][]} red, green, blue
 */
export function overlayColours(element) {
  const style = getComputedStyle(element);
  return VARIABLES.map((name) => read(style.getPropertyValue(name).trim()));
}

/** @returns {[number, number, number]} */
function read(colour) {
  const context = document.createElement("canvas").getContext("2d");
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
  return [red, green, blue];
}
