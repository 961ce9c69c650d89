/**
 * Which grid belongs to a node, and to an element of the page.
 * @typedef {import("./pool_grid.js").PoolGrid} PoolGrid
 */
class PoolGrids {
  /** @type {WeakMap<object, PoolGrid>} */
  #known = new WeakMap();

  /** @param {any} node @param {PoolGrid} grid */
  register(node, grid) {
    this.#known.set(node, grid);
    this.#known.set(grid.element, grid);
  }

  /** @param {any} node @returns {PoolGrid | undefined} */
  ofNode(node) {
    return this.#known.get(node);
  }

  /** @param {EventTarget | null} target @returns {PoolGrid | undefined} */
  around(target) {
    const element = target instanceof Element ? target.closest(".dsg-pool") : null;
    return element ? this.#known.get(element) : undefined;
  }
}

export const poolGrids = new PoolGrids();
