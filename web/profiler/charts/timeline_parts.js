import { el } from "../../shared/el.js";
import { createCounters } from "./counters.js";
import { createTextTable } from "./text_table.js";
import { createTimelineKeys } from "./timeline_keys.js";
import { GUTTER, RIGHT } from "./timeline_space.js";
import { createTimelineTip } from "./timeline_tip.js";

const EMPTY = "No step was recorded yet. Run the workflow, and its nodes appear here.";
let made = 0; // ids must differ

/**
 * The elements of a timeline.
 * @param {object} does
 * @param {(factor: number) => void} does.zoom
 * @param {() => void} does.fit
 * @param {() => void} does.ready called when the curves can be drawn
 * @param {(most: number) => {rows: string[][], left: number}} does.rows of the text
 */
export function createTimelineParts(does) {
  const axis = el("canvas", { "aria-hidden": "true" });
  const canvas = el("canvas", { "aria-hidden": "true" });
  const scroll = el("div", { class: "dsg-timeline-scroll", tabindex: "-1" }, canvas);
  const counters = createCounters({ gutter: GUTTER, right: RIGHT }, does.ready);
  const moment = el("div", { class: "dsg-timeline-moment", hidden: true });
  const tip = createTimelineTip();
  const about = el("p", { class: "dsg-chart-spoken", id: `dsg-timeline-about-${(made += 1)}` });
  const says = el("p", { class: "dsg-chart-spoken", "aria-live": "polite" });
  const inside = [axis, scroll, counters.element, moment, tip.element];
  const stage = el("div", { ...STAGE, "aria-describedby": about.id }, ...inside);
  const text = createTextTable(["Node", "Time", "Status"], does.rows);
  const empty = el("p", { class: "dsg-chart-empty" }, EMPTY);
  const head = createHead(does);
  const below = [empty, stage, about, says, text.element];
  const root = el("div", { class: "dsg-chart dsg-timeline" }, head.element, ...below);
  return { root, axis, canvas, scroll, counters, moment, tip, about, says, stage, text, empty, head };
}

const STAGE = {
  class: "dsg-timeline-stage",
  tabindex: "0",
  role: "application",
  "aria-roledescription": "timeline",
  "aria-label": "Timeline of the run",
  "data-capture-wheel": "true",
};

function createHead({ zoom, fit }) {
  const button = (text, name, onclick) =>
    el(
      "button",
      { type: "button", class: "dsg-chart-button", title: name, "aria-label": name, onclick },
      text,
    );
  const keys = createTimelineKeys();
  const seen = el("span", { class: "dsg-chart-muted" });
  const out = button("−", "Zoom out", () => zoom(1.5));
  const whole = button("All", "Show the whole run", fit);
  const into = button("+", "Zoom in", () => zoom(1 / 1.5));
  const buttons = el("span", { class: "dsg-chart-group" }, out, into, whole);
  const gap = el("span", { class: "dsg-chart-gap" });
  const element = el("div", { class: "dsg-chart-head" }, ...keys.elements, gap, seen, buttons);
  return { element, keys, seen, out, whole };
}
