/** Units that people read, and the routes of the profiler. */
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  agoText,
  amountText,
  changeText,
  columnScale,
  momentText,
  reasonText,
  scaledText,
} from "../../web/profiler/format.js";
import { createProfilerRoutes } from "../../web/profiler/routes.js";

for (const [value, unit, text] of [
  [null, "s", "–"],
  [undefined, "bytes", "–"],
  [Number.NaN, "%", "–"],
  [0, "s", "0 s"],
  [0, "bytes", "0 B"],
  [0.0000123, "s", "12.3 µs"],
  [0.4123, "s", "412 ms"],
  [1.841, "s", "1.84 s"],
  [124, "s", "2 min 04 s"],
  [4325, "s", "1 h 12 min"],
  [512, "bytes", "512 B"],
  [3 * 2 ** 29, "bytes", "1.50 GiB"],
  [87.4, "%", "87 %"],
  [4.25, "%", "4.3 %"],
  [1234567, "count", "1\u202f234\u202f567"],
  [2500, "mJ", "2.50 J"],
  [8200, "ns", "8.20 µs"],
]) {
  test(`${value} ${unit} reads ${text}`, () => assert.equal(amountText(value, unit), text));
}

test("a change of half a second is half a second", () => {
  assert.equal(changeText(0.5, "s"), "+500 ms");
  assert.equal(changeText(-(2 ** 30), "bytes"), "−1.00 GiB");
  assert.equal(changeText(null, "s"), "–");
});

test("a column has one unit, and a small value in it is no zero", () => {
  const seconds = columnScale([0.0004, 12.5, null], "s");
  assert.equal(seconds.unit, "s");
  assert.equal(scaledText(12.5, seconds), "12.50");
  assert.equal(scaledText(0.0004, seconds), "<0.01");
  assert.equal(scaledText(0, seconds), "0.00");
  assert.equal(scaledText(null, seconds), "–");
  assert.equal(columnScale([0.2, 0.9], "s").unit, "ms");
  assert.equal(columnScale([2 ** 31, 5], "bytes").unit, "GiB");
  assert.equal(columnScale([], "bytes").unit, "MiB");
});

test("what was not measured says why, and what installs it", () => {
  const why = {
    vram_max: { why: "no NVIDIA driver", install: "pip install nvidia-ml-py" },
    cpu_max: "too short",
  };
  assert.equal(reasonText(why, "vram_max"), "No NVIDIA driver.\npip install nvidia-ml-py");
  assert.equal(reasonText(why, "cpu_max"), "Too short.");
  assert.equal(reasonText(null, "ram_max"), "Not measured.");
});

test("moments are near words when they are near", () => {
  const now = new Date(2026, 10, 21, 12, 0, 0).getTime() / 1000;
  assert.equal(agoText(now - 5, now), "just now");
  assert.equal(agoText(now - 240, now), "4 min ago");
  assert.equal(agoText(now - 7200, now), "today 10:00");
  assert.equal(agoText(now - 86400, now), "yesterday 12:00");
  assert.equal(agoText(now - 3 * 86400, now), "2026-11-18 12:00");
  assert.equal(momentText(now), "2026-11-21 12:00:00");
});

function fakeServer(answers) {
  const calls = [];
  const routes = createProfilerRoutes(async (route, init = {}) => {
    calls.push(`${init.method ?? "GET"} ${route}${init.body ? ` ${init.body}` : ""}`);
    return answers.shift() ?? new Response("{}");
  });
  return { calls, routes };
}

test("each route is asked as the server has it", async () => {
  const { calls, routes } = fakeServer([]);
  await routes.runs({ limit: 50, q: "a b", hash: "", status: null });
  await routes.changeRun(3, { name: "x" });
  await routes.deleteRun(3);
  await routes.steps(3, 0);
  await routes.changeMembers(2, { add: ["12:3"] });
  assert.deepEqual(calls, [
    "GET /holaf/profiler/runs?limit=50&q=a+b",
    'PATCH /holaf/profiler/runs/3 {"name":"x"}',
    "DELETE /holaf/profiler/runs/3 {}",
    "GET /holaf/profiler/runs/3/steps?since_seq=0",
    'POST /holaf/profiler/groups/2/members {"add":["12:3"],"remove":[]}',
  ]);
});

test("a mismatch carries its differences", async () => {
  const error = {
    code: "workflow_changed",
    message: "Workflow changed.",
    differences: { added: [{ id: "4" }] },
  };
  const { routes } = fakeServer([new Response(JSON.stringify({ error }), { status: 409 })]);
  await assert.rejects(routes.start({}), (caught) => caught.details.differences.added[0].id === "4");
});

test("an export keeps the name that the server gives it", async () => {
  const headers = { "Content-Disposition": 'attachment; filename="run-3.csv"' };
  const { routes } = fakeServer([new Response("a,b", { headers })]);
  const { name, blob } = await routes.exported(3, "csv");
  assert.equal(name, "run-3.csv");
  assert.equal(await blob.text(), "a,b");
});
