import { el } from "../../shared/el.js";

/** Custom properties of charts.css that canvases draw with. */
const NAMES = ["text", "muted", "line", "soft", "accent"];
const OWN = ["back", "ran", "chain", "wait", "idle", "failed", "curve", "fill"];

/** @typedef {Record<string, string>} Colours by the names above, for `fillStyle` */

/**
 * The colours of the theme as a canvas can use them, read anew each time: the palette may have changed.
 *
 * @param {HTMLElement} root has the class `dsg-chart`
 * @returns {() => Colours}
 */
export function chartColours(root) {
  const probes = [
    ...NAMES.map((name) => [name, `--dsg-${name}`]),
    ...OWN.map((name) => [name, `--dsg-chart-${name}`]),
  ].map(([name, variable]) => [
    name,
    el("i", { class: "dsg-chart-probe", style: { color: `var(${variable})` } }),
  ]);
  root.append(...probes.map(([, probe]) => probe));
  return () => Object.fromEntries(probes.map(([name, probe]) => [name, getComputedStyle(probe).color]));
}
