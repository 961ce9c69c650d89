import { session } from "./session.js";

/** Follows one pool at a time; an empty id follows none. */
export class PoolFollower {
  /** @type {import("./pool_store.js").PoolStore | null} */
  store = null;
  #listener;
  #leave = () => {};

  constructor(listener) {
    this.#listener = listener;
  }

  get state() {
    return this.store?.state ?? null;
  }

  follow(id) {
    if ((this.store?.id ?? "") === id) return;
    this.#leave();
    this.store = null;
    this.#leave = () => {};
    if (!id || session().unavailable) return;
    const { store, leave } = session().pools.follow(id, (state) => this.store && this.#listener(state));
    this.store = store;
    this.#leave = leave;
    this.#listener(store.state);
  }
}
