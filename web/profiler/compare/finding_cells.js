import { el } from "../../shared/el.js";
import { setText } from "../../shared/set_text.js";
import { amountText, changeText } from "../format.js";
import { isFound, pOf } from "./findings.js";
import { intervalText, pText, shareText, spreadTitle, verdictText } from "./comparison_words.js";

/**
 * The figures of one finding as cells: both medians, the change with a bar, its share, its interval, p, the verdict.
 * Only a change that the server found has a colour.
 */
export function createFindingCells() {
  const figure = () => el("span", { class: "dsg-compare-figure" });
  const [a, b, shift, share, interval, p] = [figure(), figure(), figure(), figure(), figure(), figure()];
  const bar = el("i");
  const track = el("span", { class: "dsg-compare-track", "aria-hidden": "true" }, bar);
  const verdict = el("span", { class: "dsg-compare-verdict" });
  const elements = [a, b, shift, track, share, interval, p, verdict];
  return {
    elements,
    /** @param {any} finding @param {number} largest change of the table */
    update(finding, largest) {
      const { unit } = finding.metric;
      const found = isFound(finding) ? finding.verdict : "";
      set(a, amountText(finding.a?.median, unit), spreadTitle(finding.a, unit));
      set(b, amountText(finding.b?.median, unit), spreadTitle(finding.b, unit));
      set(
        shift,
        changeText(finding.shift, unit),
        "How much larger B is than A, as a rule (Hodges and Lehmann).",
      );
      set(share, shareText(finding.ratio), "Median of B over median of A.");
      set(
        interval,
        intervalText(finding.shift_interval, unit),
        finding.shift_interval ? "95 % interval of the change." : finding.why,
      );
      const q =
        typeof finding.q === "number" ? ` Adjusted for how many were asked: ${pText(finding.q)}.` : "";
      set(
        p,
        pText(pOf(finding)),
        pOf(finding) === null ? finding.why : `How often chance alone gives as much.${q}`,
      );
      set(verdict, verdictText(finding), finding.why);
      verdict.dataset.found = found;
      track.dataset.found = found;
      const size = largest > 0 && finding.shift ? Math.min(1, Math.abs(finding.shift) / largest) * 50 : 0;
      bar.style.width = `${size}%`;
      bar.style.left = finding.shift < 0 ? `${50 - size}%` : "50%";
    },
  };
}

function set(cell, text, title) {
  setText(cell, text);
  if (cell.title !== title) cell.title = title;
}

/** The heads of these cells, with the name that `sorted` knows; null cannot be sorted by. */
export const FINDING_HEADS = [
  ["A", "a"],
  ["B", "b"],
  ["Change", "shift"],
  ["", null],
  ["%", "ratio"],
  ["95 % interval", null],
  ["p", "p"],
  ["Verdict", "verdict"],
];
