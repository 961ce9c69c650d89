/**
 * What an image is called in sentences: its label, else its file's name, else its id.
 * @param {import("../shared/types.js").Slot} slot
 */
export const slotName = (slot) => slot.label || slot.name || slot.id;
