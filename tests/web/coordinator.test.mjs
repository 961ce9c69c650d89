/** When a profile is handed on to pools, and when nothing may be written. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { Coordinator } from "../../web/pool/coordinator.js";
import { becomeCopy, copyOf, ownPool, poolId, showOwn } from "../../web/pool/pool_identity.js";
import { verdictOf } from "../../web/pool/verdict.js";
import { Graph } from "./fake_graph.mjs";

function setting() {
  const graph = new Graph();
  const steps = [];
  const host = {
    rootGraph: () => graph,
    isConfiguring: () => false,
    inOneUndoStep: (edit) => {
      steps.push("step");
      edit();
    },
  };
  const coordinator = new Coordinator(host);
  const verdicts = new Map();
  const watch = (pool) => coordinator.watch(pool, (verdict) => verdicts.set(pool, verdict));
  return { graph, coordinator, steps, verdicts, watch };
}

test("connecting writes the profile into every pool in one step, and keeps their own ids", () => {
  const { graph, coordinator, steps } = setting();
  const profile = graph.profile("p1", "cats");
  const pools = [graph.pool("one"), graph.pool("two")];
  coordinator.pass();
  for (const pool of pools) graph.connect(profile, 0, pool, 0);
  coordinator.pass();
  assert.deepEqual(pools.map(poolId), ["p1", "p1"]);
  assert.deepEqual(pools.map(ownPool), ["one", "two"]);
  assert.deepEqual(steps, ["step"]);
  assert.deepEqual(coordinator.poolsOf(profile), pools);
});

test("choosing another profile goes on, and the own id stays the first one", () => {
  const { graph, coordinator } = setting();
  const profile = graph.profile("p1");
  const pool = graph.pool("own");
  graph.connect(profile, 0, pool, 0);
  coordinator.pass();
  profile.widgets[1].value = "p2";
  coordinator.pass();
  assert.equal(poolId(pool), "p2");
  assert.equal(ownPool(pool), "own");
});

test("disconnecting keeps the profile shown, and going back gives the own pool", () => {
  const { graph, coordinator, verdicts, watch } = setting();
  const profile = graph.profile("p1");
  const pool = graph.pool("own");
  watch(pool);
  graph.connect(profile, 0, pool, 0);
  coordinator.pass();
  assert.equal(verdicts.get(pool).kind, "profile");
  graph.disconnect(pool, 0);
  coordinator.pass();
  assert.deepEqual([verdicts.get(pool).kind, verdicts.get(pool).id], ["kept", "p1"]);
  showOwn(pool);
  coordinator.pass();
  assert.deepEqual([verdicts.get(pool).kind, verdicts.get(pool).id], ["own", "own"]);
});

test("nodes out of a workflow or an undo step are never written to, and still show what runs", () => {
  const { graph, coordinator, steps, verdicts, watch } = setting();
  const profile = graph.profile("p1");
  const pool = graph.pool("own");
  graph.connect(profile, 0, pool, 0);
  coordinator.restored(pool);
  watch(pool);
  coordinator.pass();
  assert.equal(poolId(pool), "own");
  assert.deepEqual(steps, []);
  assert.deepEqual([verdicts.get(pool).kind, verdicts.get(pool).id], ["profile", "p1"]);
});

test("but a choice made after that is handed on", () => {
  const { graph, coordinator } = setting();
  const profile = graph.profile("p1");
  const pool = graph.pool("own");
  graph.connect(profile, 0, pool, 0);
  coordinator.restored(pool);
  coordinator.pass();
  profile.widgets[1].value = "p2";
  coordinator.pass();
  assert.equal(poolId(pool), "p2");
});

for (const mode of [2, 4]) {
  test(`a profile of mode ${mode} counts as disconnected`, () => {
    const { graph, coordinator, verdicts, watch } = setting();
    const profile = graph.profile("p1");
    const pool = graph.pool("own");
    watch(pool);
    profile.mode = mode;
    graph.connect(profile, 0, pool, 0);
    coordinator.pass();
    assert.deepEqual([verdicts.get(pool).kind, poolId(pool)], ["own", "own"]);
  });
}

test("an unset profile never overrides a pool's own images", () => {
  const { graph, coordinator, verdicts, watch } = setting();
  const pool = graph.pool("own");
  watch(pool);
  graph.connect(graph.profile(""), 0, pool, 0);
  coordinator.pass();
  assert.deepEqual(
    [verdicts.get(pool).kind, verdicts.get(pool).id, verdicts.get(pool).unset],
    ["own", "own", true],
  );
});

test("a pool used twice with two profiles shows neither and is not written to", () => {
  const { graph, coordinator, verdicts, watch } = setting();
  const inside = new Graph();
  const pool = inside.pool("own");
  inside.connectFromBorder(0, pool, 0);
  watch(pool);
  for (const id of ["p1", "p2"]) graph.connect(graph.profile(id), 0, graph.subgraph(inside), 0);
  coordinator.pass();
  assert.deepEqual(
    [verdicts.get(pool).kind, verdicts.get(pool).ids, poolId(pool)],
    ["several", ["p1", "p2"], "own"],
  );
});

test("a copy gets a pool of its own and remembers what it was copied from", () => {
  const { graph } = setting();
  const pool = graph.pool("original");
  becomeCopy(pool);
  assert.match(poolId(pool), /^[0-9a-f]{32}$/);
  assert.equal(copyOf(pool), "original");
});

test("a copy that shows a profile goes on showing it", () => {
  const { graph, coordinator } = setting();
  const pool = graph.pool("own");
  graph.connect(graph.profile("p1"), 0, pool, 0);
  coordinator.pass();
  becomeCopy(pool);
  assert.equal(poolId(pool), "p1");
  assert.notEqual(ownPool(pool), "own");
  assert.equal(copyOf(pool), "own");
});

for (const [name, told, expected] of [
  ["nothing connected", [null], ["own", "own"]],
  ["never visited", [], ["own", "own"]],
  ["a profile", [{ id: "p", title: "P" }], ["profile", "p"]],
  [
    "a profile twice",
    [
      { id: "p", title: "P" },
      { id: "p", title: "P" },
    ],
    ["profile", "p"],
  ],
  ["a profile here, nothing there", [{ id: "p", title: "P" }, null], ["several", ""]],
  ["only the run knows", [{ id: null, title: "S" }], ["unknown", ""]],
  [
    "one known, one not",
    [
      { id: "p", title: "P" },
      { id: null, title: "S" },
    ],
    ["unknown", ""],
  ],
]) {
  test(`verdict: ${name}`, () => {
    const { kind, id } = verdictOf(told, "own", "own");
    assert.deepEqual([kind, id], expected);
  });
}
