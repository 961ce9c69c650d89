/** Where the time of a run went: what is listed adds up to the total. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { counterList, topOf, valueAt } from "../../web/profiler/charts/counter_list.js";
import { timeParts } from "../../web/profiler/charts/time_parts.js";

const step = (node_id, exec_time, more = {}) => ({
  node_id,
  node_title: `N${node_id}`,
  status: "executed",
  t_start: 0,
  exec_time,
  segments: null,
  ...more,
});
const shown = ({ parts }) => parts.map((part) => [part.key.trim(), Math.round(part.seconds * 1000)]);
const close = (a, b) => assert.ok(Math.abs(a - b) < 1e-9, `${a} is not ${b}`);

test("nodes, waiting and the framework add up to the total, the largest first", () => {
  const run = { total_time: 10, async_idle: 2, framework_time: 1 };
  const asked = step("3", 6, {
    is_async: true,
    wall_time: 6,
    segments: [
      [0, 5e8],
      [1e9, 1.5e9],
    ],
  });
  const found = timeParts(run, [
    step("1", 1.5),
    step("2", 4.5),
    asked,
    step("4", null, { status: "skipped", t_start: null }),
  ]);
  assert.deepEqual(shown(found), [
    ["2", 4500],
    ["idle", 2000],
    ["1", 1500],
    ["3", 1000],
    ["framework", 1000],
  ]);
  close(
    found.parts.reduce((sum, part) => sum + part.share, 0),
    1,
  );
  assert.deepEqual(
    found.sums.map((sum) => [sum.kind, sum.seconds]),
    [
      ["node", 7],
      ["idle", 2],
      ["framework", 1],
    ],
  );
  assert.equal(found.untimed, 1);
  assert.equal(found.parts[1].about, "N3 (3)");
});

test("what no one measured is said to be so", () => {
  const found = timeParts({ total_time: 10, async_idle: null, framework_time: null }, [step("1", 4)]);
  assert.deepEqual(shown(found), [
    ["rest", 6000],
    ["1", 4000],
  ]);
  const less = timeParts({ total_time: 10, async_idle: 0, framework_time: 1 }, [step("1", 4)]);
  assert.deepEqual(shown(less), [
    ["rest", 5000],
    ["1", 4000],
    ["framework", 1000],
  ]);
});

test("a difference of rounding is no part of its own", () => {
  const found = timeParts({ total_time: 10, async_idle: 0, framework_time: 6.01 }, [step("1", 4)]);
  assert.deepEqual(shown(found), [
    ["framework", 6000],
    ["1", 4000],
  ]);
});

test("figures that claim more than the total are cut to it", () => {
  const found = timeParts({ total_time: 10, async_idle: 3, framework_time: 9 }, [step("1", 8)]);
  assert.deepEqual(shown(found), [
    ["1", 8000],
    ["idle", 2000],
  ]);
});

test("while it runs the shares are of what is known so far", () => {
  const found = timeParts({ total_time: null }, [step("1", 1), step("2", 3)]);
  assert.deepEqual(
    found.parts.map((part) => part.share),
    [0.75, 0.25],
  );
  assert.equal(found.total, null);
  assert.deepEqual(timeParts(null, []).parts, []);
});

const series = (name, values, more = {}) => ({
  name,
  unit: "bytes",
  source: "nvml",
  device: null,
  times: values.map((_, at) => at),
  values,
  ...more,
});

test("VRAM, RAM and the loads come first, and stand there with the reason when they were not measured", () => {
  const power = series("power", [1, 5], { unit: "W" });
  const found = counterList([power, series("ram", [1, 2]), series("energy", [1, 2])], {
    vram_max: { why: "no device", install: "pip install x" },
  });
  assert.deepEqual(
    found.map((one) => one.title),
    ["VRAM", "RAM", "GPU load", "CPU", "Power"],
  );
  assert.equal(found[0].times, null);
  assert.equal(found[0].about, "No device.\npip install x");
  assert.deepEqual([found[1].peak, found[4].unit], [2, "W"]);
});

test("a series without a value is not measured", () => {
  assert.equal(counterList([series("vram", [null, null])], null)[0].times, null);
  assert.equal(counterList(null, null).length, 4);
});

test("scales end at a round value above the highest", () => {
  assert.equal(topOf(11.3 * 2 ** 30, "bytes"), 15 * 2 ** 30);
  assert.deepEqual(
    [topOf(63, "%"), topOf(340, "%"), topOf(null, "%"), topOf(0, "bytes")],
    [100, 400, 100, 1],
  );
  for (const peak of [1, 1023, 1025, 999_999, 7e9, 1e12]) assert.ok(topOf(peak, "bytes") >= peak);
});

test("the value at a moment is the last that was known", () => {
  const counter = { times: [0, 1, 2], values: [5, null, 7] };
  assert.deepEqual(
    [-1, 0, 0.9, 1.5, 9].map((at) => valueAt(counter, at)),
    [null, 5, 5, null, 7],
  );
});
