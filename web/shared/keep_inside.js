const KEPT = ["keydown", "keyup", "keypress", "copy", "cut", "dblclick"];

/**
 * Keys and clipboard events that happen in `root` end there: on the canvas Delete removes the node, a paste
 * makes
 * another one. `mouseup` passes, since the frontend takes its undo snapshots on it.
 *
 * @param {HTMLElement} root @param {string[]} [more]
 */
export function keepInside(root, more = []) {
  for (const type of [...KEPT, ...more]) root.addEventListener(type, (event) => event.stopPropagation());
}
