/**
 * What can be done with one image, as menu entries.
 *
 * @param {import("../shared/types.js").Slot} slot
 * @param {{position: number, count: number, isActive: boolean, chosen: number}} at `chosen`: how many images Delete means
 * @param {Record<string, () => void>} run
 * @returns {(import("../shared/menu.js").MenuItem | null)[]}
 */
export function imageMenu(slot, { position, count, isActive, chosen }, run) {
  const canCopy = Boolean(globalThis.navigator?.clipboard?.write);
  const gone = Boolean(slot.missing);
  return [
    {
      label: "Set active",
      icon: "check",
      hint: "Enter",
      run: run.activate,
      disabled: isActive,
      why: "It is the active image",
    },
    { label: "Open", icon: "image", hint: "O", run: run.open, disabled: gone, why: "Its file is missing" },
    { label: "Edit label", icon: "pen", hint: "F2", run: run.label },
    {
      label: "Copy image",
      icon: "copy",
      hint: "Ctrl+C",
      run: run.copy,
      disabled: !canCopy || gone,
      why: "The browser allows this on https and localhost only",
    },
    { label: "Replace…", icon: "upload", run: run.replace },
    null,
    {
      label: slot.mask ? "Edit mask" : "Paint mask",
      icon: "brush",
      hint: "M",
      run: run.paint,
      disabled: gone,
      why: "Its file is missing",
    },
    { label: "Clear mask", icon: "clear", run: run.clearMask, disabled: !slot.mask, why: "It has no mask" },
    { label: "Restore an earlier version…", icon: "restore", run: run.history },
    null,
    {
      label: "Move to the front",
      icon: "left",
      run: run.toFront,
      disabled: position === 0,
      why: "It is the first",
    },
    {
      label: "Move to the end",
      icon: "right",
      run: run.toEnd,
      disabled: position === count - 1,
      why: "It is the last",
    },
    null,
    { label: chosen > 1 ? `Delete ${chosen} images` : "Delete", icon: "trash", hint: "Del", run: run.remove },
  ];
}
