import { columnScale } from "../format.js";
import { valueIn } from "./rows.js";

/**
 * What the cells of a table have in common. Scales and bars follow all steps of the run, so that filtering does
 * not change how long a bar is.
 * @param {import("./step_table.js").Look} look @returns {import("./cells.js").Look}
 */
export function cellLookOf({ columns, index, run, rows }) {
  const scales = {};
  const largest = {};
  for (const { key, unit } of columns) {
    if (!unit) continue;
    const values = index.steps.map((step) => (key in step ? step[key] : index.extraOf(step)[key]));
    const headings = rows.filter(({ kind }) => kind !== "step").map((row) => valueIn(row, key));
    scales[key] = columnScale([...values, ...headings], unit);
    largest[key] = values.reduce(
      (most, value) => (typeof value === "number" && value > most ? value : most),
      0,
    );
  }
  const groupsOf = (row) => index.groupsOf.get(row.step.node_id) ?? [];
  return { scales, largest, run, groupsOf };
}
