/** The mask painter's arithmetic: pixels, history, PNG, zoom. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { inflateSync } from "node:zlib";

import { positionOf, sizeAt } from "../../web/pool/painter/brush_size.js";
import { greyPng } from "../../web/pool/painter/grey_png.js";
import {
  clearMask,
  createMask,
  cutOut,
  invertMask,
  isEmpty,
  putBack,
  strokeLine,
  union,
  wholeOf,
} from "../../web/pool/painter/mask_buffer.js";
import { MaskHistory } from "../../web/pool/painter/mask_history.js";
import { fitted, toImage, zoomed } from "../../web/pool/painter/paint_view.js";

const sum = ({ data }) => data.reduce((total, value) => total + value, 0);
const at = ({ width, data }, x, y) => data[y * width + x];

test("a dot is a disc of the brush's size", () => {
  const mask = createMask(40, 40);
  const rect = strokeLine(mask, { x: 20, y: 20 }, { x: 20, y: 20 }, 8, false);
  assert.equal(at(mask, 20, 20), 255);
  assert.equal(at(mask, 20, 13), 255);
  assert.equal(at(mask, 20, 10), 0);
  assert.equal(at(mask, 0, 0), 0);
  assert.ok(Math.abs(sum(mask) / 255 - Math.PI * 64) < 8, "its area");
  assert.deepEqual(rect, { x: 11, y: 11, width: 18, height: 18 });
});

test("a fast line has no gaps", () => {
  const mask = createMask(200, 20);
  strokeLine(mask, { x: 5, y: 10 }, { x: 195, y: 10 }, 3, false);
  for (let x = 5; x < 195; x += 1) assert.equal(at(mask, x, 10), 255);
});

for (const [from, to] of [
  [
    { x: -50, y: -50 },
    { x: -40, y: -40 },
  ],
  [
    { x: 100, y: 5 },
    { x: 120, y: 5 },
  ],
]) {
  test(`a stroke outside, from ${from.x}, ${from.y}, touches nothing`, () => {
    const mask = createMask(40, 40);
    assert.equal(strokeLine(mask, from, to, 5, false), null);
    assert.ok(isEmpty(mask));
  });
}

test("a stroke over the edge is cut there", () => {
  const mask = createMask(10, 10);
  assert.deepEqual(strokeLine(mask, { x: 0, y: 0 }, { x: 0, y: 0 }, 4, false), {
    x: 0,
    y: 0,
    width: 5,
    height: 5,
  });
});

test("erasing takes away what was painted, and nothing else", () => {
  const mask = createMask(40, 40);
  strokeLine(mask, { x: 20, y: 20 }, { x: 20, y: 20 }, 8, false);
  strokeLine(mask, { x: 20, y: 20 }, { x: 20, y: 20 }, 10, true);
  assert.ok(isEmpty(mask));
});

test("inverting twice changes nothing, clearing leaves nothing", () => {
  const mask = createMask(9, 7);
  strokeLine(mask, { x: 4, y: 3 }, { x: 4, y: 3 }, 2, false);
  const before = mask.data.slice();
  invertMask(mask);
  assert.equal(at(mask, 0, 0), 255);
  invertMask(mask);
  assert.deepEqual(mask.data, before);
  clearMask(mask);
  assert.ok(isEmpty(mask));
});

test("a rectangle can be cut out and put back", () => {
  const mask = createMask(6, 5);
  mask.data.forEach((_, index) => (mask.data[index] = index));
  const rect = { x: 2, y: 1, width: 3, height: 2 };
  const bytes = cutOut(mask, rect);
  assert.deepEqual([...bytes], [8, 9, 10, 14, 15, 16]);
  const before = mask.data.slice();
  clearMask(mask);
  putBack(mask, rect, bytes);
  assert.deepEqual([...cutOut(mask, rect)], [...bytes]);
  assert.equal(at(mask, 0, 0), 0);
  assert.equal(before.length, mask.data.length);
});

test("the union of rectangles holds both", () => {
  const one = { x: 2, y: 2, width: 2, height: 2 };
  assert.deepEqual(union(one, { x: 0, y: 3, width: 1, height: 5 }), { x: 0, y: 2, width: 4, height: 6 });
  assert.equal(union(null, one), one);
  assert.equal(union(one, null), one);
});

test("any number of steps can be undone and done again, and a new one ends redoing", () => {
  const mask = createMask(30, 30);
  const history = new MaskHistory(mask);
  const states = [mask.data.slice()];
  const step = (change) => {
    history.begin();
    history.touched(change());
    history.commit();
    states.push(mask.data.slice());
  };
  step(() => strokeLine(mask, { x: 5, y: 5 }, { x: 20, y: 20 }, 3, false));
  step(() => invertMask(mask));
  step(() => strokeLine(mask, { x: 8, y: 8 }, { x: 8, y: 20 }, 2, true));
  step(() => clearMask(mask));
  for (let index = states.length - 2; index >= 0; index -= 1) {
    assert.ok(history.undo());
    assert.deepEqual(mask.data, states[index]);
  }
  assert.equal(history.undo(), null);
  assert.equal(history.canUndo, false);
  history.redo();
  history.redo();
  assert.deepEqual(mask.data, states[2]);
  step(() => clearMask(mask));
  assert.equal(history.canRedo, false);
  assert.equal(history.redo(), null);
});

test("a step that touched nothing is none", () => {
  const history = new MaskHistory(createMask(5, 5));
  history.begin();
  history.commit();
  assert.equal(history.canUndo, false);
});

test("a saved mask is a greyscale PNG of the image's size with every pixel as painted", async () => {
  const mask = createMask(37, 11);
  strokeLine(mask, { x: 10, y: 5 }, { x: 30, y: 6 }, 3, false);
  const blob = await greyPng(mask.width, mask.height, mask.data);
  const png = Buffer.from(await blob.arrayBuffer());
  assert.equal(blob.type, "image/png");
  assert.equal(png.toString("latin1", 1, 4), "PNG");
  assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20), png[24], png[25]], [37, 11, 8, 0]);
  const length = png.readUInt32BE(33);
  assert.equal(png.toString("latin1", 37, 41), "IDAT");
  const rows = inflateSync(png.subarray(41, 41 + length));
  const pixels = Array.from({ length: 11 }, (_, y) => [...rows.subarray(y * 38 + 1, (y + 1) * 38)]).flat();
  assert.deepEqual(pixels, [...mask.data]);
});

test("an image is fitted in the middle, and a point keeps its place while zooming", () => {
  const view = fitted(1000, 500, 548, 448);
  assert.deepEqual(view, { x: 24, y: 99, zoom: 0.5 });
  const pointer = { x: 200, y: 150 };
  const before = toImage(view, pointer);
  const after = toImage(zoomed(view, 3, pointer), pointer);
  assert.ok(Math.abs(before.x - after.x) < 1e-9 && Math.abs(before.y - after.y) < 1e-9);
  assert.equal(zoomed(view, 1e9, pointer).zoom, 32);
});

test("the brush slider goes from one pixel to its largest, and back", () => {
  assert.equal(sizeAt(0), 1);
  assert.equal(sizeAt(100), 512);
  for (const size of [1, 2, 10, 48, 200, 512]) assert.equal(sizeAt(positionOf(size)), size);
});

test("the whole of a mask", () => {
  assert.deepEqual(wholeOf(createMask(3, 4)), { x: 0, y: 0, width: 3, height: 4 });
});
