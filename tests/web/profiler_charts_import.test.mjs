/** ComfyUI's page imports every module of ours at start: none may do anything then, not even look for a document. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

for (const room of ["charts", "compare"]) {
  const folder = new URL(`../../web/profiler/${room}/`, import.meta.url);
  const files = readdirSync(folder).filter((name) => name.endsWith(".js"));

  test(`modules of ${room} do nothing when they are imported`, async () => {
    assert.ok(files.length > 5);
    for (const file of files) assert.ok(Object.keys(await import(new URL(file, folder).href)).length, file);
  });

  test(`nothing in ${room} reads text as markup, and the library is loaded only when a curve is shown`, () => {
    for (const file of files) {
      const source = readFileSync(new URL(file, folder), "utf8");
      assert.doesNotMatch(source, /innerHTML|outerHTML|insertAdjacentHTML|document\.write/, file);
      assert.doesNotMatch(source, /^import .*vendor/m, file);
    }
  });
}
