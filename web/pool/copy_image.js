/**
 * Puts a picture into the clipboard as PNG, the one image type that every browser takes there.
 * @param {string} url
 */
export async function copyImage(url) {
  const png = toPng(url);
  await navigator.clipboard.write([new ClipboardItem({ "image/png": png })]);
}

async function toPng(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`The image could not be read (${response.status}).`);
  const bitmap = await createImageBitmap(await response.blob());
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0);
  return canvas.convertToBlob({ type: "image/png" });
}
