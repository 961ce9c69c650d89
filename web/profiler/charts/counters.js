import { el } from "../../shared/el.js";
import { counterList } from "./counter_list.js";
import { createCounterRow } from "./counter_row.js";
import { loadUplot } from "./load_uplot.js";

/**
 * The curves of a run beneath its lanes, over the same time.
 *
 * @param {{gutter: number, right: number}} margins px
 * @param {() => void} ready called when curves can be drawn
 */
export function createCounters(margins, ready) {
  const element = el("div", { class: "dsg-counters" });
  /** @type {ReturnType<typeof createCounterRow>[]} */
  let rows = [];
  let Uplot = null;
  let asked = false;
  let ended = false;

  async function load() {
    if (asked) return;
    asked = true;
    try {
      Uplot = await loadUplot();
    } catch {
      element.append(
        el("p", { class: "dsg-chart-empty" }, "The curves could not be loaded. Open this again to retry."),
      );
    }
    if (!ended) ready();
  }

  return {
    element,
    get counters() {
      return rows.map((row) => row.counter);
    },
    update(series, unmeasured) {
      for (const row of rows) row.destroy();
      rows = counterList(series, unmeasured).map((counter) => createCounterRow(counter, margins));
      element.append(...rows.map((row) => row.element));
      for (const row of rows) row.showAt(null);
      if (rows.some((row) => row.counter.times)) load();
    },
    show(width, view, colours, font) {
      if (!Uplot || width < margins.gutter + 20) return;
      for (const row of rows) {
        row.start(Uplot, width, view, colours, font);
        row.show(width, view, colours);
      }
    },
    /** @param {number | null} at seconds */
    showAt(at) {
      for (const row of rows) row.showAt(at);
    },
    destroy() {
      ended = true;
      for (const row of rows) row.destroy();
    },
  };
}
