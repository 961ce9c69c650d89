import { folderFiles } from "../shared/folder_files.js";
import { imageFiles } from "../shared/image_files.js";

/**
 * The images that a drop carries: files, whole folders, or a picture dragged from another part of this page
 * (an
 * output, an asset), which comes as an address. Call it before the first `await`: afterwards the browser
 * has emptied
 * the transfer.
 *
 * @param {DataTransfer | null} transfer
 * @returns {Promise<File[]>}
 */
export function droppedFiles(transfer) {
  const entries = [...(transfer?.items ?? [])].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (entries.some((entry) => entry.isDirectory)) return imagesAmong(folderFiles(entries));
  const files = imageFiles(transfer);
  const address = files.length ? "" : (transfer?.getData("text/uri-list") ?? "").split(/\r?\n/)[0];
  return files.length || !isOurs(address) ? Promise.resolve(files) : fetchFile(address);
}

/** A folder of pictures often holds their captions too. */
async function imagesAmong(reading) {
  const files = await reading;
  return files.filter((file) => file.type.startsWith("image/"));
}

/** Only this server: a page must not make it fetch strangers. */
function isOurs(address) {
  return URL.canParse(address) && new URL(address).origin === location.origin;
}

async function fetchFile(address) {
  const response = await fetch(address);
  const blob = response.ok ? await response.blob() : null;
  if (!blob?.type.startsWith("image/")) return [];
  const name = new URL(address).searchParams.get("filename") ?? "image.png";
  return [new File([blob], name, { type: blob.type })];
}
