import { el } from "../shared/el.js";
import { icon } from "../shared/icon.js";
import { textButton } from "../shared/text_button.js";

/** @param {import("./grid_panel.js").Panel} panel @param {(what: string) => void} act */
export function drawPanel({ icon: shape, title, text, offers }, act) {
  const buttons = offers.map((offer) =>
    textButton(offer.label, () => act(offer.do), { data: { do: offer.do } }),
  );
  return [
    el("span", { class: "dsg-panel-icon" }, icon(shape)),
    el("strong", { class: "dsg-panel-title" }, title),
    el("p", { class: "dsg-panel-text" }, text),
    ...(buttons.length ? [el("div", { class: "dsg-panel-offers" }, ...buttons)] : []),
  ];
}
