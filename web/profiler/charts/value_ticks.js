import { amountText } from "../format.js";
import { roundStep } from "./time_ticks.js";

/**
 * Round values of a scale with their texts. Bytes are rounded in powers of 1024. Pure.
 * @param {number} from @param {number} to @param {number} most @param {import("../format.js").Unit} unit
 * @returns {{at: number, text: string}[]}
 */
export function valueTicks(from, to, most, unit) {
  if (!(to > from)) return [];
  const least = (to - from) / Math.max(1, most);
  const step = unit === "s" ? roundStep(least) : unit === "bytes" ? binaryStep(least) : decimalStep(least);
  const ticks = [];
  for (let at = Math.ceil(from / step - 1e-9); at * step <= to * (1 + 1e-12); at += 1)
    ticks.push({ at: at * step, text: amountText(at * step, unit) });
  return ticks;
}

const BINARY = [1, 2, 5, 10, 20, 50, 128, 256, 512, 1024];

function binaryStep(least) {
  const base = 2 ** (10 * Math.floor(Math.max(0, Math.log2(least)) / 10));
  return BINARY.find((step) => step * base >= least * (1 - 1e-9)) * base;
}

function decimalStep(least) {
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].find((step) => step * power >= least * (1 - 1e-9)) * power;
}
