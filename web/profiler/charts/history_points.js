import { quantiles } from "./quantiles.js";

/** What can be followed over the runs of a workflow. */
export const METRICS = [
  { name: "total_time", title: "Total time", unit: "s" },
  { name: "nodes_time", title: "Time in nodes", unit: "s" },
  { name: "vram_peak", title: "VRAM peak", unit: "bytes" },
  { name: "ram_peak", title: "RAM peak", unit: "bytes" },
  { name: "cpu_time", title: "Processor time", unit: "s" },
  { name: "energy_mj", title: "Energy", unit: "mJ" },
];

export const FEWEST = 4; // runs; the spread of fewer says nothing
const ROOM = 0.1; // of the median, above and below it at least: small differences must not look large

/**
 * @typedef {{run: any, at: number, value: number, counted: boolean}} Point `at` is its place, 0 the oldest
 * @typedef {{from: number, to: number, name: string, n: number, median: number, q1: number, q3: number}} Section
 */

/**
 * The runs of one workflow as points, with the spread of those that ended well; runs that were asked for together, and
 * alike, are a section with a spread of its own. Pure.
 *
 * @param {any[]} runs oldest first
 * @param {string} metric a column
 * @returns {{points: Point[], sections: Section[], whole: ReturnType<typeof quantiles>, low: number, high: number,
 *   left: number}} `left` runs have no such figure
 */
export function historyPoints(runs, metric) {
  const points = runs.flatMap((run, at) => {
    const value = run[metric];
    return typeof value === "number" && Number.isFinite(value)
      ? [{ run, at, value, counted: run.status === "success" }]
      : [];
  });
  const counted = points.filter((point) => point.counted);
  const whole = quantiles(counted.map((point) => point.value));
  // A run that failed after a moment would squeeze all others: it is drawn at the edge.
  const values = (counted.length ? counted : points).map((point) => point.value);
  const middle = whole?.median ?? quantiles(values)?.median ?? 0;
  const low = Math.max(0, Math.min(middle * (1 - ROOM), ...values));
  const high = Math.max(middle * (1 + ROOM), ...values);
  const room = (high - low) * 0.06;
  return {
    points,
    sections: sectionsOf(counted),
    whole: whole && whole.n >= FEWEST ? whole : null,
    low: Math.max(0, low - room),
    high: high > low ? high + room : high + 1,
    left: runs.length - points.length,
  };
}

function sectionsOf(points) {
  const groups = [];
  for (const point of points) {
    const last = groups[groups.length - 1];
    const { series, mode } = point.run;
    if (series && last && last.series === series && last.mode === mode) last.points.push(point);
    else groups.push({ series, mode, points: [point] });
  }
  return groups
    .filter((group) => group.series && group.points.length >= FEWEST)
    .map(({ series, mode, points: own }) => {
      const { n, median, q1, q3 } = quantiles(own.map((point) => point.value));
      return { from: own[0].at, to: own[own.length - 1].at, name: `${series}, ${mode}`, n, median, q1, q3 };
    });
}
