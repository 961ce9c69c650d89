import { el } from "../shared/el.js";
import { iconButton } from "../shared/icon_button.js";
import { setAttribute } from "../shared/set_attribute.js";
import { setText } from "../shared/set_text.js";
import { slotName } from "./slot_name.js";

const WHAT = { slot: "deleted image", image: "replaced image", mask: "earlier mask" };

/** One thing in the trash. `data-do` says what a tool does. */
export function createTrashCell() {
  const picture = el("img", { class: "dsg-picture", alt: "", decoding: "async", draggable: "false" });
  const label = el("span", { class: "dsg-label" });
  picture.addEventListener("load", () => picture.setAttribute("data-ready", ""));
  const tool = (shape, name, what) =>
    iconButton(shape, name, () => {}, { tabindex: "-1", data: { do: what } });
  const tools = el(
    "span",
    { class: "dsg-tools" },
    tool("restore", "Restore", "restore"),
    tool("close", "Delete for good…", "purge"),
  );
  const element = el(
    "div",
    { class: "dsg-cell dsg-in-trash", role: "option", "aria-selected": "false" },
    el("div", { class: "dsg-thumb" }, picture),
    el("div", { class: "dsg-caption" }, label, tools),
  );

  return {
    element,
    /**
     * @param {import("../shared/types.js").TrashItem & {id: string}} item
     * @param {number} position
     * @param {number} count
     * @param {any} context
     */
    update(item, position, count, { poolId, urls, pixels }) {
      const name = item.kind === "slot" ? slotName(item.slot) : `${slotName(item.slot)} (${item.kind})`;
      setAttribute(element, "data-id", item.id);
      setAttribute(element, "aria-posinset", position + 1);
      setAttribute(element, "aria-setsize", count);
      setAttribute(element, "aria-label", `${slotName(item.slot)}, ${WHAT[item.kind]}`);
      setAttribute(element, "title", `${slotName(item.slot)}: ${WHAT[item.kind]}`);
      const src = urls.trashThumb(poolId, item, pixels);
      if (picture.getAttribute("src") !== src) picture.removeAttribute("data-ready");
      setAttribute(picture, "src", src);
      setText(label, name);
    },
  };
}
