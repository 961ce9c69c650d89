import { el } from "../../shared/el.js";
import { icon } from "../../shared/icon.js";
import { setAttribute } from "../../shared/set_attribute.js";
import { amountText, DASH, reasonText, scaledText } from "../format.js";
import { createText } from "./cell_text.js";
import { valueIn } from "./rows.js";

/**
 * The cells of one row; each has one `update` that touches only what differs.
 *
 * @typedef {import("./rows.js").Row} Row
 * @typedef {import("./columns.js").Column} Column
 * @typedef {object} Look what all cells of a table have in common
 * @property {Record<string, import("../format.js").Scale>} scales by column
 * @property {Record<string, number>} largest by column, for the bars
 * @property {import("../types.js").Run | null} run
 * @property {(row: Row) => import("../types.js").Group[]} groupsOf
 *
 * @typedef {{element: HTMLElement, update: (row: Row, look: Look) => void}} Cell
 */

/** @param {Column} column @returns {Cell} */
export function createCell(column) {
  if (column.key === "node_title") return nodeCell();
  if (column.key === "groups") return groupsCell();
  if (column.key === "step_comment") return commentCell();
  if (column.key === "status") return statusCell();
  return column.unit ? figureCell(column) : textCell(column);
}

const cell = (key, ...children) =>
  el("div", { class: "dsg-step-cell", role: "gridcell", data: { column: key } }, ...children);

function nodeCell() {
  const fold = el(
    "button",
    { type: "button", class: "dsg-fold", tabindex: "-1", data: { do: "fold" } },
    icon("right"),
  );
  const dot = el("span", { class: "dsg-dot" });
  const title = createText();
  const about = createText();
  const element = cell(
    "node_title",
    fold,
    dot,
    el("span", { class: "dsg-step-title" }, title.node),
    el("span", { class: "dsg-step-about" }, about.node),
  );
  element.setAttribute("role", "rowheader");
  let drawnIndent = "";
  let drawnColour = "";
  return {
    element,
    update(row) {
      title.show(row.label);
      const id = row.step?.node_id ?? (row.kind === "subgraph" ? row.key : "");
      about.show(row.kind === "group" ? `${row.count}` : `#${id}`);
      setAttribute(
        element,
        "title",
        row.step ? `${row.label}\n${row.step.node_type ?? ""} #${id}` : row.label,
      );
      const indent = `${row.depth * 16}px`;
      if (drawnIndent !== indent) element.style.setProperty("--dsg-indent", (drawnIndent = indent));
      fold.hidden = row.open === null;
      setAttribute(fold, "aria-label", row.open ? "Fold" : "Unfold");
      setAttribute(fold, "data-open", row.open === true);
      dot.hidden = row.kind !== "group";
      const colour = colourOf(row.group);
      if (drawnColour !== colour) dot.style.backgroundColor = drawnColour = colour;
    },
  };
}

/** Only what CSS knows as a colour in hex; a group of a file may hold anything. @param {{color: string} | null} group */
export const colourOf = (group) =>
  /^#[0-9a-f]{3,8}$/i.test(group?.color ?? "") ? group.color : "transparent";

function figureCell({ key, unit, bar }) {
  const figure = createText();
  const fill = bar ? el("span", { class: "dsg-fill" }) : null;
  const element = cell(key, fill, figure.node);
  element.classList.add("dsg-number-cell");
  setAttribute(element, "data-bar", Boolean(bar));
  let value = null;
  let drawnPart = "";
  // Worked out when somebody looks, not for each row that scrolls by.
  element.addEventListener("pointerenter", () => {
    if (typeof value === "number") element.title = amountText(value, unit);
  });
  return {
    element,
    update(row, { scales, largest, run }) {
      value = valueIn(row, key);
      const known = typeof value === "number";
      figure.show(known ? scaledText(value, scales[key]) : DASH);
      setAttribute(element, "data-unknown", !known);
      setAttribute(element, "title", known ? null : whyNot(row, run, key));
      if (!fill) return;
      const share = known && row.kind === "step" && largest[key] ? value / largest[key] : 0;
      const part = Math.max(0, share).toFixed(3);
      if (drawnPart !== part) fill.style.transform = `scaleX(${(drawnPart = part)})`;
    },
  };
}

const NEVER_RAN = {
  cached: "Cached: it did not run, so there is nothing to measure.",
  skipped: "It was never reached in this run.",
  blocked: "An input was blocked, so it was never called.",
};

/** Why there is a dash. @param {Row} row @param {import("../types.js").Run | null} run @param {string} key */
export function whyNot(row, run, key) {
  if (row.kind !== "step") return "";
  const never = NEVER_RAN[row.step?.status];
  if (never) return never;
  if (run?.status === "running") return "Known when the run has ended.";
  return reasonText(run?.unmeasured, key);
}

function textCell({ key }) {
  const shown = createText();
  const element = cell(key, shown.node);
  return {
    element,
    update(row) {
      const text = String(valueIn(row, key) ?? "");
      shown.show(text);
      setAttribute(element, "title", text);
    },
  };
}

function statusCell() {
  const shown = createText();
  const element = cell("status", shown.node);
  return {
    element,
    update(row) {
      const status = row.step?.status ?? "";
      shown.show(status);
      setAttribute(element, "data-status", status);
      setAttribute(element, "title", row.step?.error_type ?? status);
    },
  };
}

function groupsCell() {
  const element = cell("groups");
  let drawn = "";
  return {
    element,
    update(row, { groupsOf }) {
      const groups = row.kind === "step" ? groupsOf(row) : [];
      const now = JSON.stringify(groups.map(({ name, color }) => [name, color]));
      if (now === drawn) return;
      drawn = now;
      element.replaceChildren(...groups.map(tag));
      setAttribute(element, "title", groups.map(({ name }) => name).join(", "));
    },
  };
}

const tag = (group) =>
  el(
    "span",
    { class: "dsg-tag" },
    el("span", { class: "dsg-dot", style: { "background-color": colourOf(group) } }),
    el("span", {}, group.name),
  );

function commentCell() {
  const text = createText();
  const element = cell("step_comment", el("span", { class: "dsg-comment" }, text.node));
  element.dataset.do = "comment";
  return {
    element,
    update(row) {
      const comment = row.step?.step_comment ?? "";
      text.show(comment);
      setAttribute(element, "title", comment || (row.step ? "Click to comment" : null));
      setAttribute(element, "data-empty", row.kind === "step" && !comment);
    },
  };
}
