import { addStylesheet } from "../../shared/add_stylesheet.js";
import { countOf } from "../../shared/count_of.js";
import { el } from "../../shared/el.js";
import { setText } from "../../shared/set_text.js";
import { columnScale, percentText, scaledText, secondsText } from "../format.js";
import { timeParts } from "./time_parts.js";
import { createWindowedList } from "./windowed_list.js";

const ROW = 24;
const NAMES = {
  node: "Nodes",
  idle: "Waiting for async nodes",
  framework: "ComfyUI between nodes",
  rest: "Not accounted for",
};

/**
 * Where the time of a run went: a bar for each node, the longest first, with what lay between them; all of it adds up
 * to the total.
 *
 * @param {HTMLElement} element
 * @param {{select?: (nodeId: string | null) => void}} [services]
 * @returns {import("../types.js").View<Pick<import("../types.js").RunData, "run" | "steps" | "selected">>}
 */
export function createTimeBars(element, services = {}) {
  addStylesheet(new URL("./charts.css", import.meta.url));
  let scale = columnScale([], "s");
  let longest = 1;
  let selected = null;
  const empty = el(
    "p",
    { class: "dsg-chart-empty" },
    "No node took any time yet. Run the workflow to see where its time goes.",
  );
  const words = el("p", { class: "dsg-bars-words" });
  const whole = el("div", { class: "dsg-bars-whole", "aria-hidden": "true" });
  const unit = el("span", { class: "dsg-bars-figure" });
  const head = el(
    "div",
    { class: "dsg-bars-row dsg-bars-head" },
    el("span", {}, "Node"),
    el("span"),
    unit,
    el("span", { class: "dsg-bars-figure" }, "%"),
  );
  const list = createWindowedList({
    name: "Where the time went, the longest first",
    row: ROW,
    make: () => makeRow(() => ({ scale, longest, selected })),
    pick: (part) => part.step && services.select?.(part.step.node_id),
  });
  const notes = el("p", { class: "dsg-chart-muted dsg-bars-words" });
  const root = el("div", { class: "dsg-chart dsg-bars" }, empty, words, whole, head, list.element, notes);
  element.append(root);
  let before = {};

  function lay(run, steps) {
    const found = timeParts(run, steps);
    scale = columnScale(
      found.parts.map((part) => part.seconds),
      "s",
    );
    longest = found.parts[0]?.seconds || 1;
    empty.hidden = found.parts.length > 0;
    for (const part of [words, whole, head, list.element, notes]) part.hidden = !found.parts.length;
    setText(words, sumWords(found));
    setText(unit, scale.unit);
    setText(
      notes,
      found.untimed
        ? `${countOf(found.untimed, "node")} took no time: not reached, or the result was there.`
        : "",
    );
    whole.replaceChildren(
      ...found.sums.map(({ kind, share }) =>
        el("i", { "data-kind": kind, style: { "flex-grow": share ?? 0 } }),
      ),
    );
    return found.parts;
  }

  let parts = [];
  return {
    update(data) {
      if (before.run !== data.run || before.steps !== data.steps) parts = lay(data.run, data.steps);
      before = data;
      selected = data.selected ?? null;
      list.update(parts);
    },
    destroy() {
      list.destroy();
      root.remove();
    },
  };
}

/** "9.66 s: nodes 7.93 s (82 %), waiting for async nodes 1.60 s (17 %), …" */
function sumWords({ total, sums }) {
  const said = sums.map(({ kind, seconds, share }, at) => {
    const name = at ? NAMES[kind].replace(/^[NW]/, (letter) => letter.toLowerCase()) : NAMES[kind];
    return `${name} ${secondsText(seconds)}${share === null ? "" : ` (${percentText(100 * share)})`}`;
  });
  return total === null ? `So far: ${said.join(", ")}` : `${secondsText(total)} in all. ${said.join(", ")}.`;
}

function makeRow(look) {
  const [name, bar, time, share] = [
    el("span", { class: "dsg-bars-name" }),
    el("i"),
    el("span", { class: "dsg-bars-figure" }),
    el("span", { class: "dsg-bars-figure" }),
  ];
  const element = el(
    "div",
    { class: "dsg-bars-row", role: "option" },
    name,
    el("span", { class: "dsg-bars-track" }, bar),
    time,
    share,
  );
  return {
    element,
    update(part) {
      const { scale, longest, selected } = look();
      element.dataset.kind = part.kind;
      element.setAttribute("aria-selected", String(part.step !== null && part.step.node_id === selected));
      if (!part.step) element.setAttribute("aria-disabled", "true");
      else element.removeAttribute("aria-disabled");
      setText(name, part.name);
      element.title = [part.name, part.about].filter(Boolean).join("\n");
      bar.style.width = `${(100 * part.seconds) / longest}%`;
      setText(time, scaledText(part.seconds, scale));
      setText(share, part.share === null ? "" : (100 * part.share).toFixed(1));
    },
  };
}
