/**
 * Addresses of pictures. File names are never used twice in a pool, so a name and its content hash say when
 * a cached
 * thumbnail is old.
 *
 * @typedef {import("../shared/types.js").Slot} Slot
 * @param {(route: string) => string} apiURL
 */
export function createImageUrls(apiURL) {
  const thumb = (query) => apiURL(`/grid_pool/thumb?${new URLSearchParams(query)}`);
  return {
    /** @param {string} pool_id @param {Slot} slot @param {number} size px */
    thumb: (pool_id, slot, size) => thumb({ pool_id, slot: slot.id, size: `${size}`, v: versionOf(slot) }),
    /** @param {string} pool_id @param {Slot} slot @param {number} size px */
    maskThumb: (pool_id, slot, size) =>
      thumb({ pool_id, slot: slot.id, part: "mask", size: `${size}`, v: String(slot.mask) }),
    trashThumb: (pool_id, { item, kind, slot }, size) =>
      thumb({
        pool_id,
        item,
        part: kind === "mask" ? "mask" : "image",
        size: `${size}`,
        v: `${item}-${versionOf(slot)}`,
      }),
    /** The file itself. @param {string} pool_id @param {string} filename */
    file: (pool_id, filename) =>
      apiURL(`/view?${new URLSearchParams({ type: "input", subfolder: `grid_pool/${pool_id}`, filename })}`),
  };
}

const versionOf = (slot) => `${slot.image}-${(slot.sha256 ?? String(slot.size ?? "")).slice(0, 16)}`;
