import { addStylesheet } from "../shared/add_stylesheet.js";
import { el } from "../shared/el.js";
import { setAttribute } from "../shared/set_attribute.js";
import { setText } from "../shared/set_text.js";
import { StatusStrip } from "../shared/status_strip.js";
import { stopPlainKeys } from "../shared/stop_plain_keys.js";
import { textButton } from "../shared/text_button.js";
import { createPictureSlot } from "./picture_slot.js";
import { ProfilerActions } from "./profiler_actions.js";
import { createDetailsView } from "./runs/details_view.js";
import { createRunBar } from "./runs/run_bar.js";
import { createRunHead } from "./runs/run_head.js";
import { createRunList } from "./runs/run_list.js";
import { createTableView } from "./table/table_view.js";

const LOOK_EVERY_MS = 1000;

/**
 * What the parts of a view are given.
 *
 * @typedef {object} Inside
 * @property {import("./profiler_model.js").ProfilerModel} model
 * @property {ProfilerActions} actions
 * @property {import("./live/local_runner.js").Runner} runner
 * @property {"tab" | "window"} layout
 * @property {(() => void) | null} [openWindow]
 * @property {((nodeId: string) => void) | null} [reveal]
 * @property {((run: import("./types.js").Run) => void) | null} [compare]
 * @property {(() => {label: string, run?: import("./live/local_runner.js").Runner, href?: string}[]) | null} [alternative] what can be done with no tab open
 */

/** @type {Record<string, [string, (() => Promise<any>) | null]>} */
const TABS = {
  table: ["Table", null],
  timeline: ["Timeline", async () => (await import("./charts/timeline.js")).createTimeline],
  time: ["Where time went", async () => (await import("./charts/time_bars.js")).createTimeBars],
  history: ["History", async () => (await import("./charts/history.js")).createHistory],
  compare: ["Compare", async () => (await import("./compare/comparison.js")).createComparison],
  details: ["Details", null],
};
const OF_TAB = { tab: ["table", "time", "details"], window: Object.keys(TABS) };
const HISTORY_RUNS = 200;

/**
 * The profiler as a whole; the sidebar tab and the window differ in where its parts lie and who runs.
 *
 * @param {HTMLElement} element empty, filled by it
 * @param {Omit<Inside, "actions"> & {routes: import("./routes.js").ProfilerRoutes}} given
 */
export function createProfilerView(element, { routes, ...given }) {
  const { model, layout } = given;
  for (const file of ["../pool.css", "../profiler.css"]) addStylesheet(new URL(file, import.meta.url));
  const strip = new StatusStrip();
  const actions = new ProfilerActions(model, routes, strip);
  /** @type {Inside} */
  const inside = { ...given, actions, compare: layout === "window" ? compareWith : null };
  const services = {
    routes,
    openRun: (id) => void model.openRun(id),
    select: (id) => model.select(id),
    say: actions.say,
    fail: actions.fail,
  };

  const part = (name, tag = "section") => el(tag, { class: `dsg-${name}` });
  const bar = part("run-bar");
  const runs = part("runs", "aside");
  const head = part("run-head", "header");
  const tablist = el("div", { class: "dsg-tabs", role: "tablist", "aria-label": "Views of the run" });
  const body = part("view-body", "div");
  const nothing = el("div", { class: "dsg-first" });
  const notes = el("div", { class: "dsg-notes" });
  const root = el("div", { class: "dsg-profiler", data: { layout, testid: "dataset-gates-profiler" } });
  const main = el("main", { class: "dsg-run-main" }, head, tablist, body, nothing);
  const columns = layout === "window" ? [runs, main] : [main, folded("Runs", runs)];
  root.append(bar, notes, el("div", { class: "dsg-columns" }, ...columns), strip.element);
  stopPlainKeys(root);
  for (const type of ["paste", "contextmenu"])
    root.addEventListener(type, (event) => event.stopPropagation());
  element.append(root);

  const parts = [createRunBar(bar, inside), createRunHead(head, inside), createRunList(runs, inside)];
  /** @type {Map<string, {panel: HTMLElement, view: import("./types.js").View<any>}>} */
  const views = new Map();
  let state = model.state;
  let history = { hash: null, runs: [], total: -1 };
  let sides = null;
  let noted = "";

  const buttons = OF_TAB[layout].map((key) =>
    el(
      "button",
      { type: "button", class: "dsg-tab", role: "tab", data: { view: key }, onclick: () => show(key) },
      TABS[key][0],
    ),
  );
  tablist.append(...buttons);
  tablist.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const keys = OF_TAB[layout];
    const next = keys[(keys.indexOf(current()) + step + keys.length) % keys.length];
    show(next);
    buttons[keys.indexOf(next)].focus();
  });

  const current = () => {
    const kept = state.ui[`view_${layout}`];
    return OF_TAB[layout].includes(kept) ? kept : "table";
  };
  const show = (key) => model.choose({ [`view_${layout}`]: key });

  function viewOf(key) {
    const known = views.get(key);
    if (known) return known;
    const panel = el("div", {
      class: "dsg-view",
      role: "tabpanel",
      data: { view: key },
      "aria-label": TABS[key][0],
    });
    const load = TABS[key][1];
    const view = load
      ? createPictureSlot(panel, load, services, (now) => dataFor(key, now))
      : key === "table"
        ? createTableView(panel, inside)
        : createDetailsView(panel);
    body.append(panel);
    const made = { panel, view };
    views.set(key, made);
    return made;
  }

  function dataFor(key, { open, groups, selected, list }) {
    if (key === "history")
      return { runs: history.runs, hash: open?.run.workflow_hash ?? null, current: open?.run.id ?? null };
    if (key === "compare") return { runs: list.items, ...(sides ?? firstSides(open, list.items)) };
    return {
      run: open?.run ?? null,
      steps: open?.steps ?? [],
      series: open?.series ?? null,
      groups,
      selected,
    };
  }

  function compareWith(run) {
    sides = { a: sideOf(run), b: model.state.open ? sideOf(model.state.open.run) : null };
    show("compare");
  }

  async function readHistory() {
    const hash = state.open?.run.workflow_hash ?? null;
    if (!hash || (history.hash === hash && history.total === state.list.total)) return;
    history = { ...history, hash, total: state.list.total };
    const { runs: found } = await routes.runs({ hash, limit: HISTORY_RUNS });
    history = { ...history, runs: [...found].reverse() };
    update(model.state);
  }

  function needs(key) {
    const failed = (error) => actions.fail(error, "The run could not be read whole");
    if (key === "timeline" || key === "time") model.readSeries().catch(failed);
    if (key === "history") readHistory().catch(failed);
  }

  function update(next) {
    const before = state;
    state = next;
    if (before.open?.run.id !== next.open?.run.id) sides = null;
    for (const one of parts) one.update(next);
    drawNotes();
    const key = current();
    const has = next.open !== null && !next.unavailable;
    nothing.hidden = has;
    tablist.hidden = body.hidden = !has;
    drawFirst();
    for (const [at, button] of buttons.entries()) {
      setAttribute(button, "aria-selected", String(OF_TAB[layout][at] === key));
      button.tabIndex = OF_TAB[layout][at] === key ? 0 : -1;
    }
    if (!has) return;
    const shown = viewOf(key);
    for (const [other, { panel }] of views) panel.hidden = other !== key;
    shown.view.update(next);
    needs(key);
  }

  function drawFirst() {
    const { unavailable, opening, list } = state;
    const texts = unavailable
      ? ["The profiler is off", unavailable]
      : opening
        ? ["The run cannot be opened", opening]
        : list.phase === "loading"
          ? ["", ""]
          : ["Nothing is measured yet", FIRST[layout]];
    if (nothing.childElementCount !== 2) nothing.append(el("strong", {}), el("p", {}));
    for (const [at, text] of texts.entries()) setText(nothing.children[at], text);
  }

  /** What the server says of its store: in memory, full, set aside. */
  function drawNotes() {
    const sentences = state.status?.store?.sentences ?? [];
    const now = sentences.join("\n");
    if (now === noted) return;
    noted = now;
    const hide = () => notes.replaceChildren();
    notes.replaceChildren(
      ...sentences.map((text) =>
        el(
          "div",
          { class: "dsg-note" },
          el("span", {}, text),
          el("span", { class: "dsg-gap" }),
          textButton("Hide", hide, { class: "dsg-button dsg-link" }),
        ),
      ),
    );
  }

  const stopListening = model.subscribe(update);
  const keep = () => model.keepChoices();
  addEventListener("pagehide", keep);
  const timer = setInterval(() => model.look().catch(() => undefined), LOOK_EVERY_MS); // asked again a second later
  update(model.state);

  return {
    run: () => parts[0].run(),
    updateNodes: () => parts[0].update_nodes(),
    show,
    destroy() {
      stopListening();
      keep();
      removeEventListener("pagehide", keep);
      clearInterval(timer);
      for (const one of parts) one.destroy();
      for (const { view } of views.values()) view.destroy();
      root.remove();
    },
  };
}

const FIRST = {
  tab: "Press Run Profile: the open workflow runs once, and each node's time and memory appear here while it does.",
  window:
    "Press Run Profile: the workflow that is open in ComfyUI runs once, and each node's time and memory appear here while it does.",
};

const sideOf = (run) => (run.series ? { series: run.series } : { runs: [run.id] });

/** The open run, and the one of the same workflow before it. */
function firstSides(open, items) {
  if (!open?.run.id) return { a: null, b: null };
  const { run } = open;
  const other = items.find(
    (one) =>
      one.id !== run.id &&
      one.workflow_hash === run.workflow_hash &&
      (one.series === null || one.series !== run.series) &&
      (one.timestamp ?? 0) < (run.timestamp ?? 0),
  );
  return { a: other ? sideOf(other) : null, b: sideOf(run) };
}

const folded = (title, content) =>
  el("details", { class: "dsg-folded", open: true }, el("summary", {}, title), content);
