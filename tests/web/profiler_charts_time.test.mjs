/** The part of a run in view, the moments written at its edge, and the words for a step. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { stepWords } from "../../web/profiler/charts/step_words.js";
import { roundStep, timeTicks } from "../../web/profiler/charts/time_ticks.js";
import { isWhole, panned, showing, wholeRun, within, zoomed } from "../../web/profiler/charts/time_view.js";

test("zooming keeps the moment under the pointer", () => {
  const view = zoomed({ from: 0, to: 10 }, 0.5, 8, 10);
  assert.deepEqual(view, { from: 4, to: 9 });
});

test("zooming out ends at the whole run, zooming in at what can be told apart", () => {
  assert.deepEqual(zoomed({ from: 4, to: 9 }, 100, 5, 10), { from: 0, to: 10 });
  let view = wholeRun(10);
  for (let times = 0; times < 100; times += 1) view = zoomed(view, 0.5, 3, 10);
  assert.ok(view.to - view.from >= 19e-6 && view.from <= 3 && view.to >= 3);
  assert.ok(isWhole(wholeRun(10), 10) && !isWhole(view, 10));
});

test("panning stays within the run", () => {
  assert.deepEqual(panned({ from: 2, to: 4 }, -5, 10), { from: 0, to: 2 });
  assert.deepEqual(panned({ from: 2, to: 4 }, 50, 10), { from: 8, to: 10 });
  assert.deepEqual(within({ from: 0, to: 50 }, 0), { from: 0, to: 1 });
});

test("a bar that gets the focus is brought into view", () => {
  const view = { from: 0, to: 2 };
  assert.equal(showing(view, { start: 0.5, end: 1 }, 10), view);
  const right = showing(view, { start: 4, end: 5 }, 10);
  assert.ok(right.from <= 4 && right.to >= 5);
  const long = showing(view, { start: 4, end: 9 }, 10);
  assert.ok(long.from < 4 && long.from > 3.5);
});

for (const [view, most, texts] of [
  [{ from: 0, to: 1.2 }, 6, ["0", "0.2 s", "0.4 s", "0.6 s", "0.8 s", "1.0 s", "1.2 s"]],
  [{ from: 0, to: 0.01 }, 5, ["0", "2 ms", "4 ms", "6 ms", "8 ms", "10 ms"]],
  [{ from: 0.0004, to: 0.0011 }, 3, ["0.5 ms", "1.0 ms"]],
  [{ from: 12, to: 13 }, 2, ["12.0 s", "12.5 s", "13.0 s"]],
  [{ from: 0, to: 300 }, 5, ["0", "1:00", "2:00", "3:00", "4:00", "5:00"]],
  [{ from: 3600, to: 7200 }, 2, ["1:00:00", "1:30:00", "2:00:00"]],
])
  test(`ticks from ${view.from} to ${view.to}`, () => {
    assert.deepEqual(
      timeTicks(view, most).map((tick) => tick.text),
      texts,
    );
  });

test("steps between ticks are those that people count in", () => {
  assert.deepEqual([0.0003, 0.03, 1.1, 7, 40, 1e6].map(roundStep), [0.0005, 0.05, 2, 10, 60, 1008000]);
});

test("a step is told with its times and what became of it", () => {
  const step = {
    node_id: "12",
    node_title: "Sample",
    status: "executed",
    t_start: 1,
    exec_time: 2,
    wall_time: 2,
    n_calls: 3,
  };
  assert.deepEqual(stepWords(step, true), {
    name: "Sample (12)",
    times: "2.00 s, from 1.00 s to 3.00 s",
    status: "ran, 3 calls, in the longest chain",
  });
  const failed = {
    node_id: "1",
    node_type: "Load",
    status: "error",
    error_type: "ValueError",
    t_start: 0,
    exec_time: 0.5,
    wall_time: 2,
  };
  assert.equal(stepWords(failed).times, "500 ms of its own in 2.00 s, from 0 s to 2.00 s");
  assert.equal(stepWords(failed).status, "failed, ValueError");
  assert.equal(stepWords({ node_id: "9", status: "skipped" }).times, "no time measured");
});
