import { ApiError } from "../shared/api_error.js";
import { createEmitter } from "../shared/emitter.js";
import { createSequence } from "../shared/sequence.js";
import * as patch from "./pool_patch.js";

/**
 * @typedef {import("./pool_patch.js").Pool & {
 *   phase: "loading" | "ready" | "failed", error: import("../shared/api_error.js").ApiError | null,
 *   profile: {id: string, name: string} | null}} PoolState
 */

/** @type {PoolState} */
const UNREAD = {
  phase: "loading",
  slots: [],
  active: 0,
  count: 0,
  revision: -1,
  trash: 0,
  profile: null,
  error: null,
};

/**
 * One pool as the server last told it, shared by every grid that shows it.
 *
 * Changes go out one after the other. An answer is applied to what we hold when it is the very next
 * revision; when
 * someone else changed the pool in between, the pool is read again. A late answer never replaces a newer one.
 */
export class PoolStore {
  #routes;
  #changed = createEmitter();
  #reads = createSequence();
  #reading = Promise.resolve();
  #lastRead = 0;
  #writing = 0;
  #queue = Promise.resolve();
  #heard = -1;

  /** @param {string} id @param {ReturnType<typeof import("./pool_routes.js").createPoolRoutes>} routes */
  constructor(id, routes) {
    this.id = id;
    this.#routes = routes;
    /** @type {PoolState} */
    this.state = UNREAD;
  }

  /** @param {(state: PoolState) => void} listener */
  subscribe(listener) {
    return this.#changed.add(listener);
  }

  get watched() {
    return this.#changed.size > 0;
  }

  /** Settles when what we hold is at least as new as this call. @returns {Promise<void>} */
  refresh() {
    this.#reading = this.#read();
    return this.#reading;
  }

  async #read() {
    const mine = this.#reads.next();
    this.#lastRead = mine;
    try {
      const answer = await this.#routes.list(this.id);
      if (!this.#reads.isLatest(mine)) return await this.#newer(mine);
      this.#heard = answer.revision;
      this.#become({ ...answer, phase: "ready", error: null });
    } catch (error) {
      if (!this.#reads.isLatest(mine)) return await this.#newer(mine);
      this.#become({ ...UNREAD, phase: "failed", error });
    }
  }

  /** A change that was applied in the meantime needs no reading; a later reading is to be waited for. */
  #newer(mine) {
    return this.#lastRead === mine ? undefined : this.#reading;
  }

  /** The profile that this pool belongs to was deleted; it can come back. */
  gone() {
    this.#reads.next();
    this.#become({
      ...UNREAD,
      phase: "failed",
      error: new ApiError("pool_in_trash", "This profile was deleted.", 404),
    });
  }

  /** The server says that the pool is at `revision` now. @param {number} revision */
  heard(revision) {
    this.#heard = revision;
    this.#catchUp();
  }

  /** @param {File[]} files @param {boolean} alphaMask @param {AbortSignal} signal */
  add(files, alphaMask, signal) {
    return this.#change(() => this.#routes.add(this.id, files, alphaMask, signal), patch.withAdded);
  }

  /** Slots that went meanwhile (Delete was pressed twice) are not asked for again. @param {string[]} ids */
  remove(ids) {
    const present = () => ids.filter((id) => this.state.slots.some((slot) => slot.id === id));
    const send = (left) =>
      left.length ? this.#routes.remove(this.id, left) : { ...this.state, removed: [] };
    return this.#change(async () => send(present()), patch.withoutRemoved);
  }

  /** @param {string} id */
  activate(id) {
    return this.#change(() => this.#routes.activate(this.id, id), patch.withActive);
  }

  /** @param {string} id @param {string} label */
  label(id, label) {
    return this.#change(() => this.#routes.label(this.id, id, label), patch.withSlot);
  }

  /** @param {string} id @param {Blob} mask */
  setMask(id, mask) {
    return this.#change(() => this.#routes.setMask(this.id, id, mask), patch.withSlot);
  }

  /** @param {string} id */
  clearMask(id) {
    return this.#change(() => this.#routes.clearMask(this.id, id), patch.withSlot);
  }

  /** @param {string} id @param {File} file */
  replace(id, file) {
    return this.#change(() => this.#routes.replace(this.id, id, file), patch.withSlot);
  }

  /**
   * Refused with `stale_revision` when the pool is no longer the one that was ordered. Changes of ours that
   * are still
   * under way and leave the order alone do not count. @param {string[]} order
   */
  reorder(order) {
    const { revision, slots } = this.state;
    const current = () => (sameOrder(slots, this.state.slots) ? this.state.revision : revision);
    return this.#change(() => this.#routes.reorder(this.id, order, current()), patch.withOrder);
  }

  /**
   * Brings slots back, each to where it stood.
   * @param {string[]} ids
   * @param {(done: number) => void} onProgress
   */
  async restoreSlots(ids, onProgress) {
    const put = async (id, at) => {
      const answer = await this.#routes.restoreSlot(this.id, id);
      onProgress(at + 1);
      return answer;
    };
    const all = async () => {
      let answer = null;
      for (const [at, id] of ids.entries()) answer = await put(id, at);
      return answer;
    };
    await this.#change(all, null);
  }

  /** @param {string} item */
  restoreItem(item) {
    return this.#change(() => this.#routes.restoreItem(this.id, item), null);
  }

  /** @param {string} [item] everything in the trash when left out */
  purge(item) {
    return this.#change(() => this.#routes.purge(this.id, item), null);
  }

  /** @returns {Promise<import("../shared/types.js").TrashItem[]>} newest first */
  async trash() {
    const { items } = await this.#routes.trash(this.id);
    return [...items].sort((a, b) => b.deleted - a.deleted);
  }

  /**
   * @param {() => Promise<any>} send
   * @param {((pool: any, answer: any) => any) | null} apply null: read the pool again
   */
  #change(send, apply) {
    const run = () => this.#write(send, apply);
    const result = this.#queue.then(run);
    this.#queue = result.then(
      () => undefined,
      () => undefined, // whoever asked for the change gets the error; the next one starts all the same
    );
    return result;
  }

  async #write(send, apply) {
    const before = this.state;
    this.#writing += 1;
    try {
      const answer = await send();
      const next = apply && this.state === before && answer.revision === before.revision + 1;
      if (next) this.#applied(apply(before, answer));
      else if (answer.revision !== this.state.revision) await this.refresh();
      return answer;
    } catch (error) {
      if (error.code === "stale_revision" || error.status === 404) await this.refresh();
      throw error;
    } finally {
      this.#writing -= 1;
      this.#catchUp();
    }
  }

  /** A read that is still under way saw the pool before this change: its answer is late now. */
  #applied(state) {
    this.#reads.next();
    this.#heard = Math.max(this.#heard, state.revision);
    this.#become(state);
  }

  #catchUp() {
    const behind = this.#heard !== this.state.revision && this.state.phase !== "loading";
    if (behind && !this.#writing && this.watched) void this.refresh();
  }

  #become(state) {
    this.state = state;
    this.#changed.emit(state);
  }
}

const sameOrder = (one, other) =>
  one.length === other.length && one.every(({ id }, at) => id === other[at].id);
