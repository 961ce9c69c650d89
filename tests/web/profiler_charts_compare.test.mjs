/** What a comparison says, and what it must never say. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { choicesOf, keyOf, likelySides } from "../../web/profiler/compare/choices.js";
import { circumstanceRows } from "../../web/profiler/compare/circumstance_rows.js";
import {
  countWords,
  headline,
  intervalText,
  pText,
  shareText,
  spreadTitle,
  verdictText,
} from "../../web/profiler/compare/comparison_words.js";
import { isFound, metricsOf, pOf, rowsOf, sorted } from "../../web/profiler/compare/findings.js";

const TIME = { name: "exec_time", unit: "s" };
const summary = (median, n = 5) => ({
  n,
  median,
  interval: null,
  least: median,
  most: median,
  quartiles: { low: median, high: median },
  mad: 0,
});
const finding = (a, b, verdict, more = {}) => ({
  metric: TIME,
  a: a === null ? null : summary(a),
  b: b === null ? null : summary(b),
  verdict,
  why: "Because.",
  shift: a === null || b === null ? null : b - a,
  shift_interval: null,
  ratio: a && b ? b / a : null,
  p: 0.008,
  q: 0.02,
  ...more,
});
const node = (id, one, more = {}) => ({
  node: { a: id, b: id, node_type: "Any", title: `N${id}`, how: "id", ...more },
  findings: [one],
  ran: [5, 5],
});
const answer = (nodes, total) => ({
  runs: [5, 5],
  left_out: [0, 1],
  totals: [total ?? finding(10, 10, "no difference")],
  nodes,
  differing: [],
  structure: null,
  apart: [],
});

test("rows are those of one metric", () => {
  const told = answer([
    node("1", finding(1, 2, "more")),
    node("2", finding(1, 1, "no difference"), { b: "7" }),
    node("3", finding(1, null, "not measured"), { b: null }),
  ]);
  assert.deepEqual(
    metricsOf(told).map((metric) => metric.name),
    ["exec_time"],
  );
  assert.deepEqual(
    rowsOf(told, "exec_time").map((row) => row.name),
    ["N1 (1)", "N2 (2 → 7)", "N3 (3)"],
  );
  assert.equal(rowsOf(told, "vram_max")[0].finding.verdict, "not measured");
});

test("sorting by change puts the largest first whichever way it goes, and what is unknown last", () => {
  const rows = rowsOf(
    answer([
      node("1", finding(1, 2, "more")),
      node("2", finding(9, 5, "less")),
      node("3", finding(1, null, "not measured")),
      node("4", finding(1, 1, "no difference")),
    ]),
    "exec_time",
  );
  const ids = (list) => list.map((row) => row.node.a).join("");
  assert.equal(ids(sorted(rows, "shift", true)), "2143");
  assert.equal(ids(sorted(rows, "shift", false)), "4123");
  assert.equal(ids(sorted(rows, "name", false)), "1234");
  assert.equal(ids(sorted(rows, "verdict", false)), "1243");
  assert.equal(ids(sorted(rows, "b", true)), "2143");
});

test("a p-value stands only where the runs suffice", () => {
  assert.equal(pOf(finding(1, 2, "more")), 0.008);
  assert.equal(pOf(finding(1, 2, "not enough runs")), null);
  assert.equal(pOf(finding(1, 2, "no difference", { p: null })), null);
  assert.deepEqual([pText(null), pText(0.0004), pText(0.0082)], ["–", "<0.001", "0.008"]);
});

test("the verdict is the server's, in the words of the unit", () => {
  assert.equal(verdictText(finding(1, 2, "more")), "slower");
  assert.equal(verdictText(finding(2, 1, "less")), "faster");
  assert.equal(
    verdictText({ ...finding(1, 2, "more"), metric: { name: "vram_max", unit: "bytes" } }),
    "more",
  );
  for (const verdict of ["no difference", "not enough runs", "not measured", "not comparable"]) {
    const large = finding(1, 100, verdict);
    assert.equal(verdictText(large), verdict);
    assert.equal(isFound(large), false);
    assert.doesNotMatch(headline(answer([], large), "old", "new").text, /slower|faster|more|less/);
  }
});

test("a difference is told with its size and how sure it is", () => {
  const total = finding(9.4, 11, "more", { shift_interval: { low: 1.5, high: 1.7 } });
  assert.deepEqual(headline(answer([], total), "before", "after"), {
    text: "“after” is slower than “before” by 1.60 s (+17 %).",
    about: "9.40 s against 11.0 s. 95 % interval of the change: +1.50 s to +1.70 s, p = 0.008.",
  });
  assert.equal(countWords(answer([])), "A: 5 runs, B: 5 runs (1 left out: failed, stopped or not over)");
});

test("too few runs are said, with how many are needed", () => {
  const few = finding(9, 12, "not enough runs", {
    p: 1,
    why: "1 and 1 runs cannot tell a difference from chance; 4 on each side can.",
  });
  const told = headline(answer([], few), "a", "b");
  assert.equal(told.text, "Not enough runs to tell a difference from chance.");
  assert.match(told.about, /4 on each side/);
  assert.doesNotMatch(told.about, /p =/);
});

test("figures have their sign, and unknown ones a dash", () => {
  assert.deepEqual(
    [shareText(1.172), shareText(0.955), shareText(1), shareText(null)],
    ["+17 %", "−4.5 %", "0.0 %", "–"],
  );
  assert.equal(intervalText({ low: -0.002, high: 0.004 }, "s"), "−2.00 ms to +4.00 ms");
  assert.equal(intervalText(null, "s"), "–");
  assert.equal(spreadTitle(null, "s"), "Not measured.");
  assert.match(spreadTitle(summary(2), "s"), /Median 2.00 s of 5 runs/);
});

test("what else was different is named; what varies by itself comes last", () => {
  const told = {
    ...answer([node("3", finding(1, 1, "no difference"))]),
    differing: [
      { kind: "input", name: "seed", a: ["1", "2"], b: ["3"], node: "3", varies: true },
      { kind: "environment", name: "torch.version", a: ["2.7.1"], b: ["2.8.0"], node: null, varies: false },
      { kind: "pool", name: "p1", a: ["a".repeat(64)], b: [], node: null, varies: false },
    ],
    structure: {
      added: [{ id: "9", class_type: "SaveImage", title: null, links: [] }],
      removed: [],
      changed: [{ id: "3", kind: "rewired", before: [["model", "4", 0]], after: [] }],
    },
  };
  assert.deepEqual(
    circumstanceRows(told).map((row) => [row.kind, row.name, row.a, row.b]),
    [
      ["Environment", "torch.version", "2.7.1", "2.8.0"],
      ["Pool", "p1", "aaaaaaaaaa…", "none"],
      ["Workflow", "SaveImage (9)", "not there", "added"],
      ["Workflow", "Node 3, links", "model from 4", "none"],
      ["Input", "N3 (3), seed", "1, 2", "3"],
    ],
  );
});

const run = (id, more = {}) => ({
  id,
  name: "",
  status: "success",
  series: null,
  workflow_hash: "h",
  timestamp: id,
  total_time: 1,
  ...more,
});

test("series and runs can be chosen", () => {
  const found = choicesOf([
    run(3, { series: "new" }),
    run(2, { series: "new", status: "error" }),
    run(1, { name: "one" }),
  ]);
  assert.deepEqual(
    found.series.map((one) => [one.key, one.about]),
    [["series:new", "1 of 2 runs succeeded"]],
  );
  assert.deepEqual(
    found.runs.map((one) => [one.key, one.label]),
    [
      ["runs:3", "Run 3"],
      ["runs:2", "Run 2"],
      ["runs:1", "one"],
    ],
  );
  assert.equal(keyOf(null), "");
});

test("the newest is compared with what came before it of the same workflow", () => {
  assert.deepEqual(likelySides([run(3), run(2, { workflow_hash: "other" }), run(1)]), {
    a: { runs: [1] },
    b: { runs: [3] },
  });
  assert.deepEqual(likelySides([run(4), run(3, { series: "b" }), run(2, { series: "a" })]), {
    a: { series: "a" },
    b: { series: "b" },
  });
  assert.deepEqual(likelySides([run(1)]), { a: null, b: null });
});
