import { el } from "../../shared/el.js";
import { icon } from "../../shared/icon.js";
import { openDialog } from "../../shared/dialog.js";
import { textButton } from "../../shared/text_button.js";

const MOST = 60; // lines; a workflow that is another one altogether has hundreds

/**
 * The workflow is not the one of the reference: says what differs, node by node, and asks what to do.
 * @param {import("../graph/reference.js").Differences} differences
 * @returns {Promise<"update" | "force" | null>}
 */
export function askMismatch(differences) {
  return new Promise((resolve) => {
    let answer = null;
    const choose = (what) => () => {
      answer = what;
      dialog.close();
    };
    const update = textButton("Update Nodes and run", choose("update"), { class: "dsg-button dsg-primary" });
    const force = textButton("Force Run", choose("force"), {
      title: "Run anyway: both workflows are kept with the run, and steps may not match older ones",
    });
    const parts = [
      el("h2", { class: "dsg-form-title" }, icon("warning"), "Workflow changed. Please Update Nodes."),
      el("p", { class: "dsg-form-text" }, "It differs from the nodes that were kept as the reference:"),
      el("ul", { class: "dsg-differences" }, ...lines(differences)),
      el(
        "div",
        { class: "dsg-form-buttons" },
        textButton("Cancel", () => dialog.close()),
        force,
        update,
      ),
    ];
    const dialog = openDialog("Workflow changed", "dsg-small-dialog", parts, {
      onclose: () => resolve(answer),
    });
    update.focus();
  });
}

function lines({ added = [], removed = [], changed = [] }) {
  const all = [
    ...added.map((node) => line("added", node, "new")),
    ...removed.map((node) => line("removed", node, "gone")),
    ...changed.map((node) => line("changed", node, `${WORDS(node.what ?? [])} changed`)),
  ];
  const more = all.length - MOST;
  return more > 0 ? [...all.slice(0, MOST), el("li", { class: "dsg-muted" }, `and ${more} more`)] : all;
}

const WORDS = (what) => what.join(" and ") || "something";

const line = (kind, { id, title, type }, text) =>
  el(
    "li",
    { data: { change: kind } },
    el("span", { class: "dsg-difference-kind" }, kind),
    el("span", { class: "dsg-difference-node" }, title || type || "Node"),
    el("span", { class: "dsg-muted" }, ` #${id} ${text}`),
  );
