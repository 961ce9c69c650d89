/** The arithmetic of the windowed grid. */
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  CAPTION,
  cellPlace,
  dropPosition,
  fittingMetrics,
  GAP,
  gridMetrics,
  MOST_CELLS,
  scrollFor,
  visibleRange,
} from "../../web/pool/grid_metrics.js";

for (const [width, wanted, columns, cell] of [
  [352, 104, 3, 112],
  [104, 104, 1, 104],
  [50, 104, 1, 50],
  [215, 104, 1, 215],
  [216, 104, 2, 104],
  [0, 104, 1, 1],
]) {
  test(`${width} px hold ${columns} columns of at least ${wanted} px`, () => {
    const metrics = gridMetrics(width, 10, wanted);
    assert.equal(metrics.columns, columns);
    assert.equal(metrics.cell, cell);
    assert.equal(metrics.row, cell + CAPTION + GAP);
  });
}

test("the height is that of all rows, and nothing for none", () => {
  assert.equal(gridMetrics(352, 0, 104).height, 0);
  assert.equal(gridMetrics(352, 4, 104).height, 2 * (112 + CAPTION + GAP) - GAP);
});

test("what can be seen is always in the range, and never much more", () => {
  for (const count of [0, 1, 7, 100, 1000, 10_000]) {
    const metrics = gridMetrics(352, count, 104);
    for (let top = 0; top <= metrics.height; top += 371) {
      const { from, to } = visibleRange(metrics, top, 400, count);
      const firstSeen = Math.min(count, Math.floor(top / metrics.row) * metrics.columns);
      const lastSeen = Math.min(count, Math.ceil((top + 400) / metrics.row) * metrics.columns);
      assert.ok(from <= firstSeen && to >= lastSeen, `${count} at ${top}: ${from}-${to}`);
      assert.ok(to - from <= 30, `${to - from} cells`);
    }
  }
});

for (const [width, height] of [
  [352, 400],
  [1600, 1200],
  [3000, 3000],
  [6000, 8000],
]) {
  test(`a view of ${width} x ${height} px shows all of itself with at most ${MOST_CELLS} cells`, () => {
    const metrics = fittingMetrics(width, height, 10_000, 72);
    const { from, to } = visibleRange(metrics, 5000, height, 10_000);
    assert.ok(to - from <= MOST_CELLS);
    assert.ok(
      Math.floor(to / metrics.columns) * metrics.row >= 5000 + height,
      "the last row in view is there",
    );
  });
}

test("cells lie row after row", () => {
  const metrics = gridMetrics(352, 10, 104);
  assert.deepEqual(cellPlace(metrics, 0), { x: 0, y: 0 });
  assert.deepEqual(cellPlace(metrics, 2), { x: 240, y: 0 });
  assert.deepEqual(cellPlace(metrics, 4), { x: 120, y: 144 });
});

for (const [x, y, expected] of [
  [0, 0, 0],
  [50, 10, 0],
  [70, 10, 1],
  [350, 10, 3],
  [0, 150, 3],
  [300, 500, 10],
  [-40, -40, 0],
]) {
  test(`a drop at ${x}, ${y} goes before ${expected}`, () => {
    assert.equal(dropPosition(gridMetrics(352, 10, 104), x, y, 10), expected);
  });
}

for (const [position, top, expected] of [
  [0, 0, 0],
  [0, 200, 0],
  [3, 0, 0],
  [9, 0, 3 * 144 + 136 - 300],
  [6, 280, 280],
]) {
  test(`showing cell ${position} from ${top} scrolls to ${expected}`, () => {
    assert.equal(scrollFor(gridMetrics(352, 10, 104), position, top, 300), expected);
  });
}
