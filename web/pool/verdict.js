/**
 * What a run of this pool node would use, as far as the graph can tell before it runs.
 *
 * @typedef {object} Verdict
 * @property {"own" | "profile" | "kept" | "unknown" | "several"} kind
 *   own: the node's own pool. profile: a connected Pool Profile says which. kept: no profile is connected
 * any more,
 *   the last one stays. unknown: something else says which, when it runs. several: this node runs more than
 * once,
 *   with different sets.
 * @property {string} id of the pool shown; "" when none can be known
 * @property {string} own id of the node's own pool
 * @property {string} from title of the node that decides, "" when it is this one
 * @property {boolean} unset a Pool Profile is connected, and no profile is chosen in it
 * @property {string[]} ids every pool that it runs with
 * @property {RunValue} index what the node's `index` is in a run
 *
 * @typedef {{known: true, value: any} | {known: false, title: string}} RunValue
 */

/**
 * @typedef {{id: string, title: string} | {id: null, title: string} | null} Told  id null: only the run knows
 *
 * @param {Told[]} told for each place where the node runs: what its `profile` input is told, null when nothing
 * @param {string} poolId the node's `pool_id`
 * @param {string} own
 * @param {RunValue[]} indices for each place where the node runs
 * @returns {Verdict}
 */
export function verdictOf(told, poolId, own, indices = []) {
  const unset = told.some((one) => one?.id === "");
  const from = told.find((one) => one)?.title ?? "";
  const base = { own, from, unset, index: oneIndex(indices) };
  if (told.some((one) => one && one.id === null)) return { ...base, kind: "unknown", id: "", ids: [] };
  const ids = [...new Set((told.length ? told : [null]).map((one) => one?.id || poolId))];
  if (ids.length > 1) return { ...base, kind: "several", id: "", ids };
  return { ...base, kind: kindOf(told, ids[0], own), id: ids[0], ids };
}

function kindOf(told, id, own) {
  if (told.some((one) => one?.id)) return "profile";
  return id === own ? "own" : "kept";
}

/**
 * One index for all places, or the word that only the run knows it.
 * @param {RunValue[]} indices
 * @returns {RunValue}
 */
function oneIndex(indices) {
  const linked = indices.find((index) => !index.known);
  if (linked) return linked;
  const values = new Set(indices.map((index) => index.known && index.value));
  return values.size > 1
    ? { known: false, title: "The place where it is used" }
    : (indices[0] ?? { known: true, value: -1 });
}
