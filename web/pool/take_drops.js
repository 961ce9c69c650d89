import { toast } from "../comfy.js";
import { droppedFiles } from "./dropped_files.js";

/**
 * Drops on the grid and on the rest of its node go into the pool. What is dropped on the grid ends there;
 * what the
 * node's frame catches comes through the node's own hooks, so nothing is taken twice.
 *
 * @param {import("./pool_grid.js").PoolGrid} grid
 */
export function takeDrops(grid) {
  const { element, node } = grid;
  const mark = (on) => element.toggleAttribute("data-dropping", on);
  element.addEventListener("dragover", (event) => {
    if (!carriesPictures(event)) return;
    event.preventDefault();
    event.stopPropagation();
    event.dataTransfer.dropEffect = "copy";
    mark(true);
  });
  element.addEventListener("dragleave", (event) => {
    if (!element.contains(event.relatedTarget)) mark(false);
  });
  element.addEventListener("drop", (event) => {
    mark(false);
    if (!carriesPictures(event)) return;
    event.preventDefault();
    event.stopPropagation();
    void take(grid, event).then((taken) => taken || grid.strip.say("There is no image in what was dropped."));
  });
  node.onDragOver = (event) => carriesPictures(event);
  node.onDragDrop = (event) => take(grid, event);
  node.pasteFiles = (files) => {
    void grid.actions.upload(files);
    return true;
  };
}

/** @returns {Promise<boolean>} whether there was anything for the pool */
async function take(grid, event) {
  const files = await droppedFiles(event.dataTransfer).catch((error) => {
    toast("error", "The drop could not be read", error.message);
    return [];
  });
  if (!files.length) return false;
  if (!grid.store) return refuse(grid);
  void grid.actions.upload(files);
  return true;
}

function refuse(grid) {
  grid.strip.say("No pool is shown, so nothing was added.");
  return true;
}

const carriesPictures = ({ dataTransfer }) => {
  const types = [...(dataTransfer?.types ?? [])];
  return types.includes("Files") || types.includes("text/uri-list");
};
