import { countOf } from "../../shared/count_of.js";
import { el } from "../../shared/el.js";
import { openDialog } from "../../shared/dialog.js";
import { textButton } from "../../shared/text_button.js";
import { askSure } from "../ask_sure.js";
import { momentText } from "../format.js";

/** What was deleted, to be restored or deleted for good. @param {import("../profiler_actions.js").ProfilerActions} actions */
export async function openTrash(actions) {
  const items = await actions.try("The trash could not be read", () => actions.trash());
  if (!items) return;
  const list = el("ul", { class: "dsg-trash-list" });
  const nothing = el("p", { class: "dsg-muted" }, "Nothing is deleted.");
  const empty = textButton("Empty trash…", () => void emptyAll());
  let left = items;

  const draw = (now) => {
    left = now;
    list.replaceChildren(...left.map(row));
    nothing.hidden = left.length > 0;
    empty.hidden = left.length === 0;
  };
  const without = (item) => draw(left.filter((one) => one !== item));

  const row = (item) =>
    el(
      "li",
      { class: "dsg-trash-row" },
      el("span", { class: "dsg-trash-name" }, nameOf(item)),
      el(
        "span",
        { class: "dsg-muted" },
        `${item.kind}, deleted ${momentText(item.trashed_at ?? item.deleted)}`,
      ),
      textButton("Restore", async () => {
        if (await actions.restore([item])) without(item);
      }),
      textButton("Delete for good…", () => void purge(item)),
    );

  async function purge(item) {
    if (!(await askSure(`Delete “${nameOf(item)}” for good?`, "It cannot be restored.", "Delete for good")))
      return;
    if (await actions.purge(item)) without(item);
  }

  async function emptyAll() {
    const what = countOf(left.length, "deleted item");
    if (!(await askSure(`Delete ${what} for good?`, "They cannot be restored.", "Empty trash"))) return;
    if (await actions.purge(null)) draw([]);
  }

  const title = el(
    "div",
    { class: "dsg-bar" },
    el("h2", { class: "dsg-form-title" }, "Trash"),
    el("span", { class: "dsg-gap" }),
    empty,
  );
  const dialog = openDialog("Trash", "dsg-small-dialog dsg-trash-dialog", [
    title,
    list,
    nothing,
    el(
      "div",
      { class: "dsg-form-buttons" },
      textButton("Close", () => dialog.close()),
    ),
  ]);
  draw(items);
}

const nameOf = ({ kind, name, number }) => name || `${kind === "run" ? "Run" : "Group"} ${number}`;
