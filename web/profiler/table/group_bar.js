import { el } from "../../shared/el.js";
import { icon } from "../../shared/icon.js";
import { openMenu } from "../../shared/menu.js";
import { colourOf } from "./cells.js";
import { DRAGGED } from "./step_table.js";

/**
 * The groups as chips: a click shows only what is in them, nodes are dropped on them.
 *
 * @typedef {import("../types.js").Group} Group
 * @param {object} on
 * @param {(group: Group) => void} on.toggle
 * @param {(group: Group, ids: string[]) => void} on.drop
 * @param {(ids: string[]) => void} on.create with the nodes that were dropped on it
 * @param {(group: Group) => void} on.edit
 * @param {(group: Group) => void} on.remove
 */
export function createGroupBar(on) {
  const element = el("div", { class: "dsg-groups", role: "toolbar", "aria-label": "Groups" });
  const add = el(
    "button",
    {
      type: "button",
      class: "dsg-chip dsg-chip-add",
      data: { do: "new-group" },
      title: "Make a group of nodes",
      onclick: () => on.create([]),
    },
    icon("plus"),
    el("span", {}, "Group"),
  );
  takeDrops(add, (ids) => on.create(ids));
  let drawn = "";

  /** @param {Group} group @param {boolean} pressed */
  function chip(group, pressed) {
    const made = el(
      "button",
      {
        type: "button",
        class: "dsg-chip",
        "aria-pressed": String(pressed),
        title: [group.description, "Click to show only these nodes, drop nodes here to add them."]
          .filter(Boolean)
          .join("\n"),
        data: { group: group.id },
        onclick: () => on.toggle(group),
      },
      el("span", { class: "dsg-dot", style: { "background-color": colourOf(group) } }),
      el("span", { class: "dsg-chip-name" }, group.name || "No name"),
      el("span", { class: "dsg-chip-count" }, String(group.members.length)),
    );
    const menu = (event) => {
      event.preventDefault();
      const { left, bottom } = made.getBoundingClientRect();
      openMenu(
        [
          { label: "Edit group…", icon: "pen", run: () => on.edit(group) },
          { label: "Delete group", icon: "trash", run: () => on.remove(group) },
        ],
        { x: left, y: bottom + 2 },
        `Group ${group.name}`,
      );
    };
    made.addEventListener("contextmenu", menu);
    const more = el(
      "button",
      {
        type: "button",
        class: "dsg-chip-more",
        "aria-label": `Group ${group.name}: more`,
        "aria-haspopup": "menu",
        onclick: menu,
      },
      icon("more"),
    );
    takeDrops(made, (ids) => on.drop(group, ids));
    return el("span", { class: "dsg-chip-box" }, made, more);
  }

  return {
    element,
    /** @param {Group[]} groups @param {Set<number>} pressed */
    update(groups, pressed) {
      const now = JSON.stringify([groups, [...pressed]]);
      if (now === drawn) return;
      drawn = now;
      element.replaceChildren(...groups.map((group) => chip(group, pressed.has(group.id))), add);
    },
  };
}

/** @param {HTMLElement} target @param {(ids: string[]) => void} take */
function takeDrops(target, take) {
  const isOurs = (event) => event.dataTransfer?.types.includes(DRAGGED);
  target.addEventListener("dragover", (event) => {
    if (!isOurs(event)) return;
    event.preventDefault();
    event.stopPropagation();
    event.dataTransfer.dropEffect = "copy";
    target.setAttribute("data-over", "");
  });
  target.addEventListener("dragleave", () => target.removeAttribute("data-over"));
  target.addEventListener("drop", (event) => {
    target.removeAttribute("data-over");
    if (!isOurs(event)) return;
    event.preventDefault();
    event.stopPropagation();
    const ids = JSON.parse(event.dataTransfer.getData(DRAGGED));
    take(ids.map(String));
  });
}
