import { createEmitter } from "../shared/emitter.js";
import { createSequence } from "../shared/sequence.js";
import { mergeSteps } from "./live/merge_steps.js";
import { accepted, asked, heard, IDLE } from "./live/progress.js";
import { subgraphTitles } from "./graph/subgraph_titles.js";

export const PAGE = 50; // runs in a page of the list
const KEEP_MS = 400; // choices are kept together
const LOOK_MS = 2500; // without a word of the server for so long while something runs, it is asked

/**
 * @typedef {import("./types.js").Run} Run
 * @typedef {object} OpenRun
 * @property {Run} run
 * @property {import("./types.js").Step[]} steps
 * @property {import("./types.js").Series[] | null} series
 * @property {Record<string, string>} titles of subgraphs, by id
 *
 * @typedef {object} State
 * @property {string} unavailable why there is no profiler here, "" when there is
 * @property {any} status of the server, null until it answered
 * @property {Record<string, any>} ui what this person chose: columns, shape, order
 * @property {{items: Run[], total: number, offset: number, query: Record<string, string>, phase: "loading" | "ready" | "failed", error: string}} list
 * @property {OpenRun | null} open
 * @property {string} opening what cannot be opened and why, "" otherwise
 * @property {import("./types.js").Group[]} groups
 * @property {import("./live/progress.js").Progress} progress
 * @property {string | null} selected id of a node
 */

/** What the profiler shows, shared by all its views. Everything that changes it goes through here. */
export class ProfilerModel {
  #routes;
  #changed = createEmitter();
  #lists = createSequence();
  #opens = createSequence();
  #follow = true;
  #heardAt = 0;
  #saving = 0;
  #unsaved = ""; // prompt that ended and is not in the list yet

  /** @param {import("./routes.js").ProfilerRoutes} routes */
  constructor(routes) {
    this.#routes = routes;
    /** @type {State} */
    this.state = {
      unavailable: "",
      status: null,
      ui: {},
      list: { items: [], total: 0, offset: 0, query: {}, phase: "loading", error: "" },
      open: null,
      opening: "",
      groups: [],
      progress: IDLE,
      selected: null,
    };
  }

  /** @param {(state: State) => void} listener */
  subscribe(listener) {
    return this.#changed.add(listener);
  }

  /** @param {Partial<State>} changes */
  #set(changes) {
    this.state = { ...this.state, ...changes };
    this.#changed.emit(this.state);
  }

  /** Reads everything that is shown first, and opens the newest run. */
  async start() {
    try {
      const [status, settings, { groups }] = await Promise.all([
        this.#routes.status(),
        this.#routes.settings(),
        this.#routes.groups(),
      ]);
      this.#set({ status, ui: { ...settings?.ui, ...this.state.ui }, groups, unavailable: "" });
    } catch (error) {
      const missing = error.status === 404 && error.code !== "unknown_run";
      const text = missing
        ? "The server part of the profiler is not loaded. ComfyUI's log says why."
        : error.message;
      return this.#set({ unavailable: text });
    }
    await this.readRuns();
    const newest = this.state.list.items[0];
    if (newest && !this.state.open) await this.#read(newest.id);
  }

  async readStatus() {
    this.#set({ status: await this.#routes.status() });
  }

  async readGroups() {
    this.#set({ groups: (await this.#routes.groups()).groups });
  }

  /** @param {Record<string, string>} [query] @param {number} [offset] */
  async readRuns(query = this.state.list.query, offset = this.state.list.offset) {
    const mine = this.#lists.next();
    try {
      const { runs, total } = await this.#routes.runs({ ...query, limit: PAGE, offset });
      if (!this.#lists.isLatest(mine)) return;
      if (!runs.length && offset > 0) return await this.readRuns(query, Math.max(0, offset - PAGE));
      this.#set({ list: { items: runs, total, offset, query, phase: "ready", error: "" } });
    } catch (error) {
      if (!this.#lists.isLatest(mine)) return;
      this.#set({ list: { ...this.state.list, query, offset, phase: "failed", error: error.message } });
    }
  }

  /** A run that a person chose: what runs now no longer takes its place. @param {number} id */
  async openRun(id) {
    this.#follow = this.state.progress.phase === "idle";
    await this.#read(id);
  }

  async #read(id) {
    const mine = this.#opens.next();
    try {
      const { run, steps } = await this.#routes.run(id);
      if (!this.#opens.isLatest(mine)) return;
      const { open } = this.state;
      const titles = open?.run.workflow_hash === run.workflow_hash ? open.titles : {};
      this.#set({ open: { run, steps, series: null, titles }, opening: "", selected: null });
      await this.#readTitles(mine, id, steps, titles);
    } catch (error) {
      if (this.#opens.isLatest(mine)) this.#set({ opening: error.message });
    }
  }

  async #readTitles(mine, id, steps, known) {
    const inside = steps.some(({ node_id }) => node_id.includes(":"));
    if (!inside || Object.keys(known).length) return;
    const { workflow } = await this.#routes.workflow(id);
    if (this.#opens.isLatest(mine)) this.#change({ titles: subgraphTitles(workflow) });
  }

  /** @param {Partial<OpenRun>} changes of the run that is open */
  #change(changes) {
    if (this.state.open) this.#set({ open: { ...this.state.open, ...changes } });
  }

  /** The curves of the run that is open, once. */
  async readSeries() {
    const { open } = this.state;
    if (!open?.run.id || open.series || open.run.status === "running") return;
    const { series } = await this.#routes.samples(open.run.id);
    if (this.state.open?.run.id === open.run.id) this.#change({ series });
  }

  select(nodeId) {
    if (nodeId !== this.state.selected) this.#set({ selected: nodeId });
  }

  /** Shown at once and remembered a moment later. @param {Record<string, any>} changes */
  choose(changes) {
    this.#set({ ui: { ...this.state.ui, ...changes } });
    clearTimeout(this.#saving);
    this.#saving = setTimeout(() => this.keepChoices(), KEEP_MS);
  }

  /** Sends what was chosen a moment ago; the page may be about to go. */
  keepChoices() {
    if (!this.#saving) return;
    clearTimeout(this.#saving);
    this.#saving = 0;
    this.#routes.changeSettings({ ui: this.state.ui }).catch(() => undefined); // it can be chosen again
  }

  // ---- what runs now ----

  /** @param {import("./live/local_runner.js").Runner} runner @param {import("./live/local_runner.js").RunAsk} ask */
  async run(runner, ask) {
    this.#follow = true;
    this.#heardAt = Date.now();
    this.#set({ progress: asked(ask.name) });
    try {
      const answer = await runner.start(ask);
      this.#set({ progress: accepted(this.state.progress, answer, ask.repeat) });
      return answer;
    } catch (error) {
      this.#set({ progress: IDLE });
      throw error;
    }
  }

  /** Keeps the workflow of now as the reference. @param {import("./live/local_runner.js").Runner} runner */
  async updateReference(runner) {
    const answer = await runner.update();
    await this.readStatus();
    return answer;
  }

  /** @param {import("./live/local_runner.js").Runner} runner */
  async stop(runner) {
    const answer = await runner.stop(this.state.progress.series);
    this.#set({
      progress: { ...IDLE, word: { kind: "info", text: "Stopped. What was measured until then is kept." } },
    });
    return answer;
  }

  /** @param {any} event `holaf.profiler.run` */
  heardRun(event) {
    this.#heardAt = Date.now();
    this.#set({ progress: heard(this.state.progress, event) });
    if (event.phase === "started" && this.#follow) this.#showLive(event);
    const { open } = this.state;
    const isOpen = open && open.run.prompt_id === event.prompt_id;
    if (event.phase === "ended") this.#unsaved = event.prompt_id ?? "";
    if (event.phase === "ended" && isOpen)
      this.#change({ run: { ...open.run, status: event.status ?? "success" } });
    if (event.phase === "saved") void this.#saved(event, isOpen);
  }

  #showLive({
    run_id: id = null,
    prompt_id,
    name = "",
    series = null,
    mode = "natural",
    workflow_hash = null,
  }) {
    this.#opens.next();
    const run = { ...BLANK, id, prompt_id, name, series, mode, workflow_hash, timestamp: Date.now() / 1000 };
    this.#set({ open: { run, steps: [], series: null, titles: {} }, opening: "", selected: null });
  }

  async #saved({ run_id: id, prompt_id }, isOpen) {
    if (prompt_id === this.#unsaved) this.#unsaved = "";
    const reading = this.readRuns();
    if (isOpen && id) await this.#read(id);
    await reading;
  }

  /** @param {any} event `holaf.profiler.step` */
  heardSteps(event) {
    this.#heardAt = Date.now();
    const { open } = this.state;
    if (open?.run.prompt_id !== event.prompt_id) {
      if (!this.#follow || this.state.progress.phase === "idle") return;
      this.#showLive(event);
    }
    if (this.state.open?.run.status === "running")
      this.#change({ steps: mergeSteps(this.state.open.steps, event.steps ?? []) });
  }

  /** Asks how far it is when nothing was heard for a while: a message can be lost, the end of a run must not be. */
  async look() {
    const { phase } = this.state.progress;
    if ((phase === "idle" && !this.#unsaved) || Date.now() - this.#heardAt < LOOK_MS) return;
    this.#heardAt = Date.now();
    this.#unsaved = "";
    const status = await this.#routes.status();
    const series = (status.series ?? []).find((one) => one.series === this.state.progress.series);
    const isOver = !status.recording && !status.armed?.length && (!series || series.done >= series.total);
    this.#set(isOver ? { status, progress: { ...IDLE, word: this.state.progress.word } } : { status });
    if (!isOver) return;
    await this.readRuns();
    const newest = this.state.list.items[0];
    if (newest?.status === "running") this.#unsaved = newest.prompt_id; // being written: looked at once more
    if (this.#follow && newest) await this.#read(newest.id);
  }

  // ---- changes ----

  /** @param {Run} run as the server has it now */
  tookRun(run) {
    const items = this.state.list.items.map((one) => (one.id === run.id ? { ...one, ...run } : one));
    this.#set({ list: { ...this.state.list, items } });
    if (this.state.open?.run.id === run.id) this.#change({ run: { ...this.state.open.run, ...run } });
  }

  /** @param {import("./types.js").Step} step as the server has it now */
  tookStep(step) {
    const steps = this.state.open?.steps.map((one) => (one.id === step.id ? { ...one, ...step } : one));
    if (steps) this.#change({ steps });
  }

  /** @param {import("./types.js").Group} group as the server has it now */
  tookGroup(group) {
    const others = this.state.groups.filter(({ id }) => id !== group.id);
    this.#set({ groups: [...others, group].sort((one, other) => one.id - other.id) });
  }

  /** The run went to the trash: the next one is opened in its place. @param {number} id */
  async wentRun(id) {
    const { items } = this.state.list;
    const at = items.findIndex((run) => run.id === id);
    const next = items[at + 1] ?? items[at - 1];
    if (this.state.open?.run.id === id) {
      this.#opens.next();
      this.#set({ open: null, selected: null });
      if (next) await this.#read(next.id);
    }
    await this.readRuns();
  }
}

const BLANK = {
  status: "running",
  total_time: null,
  global_comment: "",
  unmeasured: null,
};
