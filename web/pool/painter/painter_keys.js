import { claimKey } from "../../shared/claim_key.js";

/**
 * The keys of the mask painter.
 * @param {KeyboardEvent} event
 * @param {import("./painter.js").Painter} painter
 * @param {{save: () => void, update: () => void}} run
 */
export function painterKey(event, painter, run) {
  const command = event.ctrlKey || event.metaKey;
  const what = command ? commandFor(event, painter, run) : plainFor(event, painter);
  if (!what) return;
  claimKey(event);
  what();
  run.update();
}

function commandFor({ key, shiftKey }, painter, run) {
  const letter = key.toLowerCase();
  if (letter === "z") return () => (shiftKey ? painter.redo() : painter.undo());
  if (letter === "y") return () => painter.redo();
  return letter === "s" ? run.save : null;
}

function plainFor({ key, target }, painter) {
  if (key === " ") return target === painter.element ? () => (painter.panning = true) : null;
  const keys = {
    b: () => (painter.erasing = false),
    e: () => (painter.erasing = true),
    i: () => painter.invert(),
    c: () => painter.nextColour(),
    "[": () => (painter.size = Math.min(painter.size - 1, painter.size / 1.2)),
    "]": () => (painter.size = Math.max(painter.size + 1, painter.size * 1.2)),
    0: () => painter.fit(),
    1: () => painter.actualSize(),
    "+": () => painter.zoomBy(1.25),
    "-": () => painter.zoomBy(0.8),
  };
  return keys[key] ?? null;
}
