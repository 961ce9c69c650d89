/** Walks on fake graphs: what a pool is told, however it is connected. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { eachNode } from "../../web/shared/each_node.js";
import { resolveInput } from "../../web/shared/resolve_input.js";
import { runValue } from "../../web/shared/run_value.js";
import { tellProfile } from "../../web/pool/tell_profile.js";
import { Graph } from "./fake_graph.mjs";

const TYPE = "POOL_PROFILE";

const origin = (pool, path = []) => resolveInput(pool, 0, path, TYPE)?.node ?? null;

test("straight", () => {
  const graph = new Graph();
  const profile = graph.profile("p1");
  const pool = graph.pool();
  assert.equal(origin(pool), null);
  graph.connect(profile, 0, pool, 0);
  assert.equal(origin(pool), profile);
});

test("through two Reroute nodes", () => {
  const graph = new Graph();
  const profile = graph.profile("p1");
  const pool = graph.pool();
  const [one, two] = [graph.reroute(), graph.reroute()];
  graph.connect(one, 0, two, 0);
  graph.connect(two, 0, pool, 0);
  assert.equal(origin(pool), null);
  graph.connect(profile, 0, one, 0);
  assert.equal(origin(pool), profile);
});

test("through a Get node that names its Set", () => {
  const graph = new Graph();
  const profile = graph.profile("p1");
  const pool = graph.pool();
  const get = graph.node({
    isVirtualNode: true,
    outputs: [{ type: TYPE }],
    resolveVirtualOutput: () => ({ node: profile, slot: 0 }),
  });
  graph.connect(get, 0, pool, 0);
  assert.equal(origin(pool), profile);
});

for (const [mode, name] of [
  [2, "muted"],
  [4, "bypassed"],
]) {
  test(`a ${name} profile is none`, () => {
    const graph = new Graph();
    const profile = graph.profile("p1");
    const pool = graph.pool();
    graph.connect(profile, 0, pool, 0);
    profile.mode = mode;
    assert.equal(origin(pool), null);
  });
}

test("a bypassed node in between hands on the input that fits", () => {
  const graph = new Graph();
  const profile = graph.profile("p1");
  const pool = graph.pool();
  const between = graph.node({
    mode: 4,
    inputs: [
      { name: "text", type: "STRING" },
      { name: "in", type: TYPE },
    ],
    outputs: [{ type: TYPE }],
  });
  graph.connect(profile, 0, between, 1);
  graph.connect(between, 0, pool, 0);
  assert.equal(origin(pool), profile);
  between.mode = 2;
  assert.equal(origin(pool), null);
});

test("out of a subgraph, into another, once for each place where it is used", () => {
  const root = new Graph();
  const inside = new Graph();
  const pool = inside.pool();
  inside.connectFromBorder(0, pool, 0);
  const [here, there] = [root.subgraph(inside), root.subgraph(inside)];
  const [one, two] = [root.profile("p1"), root.profile("p2")];
  root.connect(one, 0, here, 0);
  root.connect(two, 0, there, 0);
  const told = [];
  eachNode(root, (node, path) => node === pool && told.push(tellProfile(pool, path).told.id));
  assert.deepEqual(told, ["p1", "p2"]);
});

test("a profile inside a subgraph feeds a pool outside", () => {
  const root = new Graph();
  const inside = new Graph();
  const profile = inside.profile("p1");
  inside.connectToBorder(profile, 0, 0);
  const holder = root.subgraph(inside);
  const pool = root.pool();
  root.connect(holder, 0, pool, 0);
  assert.equal(origin(pool), profile);
});

test("through a subgraph that only passes on", () => {
  const root = new Graph();
  const inside = new Graph();
  inside.passThrough(0, 0);
  const holder = root.subgraph(inside);
  const profile = root.profile("p1");
  const pool = root.pool();
  root.connect(profile, 0, holder, 0);
  root.connect(holder, 0, pool, 0);
  assert.equal(origin(pool), profile);
});

test("two levels down", () => {
  const [root, middle, deep] = [new Graph(), new Graph(), new Graph()];
  const pool = deep.pool();
  deep.connectFromBorder(0, pool, 0);
  const inner = middle.subgraph(deep);
  middle.connectFromBorder(0, inner, 0);
  const outer = root.subgraph(middle);
  const profile = root.profile("p1");
  root.connect(profile, 0, outer, 0);
  assert.equal(origin(pool, [outer, inner]), profile);
});

test("a ring of reroutes ends", () => {
  const graph = new Graph();
  const pool = graph.pool();
  const [one, two] = [graph.reroute(), graph.reroute()];
  graph.connect(one, 0, two, 0);
  graph.connect(two, 0, one, 0);
  graph.connect(two, 0, pool, 0);
  assert.equal(origin(pool), null);
});

test("something that is no Pool Profile: only the run knows", () => {
  const graph = new Graph();
  const other = graph.node({ title: "Switch", comfyClass: "Switch", outputs: [{ type: TYPE }] });
  const pool = graph.pool();
  graph.connect(other, 0, pool, 0);
  assert.deepEqual(tellProfile(pool, []).told, { id: null, title: "Switch" });
});

test("a Pool Profile whose id is linked: only the run knows", () => {
  const graph = new Graph();
  const profile = graph.profile("p1");
  const text = graph.node({ title: "Text", outputs: [{ type: "STRING" }] });
  const pool = graph.pool();
  graph.connect(text, 0, profile, 0);
  graph.connect(profile, 0, pool, 0);
  assert.equal(tellProfile(pool, []).told.id, null);
});

test("a widget that stands on the outside of a subgraph has its value there", () => {
  const root = new Graph();
  const inside = new Graph();
  const profile = inside.profile("inner");
  inside.connectFromBorder(0, profile, 0);
  const holder = root.subgraph(inside);
  holder.inputs[0] = { name: "profile_id", type: "COMBO", widget: { name: "profile_id" } };
  holder.widgets = [{ name: "profile_id", value: "outer" }];
  assert.deepEqual(runValue(profile, "profile_id", [holder]), { known: true, value: "outer" });
  assert.deepEqual(runValue(profile, "profile_id", []), { known: true, value: undefined });
});

test("a primitive's value is known", () => {
  const graph = new Graph();
  const pool = graph.pool();
  const primitive = graph.node({
    type: "PrimitiveNode",
    outputs: [{ type: "INT" }],
    widgets: [{ name: "value", value: 3 }],
  });
  graph.connect(primitive, 0, pool, 1);
  assert.deepEqual(runValue(pool, "index", []), { known: true, value: 3 });
});

test("a subgraph that contains itself is walked once", () => {
  const root = new Graph();
  const inside = new Graph();
  inside.subgraph(inside);
  root.subgraph(inside);
  let seen = 0;
  eachNode(root, () => (seen += 1));
  assert.equal(seen, 2);
});
