import { openDialog } from "../../shared/dialog.js";
import { el } from "../../shared/el.js";
import { slotName } from "../slot_name.js";
import { greyPng } from "./grey_png.js";
import { createLeaveQuestion } from "./leave_question.js";
import { loadMask } from "./load_mask.js";
import { loadPicture } from "./load_picture.js";
import { overlayColours } from "./overlay_colours.js";
import { Painter } from "./painter.js";
import { createPainterBar } from "./painter_bar.js";
import { painterKey } from "./painter_keys.js";

/**
 * Opens the mask painter for one image. `keep` gets the mask as PNG, or null when nothing is painted.
 *
 * @param {import("../../shared/types.js").Slot} slot
 * @param {{image: string, thumb: string, mask: string | null}} urls
 * @param {(png: Blob | null) => Promise<void>} keep
 */
export async function openPainter(slot, urls, keep) {
  const says = el("p", { class: "dsg-paint-says", role: "status" }, "Loading…");
  const body = el("div", { class: "dsg-paint-body" }, says);
  const live = { painter: null, ask: null };
  const mayClose = () => {
    if (!live.painter?.dirty) return true;
    live.ask.hidden = false;
    live.ask.querySelector("button").focus();
    return false;
  };
  const dialog = openDialog(`Mask of ${slotName(slot)}`, "dsg-painter", [body], { mayClose });
  try {
    const { picture, width, height } = await loadPicture(slot, urls.image, urls.thumb);
    const mask = await loadMask(urls.mask, width, height);
    if (dialog.open) show(dialog, body, says, live, { picture, mask, keep, mayClose });
  } catch (error) {
    says.textContent = `${error.message} Close with Escape.`;
  }
}

function show(dialog, body, says, live, { picture, mask, keep, mayClose }) {
  const painter = new Painter(picture, mask, overlayColours(dialog), () => bar.update());
  const save = () => void saveMask(dialog, painter, bar.save, says, keep);
  const bar = createPainterBar(painter, { save, cancel: () => mayClose() && dialog.close() });
  const ask = createLeaveQuestion({
    keep: () => {
      ask.hidden = true;
      painter.element.focus();
    },
    discard: () => dialog.close(),
  });
  Object.assign(live, { painter, ask });
  says.textContent = "";
  body.replaceChildren(bar.element, painter.element, ask, says);
  dialog.addEventListener("keydown", (event) => painterKey(event, painter, { save, update: bar.update }));
  dialog.addEventListener("keyup", (event) => event.key === " " && (painter.panning = false));
  const size = new ResizeObserver(() => painter.fit());
  size.observe(painter.element);
  dialog.addEventListener("close", () => size.disconnect());
  painter.element.focus();
  bar.update();
}

/** A failure is said inside the dialog: a toast would lie behind it. */
async function saveMask(dialog, painter, button, says, keep) {
  if (!painter.dirty) return void dialog.close();
  button.disabled = true;
  says.textContent = "Saving…";
  try {
    const { width, height, data } = painter.mask;
    await keep(painter.empty ? null : await greyPng(width, height, data));
    dialog.close();
  } catch (error) {
    says.textContent = `The mask was not saved. ${error.message}`;
    button.disabled = false;
  }
}
