import { addElementWidget, rootGraph } from "../comfy.js";
import { chain } from "../shared/chain.js";
import { eachNode } from "../shared/each_node.js";
import { hideWidget } from "../shared/hide_widget.js";
import { becomeCopy, isUnset, mintPool, ownPool, POOL_NODE, widgetOf } from "./pool_identity.js";
import { PoolGrid } from "./pool_grid.js";
import { poolGrids } from "./pool_grids.js";
import { session } from "./session.js";

const LEAST_HEIGHT = 240; // px of the grid, so that a first row and an empty state fit
const FIRST_SIZE = [380, 480];

/** @type {{count: number, cut: Set<string>, loading: boolean}} */
const page = { count: 0, cut: new Set(), loading: false };

/** A whole workflow is about to be built: what it says about pools is to be believed. */
export function loadingStarts() {
  page.loading = true;
  page.cut.clear();
}

export function loadingEnded() {
  page.loading = false;
}

/** @param {any} node @param {() => boolean} isConfiguring */
export function setUpPoolNode(node, isConfiguring) {
  const building = () => page.loading || isConfiguring();
  hideWidget(widgetOf(node, "pool_id"));
  const grid = new PoolGrid(node);
  poolGrids.register(node, grid);
  page.count += 1;
  // A type of its own for each: Nodes 2.0 of frontend 1.58 shows the element of a former node with the same one.
  addElementWidget(node, "grid", `dataset_gates.grid.${page.count}`, grid.element, () => LEAST_HEIGHT);
  node._datasetePoolRefresh = () => grid.refresh();
  hookLife(node, grid, building);
  hookCopies(node, building);
  const index = widgetOf(node, "index");
  if (index) chain(index, "callback", () => session().coordinator.plan());
}

function hookLife(node, grid, building) {
  chain(node, "onAdded", () => {
    if (!building()) claimPool(node);
    if (!building()) makeRoom(node);
    grid.start();
  });
  chain(node, "onRemoved", () => {
    if (!building()) page.cut.add(ownPool(node));
    grid.stop();
  });
  chain(node, "onConnectionsChange", () => session().coordinator.plan());
}

/**
 * A pool for a node that has none, at once, so that no undo step holds it without. While a subgraph is
 * pasted its
 * nodes have the ids of the originals for a moment, and with the ids their widget values: then it has to
 * wait.
 */
function claimPool(node) {
  if (!isUnset(node)) return;
  const alone = !some(node, (other) => String(other.id) === String(node.id));
  if (alone && isLive(node)) mintPool(node);
  else queueMicrotask(() => isLive(node) && isUnset(node) && mintPool(node));
}

/** Copying alone builds a node that never joins a graph; only one that did may take a pool of its own. */
function hookCopies(node, building) {
  chain(node, "onConfigure", (saved) => {
    if (!node.graph) return;
    session().coordinator.restored(node);
    if (Number(saved?.id) === -1) settlePasted(node);
    else if (!page.loading && building()) queueMicrotask(() => settleTwin(node));
    session().coordinator.plan();
  });
}

/** What was cut and is pasted stays the same pool; what was copied becomes its own. */
function settlePasted(node) {
  const moved = page.cut.delete(ownPool(node)) && !hasTwin(node);
  if (!moved) becomeCopy(node);
}

/**
 * A pasted subgraph brings its inner nodes with their ids; converting to a subgraph has both for a moment.
 */
function settleTwin(node) {
  if (!isLive(node) || !hasTwin(node)) return;
  becomeCopy(node);
  session().coordinator.plan();
}

const hasTwin = (node) =>
  some(node, (other) => other.comfyClass === POOL_NODE && ownPool(other) === ownPool(node));

/**
 * Whether the node is part of the workflow: pasting also builds some that never are, and they have a graph
 * too.
 */
function isLive(node) {
  let found = false;
  eachNode(rootGraph(), (other) => {
    found ||= other === node;
  });
  return found;
}

/** Whether any other node of the workflow is one that is looked for. */
function some(node, wanted) {
  let found = false;
  eachNode(rootGraph(), (other) => {
    found ||= other !== node && wanted(other);
  });
  return found;
}

function makeRoom(node) {
  const [width, height] = node.size;
  node.setSize([Math.max(width, FIRST_SIZE[0]), Math.max(height, FIRST_SIZE[1])]);
}
