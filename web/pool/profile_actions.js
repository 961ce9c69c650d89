import { apiURL, askConfirm, askText, inOneUndoStep, toast } from "../comfy.js";
import { countOf } from "../shared/count_of.js";
import { openMenu } from "../shared/menu.js";
import { pickFiles } from "../shared/pick_files.js";
import { saveFile } from "../shared/save_file.js";
import { showOwn } from "./pool_identity.js";
import { chooseProfile, chosenProfile } from "./profile_choice.js";
import { refreshProfiles, session } from "./session.js";

/** What a person does to profiles from one Pool Profile node. */
export class ProfileActions {
  #node;
  #strip;

  /** @param {any} node @param {import("../shared/status_strip.js").StatusStrip} strip */
  constructor(node, strip) {
    this.#node = node;
    this.#strip = strip;
  }

  get #routes() {
    return session().profileRoutes;
  }

  get #chosen() {
    return session().profiles.get(chosenProfile(this.#node));
  }

  async create() {
    const name = await askText({
      title: "Create a profile",
      message: "Name of the profile",
      defaultValue: "",
    });
    if (name === null) return;
    await this.#try("Create failed", async () => {
      const profile = await this.#routes.create(name);
      await this.#choose(profile.id);
      this.#strip.say(`Profile “${profile.name}” created.`);
    });
  }

  async rename() {
    const { id, name: before } = this.#chosen;
    const name = await askText({ title: "Rename the profile", message: "New name", defaultValue: before });
    if (name === null || name === before) return;
    await this.#try("Rename failed", async () => {
      const profile = await this.#routes.rename(id, name);
      await this.#choose(id);
      this.#strip.say(`Profile renamed to “${profile.name}”.`, {
        label: "Undo",
        run: () => void this.#renameBack(id, before),
      });
    });
  }

  #renameBack(id, name) {
    return this.#try("Undo failed", async () => {
      await this.#routes.rename(id, name);
      await this.#choose(id);
    });
  }

  duplicate() {
    const { id } = this.#chosen;
    return this.#try("Duplicate failed", async () => {
      this.#strip.progress("Duplicating…", 0, 0);
      const profile = await this.#routes.duplicate(id);
      await this.#choose(profile.id);
      this.#strip.say(`Profile duplicated as “${profile.name}”.`);
    });
  }

  /** The pools that it feeds go back to their own images; Undo gives them the profile again. */
  remove() {
    const { id, name } = this.#chosen;
    return this.#try("Delete failed", async () => {
      await this.#routes.remove(id);
      const pools = session().coordinator.poolsOf(this.#node);
      inOneUndoStep(() => {
        chooseProfile(this.#node, "");
        for (const pool of pools) showOwn(pool);
      });
      await refreshProfiles();
      this.#strip.say(`Profile “${name}” deleted.`, { label: "Undo", run: () => void this.restore(id) });
    });
  }

  /** @param {string} id */
  restore(id) {
    return this.#try("Restore failed", async () => {
      const profile = await this.#routes.restore(id);
      await this.#choose(id);
      this.#strip.say(`Profile “${profile.name}” restored.`);
    });
  }

  exportZip() {
    const { id, name } = this.#chosen;
    saveFile(apiURL(this.#routes.exportRoute(id)));
    this.#strip.say(`Profile “${name}” is being exported.`);
  }

  async importZip() {
    const [file] = await pickFiles({ accept: ".zip,application/zip" });
    if (!file) return;
    this.#strip.progress(`Importing ${file.name}…`, 0, 0);
    await this.#try("Import failed", async () => {
      const profile = await this.#routes.importFile(file);
      await this.#choose(profile.id);
      this.#strip.say(`Profile “${profile.name}” imported with ${countOf(profile.count, "image")}.`);
      this.#reportCarried(profile.carried ?? []);
    });
  }

  #reportCarried(carried) {
    if (!carried.length) return;
    const lines = carried.slice(0, 5).map(({ name, reason }) => `${name}: ${reason}`);
    if (carried.length > lines.length) lines.push(`… and ${carried.length - lines.length} more`);
    toast("warn", `${countOf(carried.length, "file")} kept, but not shown as images`, lines.join("\n"));
  }

  /** @param {HTMLElement} button */
  openTrash(button) {
    return this.#try("The deleted profiles could not be read", async () => {
      const { profiles } = await this.#routes.trash();
      const box = button.getBoundingClientRect();
      openMenu(this.#trashItems(profiles), { x: box.left, y: box.bottom + 4 }, "Deleted profiles");
    });
  }

  #trashItems(profiles) {
    if (!profiles.length) return [{ label: "No deleted profiles", disabled: true }];
    const items = profiles.map((profile) => ({
      label: `Restore “${profile.name}”`,
      icon: "restore",
      hint: new Date(profile.deleted * 1000).toLocaleDateString(),
      run: () => void this.restore(profile.id),
    }));
    return [
      ...items,
      null,
      { label: "Delete them for good…", icon: "trash", run: () => void this.#purge(profiles) },
    ];
  }

  async #purge(profiles) {
    const sure = await askConfirm({
      title: "Delete for good",
      message: "These profiles and their images will be deleted from the disk. This cannot be undone.",
      type: "delete",
      itemList: profiles.map((profile) => profile.name),
    });
    if (!sure) return;
    await this.#try("Delete failed", async () => {
      for (const { id } of profiles) await this.#routes.purge(id);
      this.#strip.say(`${countOf(profiles.length, "profile")} gone for good.`);
    });
  }

  async #choose(id) {
    await session().profiles.refresh();
    chooseProfile(this.#node, id);
    session().pools.refresh(id);
  }

  async #try(title, run) {
    try {
      await run();
    } catch (error) {
      this.#strip.clear();
      toast("error", title, error.message);
    }
  }
}
