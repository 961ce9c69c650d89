/**
 * Keeps a key for us alone. The frontend listens on `window` in the capture phase, before anyone, and looks
 * at the
 * event a frame later (`Ctrl+Z` there undoes the workflow); hiding the modifiers on this one event is what
 * it sees then.
 *
 * @param {KeyboardEvent} event
 */
export function claimKey(event) {
  event.preventDefault();
  event.stopPropagation();
  if (!event.ctrlKey && !event.metaKey) return;
  for (const name of ["ctrlKey", "metaKey"]) Object.defineProperty(event, name, { value: false });
}
