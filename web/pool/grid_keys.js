import { claimKey } from "../shared/claim_key.js";
import { stepPosition } from "./step_position.js";

/**
 * The keyboard of a grid. `event` is claimed when it meant something here; a plain key never goes on to the
 * canvas,
 * where Delete would remove the node.
 *
 * @param {KeyboardEvent} event
 * @param {{id: string, position: number, count: number, columns: number, page: number}} at
 * @param {Record<string, (id: string) => void> & {moveFocus: (position: number, extend: boolean) => void, shift: (id: string, to: number) => void, undo: () => boolean}} run
 */
export function gridKey(event, at, run) {
  if (isField(event.target) || isPress(event)) return;
  const used =
    (event.altKey && shiftKey(event, at, run)) || commandKey(event, at, run) || plainKey(event, at, run);
  if (used) claimKey(event);
}

const isField = (target) => target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;

/** Enter and Space on a button are that button's. */
const isPress = ({ target, key }) => target instanceof HTMLButtonElement && (key === "Enter" || key === " ");

function shiftKey(event, at, run) {
  const to = stepPosition(event.key, at.position, at.count, at.columns, at.page);
  if (to === null) return false;
  run.shift(at.id, to);
  return true;
}

function commandKey(event, at, run) {
  if (!event.ctrlKey && !event.metaKey) return false;
  const key = event.key.toLowerCase();
  if (key === "a" && at.count) run.selectAll(at.id);
  else if (key === "z" && !event.shiftKey) return run.undo();
  else return false;
  return true;
}

function plainKey(event, at, run) {
  if (event.ctrlKey || event.metaKey || event.altKey || !at.id) return false;
  const to = stepPosition(event.key, at.position, at.count, at.columns, at.page);
  if (to !== null) {
    run.moveFocus(to, event.shiftKey);
    return true;
  }
  const what = PLAIN[event.key] ?? (event.shiftKey && event.key === "F10" ? "menu" : undefined);
  if (what) run[what](at.id);
  return Boolean(what);
}

const PLAIN = {
  Enter: "activate",
  " ": "toggle",
  Delete: "remove",
  Backspace: "remove",
  F2: "label",
  o: "open",
  m: "paint",
  ContextMenu: "menu",
  Escape: "escape",
};
