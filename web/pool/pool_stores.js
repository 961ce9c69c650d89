import { PoolStore } from "./pool_store.js";

/** The pools that some grid shows now: one store each, however many grids. */
export class PoolStores {
  #routes;
  /** @type {Map<string, PoolStore>} */
  #stores = new Map();

  /** @param {ReturnType<typeof import("./pool_routes.js").createPoolRoutes>} routes */
  constructor(routes) {
    this.#routes = routes;
  }

  /**
   * Follows a pool; the listener hears the present state at once when it is known.
   * @param {string} id @param {(state: import("./pool_store.js").PoolState) => void} listener
   */
  follow(id, listener) {
    const known = this.#stores.get(id);
    const store = known ?? new PoolStore(id, this.#routes);
    this.#stores.set(id, store);
    const off = store.subscribe(listener);
    if (!known) void store.refresh();
    else if (store.state.phase !== "loading") listener(store.state);
    return { store, leave: () => this.#leave(store, off) };
  }

  /** A change event of the server. @param {{pool_id: string, revision: number}} event */
  heard({ pool_id, revision }) {
    this.#stores.get(pool_id)?.heard(revision);
  }

  /** @param {string} id of a profile that was deleted: no need to ask for it */
  gone(id) {
    this.#stores.get(id)?.gone();
  }

  /** @param {string} id */
  refresh(id) {
    void this.#stores.get(id)?.refresh();
  }

  /** Reads every pool again, after a reconnect. */
  refreshAll() {
    for (const store of this.#stores.values()) void store.refresh();
  }

  #leave(store, off) {
    off();
    if (!store.watched && this.#stores.get(store.id) === store) this.#stores.delete(store.id);
  }
}
