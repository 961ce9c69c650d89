import { addStylesheet } from "../../shared/add_stylesheet.js";
import { el } from "../../shared/el.js";
import { setText } from "../../shared/set_text.js";
import { secondsText } from "../format.js";
import { chartColours } from "./chart_colours.js";
import { createCounters } from "./counters.js";
import { criticalPath } from "./critical_path.js";
import { drawAxis } from "./draw_axis.js";
import { drawLanes } from "./draw_lanes.js";
import { fitCanvas } from "./fit_canvas.js";
import { barAt, lanePlaces, rowAt } from "./lane_places.js";
import { layLanes } from "./lanes.js";
import { stepWords } from "./step_words.js";
import { createTextTable } from "./text_table.js";
import { isWhole, panned, showing, wholeRun, within, zoomed } from "./time_view.js";
import { listenToTimeline } from "./timeline_input.js";
import { createTimelineKeys } from "./timeline_keys.js";
import { createTimelineTip } from "./timeline_tip.js";
import { timelineTable, timelineWords } from "./timeline_words.js";
import { watchPalette } from "./watch_palette.js";

const GUTTER = 136; // px for names and scales, left of where time runs
const RIGHT = 8;
const AXIS = 22;
const ROOM = 320; // px for the lanes; more of them scroll
const NEAR = 4; // px from a bar that still mean it

let timelines = 0;

/**
 * A run over time: the prompt thread, async tasks beside it, and the curves of memory and load beneath.
 *
 * @param {HTMLElement} element becomes its place
 * @param {{select?: (nodeId: string | null) => void}} [services]
 * @returns {import("../types.js").View<TimelineData>} what stays the same object is not laid out again
 *
 * @typedef {Pick<import("../types.js").RunData, "run" | "steps" | "series" | "selected">} TimelineData
 */
export function createTimeline(element, services = {}) {
  const view = new Timeline(element, services);
  return { update: (data) => view.update(data), destroy: () => view.destroy() };
}

class Timeline {
  #services;
  /** @type {TimelineData} */
  #data = { run: null, steps: [], series: null, selected: null };
  #lanes = layLanes([]);
  #chain = { ids: new Set(), seconds: 0 };
  #places = lanePlaces(this.#lanes, ROOM);
  #view = wholeRun(0);
  /** @type {import("./lanes.js").Bar | null} */
  #hovered = null;
  /** @type {import("./lanes.js").Bar | null} */
  #focused = null;
  #pointer = { x: 0, y: 0 };
  #frame = 0;
  #width = 0;
  #resize = new ResizeObserver(() => this.#measure());

  constructor(element, services) {
    this.#services = services;
    addStylesheet(new URL("./charts.css", import.meta.url));
    this.#build(element);
    this.#colours = chartColours(this.root);
    this.#unwatch = watchPalette(() => this.#draw());
    this.#resize.observe(this.stage);
    this.scroll.addEventListener("scroll", () => this.#draw(), { passive: true });
    listenToTimeline(this.stage, this.#actions());
    this.stage.addEventListener("blur", () => this.#focus(null));
  }

  #colours;
  #unwatch;

  #build(element) {
    const about = `dsg-timeline-about-${(timelines += 1)}`;
    this.axis = el("canvas", { "aria-hidden": "true" });
    this.canvas = el("canvas", { "aria-hidden": "true" });
    this.scroll = el("div", { class: "dsg-timeline-scroll", tabindex: "-1" }, this.canvas);
    this.counters = createCounters({ gutter: GUTTER, right: RIGHT }, () => this.#draw());
    this.moment = el("div", { class: "dsg-timeline-moment", hidden: true });
    this.tip = createTimelineTip();
    this.stage = el(
      "div",
      {
        class: "dsg-timeline-stage",
        tabindex: "0",
        role: "application",
        "aria-roledescription": "timeline",
        "aria-label": "Timeline of the run",
        "aria-describedby": about,
        "data-capture-wheel": "true",
      },
      this.axis,
      this.scroll,
      this.counters.element,
      this.moment,
      this.tip.element,
    );
    this.about = el("p", { class: "dsg-chart-spoken", id: about });
    this.says = el("p", { class: "dsg-chart-spoken", "aria-live": "polite" });
    this.text = createTextTable(["Node", "Time", "Status"], (most) => timelineTable(this.#lanes.bars, this.#chain.ids, most));
    this.empty = el("p", { class: "dsg-chart-empty" }, "No step was recorded yet. Run the workflow, and its nodes appear here.");
    this.root = el("div", { class: "dsg-chart dsg-timeline" }, this.#head(), this.empty, this.stage, this.about, this.says, this.text.element);
    element.append(this.root);
  }

  #head() {
    const button = (text, name, onclick) =>
      el("button", { type: "button", class: "dsg-chart-button", title: name, "aria-label": name, onclick }, text);
    this.keys = createTimelineKeys();
    this.seen = el("span", { class: "dsg-chart-muted" });
    this.zoomOut = button("−", "Zoom out", () => this.#zoom(1.5, null));
    this.fitButton = button("All", "Show the whole run", () => this.#look(wholeRun(this.#lanes.end)));
    const buttons = el("span", { class: "dsg-chart-group" }, this.zoomOut, button("+", "Zoom in", () => this.#zoom(1 / 1.5, null)), this.fitButton);
    return el("div", { class: "dsg-chart-head" }, ...this.keys.elements, el("span", { class: "dsg-chart-gap" }), this.seen, buttons);
  }

  /** @param {TimelineData} data */
  update({ run, steps, series, selected = null }) {
    const before = this.#data;
    this.#data = { run, steps, series, selected };
    const other = before.run?.id !== run?.id || before.run?.prompt_id !== run?.prompt_id;
    if (before.steps !== steps || before.run?.total_time !== run?.total_time) this.#lay(other);
    // null is "still being read": what was there stays, unless it is of another run.
    if (series ? before.series !== series || before.run?.unmeasured !== run?.unmeasured : other)
      this.counters.update(series, run?.unmeasured);
    this.empty.hidden = this.#lanes.bars.length > 0;
    this.stage.hidden = this.text.element.hidden = !this.#lanes.bars.length;
    this.#draw();
  }

  #lay(other) {
    const { run, steps } = this.#data;
    const whole = other || isWhole(this.#view, this.#lanes.end);
    this.#lanes = layLanes(steps, run?.total_time);
    this.#places = lanePlaces(this.#lanes, ROOM);
    const chain = criticalPath(steps);
    this.#chain = chain ?? { ids: new Set(), seconds: 0 };
    this.keys.update(chain, steps);
    setText(this.about, timelineWords(run, steps, this.#lanes, chain));
    this.#view = whole ? wholeRun(this.#lanes.end) : within(this.#view, this.#lanes.end);
    this.#hovered = null;
    this.#focused = this.#focused && (this.#lanes.bars.find((bar) => bar.start === this.#focused.start && bar.step.node_id === this.#focused.step.node_id) ?? null);
    this.text.update();
  }

  destroy() {
    cancelAnimationFrame(this.#frame);
    this.#resize.disconnect();
    this.#unwatch();
    this.counters.destroy();
    this.root.remove();
  }

  // --- what is drawn ---

  #measure() {
    this.#width = this.stage.clientWidth;
    this.#draw();
  }

  #draw() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      if (this.#width > GUTTER + 40 && !this.stage.hidden) this.#paint();
    });
  }

  get #area() {
    return { left: GUTTER, width: Math.max(1, this.#width - GUTTER - RIGHT) };
  }

  #paint() {
    const colours = this.#colours();
    const family = getComputedStyle(this.root).fontFamily;
    const font = `11px ${family}`;
    const pixel = 1 / (devicePixelRatio || 1);
    const shared = { view: this.#view, area: this.#area, font, pixel };
    drawAxis(fitCanvas(this.axis, this.#width, AXIS), { ...shared, height: AXIS }, colours);
    const { scrollTop, clientHeight } = this.scroll;
    drawLanes(
      fitCanvas(this.canvas, this.#width, this.#places.height),
      {
        ...shared,
        places: this.#places,
        lanes: this.#lanes.lanes,
        chain: this.#chain.ids,
        focused: (this.#focused ?? this.#hovered)?.index ?? -1,
        selected: this.#data.selected,
        seen: { from: scrollTop, to: scrollTop + (clientHeight || ROOM) },
      },
      colours,
    );
    this.counters.show(this.#width, this.#view, colours, font);
    this.#tell();
  }

  #tell() {
    const { from, to } = this.#view;
    const whole = isWhole(this.#view, this.#lanes.end);
    setText(this.seen, whole ? secondsText(to) : `${secondsText(from)} to ${secondsText(to)}`);
    this.zoomOut.disabled = this.fitButton.disabled = whole;
    const bar = this.#focused ?? this.#hovered;
    const at = this.#focused ? this.#placeOf(this.#focused) : this.#pointer;
    const size = { width: this.#width, height: this.stage.clientHeight };
    this.tip.show(bar?.step ?? null, this.#chain.ids.has(bar?.step.node_id), { ...at, ...size });
  }

  /** Where a bar begins, px of the stage. */
  #placeOf(bar) {
    const row = this.#places.rows.find((place) => place.row.bars.includes(bar));
    const { left, width } = this.#area;
    const x = left + ((Math.max(bar.start, this.#view.from) - this.#view.from) / (this.#view.to - this.#view.from)) * width;
    return { x, y: AXIS + (row?.top ?? 0) - this.scroll.scrollTop + this.#places.row / 2 };
  }

  #momentAt(x) {
    const { left, width } = this.#area;
    return this.#view.from + ((x - left) / width) * (this.#view.to - this.#view.from);
  }

  // --- what it does ---

  #actions() {
    return {
      zoom: (factor, x) => this.#zoom(factor, x),
      pan: (share) => this.#look(panned(this.#view, share * (this.#view.to - this.#view.from), this.#lanes.end)),
      drag: (px) => this.#look(panned(this.#view, (-px / this.#area.width) * (this.#view.to - this.#view.from), this.#lanes.end)),
      hover: (point) => this.#hover(point),
      pick: () => this.#select(this.#hovered),
      select: () => this.#select(this.#focused),
      step: (by) => this.#step(by),
      row: (by) => this.#row(by),
      edge: (last) => this.#focus(this.#lanes.bars[last ? this.#lanes.bars.length - 1 : 0] ?? null),
      fit: () => this.#look(wholeRun(this.#lanes.end)),
    };
  }

  #look(view) {
    this.#view = view;
    this.#draw();
  }

  /** @param {number} factor @param {number | null} x px; null keeps the middle, or the bar with the focus */
  #zoom(factor, x) {
    if (factor > 1 && isWhole(this.#view, this.#lanes.end)) return false;
    const middle = this.#focused ? (this.#focused.start + this.#focused.end) / 2 : (this.#view.from + this.#view.to) / 2;
    const at = x === null ? middle : this.#momentAt(Math.max(x, GUTTER));
    this.#look(zoomed(this.#view, factor, Math.min(Math.max(at, this.#view.from), this.#view.to), this.#lanes.end));
    return true;
  }

  #hover(point) {
    const inside = point && point.x >= GUTTER && point.x <= this.#width - RIGHT;
    this.moment.hidden = !inside;
    this.counters.showAt(inside ? this.#momentAt(point.x) : null);
    const before = this.#hovered;
    this.#hovered = inside && point.target === this.canvas ? this.#barUnder(point) : null;
    if (point) this.#pointer = { x: point.x, y: point.y };
    if (inside) this.moment.style.transform = `translateX(${Math.round(point.x)}px)`;
    if (this.#hovered || before) this.#draw();
  }

  #barUnder({ x, y }) {
    const row = this.#places.rows[rowAt(this.#places, y - AXIS + this.scroll.scrollTop)];
    const reach = (NEAR / this.#area.width) * (this.#view.to - this.#view.from);
    return row ? barAt(row.row, this.#momentAt(x), reach) : null;
  }

  #select(bar) {
    if (bar) this.#services.select?.(bar.step.node_id);
  }

  #step(by) {
    const row = this.#places.rows.find((place) => place.row.bars.includes(this.#focused))?.row ?? this.#places.rows[0].row;
    const at = row.bars.indexOf(this.#focused);
    this.#focus(row.bars[Math.max(0, Math.min(row.bars.length - 1, at < 0 ? 0 : at + by))] ?? this.#lanes.bars[0]);
  }

  /** To the nearest bar of the next row that has one. */
  #row(by) {
    if (!this.#focused) return this.#step(0);
    const rows = this.#places.rows.map((place) => place.row);
    const from = rows.findIndex((row) => row.bars.includes(this.#focused));
    for (let at = from + by; at >= 0 && at < rows.length; at += by) {
      if (!rows[at].bars.length) continue;
      return this.#focus(barAt(rows[at], (this.#focused.start + this.#focused.end) / 2, Infinity));
    }
  }

  #focus(bar) {
    if (this.#focused === bar) return;
    this.#focused = bar;
    if (bar) {
      this.#view = showing(this.#view, bar, this.#lanes.end);
      this.#reveal(bar);
      const words = stepWords(bar.step, this.#chain.ids.has(bar.step.node_id));
      setText(this.says, `${words.name}. ${words.times}. ${words.status}.`);
    }
    this.#draw();
  }

  #reveal(bar) {
    const { y } = this.#placeOf(bar);
    const room = this.scroll.clientHeight;
    if (y - AXIS < this.#places.row) this.scroll.scrollTop += y - AXIS - this.#places.row;
    else if (y - AXIS > room - this.#places.row) this.scroll.scrollTop += y - AXIS - room + this.#places.row;
  }
}
