/** What the profiler shows: live rows, the run that took their place, and what is chosen. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { ApiError } from "../../web/shared/api_error.js";
import { ProfilerModel } from "../../web/profiler/profiler_model.js";
import { subgraphTitles } from "../../web/profiler/graph/subgraph_titles.js";
import { editedRuns, fakeRoutes } from "./fake_profiler.mjs";

const runner = (answer) => ({
  start: async () => answer,
  update: async () => ({}),
  stop: async () => ({}),
  describe: async () => ({ workflow: "" }),
});
const ask = { name: "n", comment: "", repeat: 1, mode: "natural" };
const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

test("the newest run is open at first, with the names of its subgraphs", async () => {
  const model = new ProfilerModel(fakeRoutes());
  await model.start();
  await settled();
  assert.equal(model.state.open.run.id, 2);
  assert.deepEqual(model.state.open.titles, { 12: "Upscale" });
  assert.equal(model.state.list.total, 2);
});

test("no routes is a sentence, not an empty list", async () => {
  const routes = { ...fakeRoutes(), status: () => Promise.reject(new ApiError("http_404", "no", 404)) };
  const model = new ProfilerModel(routes);
  await model.start();
  assert.match(model.state.unavailable, /not loaded/);
});

test("rows fill in while it runs, and the run takes their place when it is kept", async () => {
  const routes = fakeRoutes();
  const model = new ProfilerModel(routes);
  await model.start();
  await model.run(runner({ prompt_ids: ["p"], series: null }), ask);
  assert.equal(model.state.progress.phase, "queued");
  model.heardRun({ phase: "started", prompt_id: "p", name: "n" });
  model.heardSteps({ prompt_id: "p", steps: [{ node_id: "1", seq: 0, exec_time: 1, status: "executed" }] });
  assert.deepEqual(
    model.state.open.steps.map(({ node_id }) => node_id),
    ["1"],
  );
  assert.equal(model.state.open.run.status, "running");
  model.heardRun({ phase: "ended", prompt_id: "p", status: "success" });
  assert.equal(model.state.progress.phase, "idle");
  routes.keep({ ...editedRuns[1], id: 3, prompt_id: "p", status: "success" });
  model.heardRun({ phase: "saved", prompt_id: "p", run_id: 3 });
  await settled();
  assert.equal(model.state.open.run.id, 3);
  assert.equal(model.state.list.items[0].id, 3);
});

test("when the end of a run is never told it is asked for", async (t) => {
  const routes = fakeRoutes();
  const model = new ProfilerModel(routes);
  await model.start();
  await model.run(runner({ prompt_ids: ["p"], series: null }), ask);
  model.heardRun({ phase: "started", prompt_id: "p" });
  await model.look(); // too early
  assert.equal(model.state.progress.phase, "running");
  const later = Date.now() + 10_000;
  t.mock.method(Date, "now", () => later);
  routes.keep({ ...editedRuns[1], id: 3, prompt_id: "p" });
  await model.look();
  assert.equal(model.state.progress.phase, "idle");
  assert.equal(model.state.open.run.id, 3);
});

test("steps of a prompt that nobody follows change nothing", async () => {
  const model = new ProfilerModel(fakeRoutes());
  await model.start();
  model.heardSteps({ prompt_id: "other", steps: [{ node_id: "9", seq: 0 }] });
  assert.equal(model.state.open.run.id, 2);
});

test("a run that was chosen while another goes on stays open", async () => {
  const model = new ProfilerModel(fakeRoutes());
  await model.start();
  await model.run(runner({ prompt_ids: ["p", "q"], series: "s" }), { ...ask, repeat: 2 });
  model.heardRun({ phase: "started", prompt_id: "p" });
  await model.openRun(1);
  model.heardRun({ phase: "ended", prompt_id: "p", status: "success" });
  model.heardRun({ phase: "started", prompt_id: "q" });
  assert.equal(model.state.open.run.id, 1);
});

test("the answer of an older question never replaces a newer one", async () => {
  const routes = fakeRoutes();
  const model = new ProfilerModel(routes);
  await model.start();
  const slow = routes.hold(1);
  const first = model.openRun(1);
  await model.openRun(2);
  slow.release();
  await first;
  assert.equal(model.state.open.run.id, 2);
});

test("a refused run leaves nothing waiting", async () => {
  const model = new ProfilerModel(fakeRoutes());
  const refuses = {
    ...runner({}),
    start: () => Promise.reject(new ApiError("workflow_changed", "Changed.", 409)),
  };
  await assert.rejects(model.run(refuses, ask), { code: "workflow_changed" });
  assert.equal(model.state.progress.phase, "idle");
});

test("when the last run of a page is deleted the one beside it opens", async () => {
  const routes = fakeRoutes();
  const model = new ProfilerModel(routes);
  await model.start();
  routes.drop(2);
  await model.wentRun(2);
  assert.equal(model.state.open.run.id, 1);
  assert.deepEqual(
    model.state.list.items.map(({ id }) => id),
    [1],
  );
});

test("choices are sent together, and at once when the page goes", async () => {
  const routes = fakeRoutes();
  const model = new ProfilerModel(routes);
  model.choose({ view_window: "time" });
  model.choose({ table_window: { sort: "seq" } });
  model.keepChoices();
  model.keepChoices();
  assert.deepEqual(routes.settled, [{ ui: { view_window: "time", table_window: { sort: "seq" } } }]);
});

test("subgraphs in subgraphs have their names, and one that holds itself ends", () => {
  const inner = { id: "B", name: "Inner", nodes: [{ id: 7, type: "A" }] };
  const outer = { id: "A", name: "Outer", nodes: [{ id: 3, type: "B", title: "" }] };
  const workflow = {
    nodes: [{ id: 12, type: "A", title: "Mine" }],
    definitions: { subgraphs: [inner, outer] },
  };
  assert.deepEqual(subgraphTitles(workflow), { 12: "Mine", "12:3": "Inner" });
  assert.deepEqual(subgraphTitles(null), {});
});
