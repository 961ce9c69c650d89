import { eachNode } from "../shared/each_node.js";
import { runValue } from "../shared/run_value.js";
import { ownPool, poolId, POOL_NODE, PROFILE_NODE, showProfile, widgetOf } from "./pool_identity.js";
import { tellProfile } from "./tell_profile.js";
import { verdictOf } from "./verdict.js";

/**
 * @typedef {object} Host what the coordinator needs of ComfyUI
 * @property {() => any} rootGraph
 * @property {() => boolean} isConfiguring
 * @property {(edit: () => void) => void} inOneUndoStep
 *
 * @typedef {import("./verdict.js").Verdict} Verdict
 */

/**
 * Decides for all pool nodes at once what each shows, and hands a newly connected or chosen profile on to
 * them.
 *
 * What a pool shows follows from the links alone, as the run does. `pool_id` is written only when a live
 * node sees its
 * profile change: after a load or an undo the nodes are new, so nothing is written then, and no undo step
 * ever meets
 * a half-made state that it would have to repair.
 */
export class Coordinator {
  #host;
  #planned = false;
  /** @type {WeakMap<any, string | null>} the profile each live pool node was last told; null for none */
  #told = new WeakMap();
  /** @type {WeakMap<any, (verdict: Verdict) => void>} */
  #listeners = new WeakMap();
  #restored = new WeakSet();
  /** @type {WeakMap<any, any[]>} pools by the Pool Profile that decides for them */
  #fed = new WeakMap();

  /** @param {Host} host */
  constructor(host) {
    this.#host = host;
  }

  /** @param {any} pool @param {(verdict: Verdict) => void} listener */
  watch(pool, listener) {
    this.#listeners.set(pool, listener);
    this.plan();
  }

  /**
   * The node came out of a workflow, the clipboard or an undo step: what it says already is to be believed.
   */
  restored(pool) {
    this.#told.delete(pool);
    this.#restored.add(pool);
  }

  /**
   * The pool nodes that a Pool Profile decided for in the last pass.
   * @param {any} profile
   * @returns {any[]}
   */
  poolsOf(profile) {
    return this.#fed.get(profile) ?? [];
  }

  /** One pass after the present event, before the frontend takes its undo snapshot. */
  plan() {
    if (this.#planned) return;
    this.#planned = true;
    queueMicrotask(() => this.#run());
  }

  #run() {
    if (this.#host.isConfiguring()) return void requestAnimationFrame(() => this.#run());
    this.#planned = false;
    this.pass();
  }

  pass() {
    const found = collect(this.#host.rootGraph());
    this.#propagate(found);
    this.#remember(found);
    for (const [pool, { told, indices }] of found) {
      this.#listeners.get(pool)?.(verdictOf(told, poolId(pool), ownPool(pool), indices));
    }
  }

  #propagate(found) {
    const changes = [...found].filter(([pool, { told }]) => this.#isNews(pool, onlyProfile(told)));
    const due = changes.filter(([pool, { told }]) => poolId(pool) !== onlyProfile(told));
    if (!due.length) return;
    this.#host.inOneUndoStep(() => {
      for (const [pool, { told, sources }] of due) showProfile(pool, onlyProfile(told), nameIn(sources[0]));
    });
  }

  #isNews(pool, profile) {
    if (!profile) return false;
    if (!this.#told.has(pool)) return !this.#restored.has(pool);
    return this.#told.get(pool) !== profile;
  }

  #remember(found) {
    this.#fed = new WeakMap();
    for (const [pool, { told, sources }] of found) {
      this.#told.set(pool, onlyProfile(told));
      for (const source of new Set(sources)) this.#fed.set(source, [...this.poolsOf(source), pool]);
    }
  }
}

/** The one profile that a pool is told everywhere it runs, else null. */
function onlyProfile(told) {
  const ids = new Set(told.map((one) => one?.id || null));
  return ids.size === 1 ? [...ids][0] : null;
}

const nameIn = (source) => String(widgetOf(source, "profile")?.value ?? "");

function collect(root) {
  const found = new Map();
  eachNode(root, (node, path) => {
    if (node.comfyClass !== POOL_NODE) return;
    const { told, source } = tellProfile(node, path);
    const entry = found.get(node) ?? { told: [], sources: [], indices: [] };
    found.set(node, entry);
    entry.told.push(told);
    entry.indices.push(runValue(node, "index", path));
    if (source) entry.sources.push(source);
  });
  return found;
}

/** @param {any} root @returns {any[]} */
export function profileNodes(root) {
  const nodes = new Set();
  eachNode(root, (node) => {
    if (node.comfyClass === PROFILE_NODE) nodes.add(node);
  });
  return [...nodes];
}
