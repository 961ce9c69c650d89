const MOST_PIXELS = 16e6; // of the overlay; larger images get a coarser one, their mask stays exact
const OPACITY = 0.55;

/**
 * Draws a mask over its image.
 * @param {HTMLCanvasElement} canvas @param {import("./mask_buffer.js").Mask} mask
 */
export function createMaskOverlay(canvas, mask) {
  const scale = Math.min(1, Math.sqrt(MOST_PIXELS / (mask.width * mask.height)));
  canvas.width = Math.max(1, Math.round(mask.width * scale));
  canvas.height = Math.max(1, Math.round(mask.height * scale));
  const context = canvas.getContext("2d");

  /**
   * @param {import("./mask_buffer.js").Rect | null} rect of the mask
   * @param {[number, number, number]} colour
   */
  return function draw(rect, [red, green, blue]) {
    if (!rect || !context) return;
    const colour = (blue << 16) | (green << 8) | red; // the bytes of a pixel, last first
    const left = Math.floor(rect.x * scale);
    const top = Math.floor(rect.y * scale);
    const width = Math.min(canvas.width, Math.ceil((rect.x + rect.width) * scale)) - left;
    const height = Math.min(canvas.height, Math.ceil((rect.y + rect.height) * scale)) - top;
    if (width < 1 || height < 1) return;
    const image = context.createImageData(width, height);
    const pixels = new Uint32Array(image.data.buffer);
    for (let y = 0; y < height; y += 1) {
      const row = Math.min(mask.height - 1, Math.floor((top + y) / scale)) * mask.width;
      for (let x = 0; x < width; x += 1) {
        const value = mask.data[row + Math.min(mask.width - 1, Math.floor((left + x) / scale))];
        pixels[y * width + x] = (Math.round(value * OPACITY) << 24) | colour;
      }
    }
    context.putImageData(image, left, top);
  };
}
