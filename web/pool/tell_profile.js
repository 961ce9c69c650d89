import { resolveInput } from "../shared/resolve_input.js";
import { runValue } from "../shared/run_value.js";
import { PROFILE_NODE } from "./pool_identity.js";

const TYPE = "POOL_PROFILE";

/**
 * What the `profile` input of a pool node is told in one of the places where the node runs.
 *
 * @param {any} pool @param {any[]} path
 * @returns {{told: import("./verdict.js").Told, source: any}} `source` is the Pool Profile that decides, or null
 */
export function tellProfile(pool, path) {
  const slot = pool.inputs?.findIndex((input) => input.name === "profile") ?? -1;
  const origin = slot < 0 ? null : resolveInput(pool, slot, path, TYPE);
  if (!origin) return { told: linkedPool(pool, path), source: null };
  const { node } = origin;
  if (node.comfyClass !== PROFILE_NODE) return { told: { id: null, title: titleOf(node) }, source: null };
  const chosen = runValue(node, "profile_id", origin.path);
  const id = chosen.known ? String(chosen.value ?? "") : null;
  return { told: { id, title: titleOf(node) }, source: node };
}

/** Without a profile the run takes `pool_id`, and that could be linked too. */
function linkedPool(pool, path) {
  const value = runValue(pool, "pool_id", path);
  return value.known === true ? null : { id: null, title: value.title };
}

const titleOf = (node) => node.title || node.comfyClass || node.type || "another node";
