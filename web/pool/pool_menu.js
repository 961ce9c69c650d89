import { askText, inOneUndoStep, toast } from "../comfy.js";
import { countOf } from "../shared/count_of.js";
import { openMenu } from "../shared/menu.js";
import { refreshProfiles, session } from "./session.js";
import {
  setMasksShown,
  setThumbnailSize,
  setWholeImages,
  SIZE_NAMES,
  thumbnailOf,
} from "./thumbnail_size.js";

/**
 * The menu for the whole pool.
 * @param {import("./pool_grid.js").PoolGrid} grid
 * @param {HTMLElement} button
 */
export function openPoolMenu(grid, button) {
  const { node, state } = grid;
  const now = thumbnailOf(node);
  const none = !state?.count;
  const set = (change) => {
    inOneUndoStep(change);
    grid.update();
  };
  const sizes = SIZE_NAMES.map((name) => ({
    label: `${name[0].toUpperCase()}${name.slice(1)} thumbnails`,
    checked: now.name === name,
    run: () => set(() => setThumbnailSize(node, name)),
  }));
  const why = "The pool is empty";
  /** @type {(import("../shared/menu.js").MenuItem | null)[]} */
  const items = [
    {
      label: "Select all",
      icon: "check",
      hint: "Ctrl+A",
      run: () => grid.images.selectAll(),
      disabled: none,
      why,
    },
    {
      label: "Copy all into a profile…",
      icon: "copy",
      run: () => chooseProfile(grid, pointAt(button)),
      disabled: none,
      why,
    },
    {
      label: "Make a profile of these images…",
      icon: "plus",
      run: () => void makeProfile(grid),
      disabled: none,
      why,
    },
    null,
    ...sizes,
    { label: "Whole images", checked: now.whole, run: () => set(() => setWholeImages(node, !now.whole)) },
    { label: "Show masks", checked: now.masks, run: () => set(() => setMasksShown(node, !now.masks)) },
    null,
    { label: "Read the pool again", icon: "restore", run: () => grid.refresh() },
  ];
  openMenu(items, pointAt(button), "Image pool");
}

function pointAt(button) {
  const box = button.getBoundingClientRect();
  return { x: box.left, y: box.bottom + 4 };
}

function chooseProfile(grid, point) {
  const others = session().profiles.all.filter((profile) => profile.id !== grid.store?.id);
  /** @type {import("../shared/menu.js").MenuItem[]} */
  const items = others.map((profile) => ({
    label: `${profile.name} (${profile.count})`,
    run: () => void copyInto(grid, profile),
  }));
  if (!items.length) items.push({ label: "There is no other profile yet", disabled: true });
  openMenu(items, point, "Copy all into a profile");
}

async function copyInto(grid, profile) {
  try {
    const { copied } = await session().poolRoutes.copy(grid.store.id, profile.id);
    grid.strip.say(`${countOf(copied, "image")} copied into “${profile.name}”.`);
    await refreshProfiles();
  } catch (error) {
    toast("error", "Copy failed", error.message);
  }
}

async function makeProfile(grid) {
  const name = await askText({ title: "Make a profile", message: "Name of the profile" });
  if (name === null || !grid.store) return;
  try {
    const profile = await session().profileRoutes.create(name);
    const { copied } = await session().profileRoutes.seed(grid.store.id, profile.id);
    grid.strip.say(`Profile “${profile.name}” made of ${countOf(copied, "image")}.`);
    await refreshProfiles();
  } catch (error) {
    toast("error", "Make a profile failed", error.message);
  }
}
