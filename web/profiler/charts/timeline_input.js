const DRAG = 3; // px before a press is a drag
const WHEEL = 0.0016; // zoom for each px of the wheel

/**
 * Wheel, pointer and keys of the timeline, as what they mean.
 *
 * @param {HTMLElement} stage
 * @param {object} does
 * @param {(factor: number, x: number | null) => boolean} does.zoom false when there is no more to see
 * @param {(share: number) => void} does.pan of the width
 * @param {(px: number) => void} does.drag
 * @param {(point: {x: number, y: number, target: EventTarget | null} | null) => void} does.hover
 * @param {() => void} does.pick
 * @param {(by: number) => void} does.step to the next or former bar of the row
 * @param {(by: number) => void} does.row to the row beneath or above
 * @param {(last: boolean) => void} does.edge to the first or last bar
 * @param {() => void} does.select
 * @param {() => void} does.fit
 */
export function listenToTimeline(stage, does) {
  let pressed = null;
  let dragged = false;
  const place = (event) => {
    const box = stage.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };

  stage.addEventListener("wheel", (event) => onWheel(event, does, place(event).x), { passive: false });
  stage.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    pressed = { id: event.pointerId, x: event.clientX };
    dragged = false;
  });
  stage.addEventListener("pointermove", (event) => {
    if (!pressed) return does.hover({ ...place(event), target: event.target });
    const by = event.clientX - pressed.x;
    if (!dragged && Math.abs(by) < DRAG) return;
    if (!dragged) stage.setPointerCapture(pressed.id);
    dragged = true;
    stage.dataset.dragged = "";
    pressed.x = event.clientX;
    does.drag(by);
  });
  const release = (event) => {
    if (pressed && !dragged && event.type === "pointerup") does.pick();
    pressed = null;
    delete stage.dataset.dragged;
  };
  stage.addEventListener("pointerup", release);
  stage.addEventListener("pointercancel", release);
  stage.addEventListener("pointerleave", () => !pressed && does.hover(null));
  stage.addEventListener("keydown", (event) => onKey(event, does));
}

function onWheel(event, does, x) {
  if (event.ctrlKey && !event.deltaY) return;
  const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
  const lines = event.deltaMode === 1 ? 16 : 1;
  if (Math.abs(sideways) > Math.abs(event.shiftKey ? 0 : event.deltaY)) does.drag(-sideways * lines);
  else if (!does.zoom(Math.exp(Math.max(-300, Math.min(300, event.deltaY * lines)) * WHEEL), x)) return;
  event.preventDefault();
  event.stopPropagation();
}

function onKey(event, does) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const keys = {
    ArrowLeft: () => (event.shiftKey ? does.pan(-0.2) : does.step(-1)),
    ArrowRight: () => (event.shiftKey ? does.pan(0.2) : does.step(1)),
    ArrowUp: () => does.row(-1),
    ArrowDown: () => does.row(1),
    Home: () => does.edge(false),
    End: () => does.edge(true),
    Enter: () => does.select(),
    " ": () => does.select(),
    "+": () => does.zoom(1 / 1.5, null),
    "=": () => does.zoom(1 / 1.5, null),
    "-": () => does.zoom(1.5, null),
    0: () => does.fit(),
  };
  event.stopPropagation();
  if (!Object.hasOwn(keys, event.key)) return;
  event.preventDefault();
  keys[event.key]();
}
