import { openPainter } from "./painter/open_painter.js";
import { session } from "./session.js";

/**
 * Paints on an image of the pool that a grid shows.
 * @param {import("./pool_grid.js").PoolGrid} grid @param {import("../shared/types.js").Slot} slot
 */
export function paintMask(grid, slot) {
  const { store, strip, actions } = grid;
  const { urls } = session();
  if (!store) return;
  const addresses = {
    image: urls.file(store.id, slot.image),
    thumb: urls.thumb(store.id, slot, 512),
    mask: slot.mask && urls.file(store.id, slot.mask),
  };
  void openPainter(slot, addresses, async (png) => {
    if (png) await store.setMask(slot.id, png);
    else if (slot.mask) await store.clearMask(slot.id);
    else return;
    const undo = slot.mask ? () => actions.undoOn(store, slot.id, "mask") : () => actions.clearMask(slot.id);
    strip.say(png ? "Mask saved." : "Mask cleared.", { label: "Undo", run: () => void undo() });
  });
}
