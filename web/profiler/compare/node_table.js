import { el } from "../../shared/el.js";
import { setText } from "../../shared/set_text.js";
import { createWindowedList } from "../charts/windowed_list.js";
import { FINDING_HEADS, createFindingCells } from "./finding_cells.js";
import { sorted } from "./findings.js";

const ROW = 24;

/**
 * The nodes of a comparison; a head sorts, a row selects its node.
 * @param {(nodeId: string) => void} select
 */
export function createNodeTable(select) {
  let rows = [];
  let largest = 0;
  let column = "shift";
  let down = true;
  const heads = [["Node", "name"], ...FINDING_HEADS].map(([text, name]) => headOf(text, name));
  const head = el(
    "div",
    { class: "dsg-compare-row dsg-compare-head" },
    ...heads.map(({ element }) => element),
  );
  const list = createWindowedList({
    name: "Nodes of both sides",
    row: ROW,
    make: makeRow,
    pick: (row) => select(row.node.b ?? row.node.a),
  });

  function headOf(text, name) {
    if (!name) return { name, element: el("span", { class: "dsg-compare-figure" }, text) };
    const sort = () => {
      down = column === name ? !down : name !== "name" && name !== "verdict" && name !== "p";
      column = name;
      draw();
    };
    const figure = name === "name" || name === "verdict" ? "" : " dsg-compare-figure";
    return {
      name,
      element: el("button", { type: "button", class: `dsg-compare-sort${figure}`, onclick: sort }, text),
    };
  }

  function makeRow() {
    const name = el("span", { class: "dsg-bars-name" });
    const cells = createFindingCells();
    const element = el("div", { class: "dsg-compare-row", role: "option" }, name, ...cells.elements);
    return {
      element,
      update(row) {
        setText(name, row.name);
        name.title = [row.name, row.node.node_type, HOW[row.node.how] ?? ""].filter(Boolean).join("\n");
        cells.update(row.finding, largest);
      },
    };
  }

  function draw() {
    for (const { name, element } of heads) {
      if (!name) continue;
      element.dataset.sorted = name === column ? (down ? "down" : "up") : "";
      element.title = name === column ? `Sorted, ${down ? "largest" : "smallest"} first` : "Sort";
    }
    list.update(sorted(rows, column, down));
  }

  return {
    elements: [head, list.element],
    /** @param {import("./findings.js").Row[]} next */
    update(next) {
      rows = next;
      largest = next.reduce((most, { finding }) => Math.max(most, Math.abs(finding.shift ?? 0)), 0);
      draw();
    },
    destroy: () => list.destroy(),
  };
}

const HOW = { "": "On one side alone.", place: "Another id, but the same place in the workflow.", id: "" };
