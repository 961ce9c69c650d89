import { el } from "../shared/el.js";

/**
 * A place for a picture whose module is loaded when it is first shown. Whatever goes wrong in it stays in it.
 *
 * @param {HTMLElement} element @param {() => Promise<(element: HTMLElement, services: import("./types.js").Services) => import("./types.js").View<any>>} load
 * @param {import("./types.js").Services} services @param {(state: import("./profiler_model.js").State) => any} dataOf
 * @returns {import("./types.js").View<import("./profiler_model.js").State>}
 */
export function createPictureSlot(element, load, services, dataOf) {
  /** @type {import("./types.js").View<any> | null} */
  let view = null;
  let latest = null;
  let gone = false;
  element.classList.add("dsg-picture-slot");
  void open();

  async function open() {
    try {
      const create = await load();
      if (gone) return;
      view = create(element, services);
      if (latest) view.update(dataOf(latest));
    } catch (error) {
      console.error("[Dataset Gates] A picture could not be drawn", error);
      element.replaceChildren(
        el("p", { class: "dsg-runs-nothing" }, `This picture could not be drawn: ${error.message}`),
      );
    }
  }

  return {
    update(state) {
      latest = state;
      view?.update(dataOf(state));
    },
    destroy() {
      gone = true;
      view?.destroy();
    },
  };
}
