/** The runs of a workflow as points with their spread. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { historyPoints } from "../../web/profiler/charts/history_points.js";
import { spreadWords } from "../../web/profiler/charts/history_words.js";
import { quantiles } from "../../web/profiler/charts/quantiles.js";
import { valueTicks } from "../../web/profiler/charts/value_ticks.js";

const run = (id, total_time, more = {}) => ({
  id,
  total_time,
  status: "success",
  series: null,
  mode: "natural",
  timestamp: id,
  ...more,
});

test("quarters lie between neighbours", () => {
  assert.deepEqual(quantiles([4, 1, 3, 2]), { n: 4, median: 2.5, q1: 1.75, q3: 3.25, min: 1, max: 4 });
  assert.deepEqual(quantiles([7]), { n: 1, median: 7, q1: 7, q3: 7, min: 7, max: 7 });
  assert.equal(quantiles([]), null);
});

test("only runs that ended well count for the spread, and few say nothing", () => {
  const runs = [run(1, 9), run(2, 11), run(3, 10), run(4, 99, { status: "error" }), run(5, null)];
  const few = historyPoints(runs, "total_time");
  assert.deepEqual([few.points.length, few.whole, few.left], [4, null, 1]);
  assert.equal(
    spreadWords(few, "s"),
    "3 successful runs, 1 that did not end well. A spread needs 4 successful runs.",
  );
  const enough = historyPoints([...runs, run(6, 10)], "total_time");
  assert.equal(enough.whole.median, 10);
  assert.equal(
    spreadWords(enough, "s").split(". ")[1],
    "Median 10.0 s, the middle half from 9.75 s to 10.3 s.",
  );
});

test("runs of one series and one mode, side by side, are a section", () => {
  const series = (count, name, mode) =>
    Array.from({ length: count }, (_, at) => run(at, 10 + at, { series: name, mode }));
  const runs = [
    ...series(5, "before", "warm"),
    ...series(4, "before", "cold"),
    ...series(3, "after", "warm"),
    run(9, 1),
  ];
  const { sections } = historyPoints(runs, "total_time");
  assert.deepEqual(
    sections.map(({ name, from, to, n, median }) => [name, from, to, n, median]),
    [
      ["before, warm", 0, 4, 5, 12],
      ["before, cold", 5, 8, 4, 11.5],
    ],
  );
});

test("a run that failed early does not squeeze the others", () => {
  const { low } = historyPoints([run(1, 10), run(2, 10), run(3, 0.1, { status: "error" })], "total_time");
  assert.ok(low > 8);
});

test("small differences do not look large", () => {
  const { low, high } = historyPoints([run(1, 10), run(2, 10.01), run(3, 10), run(4, 10)], "total_time");
  assert.ok(low <= 9 && high >= 11);
  const none = historyPoints([], "total_time");
  assert.ok(none.high > none.low);
});

for (const [from, to, unit, texts] of [
  [0, 10, "s", ["0 s", "5.00 s", "10.0 s"]],
  [9.4, 9.9, "s", ["9.40 s", "9.60 s", "9.80 s"]],
  [10.5 * 2 ** 30, 12 * 2 ** 30, "bytes", ["10.5 GiB", "11.0 GiB", "11.5 GiB", "12.0 GiB"]],
  [0, 12 * 2 ** 30, "bytes", ["0 B", "5.00 GiB", "10.0 GiB"]],
])
  test(`round values from ${from} to ${to} ${unit}`, () => {
    assert.deepEqual(
      valueTicks(from, to, 3, unit).map((tick) => tick.text),
      texts,
    );
  });
