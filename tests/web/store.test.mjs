/** A pool as the page holds it: late answers, changes by others, refusals. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { ApiError } from "../../web/shared/api_error.js";
import { PoolStore } from "../../web/pool/pool_store.js";
import { PoolStores } from "../../web/pool/pool_stores.js";
import { ProfileList } from "../../web/pool/profile_list.js";

const slot = (id, more = {}) => ({ id, image: `${id}.png`, mask: null, label: "", ...more });
const answer = (revision, ids, more = {}) => ({
  slots: ids.map((id) => slot(id)),
  active: 0,
  count: ids.length,
  revision,
  trash: 0,
  profile: null,
  ...more,
});

/** Answers are given by the test, in the order that it likes. */
function server() {
  const asked = [];
  const routes = new Proxy(
    {},
    {
      get:
        (_, name) =>
        (...args) =>
          new Promise((resolve, reject) => asked.push({ name, args, resolve, reject })),
    },
  );
  return { routes, asked, names: () => asked.map((one) => one.name) };
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

async function loaded(ids = ["a", "b", "c"], revision = 5) {
  const { routes, asked, names } = server();
  const store = new PoolStore("pool", routes);
  store.subscribe(() => {});
  void store.refresh();
  asked[0].resolve(answer(revision, ids));
  await settle();
  return { store, asked, names };
}

const idsOf = (store) => store.state.slots.map((one) => one.id).join("");

test("an answer to an older question never replaces a newer one", async () => {
  const { routes, asked } = server();
  const store = new PoolStore("pool", routes);
  const first = store.refresh();
  const second = store.refresh();
  asked[1].resolve(answer(2, ["new"]));
  await second;
  asked[0].resolve(answer(1, ["old"]));
  await first;
  assert.equal(idsOf(store), "new");
});

test("waiting for an overtaken question waits for the newer answer", async () => {
  const { routes, asked } = server();
  const store = new PoolStore("pool", routes);
  const first = store.refresh().then(() => idsOf(store));
  void store.refresh();
  asked[0].resolve(answer(1, ["old"]));
  await settle();
  asked[1].resolve(answer(2, ["new"]));
  assert.equal(await first, "new");
});

test("an image that is being deleted is not asked for again", async () => {
  const { store, asked, names } = await loaded();
  const first = store.remove(["a"]);
  const second = store.remove(["a"]);
  await settle();
  asked[1].resolve({ removed: ["a"], active: 0, revision: 6 });
  await first;
  assert.deepEqual((await second).removed, []);
  assert.deepEqual(names(), ["list", "remove"]);
  assert.equal(idsOf(store), "bc");
});

test("the very next revision is applied without reading the pool again", async () => {
  const { store, asked, names } = await loaded();
  const done = store.label("b", "cat");
  await settle();
  asked[1].resolve({ slot: slot("b", { label: "cat" }), active: 0, count: 3, revision: 6 });
  await done;
  assert.equal(store.state.slots[1].label, "cat");
  assert.deepEqual(names(), ["list", "label"]);
});

test("slots that stayed are the very same objects", async () => {
  const { store, asked } = await loaded();
  const [before] = store.state.slots;
  const done = store.label("b", "cat");
  await settle();
  asked[1].resolve({ slot: slot("b", { label: "cat" }), active: 0, count: 3, revision: 6 });
  await done;
  assert.equal(store.state.slots[0], before);
});

test("a change by someone else in between has the pool read again", async () => {
  const { store, asked, names } = await loaded();
  const done = store.activate("b");
  await settle();
  asked[1].resolve({ slot: slot("b"), active: 1, count: 4, revision: 8 });
  await settle();
  asked[2].resolve(answer(8, ["a", "b", "c", "d"], { active: 1 }));
  await done;
  assert.deepEqual(names(), ["list", "activate", "list"]);
  assert.equal(idsOf(store), "abcd");
});

test("changes go out one after the other", async () => {
  const { store, asked, names } = await loaded();
  void store.label("a", "one");
  void store.label("b", "two");
  await settle();
  assert.deepEqual(names(), ["list", "label"]);
  asked[1].resolve({ slot: slot("a", { label: "one" }), active: 0, revision: 6 });
  await settle();
  assert.deepEqual(names(), ["list", "label", "label"]);
});

test("a refused change is told to whoever asked, and the next one goes out all the same", async () => {
  const { store, asked } = await loaded();
  const refused = assert.rejects(store.label("a", "x"), { code: "disk_full" });
  await settle();
  asked[1].reject(new ApiError("disk_full", "No space.", 507));
  await refused;
  const done = store.remove(["a"]);
  await settle();
  asked[2].resolve({ removed: ["a"], active: 0, revision: 6 });
  await done;
  assert.equal(idsOf(store), "bc");
  assert.equal(store.state.trash, 1);
});

test("a stale order is refused, and the pool is read again", async () => {
  const { store, asked } = await loaded();
  const refused = assert.rejects(store.reorder(["c", "b", "a"]), { code: "stale_revision" });
  await settle();
  assert.deepEqual(asked[1].args, ["pool", ["c", "b", "a"], 5]);
  asked[1].reject(new ApiError("stale_revision", "The pool changed.", 409));
  await settle();
  asked[2].resolve(answer(7, ["a", "b"]));
  await refused;
  assert.equal(idsOf(store), "ab");
});

test("an order that follows a change of ours still under way is not stale", async () => {
  const { store, asked } = await loaded();
  void store.activate("b");
  const done = store.reorder(["b", "a", "c"]);
  await settle();
  asked[1].resolve({ slot: slot("b"), active: 1, revision: 6 });
  await settle();
  assert.deepEqual(asked[2].args, ["pool", ["b", "a", "c"], 6]);
  asked[2].resolve({ order: ["b", "a", "c"], active: 0, revision: 7 });
  await done;
  assert.equal(idsOf(store), "bac");
});

test("an event of our own change asks for nothing, another's does", async () => {
  const { store, asked, names } = await loaded();
  const done = store.remove(["c"]);
  await settle();
  store.heard(6);
  asked[1].resolve({ removed: ["c"], active: 0, revision: 6 });
  await done;
  store.heard(6);
  assert.deepEqual(names(), ["list", "remove"]);
  store.heard(9);
  assert.deepEqual(names(), ["list", "remove", "list"]);
});

test("reading a pool that is gone fails with the server's words, and trying again works", async () => {
  const { routes, asked } = server();
  const store = new PoolStore("pool", routes);
  const first = store.refresh();
  asked[0].reject(new ApiError("pool_in_trash", "It is in the trash.", 404));
  await first;
  assert.equal(store.state.phase, "failed");
  assert.equal(store.state.error.code, "pool_in_trash");
  const second = store.refresh();
  asked[1].resolve(answer(1, ["a"]));
  await second;
  assert.equal(store.state.phase, "ready");
});

test("a lost mask or image counts as something in the trash", async () => {
  const { store, asked } = await loaded();
  const mask = async (name, revision) => {
    const done = store.setMask("a", null);
    await settle();
    asked.at(-1).resolve({ slot: slot("a", { mask: name }), active: 0, revision });
    await done;
  };
  await mask("a.mask.png", 6);
  assert.equal(store.state.trash, 0);
  await mask("a.mask.2.png", 7);
  assert.equal(store.state.trash, 1);
});

test("two grids of one pool share it, and the last to leave closes it", async () => {
  const { routes, asked } = server();
  const stores = new PoolStores(routes);
  const heard = [];
  const one = stores.follow("p", () => heard.push("one"));
  const two = stores.follow("p", () => heard.push("two"));
  assert.equal(one.store, two.store);
  asked[0].resolve(answer(1, ["a"]));
  await settle();
  assert.ok(heard.includes("one") && heard.includes("two"));
  one.leave();
  two.leave();
  assert.notEqual(stores.follow("p", () => {}).store, one.store);
});

test("profiles sort as people do and count what a grid has seen", async () => {
  const { routes, asked } = server();
  const list = new ProfileList(routes);
  const done = list.refresh();
  asked[0].resolve({ profiles: ["b", "a10", "A2"].map((name, at) => ({ id: `p${at}`, name, count: 0 })) });
  await done;
  assert.deepEqual(
    list.all.map((one) => one.name),
    ["A2", "a10", "b"],
  );
  list.counted("p0", 7);
  assert.equal(list.get("p0").count, 7);
  assert.equal(list.named("a10").id, "p1");
});
