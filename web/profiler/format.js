/**
 * Measured values as people read them. Values come in the units of the database (seconds, bytes, percent,
 * millijoule, nanoseconds); null is "not measured" and is always a dash, never a zero.
 *
 * @typedef {"s" | "bytes" | "%" | "mJ" | "ns" | "count"} Unit
 * @typedef {{unit: string, factor: number, digits: number}} Scale how the values of one column are written
 */

export const DASH = "–";

/** @type {Record<Unit, [number, string, number][]>} from which value on, its unit, what to multiply with */
const STEPS = {
  s: [
    [120, "min", 1 / 60],
    [1, "s", 1],
    [0.001, "ms", 1e3],
    [0, "µs", 1e6],
  ],
  bytes: [
    [2 ** 30, "GiB", 2 ** -30],
    [2 ** 20, "MiB", 2 ** -20],
    [2 ** 10, "KiB", 2 ** -10],
    [0, "B", 1],
  ],
  "%": [[0, "%", 1]],
  mJ: [
    [3_600_000, "Wh", 1 / 3_600_000],
    [1_000, "J", 1e-3],
    [0, "mJ", 1],
  ],
  ns: [
    [1e9, "s", 1e-9],
    [1e6, "ms", 1e-6],
    [1e3, "µs", 1e-3],
    [0, "ns", 1],
  ],
  count: [[0, "", 1]],
};

const isNumber = (value) => typeof value === "number" && Number.isFinite(value);

/** Three figures that count: 1.23, 12.3, 123. */
const digitsFor = (value) => (value >= 100 ? 0 : value >= 10 ? 1 : 2);

/** @param {number} value @param {number} digits */
function fixed(value, digits) {
  const text = value.toFixed(digits);
  const [whole, rest] = text.split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, "\u202f");
  return rest === undefined ? grouped : `${grouped}.${rest}`;
}

/** @param {Unit} unit @param {number} size */
function stepFor(unit, size) {
  const steps = STEPS[unit] ?? STEPS.count;
  return steps.find(([from]) => size >= from) ?? steps[steps.length - 1];
}

/**
 * "1.84 s", "412 ms", "3.21 GiB", "87 %". A dash for what was not measured.
 * @param {number | null | undefined} value @param {Unit} unit
 */
export function amountText(value, unit) {
  if (!isNumber(value)) return DASH;
  const size = Math.abs(value);
  if (unit === "s" && size >= 120) return minutesText(value);
  if (size === 0) return unit === "count" ? "0" : `0 ${zeroUnit(unit)}`;
  const [, name, factor] = stepFor(unit, size);
  const scaled = size * factor;
  const whole = unit === "count" || unit === "%" || name === "B" || name === "ns";
  const digits = whole ? (unit === "%" && scaled < 10 ? 1 : 0) : digitsFor(scaled);
  return `${value < 0 ? "−" : ""}${fixed(scaled, digits)}${name && ` ${name}`}`;
}

const zeroUnit = (unit) => ({ s: "s", bytes: "B", "%": "%", mJ: "J", ns: "ns" })[unit] ?? "";

/** "2 min 04 s", "1 h 12 min". */
function minutesText(seconds) {
  const sign = seconds < 0 ? "−" : "";
  const whole = Math.round(Math.abs(seconds));
  const two = (value) => String(value).padStart(2, "0");
  if (whole >= 3600)
    return `${sign}${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
  return `${sign}${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
}

/** @param {number | null | undefined} seconds */
export const secondsText = (seconds) => amountText(seconds, "s");

/** @param {number | null | undefined} bytes binary units: MiB, GiB */
export const memoryText = (bytes) => amountText(bytes, "bytes");

/** @param {number | null | undefined} percent 0-100, more where it is of one core */
export const percentText = (percent) => amountText(percent, "%");

/** With its sign: "+120 ms", "−1.02 GiB". @param {number | null | undefined} value @param {Unit} unit */
export function changeText(value, unit) {
  const text = amountText(value, unit);
  return isNumber(value) && value > 0 ? `+${text}` : text;
}

/**
 * One unit for a whole column, named in its head, so that its figures can be compared at a glance.
 * @param {Iterable<number | null | undefined>} values @param {Unit} unit @returns {Scale}
 */
export function columnScale(values, unit) {
  let largest = 0;
  for (const value of values) if (isNumber(value)) largest = Math.max(largest, Math.abs(value));
  if (unit === "s" && largest < 1200)
    return largest >= 10 ? scale("s", 1, 2) : scale("ms", 1e3, largest >= 1 ? 0 : 1);
  const [, name, factor] = largest ? stepFor(unit, largest) : stepFor(unit, unit === "bytes" ? 2 ** 20 : 1);
  const whole = unit === "count" || unit === "%" || name === "B" || name === "ns";
  return scale(name, factor, whole ? 0 : name === "min" ? 2 : digitsFor(largest * factor));
}

const scale = (unit, factor, digits) => ({ unit, factor, digits });

/** A value in the unit of its column, without it. @param {number | null | undefined} value @param {Scale} scale */
export function scaledText(value, { factor, digits }) {
  if (!isNumber(value)) return DASH;
  const scaled = value * factor;
  if (scaled !== 0 && Math.abs(scaled) < 0.5 * 10 ** -digits)
    return `<${fixed(10 ** -digits, digits)}`.replace("<", scaled < 0 ? "−<" : "<");
  return scaled < 0 ? `−${fixed(-scaled, digits)}` : fixed(scaled, digits);
}

/**
 * Why a column of a run was not measured, and the line that installs what is missing, as one text.
 * @param {Record<string, any> | null | undefined} unmeasured of the run, by column
 * @param {string} column @returns {string}
 */
export function reasonText(unmeasured, column) {
  const reason = unmeasured?.[column] ?? unmeasured?.["*"];
  if (typeof reason === "string" && reason) return sentence(reason);
  if (typeof reason?.why === "string" && reason.why)
    return [sentence(reason.why), reason.install].filter(Boolean).join("\n");
  return "Not measured.";
}

function sentence(text) {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}

const two = (number) => String(number).padStart(2, "0");

/** "2026-11-21 09:14:03", in the time of the person. @param {number | null | undefined} seconds since 1970 */
export function momentText(seconds) {
  if (!isNumber(seconds)) return DASH;
  const at = new Date(seconds * 1000);
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** "just now", "4 min ago", "today 09:14", "yesterday 18:02", else the day. @param {number | null | undefined} seconds @param {number} now both since 1970 */
export function agoText(seconds, now) {
  if (!isNumber(seconds)) return DASH;
  const passed = now - seconds;
  if (passed >= 0 && passed < 60) return "just now";
  if (passed >= 0 && passed < 3600) return `${Math.floor(passed / 60)} min ago`;
  const text = momentText(seconds);
  const days = Math.round((midnight(now) - midnight(seconds)) / 86400);
  if (days === 0) return `today ${text.slice(11, 16)}`;
  return days === 1 ? `yesterday ${text.slice(11, 16)}` : text.slice(0, 16);
}

const midnight = (seconds) => new Date(seconds * 1000).setHours(0, 0, 0, 0) / 1000;
