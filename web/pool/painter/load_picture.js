/**
 * The image to paint on and its size. What the browser cannot show (some TIFF, some AVIF) is shown by its
 * thumbnail,
 * in the size that the server measured.
 *
 * @param {import("../../shared/types.js").Slot} slot @param {string} url @param {string} thumbUrl
 * @returns {Promise<{picture: HTMLImageElement, width: number, height: number}>}
 */
export async function loadPicture(slot, url, thumbUrl) {
  const picture = new Image();
  try {
    await decoded(picture, url);
    return { picture, width: picture.naturalWidth, height: picture.naturalHeight };
  } catch (error) {
    if (!slot.width || !slot.height) throw error;
    await decoded(picture, thumbUrl);
    return { picture, width: slot.width, height: slot.height };
  }
}

function decoded(picture, url) {
  return new Promise((resolve, reject) => {
    picture.onload = () => resolve(undefined);
    picture.onerror = () => reject(new Error("The browser cannot show this image."));
    picture.src = url;
  });
}
