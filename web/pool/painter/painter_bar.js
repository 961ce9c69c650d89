import { el } from "../../shared/el.js";
import { iconButton } from "../../shared/icon_button.js";
import { setText } from "../../shared/set_text.js";
import { textButton } from "../../shared/text_button.js";
import { positionOf, sizeAt } from "./brush_size.js";

/**
 * The tools of the mask painter.
 * @param {import("./painter.js").Painter} painter @param {{save: () => void, cancel: () => void}} run
 */
export function createPainterBar(painter, run) {
  const pick = (erasing) => () => {
    painter.erasing = erasing;
    update();
  };
  const brush = iconButton("brush", "Brush (B)", pick(false));
  const eraser = iconButton("eraser", "Eraser (E)", pick(true));
  const slider = el("input", {
    type: "range",
    class: "dsg-range",
    min: "0",
    max: "100",
    step: "0.5",
    "aria-label": "Brush size",
    title: "Brush size ([ and ])",
  });
  slider.addEventListener("input", () => (painter.size = sizeAt(Number(slider.value))));
  const size = el("output", { class: "dsg-figure" });
  const undo = iconButton("undo", "Undo (Ctrl+Z)", () => painter.undo());
  const redo = iconButton("redo", "Redo (Ctrl+Shift+Z)", () => painter.redo());
  const zoom = textButton("", () => painter.actualSize(), {
    title: "Zoom; click for 100 % (1)",
    class: "dsg-button dsg-figure",
  });
  const save = textButton("Save mask", run.save, { class: "dsg-button dsg-primary", title: "Ctrl+S" });
  const element = el(
    "div",
    { class: "dsg-paint-bar", role: "toolbar", "aria-label": "Mask tools" },
    group(brush, eraser),
    group(slider, size),
    group(undo, redo),
    group(
      iconButton("invert", "Invert (I)", () => painter.invert()),
      iconButton("clear", "Clear", () => painter.clear()),
    ),
    group(iconButton("colour", "Another colour for the mask (C)", () => painter.nextColour())),
    group(
      iconButton("fit", "Zoom to fit (0)", () => painter.fit()),
      zoom,
    ),
    el("span", { class: "dsg-gap" }),
    group(textButton("Cancel", run.cancel), save),
  );

  function update() {
    brush.setAttribute("aria-pressed", String(!painter.erasing));
    eraser.setAttribute("aria-pressed", String(painter.erasing));
    slider.value = String(positionOf(painter.size));
    setText(size, `${painter.size} px`);
    enable(undo, painter.history.canUndo);
    enable(redo, painter.history.canRedo);
    setText(zoom, `${Math.round(painter.zoom * 100)} %`);
  }

  /** A disabled button hears no keys: the image takes the focus from it. */
  function enable(button, on) {
    if (!on && button === document.activeElement) painter.element.focus({ preventScroll: true });
    button.disabled = !on;
  }

  return { element, update, save };
}

const group = (...children) => el("div", { class: "dsg-group" }, ...children);
