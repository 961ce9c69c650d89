const NATURAL = new Intl.Collator(undefined, { numeric: true });

/**
 * The files in dropped folders and beside them, deep, ordered by path as people count.
 * @param {any[]} entries as `DataTransferItem.webkitGetAsEntry` gives them
 * @returns {Promise<File[]>}
 */
export async function folderFiles(entries) {
  const found = [];
  for (const entry of entries) await collect(entry, found);
  found.sort((one, other) => NATURAL.compare(one.path, other.path));
  return found.map(({ file }) => file);
}

async function collect(entry, found) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    found.push({ path: entry.fullPath, file });
    return;
  }
  const reader = entry.createReader();
  for (let batch = await next(reader); batch.length; batch = await next(reader)) {
    for (const child of batch) await collect(child, found);
  }
}

/** A reader gives at most a hundred entries at a time. */
const next = (reader) => new Promise((resolve, reject) => reader.readEntries(resolve, reject));
