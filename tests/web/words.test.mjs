/** What the nodes say, for each situation. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { gridNotes } from "../../web/pool/grid_notes.js";
import { gridPanel } from "../../web/pool/grid_panel.js";
import { imageMenu } from "../../web/pool/image_menu.js";
import { profileFacts } from "../../web/pool/profile_facts.js";
import { profileLabel } from "../../web/pool/profile_label.js";

const FREE = { known: true, value: -1 };
const verdict = (kind, more = {}) => ({
  kind,
  id: "x",
  own: "own",
  from: "Pool Profile",
  unset: false,
  ids: ["x"],
  ...more,
});
const situation = (more) => ({
  verdict: verdict("own"),
  name: "",
  count: 3,
  ownCount: 0,
  copyCount: 0,
  index: FREE,
  ...more,
});

for (const [name, more, offers, text] of [
  ["an own pool says nothing", {}, [], ""],
  ["a profile, with nothing of its own, says nothing", { verdict: verdict("profile"), name: "A" }, [], ""],
  [
    "a profile keeps the node's own images",
    { verdict: verdict("profile"), name: "A", ownCount: 2 },
    ["copy-own", "disconnect"],
    "This node's own 2 images are kept.",
  ],
  [
    "an empty profile offers to take them in",
    { verdict: verdict("profile"), name: "A", count: 0, ownCount: 1 },
    ["seed-own"],
    "“A” is empty. This node has 1 image of its own.",
  ],
  [
    "a disconnected profile stays, with the way back",
    { verdict: verdict("kept"), name: "A", ownCount: 2 },
    ["show-own", "copy-own"],
    "“A” stays, though no profile is connected.",
  ],
  [
    "and with no images of its own",
    { verdict: verdict("kept"), name: "A" },
    ["show-own"],
    "“A” stays, though no profile is connected.",
  ],
  [
    "an unset profile",
    { verdict: verdict("own", { unset: true }) },
    [],
    "“Pool Profile” has no profile chosen, so this node uses its own images.",
  ],
  [
    "a copied node",
    { copyCount: 12, count: 0 },
    ["copy-original", "forget-original"],
    "Copy of 12 images from the original.",
  ],
  [
    "a forced index",
    { index: { known: true, value: 1 } },
    ["free-index"],
    "Index is 1, so that image runs, not the active one.",
  ],
  [
    "an index past the end",
    { index: { known: true, value: 9 } },
    ["free-index"],
    "Index is 9, past the end, so the last image runs.",
  ],
  ["a linked index", { index: { known: false, title: "Counter" } }, [], "“Counter” says which image runs."],
]) {
  test(`note: ${name}`, () => {
    const notes = gridNotes(situation(more));
    assert.deepEqual(
      notes.flatMap((note) => note.offers.map((offer) => offer.do)),
      offers,
    );
    assert.equal(notes.map((note) => note.text).join(" "), text);
  });
}

const ready = (count) => ({ phase: "ready", count });
const failed = (code, status) => ({
  phase: "failed",
  count: 0,
  error: { code, status, message: "It says so." },
});
const panelOf = (more) =>
  gridPanel({
    unavailable: "",
    verdict: verdict("own"),
    names: [],
    name: "A",
    state: ready(0),
    isCopy: false,
    ...more,
  });

for (const [name, more, title, offers] of [
  ["nothing to show yet", {}, "No images yet", ["upload"]],
  ["an empty profile", { verdict: verdict("profile") }, "“A” is empty", ["upload"]],
  ["pools are off", { unavailable: "Another pack has the routes." }, "Image pools are off", []],
  [
    "another node decides",
    { verdict: verdict("unknown", { from: "Switch" }) },
    "“Switch” says which set runs",
    [],
  ],
  ["it runs with several", { verdict: verdict("several"), names: ["A", "B"] }, "Runs with several sets", []],
  [
    "a missing profile",
    { verdict: verdict("profile"), state: failed("unknown_profile", 404) },
    "missing: A",
    [],
  ],
  [
    "a deleted profile",
    { verdict: verdict("kept"), state: failed("pool_in_trash", 404) },
    "missing: A",
    ["restore-profile", "show-own"],
  ],
  ["a server that is gone", { state: failed("unreachable", 0) }, "The pool could not be read", ["retry"]],
]) {
  test(`panel: ${name}`, () => {
    const panel = panelOf(more);
    assert.equal(panel.title, title);
    assert.deepEqual(
      panel.offers.map((offer) => offer.do),
      offers,
    );
    assert.ok(panel.text);
  });
}

test("with images there is no panel", () => {
  assert.equal(panelOf({ state: ready(1) }), null);
  assert.equal(panelOf({ state: { phase: "loading", count: 0 } }).title, "Reading the pool…");
  assert.equal(panelOf({ verdict: null }), null);
});

test("the menu says why an entry is off", () => {
  const slot = { id: "a", mask: null, missing: true };
  const entries = imageMenu(slot, { position: 0, count: 1, isActive: true, chosen: 1 }, {}).filter(Boolean);
  for (const entry of entries.filter((one) => one.disabled)) assert.ok(entry.why, entry.label);
  assert.ok(entries.find((entry) => entry.label === "Open").disabled);
  assert.equal(entries.at(-1).label, "Delete");
  assert.equal(
    imageMenu(slot, { position: 0, count: 4, isActive: false, chosen: 3 }, {}).at(-1).label,
    "Delete 3 images",
  );
});

const profiles = (known) => ({ known, get: (id) => (id === "p1" ? { name: "cats", count: 12 } : undefined) });

for (const [id, name, known, expected] of [
  ["p1", "", true, "cats (12)"],
  ["p1", "old name", true, "cats (12)"],
  ["", "", true, "no profile"],
  [null, "", true, "no profile"],
  ["p9", "dogs", true, "missing: dogs"],
  ["p9", "", true, "missing: p9"],
  ["p9", "dogs", false, "dogs"],
]) {
  test(`the dropdown says ${expected}`, () => {
    assert.equal(profileLabel(id, name, profiles(known)), expected);
  });
}

test("the line of a profile", () => {
  const cats = { id: "p1", name: "cats", count: 1, created: 0 };
  assert.equal(profileFacts("p1", cats, "", undefined, true), "1 image");
  assert.match(
    profileFacts("p1", { ...cats, created: 1_800_000_000, owner: "ann" }, "", undefined, true),
    /^1 image · made .+ · by ann$/,
  );
  assert.equal(profileFacts("", undefined, "cats", cats, true), "This workflow names “cats” without its id.");
  assert.equal(profileFacts("", undefined, "", undefined, true), "Choose a profile, or create one.");
  assert.match(profileFacts("p9", undefined, "dogs", undefined, true), /“dogs” is not here: a run fails/);
  assert.equal(profileFacts("p9", undefined, "dogs", undefined, false), "");
});
