import { reasonText } from "../format.js";

/** What is drawn under the lanes, in this order; the column says where the reason stands when there is none. */
const KNOWN = [
  { name: "vram", title: "VRAM", unit: "bytes", column: "vram_max" },
  { name: "ram", title: "RAM", unit: "bytes", column: "ram_max" },
  { name: "gpu_load", title: "GPU load", unit: "%", column: "gpu_load_max" },
  { name: "cpu", title: "CPU", unit: "%", column: "cpu_max" },
];
const MOST = 8;

/**
 * @typedef {object} Counter
 * @property {string} key
 * @property {string} title
 * @property {string} unit "bytes", "%", or as the source says
 * @property {string} about source and device, or why there are no values
 * @property {number[] | null} times seconds; null where nothing was measured
 * @property {(number | null)[]} values
 * @property {number | null} peak
 * @property {number} top of the scale
 */

/**
 * The curves of a run: VRAM, RAM and the loads, which are named even where they were not measured, then others. Pure.
 *
 * @param {any[]} series of the server
 * @param {any} unmeasured of the run
 * @returns {Counter[]}
 */
export function counterList(series, unmeasured) {
  const shown = (series ?? []).filter((one) => one.times?.length && one.values?.some(isNumber));
  const known = KNOWN.flatMap((kind) => {
    const found = shown.filter((one) => one.name === kind.name);
    return found.length ? found.map((one) => counterOf(one, kind)) : [missing(kind, unmeasured)];
  });
  const others = shown.filter(
    (one) => !KNOWN.some((kind) => kind.name === one.name) && !HIDDEN.has(one.name),
  );
  return [
    ...known,
    ...others.map((one) => counterOf(one, { title: spaced(one.name), unit: one.unit })),
  ].slice(0, MOST);
}

/** Sums that only grow say nothing as a curve. */
const HIDDEN = new Set(["energy", "cpu_time"]);

const isNumber = (value) => typeof value === "number" && Number.isFinite(value);
const spaced = (name) => name.charAt(0).toUpperCase() + name.slice(1).replaceAll("_", " ");

function counterOf({ name, unit, source, device, times, values }, kind) {
  const peak = values.reduce((most, value) => (isNumber(value) && !(most >= value) ? value : most), null);
  const about = [unit && unit !== kind.unit ? unit : "", source, device].filter(Boolean).join(", ");
  const key = [name, source, device].join("|");
  const clean = values.map((value) => (isNumber(value) ? value : null));
  return {
    key,
    title: kind.title,
    unit: kind.unit,
    about,
    times,
    values: clean,
    peak,
    top: topOf(peak, kind.unit),
  };
}

function missing({ name, title, unit, column }, unmeasured) {
  return {
    key: name,
    title,
    unit,
    about: reasonText(unmeasured, column),
    times: null,
    values: [],
    peak: null,
    top: 1,
  };
}

/** The end of the scale: round, and above what was measured. @param {number | null} peak @param {string} unit */
export function topOf(peak, unit) {
  if (!isNumber(peak) || peak <= 0) return unit === "%" ? 100 : 1;
  if (unit === "%") return Math.max(100, Math.ceil(peak / 100) * 100);
  const base = unit === "bytes" ? 2 ** (10 * Math.floor(Math.log2(peak) / 10)) : 1;
  const scaled = (peak / base) * 1.02;
  const power = 10 ** Math.floor(Math.log10(scaled));
  return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((step) => step * power >= scaled) * power * base;
}

/** The last value at or before a moment. @param {Counter} counter @param {number} at */
export function valueAt({ times, values }, at) {
  if (!times?.length || at < times[0]) return null;
  let [low, high] = [0, times.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (times[middle] <= at) low = middle;
    else high = middle - 1;
  }
  return values[low];
}
