import { bytesText } from "../shared/bytes_text.js";
import { claimKey } from "../shared/claim_key.js";
import { openDialog } from "../shared/dialog.js";
import { el } from "../shared/el.js";
import { iconButton } from "../shared/icon_button.js";
import { setText } from "../shared/set_text.js";
import { slotName } from "./slot_name.js";

/**
 * Shows images in full, one at a time. Arrows go on, Escape and a click beside the picture close.
 *
 * @param {import("../shared/types.js").Slot[]} slots @param {string} id where to begin
 * @param {(slot: import("../shared/types.js").Slot) => string} urlOf
 */
export function openLightbox(slots, id, urlOf) {
  const picture = el("img", { class: "dsg-lightbox-picture", alt: "" });
  const title = el("span", { class: "dsg-lightbox-title" });
  const facts = el("span", { class: "dsg-muted" });
  const failed = el(
    "p",
    { class: "dsg-lightbox-failed", hidden: true },
    "The browser cannot show this file.",
  );
  let at = Math.max(
    0,
    slots.findIndex((slot) => slot.id === id),
  );

  const show = (to) => {
    at = (to + slots.length) % slots.length;
    const slot = slots[at];
    failed.hidden = true;
    picture.hidden = false;
    picture.src = urlOf(slot);
    picture.alt = slotName(slot);
    setText(title, slotName(slot));
    setText(facts, factsOf(slot, at, slots.length));
  };
  picture.addEventListener("error", () => {
    failed.hidden = false;
    picture.hidden = true;
  });
  const tab = iconButton("link", "Open in a new tab", () =>
    window.open(urlOf(slots[at]), "_blank", "noopener"),
  );
  const close = iconButton("close", "Close", () => dialog.close());
  const dialog = openDialog("Image", "dsg-lightbox", [
    el("div", { class: "dsg-lightbox-bar" }, title, facts, el("span", { class: "dsg-gap" }), tab, close),
    el(
      "div",
      {
        class: "dsg-lightbox-stage",
        onclick: (event) => event.target === event.currentTarget && dialog.close(),
      },
      iconButton("left", "Previous image", () => show(at - 1), { hidden: slots.length < 2 }),
      picture,
      failed,
      iconButton("right", "Next image", () => show(at + 1), { hidden: slots.length < 2 }),
    ),
  ]);
  dialog.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    claimKey(event);
    show(at + step);
  });
  show(at);
}

function factsOf(slot, at, count) {
  const size = slot.width && slot.height ? `${slot.width} × ${slot.height}` : "";
  const bytes = slot.size === null ? "" : bytesText(slot.size);
  return [`${at + 1} of ${count}`, size, bytes].filter(Boolean).join(" · ");
}
