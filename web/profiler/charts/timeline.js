import { addStylesheet } from "../../shared/add_stylesheet.js";
import { setText } from "../../shared/set_text.js";
import { secondsText } from "../format.js";
import { chartColours } from "./chart_colours.js";
import { criticalPath } from "./critical_path.js";
import { drawAxis } from "./draw_axis.js";
import { drawLanes } from "./draw_lanes.js";
import { fitCanvas } from "./fit_canvas.js";
import { lanePlaces } from "./lane_places.js";
import { layLanes } from "./lanes.js";
import { stepWords } from "./step_words.js";
import { isWhole, panned, showing, wholeRun, within, zoomed } from "./time_view.js";
import { listenToTimeline } from "./timeline_input.js";
import { createTimelineParts } from "./timeline_parts.js";
import {
  AXIS,
  GUTTER,
  RIGHT,
  areaOf,
  barBeside,
  barInNextRow,
  barUnder,
  momentAt,
  placeOfBar,
} from "./timeline_space.js";
import { timelineTable, timelineWords } from "./timeline_words.js";
import { watchPalette } from "./watch_palette.js";

const ROOM = 320; // px for the lanes; more of them scroll
const NO_CHAIN = { ids: new Set(), seconds: 0 };

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
  addStylesheet(new URL("./charts.css", import.meta.url));
  const view = new Timeline(element, services);
  return { update: (data) => view.update(data), destroy: () => view.destroy() };
}

class Timeline {
  #services;
  /** @type {TimelineData} */
  #data = { run: null, steps: [], series: null, selected: null };
  #lanes = layLanes([]);
  #chain = NO_CHAIN;
  #places = lanePlaces(this.#lanes, ROOM);
  #view = wholeRun(0);
  /** @type {import("./lanes.js").Bar | null} */
  #hovered = null;
  /** @type {import("./lanes.js").Bar | null} */
  #focused = null;
  #pointer = { x: 0, y: 0 };
  #frame = 0;
  #width = 0;
  #parts;
  #colours;
  #unwatch;
  #resize = new ResizeObserver(() => this.#measure());

  constructor(element, services) {
    this.#services = services;
    this.#parts = createTimelineParts({
      zoom: (factor) => this.#zoom(factor, null),
      fit: () => this.#look(wholeRun(this.#lanes.end)),
      ready: () => this.#draw(),
      rows: (most) => timelineTable(this.#lanes.bars, this.#chain.ids, most),
    });
    element.append(this.#parts.root);
    this.#colours = chartColours(this.#parts.root);
    this.#unwatch = watchPalette(() => this.#draw());
    this.#resize.observe(this.#parts.stage);
    this.#parts.scroll.addEventListener("scroll", () => this.#draw(), { passive: true });
    this.#parts.stage.addEventListener("blur", () => this.#focus(null));
    listenToTimeline(this.#parts.stage, this.#actions());
  }

  /** @param {TimelineData} data */
  update({ run, steps, series, selected = null }) {
    const { empty, stage, text, counters } = this.#parts;
    const before = this.#data;
    this.#data = { run, steps, series, selected };
    const other = before.run?.id !== run?.id || before.run?.prompt_id !== run?.prompt_id;
    if (before.steps !== steps || before.run?.total_time !== run?.total_time) this.#lay(other);
    // null is "still being read": what was there stays, unless it is of another run.
    const told = before.series !== series || before.run?.unmeasured !== run?.unmeasured;
    if (series ? told : other) counters.update(series, run?.unmeasured);
    empty.hidden = this.#lanes.bars.length > 0;
    stage.hidden = text.element.hidden = !this.#lanes.bars.length;
    this.#draw();
  }

  #lay(other) {
    const { run, steps } = this.#data;
    const whole = other || isWhole(this.#view, this.#lanes.end);
    this.#lanes = layLanes(steps, run?.total_time);
    this.#places = lanePlaces(this.#lanes, ROOM);
    const chain = criticalPath(steps);
    this.#chain = chain ?? NO_CHAIN;
    this.#parts.head.keys.update(chain, steps);
    setText(this.#parts.about, timelineWords(run, steps, this.#lanes, chain));
    this.#view = whole ? wholeRun(this.#lanes.end) : within(this.#view, this.#lanes.end);
    this.#hovered = null;
    this.#focused = this.#focused && this.#again(this.#focused);
    this.#parts.text.update();
  }

  /** The same bar in what was laid out anew. */
  #again({ start, kind, step }) {
    const same = (bar) => bar.start === start && bar.kind === kind && bar.step.node_id === step.node_id;
    return this.#lanes.bars.find(same) ?? null;
  }

  destroy() {
    cancelAnimationFrame(this.#frame);
    this.#resize.disconnect();
    this.#unwatch();
    this.#parts.counters.destroy();
    this.#parts.root.remove();
  }

  // --- what is drawn ---

  #measure() {
    this.#width = this.#parts.stage.clientWidth;
    this.#draw();
  }

  #draw() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      if (this.#width > GUTTER + 40 && !this.#parts.stage.hidden) this.#paint();
    });
  }

  get #area() {
    return areaOf(this.#width);
  }

  #paint() {
    const { root, axis, canvas, scroll, counters } = this.#parts;
    const colours = this.#colours();
    const font = `11px ${getComputedStyle(root).fontFamily}`;
    const shared = { view: this.#view, area: this.#area, font, pixel: 1 / (devicePixelRatio || 1) };
    drawAxis(fitCanvas(axis, this.#width, AXIS), { ...shared, height: AXIS }, colours);
    const picture = {
      ...shared,
      places: this.#places,
      lanes: this.#lanes.lanes,
      chain: this.#chain.ids,
      focused: (this.#focused ?? this.#hovered)?.index ?? -1,
      selected: this.#data.selected,
      seen: { from: scroll.scrollTop, to: scroll.scrollTop + (scroll.clientHeight || ROOM) },
    };
    drawLanes(fitCanvas(canvas, this.#width, this.#places.height), picture, colours);
    counters.show(this.#width, this.#view, colours, font);
    this.#tell();
  }

  #tell() {
    const { head, stage, tip } = this.#parts;
    const { from, to } = this.#view;
    const whole = isWhole(this.#view, this.#lanes.end);
    setText(head.seen, whole ? secondsText(to) : `${secondsText(from)} to ${secondsText(to)}`);
    head.out.disabled = head.whole.disabled = whole;
    const bar = this.#focused ?? this.#hovered;
    const at = this.#focused ? this.#placeOf(this.#focused) : this.#pointer;
    const critical = this.#chain.ids.has(bar?.step.node_id);
    tip.show(bar?.step ?? null, critical, { ...at, width: this.#width, height: stage.clientHeight });
  }

  #placeOf(bar) {
    return placeOfBar(bar, this.#places, this.#area, this.#view, this.#parts.scroll.scrollTop);
  }

  // --- what it does ---

  #actions() {
    const bars = () => this.#lanes.bars;
    return {
      zoom: (factor, x) => this.#zoom(factor, x),
      pan: (share) => this.#pan(share),
      drag: (px) => this.#pan(-px / this.#area.width),
      hover: (point) => this.#hover(point),
      pick: () => this.#select(this.#hovered),
      select: () => this.#select(this.#focused),
      step: (by) => this.#focus(barBeside(this.#focused, by, this.#places)),
      row: (by) => this.#focus(barInNextRow(this.#focused, by, this.#places)),
      edge: (last) => this.#focus(bars()[last ? bars().length - 1 : 0] ?? null),
      fit: () => this.#look(wholeRun(this.#lanes.end)),
    };
  }

  #look(view) {
    this.#view = view;
    this.#draw();
  }

  /** @param {number} share of the width */
  #pan(share) {
    this.#look(panned(this.#view, share * (this.#view.to - this.#view.from), this.#lanes.end));
  }

  /** @param {number} factor @param {number | null} x px; null keeps the middle, or the bar with the focus */
  #zoom(factor, x) {
    const { from, to } = this.#view;
    if (factor > 1 && isWhole(this.#view, this.#lanes.end)) return false;
    const middle = this.#focused ? (this.#focused.start + this.#focused.end) / 2 : (from + to) / 2;
    const at = x === null ? middle : momentAt(Math.max(x, GUTTER), this.#area, this.#view);
    this.#look(zoomed(this.#view, factor, Math.min(Math.max(at, from), to), this.#lanes.end));
    return true;
  }

  #hover(point) {
    const { moment, counters, canvas, scroll } = this.#parts;
    const inside = point && point.x >= GUTTER && point.x <= this.#width - RIGHT;
    const before = this.#hovered;
    const onBars = inside && point.target === canvas;
    this.#hovered = onBars ? barUnder(point, this.#places, this.#area, this.#view, scroll.scrollTop) : null;
    if (point) this.#pointer = { x: point.x, y: point.y };
    moment.hidden = !inside;
    if (inside) moment.style.transform = `translateX(${Math.round(point.x)}px)`;
    counters.showAt(inside ? momentAt(point.x, this.#area, this.#view) : null);
    if (this.#hovered || before) this.#draw();
  }

  #select(bar) {
    if (bar) this.#services.select?.(bar.step.node_id);
  }

  #focus(bar) {
    if (this.#focused === bar) return;
    this.#focused = bar;
    if (bar) {
      this.#view = showing(this.#view, bar, this.#lanes.end);
      this.#reveal(bar);
      const words = stepWords(bar.step, this.#chain.ids.has(bar.step.node_id));
      setText(this.#parts.says, `${words.name}. ${words.times}. ${words.status}.`);
    }
    this.#draw();
  }

  #reveal(bar) {
    const { scroll } = this.#parts;
    const y = this.#placeOf(bar).y - AXIS;
    const lowest = scroll.clientHeight - this.#places.row;
    if (y < this.#places.row) scroll.scrollTop += y - this.#places.row;
    else if (y > lowest) scroll.scrollTop += y - lowest;
  }
}
