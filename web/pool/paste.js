import { selectedNodes } from "../comfy.js";
import { imageFiles } from "../shared/image_files.js";
import { poolGrids } from "./pool_grids.js";

/**
 * Images pasted into a focused grid, or while its node alone is selected, go into the pool. One listener
 * for all
 * grids, in the capture phase: the frontend's own makes a node of every pasted image and does not ask first.
 */
export function setUpPaste() {
  document.addEventListener("paste", onPaste, { capture: true });
}

function onPaste(event) {
  if (isField(event.target)) return;
  const inside = poolGrids.around(event.target) ?? poolGrids.around(document.activeElement);
  const grid = inside ?? gridOfSelection(event.target);
  if (!grid) return;
  const files = imageFiles(event.clipboardData);
  if (!files.length && !inside) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (files.length) void grid.actions.upload(files);
  else grid.strip.say("There is no image in the clipboard.");
}

const isField = (target) =>
  target instanceof HTMLTextAreaElement ||
  target instanceof HTMLInputElement ||
  (target instanceof HTMLElement && target.isContentEditable);

function gridOfSelection(target) {
  const onCanvas = target === document.body || target instanceof HTMLCanvasElement;
  const selected = onCanvas ? selectedNodes() : [];
  return selected.length === 1 ? poolGrids.ofNode(selected[0]) : undefined;
}
