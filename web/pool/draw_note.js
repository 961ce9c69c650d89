import { el } from "../shared/el.js";
import { textButton } from "../shared/text_button.js";

/**
 * @param {import("./grid_notes.js").Note} note
 * @param {(what: string) => void} act
 * @param {() => void} hide
 */
export function drawNote({ key, text, offers, dismiss }, act, hide) {
  const button = (label, run, what) =>
    textButton(label, run, { class: "dsg-button dsg-link", data: { do: what } });
  return el(
    "div",
    { class: "dsg-note", data: { note: key } },
    el("span", {}, text),
    ...offers.map((offer) => button(offer.label, () => act(offer.do), offer.do)),
    dismiss && button(dismiss, hide, "hide-note"),
  );
}
