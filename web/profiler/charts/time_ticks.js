/**
 * Round moments of a view, at most `most`, each with its text: "0", "250 ms", "1.5 s", "12:30". Pure.
 *
 * @param {{from: number, to: number}} view seconds
 * @param {number} most
 * @returns {{at: number, text: string}[]}
 */
export function timeTicks({ from, to }, most) {
  const step = roundStep((to - from) / Math.max(1, most));
  const ticks = [];
  for (let at = Math.ceil(from / step - 1e-9); at * step <= to * (1 + 1e-12); at += 1)
    ticks.push({ at: at * step, text: tickText(at * step, step, to) });
  return ticks;
}

const LONG = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 18000, 36000];

/** The next step up that people count in. @param {number} least seconds */
export function roundStep(least) {
  if (least > 1) return LONG.find((step) => step >= least) ?? Math.ceil(least / 36000) * 36000;
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].find((step) => step * power >= least * (1 - 1e-9)) * power;
}

function tickText(at, step, to) {
  if (at === 0) return "0";
  if (to >= 120 && step >= 1) return clockText(at);
  if (to >= 1) return `${at.toFixed(digitsOf(step))} s`;
  return `${(at * 1e3).toFixed(digitsOf(step * 1e3))} ms`;
}

const digitsOf = (step) => Math.max(0, Math.min(6, -Math.floor(Math.log10(step) + 1e-9)));

function clockText(at) {
  const two = (value) => String(value).padStart(2, "0");
  const whole = Math.round(at);
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${two(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}
