/** The parts of the grid that are plain values. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { bytesText } from "../../web/shared/bytes_text.js";
import { countOf } from "../../web/shared/count_of.js";
import { folderFiles } from "../../web/shared/folder_files.js";
import { mintId } from "../../web/shared/mint_id.js";
import { movedOrder } from "../../web/pool/moved_order.js";
import { runIndex } from "../../web/pool/run_index.js";
import { among, everything, extended, meant, NOTHING, toggled } from "../../web/pool/selection.js";
import { stepPosition } from "../../web/pool/step_position.js";
import { uploadChunks } from "../../web/pool/upload_chunks.js";

const ORDER = ["a", "b", "c", "d", "e"];

for (const [ids, position, expected] of [
  [["a"], 0, "abcde"],
  [["a"], 1, "abcde"],
  [["a"], 2, "bacde"],
  [["a"], 5, "bcdea"],
  [["e"], 0, "eabcd"],
  [["c"], 1, "acbde"],
  [["b", "d"], 5, "acebd"],
  [["d", "b"], 0, "bdace"],
  [["a", "b"], 1, "abcde"],
  [["b", "c", "d"], 3, "abcde"],
  [["x"], 2, "abcde"],
]) {
  test(`moving ${ids} to ${position} gives ${expected}`, () => {
    assert.deepEqual(movedOrder(ORDER, ids, position), [...expected]);
  });
}

test("a move to where it is gives the very same order", () => {
  assert.equal(movedOrder(ORDER, ["c"], 2), ORDER);
});

for (const [key, at, expected] of [
  ["ArrowRight", 0, 1],
  ["ArrowRight", 9, 9],
  ["ArrowLeft", 0, 0],
  ["ArrowLeft", 5, 4],
  ["ArrowDown", 0, 4],
  ["ArrowDown", 5, 9],
  ["ArrowDown", 7, 9],
  ["ArrowDown", 8, 8],
  ["ArrowUp", 9, 5],
  ["ArrowUp", 2, 2],
  ["Home", 7, 0],
  ["End", 2, 9],
  ["PageDown", 1, 9],
  ["PageUp", 9, 1],
  ["Enter", 3, null],
]) {
  test(`${key} from ${at} in ten cells of four columns goes to ${expected}`, () => {
    assert.equal(stepPosition(key, at, 10, 4, 2), expected);
  });
}

test("no key moves the focus in an empty grid", () => {
  assert.equal(stepPosition("ArrowRight", -1, 0, 4, 2), null);
});

for (const [index, active, count, expected] of [
  [-1, 2, 5, 2],
  [0, 2, 5, 0],
  [4, 2, 5, 4],
  [9, 2, 5, 4],
  [-1, 7, 5, 4],
  [undefined, 1, 5, 1],
  [-1, 0, 0, -1],
  [3, 0, 0, -1],
]) {
  test(`index ${index} with image ${active} of ${count} active runs ${expected}`, () => {
    assert.equal(runIndex(index, active, count), expected);
  });
}

test("selecting toggles, extends from the anchor and forgets what is gone", () => {
  const one = toggled(NOTHING, "b");
  assert.deepEqual([...one.ids], ["b"]);
  assert.deepEqual([...extended(one, "d", ORDER).ids].sort(), ["b", "c", "d"]);
  assert.deepEqual([...extended(one, "a", ORDER).ids].sort(), ["a", "b"]);
  assert.deepEqual([...toggled(one, "b").ids], []);
  const all = everything(ORDER);
  assert.equal(all.ids.size, 5);
  assert.deepEqual([...among(all, new Set(["c", "e"])).ids], ["c", "e"]);
  assert.equal(among(all, new Set(ORDER)), all);
  assert.equal(among(one, new Set(["a"])).anchor, null);
});

test("an action on a selected image means all that are selected, on another that one alone", () => {
  const two = extended(toggled(NOTHING, "b"), "c", ORDER);
  assert.deepEqual(meant(two, "c").sort(), ["b", "c"]);
  assert.deepEqual(meant(two, "e"), ["e"]);
});

for (const [name, sizes, expected] of [
  ["nothing", [], []],
  ["a few small files go together", [1, 2, 3], [3]],
  ["more than twenty are cut", Array(45).fill(1), [20, 20, 5]],
  ["a request never passes its size", [60, 60, 30, 10], [1, 3]],
  ["a file larger than a request goes alone", [500, 1, 1], [1, 2]],
  ["and so does one after small ones", [1, 500, 1], [1, 1, 1]],
]) {
  test(`upload: ${name}`, () => {
    const files = sizes.map((size, at) => ({ size, at }));
    const chunks = uploadChunks(files, 100);
    assert.deepEqual(
      chunks.map((chunk) => chunk.length),
      expected,
    );
    assert.deepEqual(chunks.flat(), files);
  });
}

test("numbers for people", () => {
  assert.deepEqual(
    [0, 1, 2].map((count) => countOf(count, "image")),
    ["0 images", "1 image", "2 images"],
  );
  assert.deepEqual([0, 999, 1000, 12_345, 250_000_000].map(bytesText), [
    "0 B",
    "999 B",
    "1.0 kB",
    "12.3 kB",
    "250 MB",
  ]);
});

test("a minted id is 32 hex digits and new each time", () => {
  const ids = Array.from({ length: 50 }, mintId);
  assert.ok(ids.every((id) => /^[0-9a-f]{32}$/.test(id)));
  assert.equal(new Set(ids).size, 50);
});

const file = (fullPath) => ({
  isFile: true,
  isDirectory: false,
  fullPath,
  file: (give) => give({ name: fullPath }),
});

function folder(fullPath, ...children) {
  const batches = [children.slice(0, 2), children.slice(2), []];
  return {
    isFile: false,
    isDirectory: true,
    fullPath,
    createReader: () => ({ readEntries: (give) => give(batches.shift() ?? []) }),
  };
}

test("a dropped folder gives all its files, deep, as people count", async () => {
  const entries = [
    folder(
      "/set",
      file("/set/img10.png"),
      file("/set/img9.png"),
      folder("/set/more", file("/set/more/a.png")),
    ),
    file("/alone.png"),
  ];
  const names = (await folderFiles(entries)).map((one) => one.name);
  assert.deepEqual(names, ["/alone.png", "/set/img9.png", "/set/img10.png", "/set/more/a.png"]);
});
