import { el } from "../../shared/el.js";
import { setText } from "../../shared/set_text.js";
import { DASH, amountText } from "../format.js";
import { valueAt } from "./counter_list.js";

const HEIGHT = 55;

/** "3.1 GiB"; units that the table does not know stand as the source wrote them. */
const figure = (value, unit) => {
  if (value === null || value === undefined) return DASH;
  return ["s", "bytes", "%"].includes(unit)
    ? amountText(value, unit)
    : `${Number(value.toPrecision(3))} ${unit ?? ""}`.trim();
};

/**
 * One curve under the lanes, drawn by uPlot; without values a line that says why there are none.
 *
 * @param {import("./counter_list.js").Counter} counter
 * @param {{gutter: number, right: number}} margins px
 */
export function createCounterRow(counter, margins) {
  const value = el("span");
  const name = el("span", { class: "dsg-chart-muted" }, counter.title);
  const plotted = el("div", { class: "dsg-counter-plot" });
  const label = el("div", { class: "dsg-counter-label" }, name, value);
  const element = el("div", { class: "dsg-counter", title: counter.about }, label, plotted);
  let plot = null;
  let colours = {};
  if (!counter.times) {
    element.dataset.missing = "";
    value.remove();
    name.textContent = `${counter.title} ${DASH}`;
    plotted.append(el("span", { class: "dsg-chart-muted" }, counter.about.replaceAll("\n", " ")));
  }

  /** @param {number | null} at seconds; null shows the highest */
  function showAt(at) {
    setText(
      value,
      at === null ? figure(counter.peak, counter.unit) : figure(valueAt(counter, at), counter.unit),
    );
  }

  return {
    element,
    counter,
    showAt,
    /** @param {any} Uplot @param {number} width @param {import("./time_view.js").View} view */
    start(Uplot, width, view, theme, font) {
      if (!counter.times || plot) return;
      colours = theme;
      plot = new Uplot(
        options(counter, margins, width, view, () => colours, font),
        [counter.times, counter.values],
        plotted,
      );
    },
    /** Only draws what differs. */
    show(width, view, theme) {
      if (!plot) return;
      const repainted = Object.keys(theme).some((name) => theme[name] !== colours[name]);
      colours = theme;
      if (plot.width !== width) plot.setSize({ width, height: HEIGHT });
      const { min, max } = plot.scales.x;
      if (min !== view.from || max !== view.to) plot.setScale("x", { min: view.from, max: view.to });
      else if (repainted) plot.redraw(false, true);
    },
    destroy() {
      plot?.destroy();
      plot = null;
      element.remove();
    },
  };
}

function options({ unit, top }, { gutter, right }, width, view, colours, font) {
  return {
    width,
    height: HEIGHT,
    padding: [8, right, 4, 0],
    legend: { show: false },
    cursor: { show: false },
    select: { show: false },
    scales: {
      x: { time: false, auto: false, min: view.from, max: view.to },
      y: { auto: false, min: 0, max: top },
    },
    axes: [
      { show: false },
      {
        size: gutter,
        gap: 8,
        font,
        stroke: () => colours().muted,
        splits: () => [0, top],
        values: () => ["0", figure(top, unit)],
        grid: { stroke: () => colours().soft, width: 1 },
        ticks: { show: false },
        border: { show: false },
      },
    ],
    series: [
      {},
      {
        stroke: () => colours().curve,
        fill: () => colours().fill,
        width: 1,
        points: { show: false },
        spanGaps: false,
      },
    ],
  };
}
