import { mintId } from "../shared/mint_id.js";

/**
 * Which pool a node owns and which it shows. `pool_id` is what the run uses when no profile is connected;
 * the node's
 * own id is kept in its properties from the moment that `pool_id` becomes a profile's.
 *
 * @typedef {import("../shared/types.js").GraphNode} GraphNode
 */

export const POOL_NODE = "GridImagePool";
export const PROFILE_NODE = "PoolProfile";

const OWN = "dataset_gates.own_pool";
const COPY_OF = "dataset_gates.copy_of";
const SHOWN_NAME = "dataset_gates.profile_name";
const UNSET = new Set(["", "default"]);

/** @param {GraphNode} node @param {string} name */
export const widgetOf = (node, name) => node.widgets?.find((widget) => widget.name === name);

/** @param {GraphNode} node @returns {string} */
export const poolId = (node) => String(widgetOf(node, "pool_id")?.value ?? "");

/** @param {GraphNode} node @returns {string} */
export const ownPool = (node) => node.properties?.[OWN] ?? poolId(node);

/** @param {GraphNode} node @returns {string | null} */
export const copyOf = (node) => node.properties?.[COPY_OF] ?? null;

/** @param {GraphNode} node */
export const isUnset = (node) => UNSET.has(poolId(node));

/** A pool of its own for a node that has none. @param {GraphNode} node */
export function mintPool(node) {
  setPoolId(node, mintId());
}

/**
 * What the profile was called when the node was last given it, for one that is not here.
 * @param {GraphNode} node
 */
export const rememberedName = (node) => String(node.properties?.[SHOWN_NAME] ?? "");

/**
 * Shows a profile's pool; the node's own id is kept first.
 * @param {GraphNode} node
 * @param {string} id
 * @param {string} name
 */
export function showProfile(node, id, name) {
  if (node.properties[OWN] === undefined) node.properties[OWN] = poolId(node);
  node.properties[SHOWN_NAME] = name;
  setPoolId(node, id);
}

/** Back to the node's own pool. @param {GraphNode} node */
export function showOwn(node) {
  setPoolId(node, ownPool(node));
  delete node.properties[OWN];
  delete node.properties[SHOWN_NAME];
}

/**
 * A copied node gets a pool of its own, empty until its person asks for the images; what it was copied from
 * stays
 * readable. A copy that shows a profile goes on showing it.
 * @param {GraphNode} node
 */
export function becomeCopy(node) {
  const original = ownPool(node);
  if (node.properties[OWN] === undefined) mintPool(node);
  else node.properties[OWN] = mintId();
  if (!UNSET.has(original)) node.properties[COPY_OF] = original;
}

/** @param {GraphNode} node */
export function forgetOriginal(node) {
  delete node.properties[COPY_OF];
}

function setPoolId(node, id) {
  const widget = widgetOf(node, "pool_id");
  if (widget) widget.value = id;
}
