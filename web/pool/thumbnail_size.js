const SIZE = "dataset_gates.thumbnails";
const MASKS = "dataset_gates.masks";
const WHOLE = "dataset_gates.whole_images";

/**
 * Smallest cell and the picture loaded into it, both in px; pictures are larger, for dense screens and
 * zoom.
 */
const SIZES = {
  small: { cell: 72, pixels: 256 },
  medium: { cell: 104, pixels: 256 },
  large: { cell: 168, pixels: 512 },
};

export const SIZE_NAMES = Object.keys(SIZES);

/** How a node wants its images shown; kept with the node. @param {any} node */
export function thumbnailOf(node) {
  const name = node.properties?.[SIZE] in SIZES ? node.properties[SIZE] : "medium";
  return {
    name,
    ...SIZES[name],
    masks: node.properties?.[MASKS] !== false,
    whole: node.properties?.[WHOLE] === true,
  };
}

/** @param {any} node @param {string} name */
export function setThumbnailSize(node, name) {
  node.properties[SIZE] = name;
}

/** @param {any} node @param {boolean} shown */
export function setMasksShown(node, shown) {
  node.properties[MASKS] = shown;
}

/** @param {any} node @param {boolean} whole not cut to a square */
export function setWholeImages(node, whole) {
  node.properties[WHOLE] = whole;
}
