import { inOneUndoStep, redraw } from "../comfy.js";
import { widgetOf } from "./pool_identity.js";
import { session } from "./session.js";

/** @param {any} node @returns {string} */
export const chosenProfile = (node) => String(widgetOf(node, "profile_id")?.value ?? "");

/** @param {any} node @returns {string} */
export const namedProfile = (node) => String(widgetOf(node, "profile")?.value ?? "");

/**
 * Chooses a profile as a person would, "" for none; connected pools follow in the same undo step.
 * @param {any} node
 * @param {string} id
 */
export function chooseProfile(node, id) {
  const combo = widgetOf(node, "profile_id");
  inOneUndoStep(() => {
    combo.value = id;
    keepName(node);
    session().coordinator.pass();
  });
  fillProfileCombo(node);
  session().chosen.emit(node);
}

/** Puts the profiles into the dropdown; the chosen one stays in it when it is missing. @param {any} node */
export function fillProfileCombo(node) {
  const combo = widgetOf(node, "profile_id");
  if (!combo) return;
  const ids = ["", ...session().profiles.all.map((profile) => profile.id)];
  const chosen = chosenProfile(node);
  combo.options.values = ids.includes(chosen) ? ids : [...ids, chosen];
  if (!namedProfile(node)) keepName(node);
  showLabel(combo);
  redraw(node);
}

const LABEL = "profile";

/**
 * Nodes 2.0 of frontend 1.47 draws a dropdown anew only when its value or its label was written, not its
 * options.
 */
function showLabel(combo) {
  combo.label = `${LABEL}…`;
  combo.label = LABEL;
}

/** The name is for people who read the workflow; the id alone decides. */
function keepName(node) {
  const name = widgetOf(node, "profile");
  const profile = session().profiles.get(chosenProfile(node));
  if (name && (profile || !chosenProfile(node))) name.value = profile?.name ?? "";
}
