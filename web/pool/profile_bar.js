import { el } from "../shared/el.js";
import { iconButton } from "../shared/icon_button.js";
import { setText } from "../shared/set_text.js";
import { stopPlainKeys } from "../shared/stop_plain_keys.js";
import { textButton } from "../shared/text_button.js";
import { ProfileActions } from "./profile_actions.js";
import { profileFacts } from "./profile_facts.js";
import { chooseProfile, chosenProfile, namedProfile } from "./profile_choice.js";
import { session } from "./session.js";
import { StatusStrip } from "../shared/status_strip.js";

/** What can be done with profiles, as a row of buttons, and a line that says what is chosen. */
export class ProfileBar {
  #node;
  #needChosen = [];

  /** @param {any} node */
  constructor(node) {
    this.#node = node;
    this.strip = new StatusStrip();
    const actions = new ProfileActions(node, this.strip);
    const chosen = (shape, name, run) => {
      const button = iconButton(shape, name, run);
      this.#needChosen.push(button);
      return button;
    };
    const trash = iconButton("restore", "Deleted profiles", () => actions.openTrash(trash));
    this.facts = el("span", { class: "dsg-muted dsg-facts" });
    this.useNamed = textButton("Use it", () => this.#takeNamed(), {
      class: "dsg-button dsg-link",
      hidden: true,
    });
    this.line = el("div", { class: "dsg-line" }, this.facts, this.useNamed);
    this.element = el(
      "div",
      { class: "dsg-profile" },
      el(
        "div",
        { class: "dsg-bar", role: "toolbar", "aria-label": "Profiles" },
        iconButton("plus", "Create a profile", () => actions.create()),
        chosen("pen", "Rename this profile", () => actions.rename()),
        chosen("copy", "Duplicate this profile", () => actions.duplicate()),
        chosen("trash", "Delete this profile", () => actions.remove()),
        el("span", { class: "dsg-gap" }),
        chosen("download", "Export this profile as a zip", () => actions.exportZip()),
        iconButton("upload", "Import a profile from a zip", () => actions.importZip()),
        trash,
      ),
      el("div", { class: "dsg-foot" }, this.line, this.strip.element),
    );
    stopPlainKeys(this.element);
    this.update();
  }

  update() {
    const { profiles, unavailable } = session();
    const id = chosenProfile(this.#node);
    const profile = profiles.get(id);
    for (const button of this.#needChosen) button.disabled = !profile;
    for (const button of this.element.querySelectorAll(".dsg-bar button"))
      if (unavailable) button.disabled = true;
    const namesake = id ? undefined : profiles.named(namedProfile(this.#node));
    this.useNamed.hidden = !namesake;
    const text = unavailable || profileFacts(id, profile, namedProfile(this.#node), namesake, profiles.known);
    setText(this.facts, text);
    this.facts.title = text;
  }

  #takeNamed() {
    const namesake = session().profiles.named(namedProfile(this.#node));
    if (namesake) chooseProfile(this.#node, namesake.id);
    this.update();
  }
}
