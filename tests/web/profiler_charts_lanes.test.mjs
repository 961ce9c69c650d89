/** Where the steps of a run lie in the timeline, and which of them made it as long as it was. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { criticalPath } from "../../web/profiler/charts/critical_path.js";
import { barAt, lanePlaces, rowAt } from "../../web/profiler/charts/lane_places.js";
import { layLanes } from "../../web/profiler/charts/lanes.js";
import {
  areaOf,
  barBeside,
  barInNextRow,
  barUnder,
  momentAt,
  placeOfBar,
} from "../../web/profiler/charts/timeline_space.js";

const S = 1e9;
const step = (node_id, spans, more = {}) => ({
  node_id,
  status: "executed",
  parent_id: null,
  is_async: false,
  segments: spans.map(([begin, end]) => [begin * S, end * S]),
  t_start: spans[0]?.[0] ?? null,
  exec_time: spans.reduce((sum, [begin, end]) => sum + end - begin, 0),
  wall_time: spans.length ? spans.at(-1)[1] - spans[0][0] : null,
  inputs: {},
  ...more,
});
const spans = (row) => row.bars.map((bar) => [bar.step.node_id, bar.start, bar.end]);

test("the prompt thread is one lane, in the order of time", () => {
  const { lanes, end } = layLanes([step("2", [[1, 3]]), step("1", [[0, 1]])], 3.5);
  assert.deepEqual(
    lanes.map((lane) => lane.name),
    ["Prompt thread"],
  );
  assert.deepEqual(spans(lanes[0].rows[0]), [
    ["1", 0, 1],
    ["2", 1, 3],
  ]);
  assert.equal(end, 3.5);
});

test("expanded nodes lie under what they were made of, which is tied together", () => {
  const steps = [
    step("1", [
      [0, 1],
      [3, 4],
    ]),
    step(
      "1.0.0.1",
      [
        [1, 2],
        [2.5, 3],
      ],
      { parent_id: "1" },
    ),
    step("1.0.0.2", [[2, 2.5]], { parent_id: "1.0.0.1" }),
  ];
  const [{ rows }] = layLanes(steps).lanes;
  assert.deepEqual(
    rows.map((row) => row.bars.length),
    [2, 2, 1],
  );
  assert.deepEqual(
    rows.map((row) => row.threads.map(({ start, end }) => [start, end])),
    [[[0, 4]], [[1, 3]], []],
  );
});

test("parents that go in a circle do not hang, and gaps in depth are rows too", () => {
  const steps = [step("a", [[0, 1]], { parent_id: "b" }), step("b", [[1, 2]], { parent_id: "a" })];
  assert.equal(layLanes(steps).bars.length, 2);
});

test("async tasks get as many lanes as ran at once, beside their turns on the thread", () => {
  const wait = (id, from, to) => step(id, [[from, from + 0.1]], { is_async: true, wall_time: to - from });
  const { lanes } = layLanes([wait("1", 0, 2), wait("2", 0.5, 1), wait("3", 1.5, 3)]);
  assert.deepEqual(
    lanes.map((lane) => lane.name),
    ["Prompt thread", "Async 1", "Async 2"],
  );
  assert.deepEqual(spans(lanes[1].rows[0]), [["1", 0, 2]]);
  assert.deepEqual(spans(lanes[2].rows[0]), [
    ["2", 0.5, 1],
    ["3", 1.5, 3],
  ]);
  assert.equal(lanes[0].rows[0].bars.length, 3);
});

test("a step without turns lies where it began; one without times lies nowhere", () => {
  const { lanes, end } = layLanes([
    step("1", [], { segments: null, t_start: 1, exec_time: 2 }),
    step("2", [], { status: "cached", exec_time: null }),
    step("3", [], { segments: [[5, 1], ["x", 2], null, [-1, 2]], exec_time: null }),
  ]);
  assert.deepEqual(spans(lanes[0].rows[0]), [["1", 1, 3]]);
  assert.equal(end, 3);
});

test("nothing recorded is one empty lane", () => {
  const { lanes, end } = layLanes([], null);
  assert.deepEqual([lanes.length, lanes[0].rows.length, end], [1, 1, 0]);
});

test("rows get lower when there are many, and the canvas higher than its place in the end", () => {
  const many = (count) =>
    layLanes(
      Array.from({ length: count }, (_, at) =>
        step(String(at), [[0, 0.1]], { is_async: true, wall_time: 5 }),
      ),
    );
  assert.equal(lanePlaces(many(2), 300).row, 20);
  const places = lanePlaces(many(100), 300);
  assert.equal(places.row, 6);
  assert.ok(places.height > 300);
  assert.equal(rowAt(places, places.rows[7].top + 2), 7);
  assert.equal(rowAt(places, 0), -1);
});

test("the bar at a moment is found, or the nearest short one within reach", () => {
  const row = layLanes([step("1", [[0, 1]]), step("2", [[1.1, 1.1001]]), step("3", [[2, 3]])]).lanes[0]
    .rows[0];
  assert.equal(barAt(row, 0.5, 0.05).step.node_id, "1");
  assert.equal(barAt(row, 1.12, 0.05).step.node_id, "2");
  assert.equal(barAt(row, 1.5, 0.05), null);
});

const chain = (steps) => [...criticalPath(steps).ids].sort();
const node = (node_id, exec_time, sources, more = {}) => ({
  node_id,
  exec_time,
  status: "executed",
  parent_id: null,
  inputs: Object.fromEntries(sources.map((id, at) => [`in${at}`, [id, 0]])),
  ...more,
});

test("the longest chain follows links, not the order of running", () => {
  const steps = [node("1", 1, []), node("2", 5, []), node("3", 1, ["1"]), node("4", 1, ["3", "2"])];
  assert.deepEqual(chain(steps), ["2", "4"]);
  assert.equal(criticalPath(steps).seconds, 6);
});

test("who takes what an expanded node gives waits for all that it was made into", () => {
  const steps = [
    node("1", 0.5, []),
    node("1.0", 3, [], { parent_id: "1" }),
    node("1.1", 1, ["1.0"], { parent_id: "1" }),
    node("2", 1, ["1"]),
  ];
  assert.deepEqual(chain(steps), ["1", "1.0", "1.1", "2"]);
  assert.equal(criticalPath(steps).seconds, 5.5);
});

test("what was there already took no time and is no part of it", () => {
  const steps = [
    node("1", null, [], { status: "cached" }),
    node("2", 1, ["1"]),
    node("3", null, ["2"], { status: "skipped" }),
  ];
  assert.deepEqual(chain(steps), ["2"]);
});

test("circles and links to nowhere do no harm", () => {
  assert.equal(criticalPath([node("1", 1, ["2"]), node("2", 1, ["1"]), node("3", 1, ["gone"])]).seconds, 2);
  assert.equal(criticalPath([node("1", 1, ["1"], { parent_id: "1" })]).seconds, 1);
});

test("without inputs no chain is known", () => {
  assert.equal(criticalPath([{ ...node("1", 1, []), inputs: null }]), null);
  assert.equal(criticalPath([]), null);
});

test("ten thousand in a row are a chain", () => {
  const steps = Array.from({ length: 10_000 }, (_, at) =>
    node(String(at), 0.001, at ? [String(at - 1)] : []),
  );
  steps.reverse();
  assert.equal(criticalPath(steps).ids.size, 10_000);
});

test("keys go from bar to bar, and stop at the ends", () => {
  const lanes = layLanes([
    step("1", [
      [0, 1],
      [4, 5],
    ]),
    step("1.0", [[1, 2]], { parent_id: "1" }),
    step("2", [[5, 6]], { is_async: true, wall_time: 4 }),
  ]);
  const places = lanePlaces(lanes, 300);
  const first = barBeside(null, 1, places);
  assert.equal(first, lanes.bars[0]);
  assert.equal(barBeside(first, -1, places), first);
  assert.equal(barBeside(first, 1, places).start, 4);
  const under = barInNextRow(first, 1, places);
  assert.equal(under.step.node_id, "1.0");
  assert.equal(barInNextRow(under, 1, places).kind, "wait");
  assert.equal(barInNextRow(first, -1, places), first);
  assert.equal(barInNextRow(null, 1, places), first);
  assert.equal(barBeside(null, 1, lanePlaces(layLanes([]), 300)), null);
});

test("the bar under a point is the one that is drawn there", () => {
  const lanes = layLanes([step("1", [[0, 1]]), step("2", [[2, 3]])]);
  const places = lanePlaces(lanes, 300);
  const [view, area] = [{ from: 0, to: 4 }, areaOf(544)];
  assert.equal(momentAt(area.left + area.width / 2, area, view), 2);
  const point = placeOfBar(lanes.bars[1], places, area, view, 0);
  assert.equal(barUnder(point, places, area, view, 0), lanes.bars[1]);
  assert.equal(barUnder({ x: point.x - 60, y: point.y }, places, area, view, 0), null);
  assert.equal(barUnder({ x: point.x, y: 2 }, places, area, view, 0), null);
});
