import { el } from "../shared/el.js";
import { drawNote } from "./draw_note.js";
import { drawPanel } from "./draw_panel.js";
import { gridNotes } from "./grid_notes.js";
import { gridPanel } from "./grid_panel.js";
import { ImagesView } from "./images_view.js";
import { PoolFollower } from "./pool_follower.js";
import { PoolActions } from "./pool_actions.js";
import { createPoolBar } from "./pool_bar.js";
import { copyOf } from "./pool_identity.js";
import { poolOffers } from "./pool_offers.js";
import { session } from "./session.js";
import { StatusStrip } from "../shared/status_strip.js";
import { takeDrops } from "./take_drops.js";
import { TrashView } from "./trash_view.js";
import { openPoolMenu } from "./pool_menu.js";
import { stopPlainKeys } from "../shared/stop_plain_keys.js";
import { runIndex } from "./run_index.js";

/**
 * The grid of one pool node: follows what the coordinator says the node shows, and that pool's store.
 * `update()` may be called at any time and touches only what differs.
 */
export class PoolGrid {
  /** @type {import("./verdict.js").Verdict | null} */
  verdict = null;
  #shown = new PoolFollower((state) => this.#onState(state));
  #own = new PoolFollower(() => this.update());
  #original = new PoolFollower(() => this.update());
  #hidden = new Set();
  #drawn = { notes: "", panel: "" };
  #frame = 0;
  #off = [];

  /** @param {any} node */
  constructor(node) {
    this.node = node;
    this.strip = new StatusStrip();
    this.actions = new PoolActions(this.strip, () => this.store);
    this.images = new ImagesView(this);
    this.trash = new TrashView(this);
    this.bar = createPoolBar(this.#barActions());
    this.notes = el("div", { class: "dsg-notes" });
    this.panel = el("div", { class: "dsg-panel", hidden: true });
    this.body = el("div", { class: "dsg-body" }, this.images.element, this.trash.element, this.panel);
    this.element = el(
      "div",
      { class: "dsg-pool" },
      this.bar.element,
      this.notes,
      this.body,
      this.strip.element,
    );
    this.offers = poolOffers(this);
    takeDrops(this);
    stopPlainKeys(this.element);
  }

  start() {
    const { availability, profiles, coordinator } = session();
    this.stop();
    this.#off = [availability.add(() => this.update()), profiles.subscribe(() => this.update())];
    coordinator.watch(this.node, (verdict) => this.#onVerdict(verdict));
    this.images.start();
    this.trash.start();
    this.update();
  }

  stop() {
    for (const off of this.#off.splice(0)) off();
    for (const follower of [this.#shown, this.#own, this.#original]) follower.follow("");
    this.images.stop();
    this.trash.stop();
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
  }

  /** The pool that is shown, null while none can be known. */
  get store() {
    return this.#shown.store;
  }

  get state() {
    return this.#shown.state;
  }

  get ownCount() {
    return this.#own.state?.count ?? 0;
  }

  /** The name of the profile that is shown, "" for a pool that is none. */
  get name() {
    const id = this.verdict?.id ?? "";
    const known = this.state?.profile?.name ?? session().profiles.get(id)?.name;
    if (known) return known;
    return this.verdict?.kind === "profile" || this.verdict?.kind === "kept"
      ? this.offers.rememberedName() || id
      : "";
  }

  /** The value of the node's index, or the node that says it. @returns {import("./verdict.js").RunValue} */
  get index() {
    return this.verdict?.index ?? { known: true, value: -1 };
  }

  /** Position of the image that a run takes, -1 when the graph does not tell. */
  get runs() {
    const { index, state } = this;
    return index.known && state ? runIndex(index.value, state.active, state.count) : -1;
  }

  refresh() {
    session().coordinator.plan();
    void this.store?.refresh();
    this.#own.store?.refresh();
  }

  hideNote(key) {
    this.#hidden.add(key);
    this.update();
  }

  /** Redraws in the next frame, once for any number of calls. */
  update() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  #onVerdict(verdict) {
    this.verdict = verdict;
    this.#shown.follow(verdict.id);
    this.#own.follow(verdict.own && verdict.own !== verdict.id ? verdict.own : "");
    const original = copyOf(this.node);
    this.#original.follow(original && original !== verdict.id ? original : "");
    this.update();
  }

  #onState(state) {
    if (state.phase === "ready") session().profiles.counted(this.verdict?.id ?? "", state.count);
    this.update();
  }

  #draw() {
    const panel = gridPanel({
      unavailable: session().unavailable,
      verdict: this.verdict,
      names: (this.verdict?.ids ?? []).map((id) => session().profiles.get(id)?.name ?? "its own images"),
      name: this.name,
      state: this.state,
      isCopy: copyOf(this.node) !== null,
    });
    const trashView = this.trash.isOpen && this.state?.phase === "ready";
    this.#drawNotes();
    this.#drawPanel(trashView ? null : panel);
    this.trash.element.hidden = !trashView;
    this.images.element.hidden = trashView || Boolean(panel);
    this.images.update();
    if (trashView) this.trash.update();
    // Last: it says how many are selected, and only the views know what is left of a selection.
    this.#drawBar(trashView, panel);
  }

  #drawBar(trashView, panel) {
    const { state } = this;
    const ready = state?.phase === "ready" && !session().unavailable;
    this.bar.update({
      title: this.name,
      count: state?.count ?? 0,
      trash: trashView ? this.trash.count : (state?.trash ?? 0),
      selected: panel ? 0 : this.images.selection.ids.size,
      trashView,
      ready,
    });
  }

  #drawNotes() {
    const notes = this.verdict && !session().unavailable ? gridNotes(this.#situation()) : [];
    const shown = notes.filter((note) => !this.#hidden.has(note.key));
    const said = JSON.stringify(shown);
    if (said === this.#drawn.notes) return;
    this.#drawn.notes = said;
    this.notes.replaceChildren(
      ...shown.map((note) => drawNote(note, this.offers.take, () => this.hideNote(note.key))),
    );
  }

  #situation() {
    return {
      verdict: this.verdict,
      name: this.name,
      count: this.state?.count ?? 0,
      ownCount: this.ownCount,
      copyCount: this.#original.state?.count ?? 0,
      index: this.index,
    };
  }

  #drawPanel(panel) {
    this.panel.hidden = !panel;
    this.panel.toggleAttribute("data-waiting", this.state?.phase === "loading");
    const said = JSON.stringify(panel);
    if (said === this.#drawn.panel) return;
    this.#drawn.panel = said;
    this.panel.replaceChildren(...(panel ? drawPanel(panel, this.offers.take) : []));
  }

  #barActions() {
    return {
      upload: () => this.actions.chooseFiles(),
      trash: () => this.trash.open(),
      more: (event) => openPoolMenu(this, event.currentTarget),
      removeSelected: () => this.images.removeSelected(),
      clearSelection: () => this.images.clearSelection(),
      back: () => this.trash.close(),
      emptyTrash: () => this.actions.emptyTrash(this.trash.count),
    };
  }
}
