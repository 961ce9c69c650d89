import { el } from "../../shared/el.js";

/**
 * A picture's content as a table, made when it is opened.
 *
 * @param {string[]} heads
 * @param {(most: number) => {rows: string[][], left: number}} read what to show, at most so many rows, and how many
 *   are left out
 */
export function createTextTable(heads, read, most = 200) {
  const body = el("div");
  const element = el("details", { class: "dsg-chart-text" }, el("summary", {}, "As text"), body);
  const fill = () => {
    if (!element.open) return body.replaceChildren();
    const { rows, left } = read(most);
    const head = el("tr", {}, ...heads.map((text) => el("th", { scope: "col" }, text)));
    const lines = rows.map((cells) => el("tr", {}, ...cells.map((text) => el("td", {}, text))));
    const more =
      left > 0 ? el("p", { class: "dsg-chart-muted" }, `And ${left} more; the export has them all.`) : null;
    body.replaceChildren(
      el("table", {}, el("thead", {}, head), el("tbody", {}, ...lines)),
      ...(more ? [more] : []),
    );
  };
  element.addEventListener("toggle", fill);
  return { element, update: fill };
}
