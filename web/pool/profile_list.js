import { createEmitter } from "../shared/emitter.js";
import { createSequence } from "../shared/sequence.js";

/**
 * The profiles as the server last told them.
 * @typedef {import("../shared/types.js").Profile} Profile
 */
export class ProfileList {
  #routes;
  #changed = createEmitter();
  #reads = createSequence();
  #reading = Promise.resolve();
  /** @type {Map<string, Profile>} */
  #byId = new Map();

  /** @param {ReturnType<typeof import("./profile_routes.js").createProfileRoutes>} routes */
  constructor(routes) {
    this.#routes = routes;
    /** False until the first answer: until then no profile is called missing. */
    this.known = false;
  }

  /** @param {() => void} listener */
  subscribe(listener) {
    return this.#changed.add(listener);
  }

  /** By name, as people sort. @returns {Profile[]} */
  get all() {
    const order = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
    return [...this.#byId.values()].sort((a, b) => order.compare(a.name, b.name));
  }

  /** @param {string} id @returns {Profile | undefined} */
  get(id) {
    return this.#byId.get(id);
  }

  /** @param {string} name @returns {Profile | undefined} */
  named(name) {
    return this.all.find((profile) => profile.name === name);
  }

  /** Settles when the list is at least as new as this call. @returns {Promise<void>} */
  refresh() {
    this.#reading = this.#read();
    return this.#reading;
  }

  async #read() {
    const mine = this.#reads.next();
    const { profiles } = await this.#routes.list();
    if (!this.#reads.isLatest(mine)) return this.#reading;
    this.#byId = new Map(profiles.map((profile) => [profile.id, profile]));
    this.known = true;
    this.#changed.emit();
  }

  /**
   * A pool has `count` images now; when it is a profile, its label says so.
   * @param {string} id
   * @param {number} count
   */
  counted(id, count) {
    const profile = this.#byId.get(id);
    if (!profile || profile.count === count) return;
    this.#byId.set(id, { ...profile, count });
    this.#changed.emit();
  }
}
