import { countOf } from "../shared/count_of.js";
import { el } from "../shared/el.js";
import { iconButton } from "../shared/icon_button.js";
import { setText } from "../shared/set_text.js";
import { textButton } from "../shared/text_button.js";

/**
 * The line at the top of a grid: what is shown, and what can be done with all of it. With images selected
 * it becomes
 * the line for those.
 *
 * @param {{upload: () => void, trash: () => void, more: (event: MouseEvent) => void, removeSelected: () => void, clearSelection: () => void, back: () => void, emptyTrash: () => void}} run
 */
export function createPoolBar(run) {
  const title = el("span", { class: "dsg-title" });
  const count = el("span", { class: "dsg-muted dsg-count" });
  const trash = iconButton("trash", "Deleted images", run.trash, { data: { do: "trash" } });
  const upload = textButton("Add images", run.upload, {
    class: "dsg-button dsg-add",
    data: { do: "upload" },
  });
  const more = iconButton("more", "More", run.more, { "aria-haspopup": "menu", data: { do: "more" } });
  const normal = [title, count, gap(), upload, trash, more];

  const chosen = el("span", { class: "dsg-title" });
  const remove = textButton("Delete", run.removeSelected, { data: { do: "delete-selected" } });
  const selecting = [chosen, gap(), remove, iconButton("close", "Clear selection", run.clearSelection)];

  const emptyTrash = textButton("Empty trash…", run.emptyTrash);
  const trashTitle = el("span", { class: "dsg-title" });
  const inTrash = [iconButton("left", "Back to the images", run.back), trashTitle, gap(), emptyTrash];

  const element = el("div", { class: "dsg-bar", role: "toolbar", "aria-label": "Image pool" });
  const use = (parts) => {
    if (element.firstElementChild !== parts[0]) element.replaceChildren(...parts);
  };

  return {
    element,
    /**
     * @param {{title: string, count: number, trash: number, selected: number, trashView: boolean, ready: boolean}} now
     */
    update(now) {
      element.hidden = !now.ready && !now.title;
      setText(title, now.title || countOf(now.count, "image"));
      setText(count, now.title && now.ready ? countOf(now.count, "image") : "");
      setText(chosen, `${now.selected} selected`);
      setText(remove, `Delete ${countOf(now.selected, "image")}`);
      setText(trashTitle, `${countOf(now.trash, "deleted item")}`);
      emptyTrash.hidden = now.trash === 0;
      trash.title = `Deleted images (${now.trash})`;
      trash.hidden = !now.ready || now.trash === 0;
      upload.hidden = !now.ready || now.count === 0;
      more.hidden = !now.ready;
      use(now.trashView ? inTrash : now.selected ? selecting : normal);
    },
  };
}

const gap = () => el("span", { class: "dsg-gap" });
