import { createMask } from "./mask_buffer.js";

/**
 * The mask that an image has, stretched to the image's size where they differ; empty without one.
 * @param {string | null} url @param {number} width @param {number} height
 * @returns {Promise<import("./mask_buffer.js").Mask>}
 */
export async function loadMask(url, width, height) {
  const mask = createMask(width, height);
  if (!url) return mask;
  const response = await fetch(url, { cache: "no-cache" });
  if (!response.ok) throw new Error(`The mask could not be read (${response.status}).`);
  const bitmap = await createImageBitmap(await response.blob());
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0, width, height);
  const { data } = context.getImageData(0, 0, width, height);
  for (let at = 0; at < mask.data.length; at += 1) mask.data[at] = data[4 * at];
  return mask;
}
