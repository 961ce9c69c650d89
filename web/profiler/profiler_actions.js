import { countOf } from "../shared/count_of.js";
import { pickFiles } from "../shared/pick_files.js";
import { saveBlob } from "../shared/save_blob.js";

export const runName = (run) => run.name || (run.id ? `Run ${run.id}` : "This run");

/**
 * What a person does to runs, steps and groups. Each says what it did at the foot, and how to take it back; what
 * the server refuses is said there in its words.
 */
export class ProfilerActions {
  #model;
  #routes;
  #strip;

  /**
   * @param {import("./profiler_model.js").ProfilerModel} model
   * @param {import("./routes.js").ProfilerRoutes} routes
   * @param {import("../shared/status_strip.js").StatusStrip} strip
   */
  constructor(model, routes, strip) {
    this.#model = model;
    this.#routes = routes;
    this.#strip = strip;
  }

  /** @param {string} text @param {{label: string, run: () => void}} [offer] */
  say = (text, offer) => this.#strip.say(text, offer);

  /** @param {Error} error @param {string} what could not be done */
  fail = (error, what) => this.#strip.say(`${what}: ${error.message}`);

  /** @param {string} what @param {() => Promise<any>} work */
  async try(what, work) {
    try {
      return await work();
    } catch (error) {
      this.fail(error, what);
      return undefined;
    }
  }

  changeRun(run, changes) {
    return this.try("The run could not be changed", async () => {
      this.#model.tookRun((await this.#routes.changeRun(run.id, changes)).run);
    });
  }

  commentStep(step, comment) {
    if (!step.id) return this.say("Comments can be kept once the run has ended.");
    return this.try("The comment could not be kept", async () => {
      this.#model.tookStep((await this.#routes.commentStep(step.id, comment)).step);
    });
  }

  deleteRun(run) {
    return this.try("The run could not be deleted", async () => {
      await this.#routes.deleteRun(run.id);
      await this.#model.wentRun(run.id);
      const undo = () => this.restore([{ kind: "run", number: run.id, name: runName(run) }]);
      this.say(`“${runName(run)}” deleted.`, { label: "Undo", run: undo });
    });
  }

  deleteRuns() {
    return this.try("The runs could not be deleted", async () => {
      const before = new Set((await this.trash()).map(keyOf));
      const { deleted } = await this.#routes.deleteRuns();
      const gone = (await this.trash()).filter((item) => !before.has(keyOf(item)));
      await this.#model.wentRun(this.#model.state.open?.run.id ?? -1);
      this.say(`${countOf(deleted, "run")} deleted.`, { label: "Undo", run: () => this.restore(gone) });
    });
  }

  /** What was deleted, newest first. @returns {Promise<{kind: string, number: number, name: string, timestamp: number | null, trashed_at: number}[]>} */
  async trash() {
    const { items } = await this.#routes.trash();
    return items.map((item) => ({ ...item, number: item.number ?? item.id }));
  }

  /** Whether they are there again. @param {{kind: string, number: number, name: string}[]} items */
  restore(items) {
    return this.try("It could not be restored", async () => {
      for (const [at, { kind, number }] of items.entries()) {
        if (items.length > 20) this.#strip.progress("Restoring", at, items.length);
        await this.#routes.restore(kind, number);
      }
      await Promise.all([this.#model.readRuns(), this.#model.readGroups()]);
      const [only] = items;
      if (items.length === 1 && only.kind === "run") await this.#model.openRun(only.number);
      this.#strip.clear();
      this.say(
        items.length === 1 ? `“${only.name || `Run ${only.number}`}” restored.` : `${items.length} restored.`,
      );
      return true;
    });
  }

  /** For good; whether it went. @param {{kind: string, number: number} | null} item null is everything */
  purge(item) {
    return this.try("It could not be deleted", async () => {
      await this.#routes.purge(item?.kind, item?.number);
      return true;
    });
  }

  /** @param {import("./types.js").Run} run @param {"csv" | "json" | "chrome"} format */
  exportRun(run, format) {
    return this.try("The run could not be exported", async () => {
      const { name, blob } = await this.#routes.exported(run.id, format);
      saveBlob(blob, name || `run-${run.id}.${format === "csv" ? "csv" : "json"}`);
      this.say(`“${runName(run)}” exported.`);
    });
  }

  async importRuns() {
    const files = await pickFiles({ accept: ".json,.db,.sqlite,.sqlite3", multiple: true });
    for (const file of files) await this.try(`${file.name} could not be imported`, () => this.#import(file));
  }

  async #import(file) {
    this.#strip.progress(`Importing ${file.name}`, 0, 0);
    const { imported, run_ids: ids = [], known = 0 } = await this.#routes.importFile(file);
    this.#strip.clear();
    await Promise.all([this.#model.readRuns({}, 0), this.#model.readGroups()]);
    if (ids.length) await this.#model.openRun(ids[ids.length - 1]);
    this.say(importedText(imported, known));
  }

  createGroup(fields) {
    return this.try("The group could not be created", async () => {
      const { group } = await this.#routes.createGroup(fields);
      this.#model.tookGroup(group);
      this.say(`Group “${group.name}” created.`);
      return group;
    });
  }

  changeGroup(group, changes) {
    return this.try("The group could not be changed", async () => {
      this.#model.tookGroup((await this.#routes.changeGroup(group.id, changes)).group);
    });
  }

  deleteGroup(group) {
    return this.try("The group could not be deleted", async () => {
      await this.#routes.deleteGroup(group.id);
      await this.#model.readGroups();
      const item = { kind: "group", number: group.id, name: group.name };
      this.say(`Group “${group.name}” deleted.`, { label: "Undo", run: () => this.restore([item]) });
    });
  }

  /** @param {import("./types.js").Group} group @param {string[]} ids of nodes */
  addToGroup(group, ids) {
    const fresh = ids.filter((id) => !group.members.includes(id));
    if (!fresh.length) return this.say(`Already in “${group.name}”.`);
    return this.#members(group, { add: fresh }, { remove: fresh }, `added to “${group.name}”`);
  }

  removeFromGroup(group, ids) {
    return this.#members(group, { remove: ids }, { add: ids }, `taken out of “${group.name}”`);
  }

  #members(group, change, back, said) {
    return this.try("The group could not be changed", async () => {
      this.#model.tookGroup((await this.#routes.changeMembers(group.id, change)).group);
      const undo = () =>
        this.try("The group could not be changed", async () => {
          this.#model.tookGroup((await this.#routes.changeMembers(group.id, back)).group);
        });
      const count = (change.add ?? change.remove).length;
      this.say(`${countOf(count, "node")} ${said}.`, { label: "Undo", run: undo });
    });
  }
}

/** @param {{runs: number, groups: number}} imported @param {number} known runs that were there before */
function importedText({ runs, groups }, known) {
  const there = known ? ` ${countOf(known, "run")} ${known === 1 ? "was" : "were"} here before.` : "";
  if (!runs && !groups && there) return `Nothing new to import.${there}`;
  return `${countOf(runs, "run")}${groups ? ` and ${countOf(groups, "group")}` : ""} imported.${there}`;
}

const keyOf = ({ kind, number }) => `${kind} ${number}`;
