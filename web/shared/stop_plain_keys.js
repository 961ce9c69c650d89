/**
 * Keeps plain keys, copy and cut inside `root`: on the canvas Delete removes the node and letters are
 * shortcuts.
 * Ctrl and Cmd combinations pass, so that running, saving and undoing work from everywhere.
 *
 * @param {HTMLElement} root
 */
export function stopPlainKeys(root) {
  root.addEventListener("keydown", (event) => {
    if (!event.ctrlKey && !event.metaKey) event.stopPropagation();
  });
  for (const type of ["copy", "cut", "dblclick"])
    root.addEventListener(type, (event) => event.stopPropagation());
}
