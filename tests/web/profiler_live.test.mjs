/** Live rows, the reference, and the bridge: of several tabs exactly one answers. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { createAskTab } from "../../web/profiler/bridge/ask_tab.js";
import { createTabBridge } from "../../web/profiler/bridge/tab_bridge.js";
import { badgeTimes } from "../../web/profiler/graph/badge_times.js";
import { nodeAt } from "../../web/profiler/graph/node_at.js";
import { createReference, differences, referenceOf } from "../../web/profiler/graph/reference.js";
import { createLocalRunner } from "../../web/profiler/live/local_runner.js";
import { mergeSteps } from "../../web/profiler/live/merge_steps.js";
import { accepted, asked, heard, IDLE } from "../../web/profiler/live/progress.js";

const prompt = (more = {}) => ({
  1: { class_type: "Load", inputs: { name: "a" }, _meta: { title: "Load" } },
  2: { class_type: "Save", inputs: { image: ["1", 0] }, _meta: { title: "Out" } },
  ...more,
});

test("values are no difference; nodes, classes, titles and links are, by node", () => {
  const before = referenceOf(prompt());
  assert.equal(
    differences(before, referenceOf(prompt({ 1: { class_type: "Load", inputs: { name: "b" } } }))),
    null,
  );
  const now = prompt({
    2: { class_type: "Show", inputs: { image: ["1", 1] } },
    3: { class_type: "New", inputs: {} },
  });
  delete now[1];
  assert.deepEqual(differences(before, referenceOf(now)), {
    added: [{ id: "3", title: null, type: "New" }],
    removed: [{ id: "1", title: null, type: "Load" }],
    changed: [{ id: "2", title: null, type: "Show", what: ["type", "title", "links"] }],
  });
});

function storage(fails = false) {
  const kept = new Map();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem(key, value) {
      if (fails) throw new Error("full");
      kept.set(key, value);
    },
    removeItem: (key) => kept.delete(key),
  };
}

function runner(given = {}) {
  const sent = [];
  const routes = {
    start: async (ask) => (sent.push(ask), { prompt_ids: ["p"], series: "s" }),
    updateNodes: async () => ({ snapshot_id: 1, hash: "h" }),
  };
  const state = { prompt: prompt(), serverHash: null };
  const made = createLocalRunner({
    capture: async () => ({ prompt: state.prompt, workflow: {} }),
    clientId: () => "tab",
    workflowName: () => "x",
    routes,
    reference: createReference(given.storage ?? storage()),
    serverHash: () => state.serverHash,
  });
  return { made, sent, state };
}

test("a changed workflow is not sent, unless it is forced", async () => {
  const { made, sent, state } = runner();
  await made.start({ name: "", repeat: 1 }); // no reference: nothing to compare with
  await made.update();
  await made.start({ name: "", repeat: 1 });
  state.prompt = prompt({ 3: { class_type: "New", inputs: {} } });
  await assert.rejects(
    made.start({ repeat: 1 }),
    (error) => error.code === "workflow_changed" && error.details.differences.added.length === 1,
  );
  await made.start({ repeat: 1, force: true });
  assert.deepEqual(
    sent.map(({ force, client_id }) => [force, client_id]),
    [
      [false, "tab"],
      [false, "tab"],
      [true, "tab"],
    ],
  );
});

test("a reference that was updated elsewhere is left to the server", async () => {
  const { made, sent, state } = runner();
  await made.update();
  state.prompt = prompt({ 3: { class_type: "New", inputs: {} } });
  state.serverHash = "another";
  await made.start({ repeat: 1 });
  state.serverHash = "h";
  await assert.rejects(made.start({ repeat: 1 }), { code: "workflow_changed" });
  assert.equal(sent.length, 1);
});

test("an empty workflow is not sent, and a full storage stops nothing", async () => {
  const { made, state } = runner({ storage: storage(true) });
  await made.update();
  await made.start({ repeat: 1 });
  state.prompt = {};
  await assert.rejects(made.start({ repeat: 1 }), { code: "empty_workflow" });
});

test("live rows are one for each node, in the order in which they began", () => {
  const first = mergeSteps(
    [],
    [
      { node_id: "2", seq: 1, exec_time: 1 },
      { node_id: "1", seq: 0, status: "executed" },
    ],
  );
  const then = mergeSteps(first, [{ node_id: "2", seq: 1, exec_time: 3 }]);
  assert.deepEqual(
    then.map(({ node_id, exec_time }) => [node_id, exec_time]),
    [
      ["1", null],
      ["2", 3],
    ],
  );
});

test("progress follows a series to its end", () => {
  let now = accepted(asked("x"), { prompt_ids: ["a", "b"], series: "s" }, 2);
  assert.deepEqual([now.phase, now.total, now.series], ["queued", 2, "s"]);
  now = heard(now, { phase: "started", prompt_id: "a" });
  assert.equal(now.phase, "running");
  now = heard(heard(now, { phase: "ended", prompt_id: "a", status: "success" }), {
    phase: "started",
    prompt_id: "b",
  });
  assert.deepEqual([now.phase, now.ended], ["running", ["a"]]);
  now = heard(now, { phase: "ended", prompt_id: "b", status: "error" });
  assert.deepEqual([now.phase, now.word.kind], ["idle", "error"]);
});

test("a run that ended before the answer to Run came leaves nothing to wait for", () => {
  let now = asked("x");
  now = heard(heard(now, { phase: "started", prompt_id: "a" }), {
    phase: "ended",
    prompt_id: "a",
    status: "success",
  });
  now = accepted(now, { prompt_ids: ["a"] }, 1);
  assert.equal(now.phase, "idle");
});

test("a mismatch and a lapsed arm are told", () => {
  assert.equal(
    heard({ ...IDLE, phase: "armed" }, { phase: "mismatch", message: "Changed." }).word.text,
    "Changed.",
  );
  assert.equal(heard({ ...IDLE, phase: "armed" }, { phase: "lapsed" }).phase, "idle");
});

test("a badge counts what was made of a node, and what lies in a subgraph", () => {
  const steps = [
    { node_id: "12:3", exec_time: 2, display_id: "12:3", status: "executed" },
    { node_id: "4", exec_time: 1, status: "executed" },
    { node_id: "4.0.0.1", exec_time: 4, parent_id: "4", display_id: "4", status: "executed" },
    { node_id: "5", exec_time: null, status: "cached" },
  ];
  const times = badgeTimes(steps);
  assert.deepEqual(
    [...times].map(([id, { time }]) => [id, time]),
    [
      ["12", 2],
      ["12:3", 2],
      ["4", 5],
      ["5", null],
    ],
  );
  assert.equal(times.get("5").status, "cached");
});

test("an id names a node through the subgraphs around it", () => {
  const inner = { id: "3" };
  const outer = { id: "12", subgraph: { getNodeById: (id) => (id === "3" ? inner : null) } };
  const root = { getNodeById: (id) => (id === "12" ? outer : null) };
  assert.equal(nodeAt(root, "12:3"), inner);
  assert.equal(nodeAt(root, "12:4"), null);
  assert.equal(nodeAt(root, "1.0.0.2"), null);
});

function fakeLocks() {
  const held = new Set();
  return {
    async request(name, options, run) {
      if (held.has(name)) return run(null);
      held.add(name);
      try {
        return await run({ name });
      } finally {
        held.delete(name);
      }
    },
  };
}

const CHANNEL = "test.profiler";

/** Tabs on a real BroadcastChannel; what each did is in `done`. */
function tabs(t, count, locks, answer = async (question) => question.ask) {
  const done = [];
  const channels = Array.from({ length: count + 1 }, () => new BroadcastChannel(CHANNEL));
  t.after(() => channels.forEach((channel) => channel.close()));
  channels.slice(1).forEach((channel, at) => {
    const tab = `tab${at}`;
    const short = (ms) => new Promise((resolve) => setTimeout(resolve, ms > 1000 ? 300 : ms));
    createTabBridge({
      tab,
      channel,
      locks,
      wait: short,
      answer: (question) => (done.push(tab), answer(question)),
    });
  });
  return { channel: channels[0], done };
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 500));

for (const [name, makeLocks] of [
  ["with locks", fakeLocks],
  ["by bids", () => null],
]) {
  test(`of three tabs exactly one answers, ${name}`, async (t) => {
    const { channel, done } = tabs(t, 3, makeLocks());
    assert.equal(await createAskTab({ channel, silence: 5000 })("run"), "run");
    await settle();
    assert.equal(done.length, 1);
  });

  test(`the tab that opened the window answers, ${name}`, async (t) => {
    const { channel, done } = tabs(t, 3, makeLocks());
    await createAskTab({ channel, prefer: "tab2", silence: 5000 })("run");
    await settle();
    assert.deepEqual(done, ["tab2"]);
  });
}

test("what a tab was refused comes to the window as it was", async (t) => {
  const refusal = Object.assign(new Error("Workflow changed."), {
    code: "workflow_changed",
    status: 409,
    details: { differences: {} },
  });
  const { channel } = tabs(t, 1, null, () => Promise.reject(refusal));
  await assert.rejects(createAskTab({ channel, silence: 5000 })("run"), {
    code: "workflow_changed",
    status: 409,
  });
});

test("with no tab open it says so, and an old question is nobody's", async (t) => {
  const { channel, done } = tabs(t, 1, null);
  await assert.rejects(createAskTab({ channel, silence: 200, now: () => 5 })("run"), { code: "no_tab" });
  await settle();
  assert.deepEqual(done, []);
});
