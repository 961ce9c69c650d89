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
  const headings = rows.filter(({ kind }) => kind !== "step");
  for (const { key, unit } of columns) {
    if (!unit) continue;
    const { most, furthest } = index.extremesOf(key);
    scales[key] = columnScale([furthest, ...headings.map((row) => valueIn(row, key))], unit);
    largest[key] = most;
  }
  const groupsOf = (row) => index.groupsOf.get(row.step.node_id) ?? [];
  return { scales, largest, run, groupsOf };
}
