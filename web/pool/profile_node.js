import { addElementWidget } from "../comfy.js";
import { chain } from "../shared/chain.js";
import { hideWidget } from "../shared/hide_widget.js";
import { widgetOf } from "./pool_identity.js";
import { ProfileBar } from "./profile_bar.js";
import { chooseProfile, chosenProfile, fillProfileCombo, namedProfile } from "./profile_choice.js";
import { profileLabel } from "./profile_label.js";
import { session } from "./session.js";

const HEIGHT = 68; // px of the toolbar and the line below it
const FIRST_WIDTH = 300;

const page = { count: 0 };

/** @param {any} node */
export function setUpProfileNode(node) {
  hideWidget(widgetOf(node, "profile"));
  setUpCombo(node);
  const bar = new ProfileBar(node);
  page.count += 1;
  addElementWidget(node, "actions", `dataset_gates.profile.${page.count}`, bar.element, () => HEIGHT);
  hookLife(node, bar);
}

function setUpCombo(node) {
  const combo = widgetOf(node, "profile_id");
  if (!combo) return;
  combo.options.getOptionLabel = (id) =>
    profileLabel(id, id === chosenProfile(node) ? namedProfile(node) : "", session().profiles);
  chain(combo, "callback", () => chooseProfile(node, chosenProfile(node)));
  fillProfileCombo(node);
}

function hookLife(node, bar) {
  const { availability, chosen, coordinator, profiles } = session();
  const offs = [];
  const leave = () => offs.splice(0).forEach((off) => off());
  const refill = () => {
    fillProfileCombo(node);
    bar.update();
  };
  chain(node, "onAdded", () => {
    leave();
    offs.push(
      profiles.subscribe(refill),
      chosen.add(() => bar.update()),
      availability.add(() => bar.update()),
    );
    widen(node);
    refill();
    coordinator.plan();
  });
  chain(node, "onRemoved", () => {
    leave();
    coordinator.plan();
  });
  chain(node, "onConfigure", () => {
    withoutNulls(node);
    refill();
    coordinator.plan();
  });
  chain(node, "onConnectionsChange", () => coordinator.plan());
}

/** Workflows of the first Pool Profile hold nulls where its buttons were. */
function withoutNulls(node) {
  for (const name of ["profile", "profile_id"]) {
    const widget = widgetOf(node, name);
    if (widget && typeof widget.value !== "string") widget.value = "";
  }
}

/**
 * The frontend sizes a node before its last widget is there, and again when it is loaded: the two must
 * agree.
 */
function widen(node) {
  const [width, height] = node.computeSize();
  node.setSize([Math.max(width, node.size[0], FIRST_WIDTH), Math.max(height, node.size[1])]);
}
