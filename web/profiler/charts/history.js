import { addStylesheet } from "../../shared/add_stylesheet.js";
import { countOf } from "../../shared/count_of.js";
import { el } from "../../shared/el.js";
import { setText } from "../../shared/set_text.js";
import { METRICS, historyPoints } from "./history_points.js";
import { historyPicture, svg } from "./history_picture.js";
import { pointWords, spreadWords } from "./history_words.js";
import { createTextTable } from "./text_table.js";

const HEIGHT = 240;

/**
 * The runs of one workflow, one after the other, with their spread. A point opens its run.
 *
 * @param {HTMLElement} element
 * @param {{openRun?: (runId: number) => void}} [services]
 * @returns {import("../types.js").View<import("../types.js").HistoryData>}
 */
export function createHistory(element, services = {}) {
  addStylesheet(new URL("./charts.css", import.meta.url));
  const view = new History(element, services);
  return { update: (data) => view.update(data), destroy: () => view.destroy() };
}

class History {
  #services;
  #data = { runs: [], hash: null, current: null };
  #metric = METRICS[0];
  #found = historyPoints([], METRICS[0].name);
  #points = [];
  #focused = 0;
  #resize = new ResizeObserver(() => this.#draw());

  constructor(element, services) {
    this.#services = services;
    this.choice = el("select", {
      class: "dsg-chart-button",
      "aria-label": "Shown figure",
      onchange: () => this.#choose(),
    });
    this.words = el("span", { class: "dsg-chart-muted", "aria-live": "polite" });
    this.picture = svg("svg", {
      class: "dsg-history-picture",
      role: "listbox",
      "aria-label": "Runs of this workflow, the oldest first",
      height: HEIGHT,
    });
    this.tip = el("div", { class: "dsg-timeline-tip", hidden: true });
    this.place = el("div", { class: "dsg-history-place" }, this.picture, this.tip);
    this.empty = el(
      "p",
      { class: "dsg-chart-empty" },
      "No run of this workflow yet. Each run becomes a point here, so that a change is seen.",
    );
    this.note = el("p", { class: "dsg-chart-muted dsg-bars-words" });
    this.text = createTextTable(["Run", "When", "Figure", "About"], (most) => this.#rows(most));
    this.head = el("div", { class: "dsg-chart-head" }, this.choice, this.words);
    this.root = el(
      "div",
      { class: "dsg-chart dsg-history" },
      this.empty,
      this.head,
      this.place,
      this.note,
      this.text.element,
    );
    element.append(this.root);
    this.picture.addEventListener("keydown", (event) => this.#onKey(event));
    this.picture.addEventListener("click", (event) => this.#open(this.#indexOf(event.target)));
    for (const type of ["pointerover", "focusin"])
      this.picture.addEventListener(type, (event) => this.#tell(this.#indexOf(event.target)));
    for (const type of ["pointerleave", "focusout"])
      this.picture.addEventListener(type, () => this.#tell(-1));
    this.#resize.observe(this.place);
  }

  /** @param {import("../types.js").HistoryData} data */
  update(data) {
    const other = data.runs !== this.#data.runs;
    this.#data = data;
    if (other) this.#offer();
    this.#lay();
  }

  destroy() {
    this.#resize.disconnect();
    this.root.remove();
  }

  /** Only figures that some run has. */
  #offer() {
    const known = METRICS.filter(({ name }) => this.#data.runs.some((run) => typeof run[name] === "number"));
    const offered = known.length ? known : METRICS.slice(0, 1);
    if (!offered.includes(this.#metric)) this.#metric = offered[0];
    this.choice.replaceChildren(...offered.map(({ name, title }) => el("option", { value: name }, title)));
    this.choice.value = this.#metric.name;
  }

  #choose() {
    this.#metric = METRICS.find(({ name }) => name === this.choice.value) ?? METRICS[0];
    this.#lay();
  }

  #lay() {
    this.#found = historyPoints(this.#data.runs, this.#metric.name);
    const none = !this.#data.runs.length;
    this.empty.hidden = !none;
    for (const part of [this.head, this.place, this.text.element]) part.hidden = none;
    setText(this.words, spreadWords(this.#found, this.#metric.unit));
    setText(this.note, this.#found.left ? `${countOf(this.#found.left, "run")} without this figure.` : "");
    this.#focused = Math.max(
      0,
      this.#found.points.findIndex(({ run }) => run.id === this.#data.current),
    );
    this.text.update();
    this.#draw();
  }

  #draw() {
    const width = this.place.clientWidth;
    if (!width) return;
    const focused = this.picture.contains(document.activeElement);
    const look = { width, height: HEIGHT, unit: this.#metric.unit, count: this.#data.runs.length };
    const { shapes, points } = historyPicture(this.#found, look);
    this.#points = points;
    this.picture.setAttribute("width", String(width));
    this.picture.replaceChildren(...shapes, ...points);
    points.forEach((point, at) =>
      point.setAttribute("aria-selected", String(this.#found.points[at].run.id === this.#data.current)),
    );
    points[this.#focused]?.setAttribute("tabindex", "0");
    if (focused) points[this.#focused]?.focus();
  }

  #indexOf(target) {
    return this.#points.indexOf(target.closest?.(".dsg-history-point"));
  }

  #open(at) {
    if (at >= 0) this.#services.openRun?.(this.#found.points[at].run.id);
  }

  #onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    event.stopPropagation();
    const by = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1, Home: -Infinity, End: Infinity }[
      event.key
    ];
    if (by === undefined && event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    if (by === undefined) return this.#open(this.#focused);
    this.#points[this.#focused]?.setAttribute("tabindex", "-1");
    this.#focused = Math.max(0, Math.min(this.#points.length - 1, this.#focused + by));
    this.#points[this.#focused]?.setAttribute("tabindex", "0");
    this.#points[this.#focused]?.focus();
  }

  #tell(at) {
    const point = this.#found.points[at];
    this.tip.hidden = !point;
    if (!point) return;
    const words = pointWords(point.run, point.value, this.#metric.unit);
    const lines = [words.figure, words.when, words.about].filter(Boolean).map((text) => el("span", {}, text));
    this.tip.replaceChildren(el("b", {}, words.name), ...lines);
    const dot = this.#points[at].querySelector(".dsg-history-dot");
    const [x, y] = [Number(dot.getAttribute("cx")), Number(dot.getAttribute("cy"))];
    const left = Math.max(4, Math.min(x + 12, this.place.clientWidth - this.tip.offsetWidth - 4));
    const top =
      y + 12 + this.tip.offsetHeight < HEIGHT ? y + 12 : Math.max(0, y - this.tip.offsetHeight - 12);
    this.tip.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
  }

  #rows(most) {
    const rows = this.#found.points.slice(-most).map(({ run, value }) => {
      const words = pointWords(run, value, this.#metric.unit);
      return [words.name, words.when, words.figure, words.about];
    });
    return { rows, left: this.#found.points.length - rows.length };
  }
}
