import { inOneUndoStep, redraw, toast } from "../comfy.js";
import { countOf } from "../shared/count_of.js";
import { copyOf, forgetOriginal, ownPool, rememberedName, showOwn, widgetOf } from "./pool_identity.js";
import { refreshProfiles, session } from "./session.js";

/**
 * The offers that notes and panels of a grid make, by name.
 * @param {import("./pool_grid.js").PoolGrid} grid
 */
export function poolOffers(grid) {
  const { node } = grid;
  const edit = (change) => {
    inOneUndoStep(change);
    session().coordinator.plan();
  };
  const freeIndex = () => edit(() => setWidget(node, "index", -1));
  const offers = {
    upload: () => grid.actions.chooseFiles(),
    retry: () => grid.refresh(),
    "show-own": () => edit(() => showOwn(node)),
    disconnect: () => edit(() => disconnect(node)),
    "free-index": freeIndex,
    "forget-original": () => edit(() => forgetOriginal(node)),
    "copy-own": () => copyInto(grid, ownPool(node)),
    "seed-own": () => seed(grid),
    "copy-original": () => copyOriginal(grid, edit),
    "restore-profile": () => restoreProfile(grid),
  };
  return {
    /** @param {string} what */
    take: (what) => void attempt(offers[what]),
    rememberedName: () => rememberedName(node),
    freeIndex: { label: "Use the active image", run: freeIndex },
  };
}

async function attempt(run) {
  try {
    await run();
  } catch (error) {
    toast("error", "That did not work", error.message);
  }
}

function setWidget(node, name, value) {
  const widget = widgetOf(node, name);
  if (widget) widget.value = value;
  redraw(node);
}

function disconnect(node) {
  const slot = node.inputs.findIndex((input) => input.name === "profile");
  if (slot >= 0) node.disconnectInput(slot);
  showOwn(node);
}

async function copyInto(grid, source) {
  const { store, name, strip } = grid;
  if (!store) return;
  const { copied } = await session().poolRoutes.copy(source, store.id);
  strip.say(`${countOf(copied, "image")} copied${name ? ` into “${name}”` : ""}.`);
  grid.hideNote(`own-${store.id}`);
  await store.refresh();
}

async function seed(grid) {
  const { store, name, strip, node } = grid;
  if (!store) return;
  const { copied } = await session().profileRoutes.seed(ownPool(node), store.id);
  strip.say(`${countOf(copied, "image")} copied into “${name}”.`);
  await Promise.all([store.refresh(), refreshProfiles()]);
}

async function copyOriginal(grid, edit) {
  const original = copyOf(grid.node);
  if (!original) return;
  await copyInto(grid, original);
  edit(() => forgetOriginal(grid.node));
}

async function restoreProfile(grid) {
  if (!grid.store) return;
  await session().profileRoutes.restore(grid.store.id);
  await Promise.all([grid.store.refresh(), refreshProfiles()]);
}
