import { el } from "../../shared/el.js";
import { setAttribute } from "../../shared/set_attribute.js";
import { setText } from "../../shared/set_text.js";
import { amountText, scaledText } from "../format.js";
import { sums } from "./rollup.js";

const LONGEST_TOTAL = 7; // characters

/**
 * The head of the table, by which it is sorted, and its foot with the totals.
 * @param {(key: string) => void} sort
 */
export function createTableEdges(sort) {
  const head = el("div", { class: "dsg-steps-head", role: "row" });
  const foot = el("div", { class: "dsg-steps-foot", role: "row" });

  /** @param {readonly import("./columns.js").Column[]} columns */
  function draw(columns) {
    const buttons = columns.map(({ key, label, title }) =>
      el(
        "div",
        { class: "dsg-steps-label", role: "columnheader", data: { column: key } },
        el(
          "button",
          { type: "button", class: "dsg-sort", title, data: { sort: key }, onclick: () => sort(key) },
          el("span", {}, label),
          el("span", { class: "dsg-unit" }),
          el("span", { class: "dsg-arrow", "aria-hidden": "true" }),
        ),
      ),
    );
    head.replaceChildren(...buttons);
    foot.replaceChildren(
      ...columns.map(({ key, unit }) =>
        el("div", {
          class: `dsg-step-cell${unit ? " dsg-number-cell" : ""}`,
          role: "gridcell",
          data: { column: key },
        }),
      ),
    );
  }

  function updateHead(look, cellLook) {
    for (const [at, { key, unit }] of look.columns.entries()) {
      const label = head.children[at];
      setText(label.querySelector(".dsg-unit"), unit ? cellLook.scales[key].unit : "");
      setAttribute(label, "data-number", unit !== null);
      const sorted = look.wish.sort === key ? look.wish.direction : null;
      setAttribute(label, "aria-sort", sorted && (sorted === "up" ? "ascending" : "descending"));
    }
  }

  function updateFoot(look, cellLook) {
    const found = sums(look.matched, look.columns);
    const count = look.matched.length;
    const all = look.index.steps.length;
    for (const [at, { key, unit, total }] of look.columns.entries()) {
      const cell = foot.children[at];
      if (key === "node_title") setText(cell, countText(count, all));
      else if (total) {
        const value = found[key];
        setText(
          cell,
          value === null || value === undefined ? "" : totalText(value, unit, cellLook.scales[key]),
        );
        setAttribute(
          cell,
          "title",
          total === "sum"
            ? "Sum of these nodes; those that ran side by side count each"
            : "Highest of these nodes",
        );
      } else if (unit) setText(cell, "");
    }
  }

  return {
    head,
    foot,
    draw,
    /** @param {import("./step_table.js").Look} look @param {import("./cells.js").Look} cellLook */
    update(look, cellLook) {
      updateHead(look, cellLook);
      updateFoot(look, cellLook);
    },
  };
}

const countText = (count, all) => {
  const nodes = `${amountText(all, "count")} ${all === 1 ? "node" : "nodes"}`;
  return count === all ? nodes : `${amountText(count, "count")} of ${nodes}`;
};

/** A sum that is too long for the unit of its column has a unit of its own. */
function totalText(value, unit, scale) {
  const text = scaledText(value, scale);
  return text.length > LONGEST_TOTAL ? amountText(value, unit) : text;
}
