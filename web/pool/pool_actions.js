import { askConfirm, readSetting, toast } from "../comfy.js";
import { countOf } from "../shared/count_of.js";
import { pickFiles } from "../shared/pick_files.js";
import { uploadFiles } from "./upload_files.js";

/** @typedef {import("./pool_store.js").PoolStore} PoolStore */

/**
 * What a person does to the pool that a grid shows. Failures are told in a toast, in the server's own
 * words; what can
 * be taken back is offered in the strip.
 */
export class PoolActions {
  #strip;
  #store;

  /**
   * @param {import("../shared/status_strip.js").StatusStrip} strip
   * @param {() => PoolStore | null} store the pool shown at this moment
   */
  constructor(strip, store) {
    this.#strip = strip;
    this.#store = store;
  }

  async chooseFiles() {
    const files = await pickFiles({ accept: "image/*", multiple: true });
    await this.upload(files);
  }

  /** @param {File[]} files */
  async upload(files) {
    const store = this.#store();
    if (!store || !files.length) return;
    const stop = new AbortController();
    const alphaMask = readSetting("dataset_gates.pool.alpha_mask") === true;
    const send = (chunk, signal) => store.add(chunk, alphaMask, signal);
    const progress = (done, total) =>
      this.#strip.progress(`Adding ${countOf(total, "image")}: ${done} done`, done, total, () =>
        stop.abort(),
      );
    const result = await uploadFiles(files, send, progress, stop.signal);
    if (result.cancelled) await store.refresh();
    this.#reportUpload(result);
  }

  #reportUpload({ added, refused, total, cancelled }) {
    if (refused.length) toast("error", refusalTitle(refused.length, total), refusalText(refused));
    if (cancelled) this.#strip.say(`Cancelled. ${countOf(added, "image")} added.`);
    else if (added) this.#strip.say(`${countOf(added, "image")} added.`);
    else this.#strip.clear();
  }

  /** @param {string[]} ids */
  async remove(ids) {
    const store = this.#store();
    if (!store || !ids.length) return;
    await this.#try("Delete failed", async () => {
      const { removed } = await store.remove(ids);
      if (!removed.length) return;
      this.#strip.say(`${countOf(removed.length, "image")} deleted.`, {
        label: "Undo",
        run: () => this.restore(store, removed),
      });
    });
  }

  /** @param {PoolStore} store @param {string[]} ids */
  async restore(store, ids) {
    await this.#try("Restore failed", async () => {
      const progress = (done) =>
        this.#strip.progress(`Restoring ${countOf(ids.length, "image")}`, done, ids.length);
      await store.restoreSlots(ids, progress);
      this.#strip.say(`${countOf(ids.length, "image")} restored.`);
    });
  }

  /** @param {string} id */
  activate(id) {
    return this.#try("Set active failed", () => this.#store()?.activate(id));
  }

  /** @param {string} id @param {string} label */
  label(id, label) {
    return this.#try("Label not kept", () => this.#store()?.label(id, label));
  }

  /** @param {string[]} order */
  async reorder(order) {
    const store = this.#store();
    try {
      await store?.reorder(order);
    } catch (error) {
      if (error.code === "stale_revision")
        this.#strip.say("The pool was changed elsewhere, so nothing was moved.");
      else toast("error", "Reorder failed", error.message);
    }
  }

  /** @param {string} id */
  async replace(id) {
    const [file] = await pickFiles({ accept: "image/*" });
    if (!file) return;
    const store = this.#store();
    await this.#try("Replace failed", async () => {
      await store?.replace(id, file);
      this.#strip.say("Image replaced.", { label: "Undo", run: () => this.undoOn(store, id, "image") });
    });
  }

  /** @param {string} id */
  async clearMask(id) {
    const store = this.#store();
    await this.#try("Clear mask failed", async () => {
      await store?.clearMask(id);
      this.#strip.say("Mask cleared.", { label: "Undo", run: () => this.undoOn(store, id, "mask") });
    });
  }

  /**
   * Brings back the newest image or mask that a slot lost.
   * @param {PoolStore} store
   * @param {string} id
   * @param {"image" | "mask"} kind
   */
  undoOn(store, id, kind) {
    return this.#try("Undo failed", async () => {
      const items = await store.trash();
      const newest = items.filter((one) => one.kind === kind && one.slot.id === id).sort(byItem)[0];
      if (newest) await store.restoreItem(newest.item);
    });
  }

  /** @param {import("../shared/types.js").TrashItem} item */
  restoreItem(item) {
    return this.#try("Restore failed", async () => {
      await this.#store()?.restoreItem(item.item);
      this.#strip.say(`${nounOf(item)} restored.`);
    });
  }

  /** @param {import("../shared/types.js").TrashItem} item */
  async purgeItem(item) {
    const name = item.slot.label || item.slot.name || item.slot.id;
    const sure = await askConfirm({
      title: "Delete for good",
      message: `${nounOf(item)} “${name}” will be deleted from the disk. This cannot be undone.`,
      type: "delete",
    });
    if (sure) await this.#try("Delete failed", () => this.#store()?.purge(item.item));
  }

  /** @param {number} count */
  async emptyTrash(count) {
    const sure = await askConfirm({
      title: "Empty the trash",
      message: `${countOf(count, "deleted item")} will be deleted from the disk. This cannot be undone.`,
      type: "delete",
    });
    if (!sure) return;
    await this.#try("Emptying the trash failed", async () => {
      const { purged } = (await this.#store()?.purge()) ?? { purged: 0 };
      this.#strip.say(`${countOf(purged, "deleted item")} gone for good.`);
    });
  }

  /** @param {string} title @param {() => Promise<any> | undefined} run */
  async #try(title, run) {
    try {
      await run();
    } catch (error) {
      this.#strip.clear();
      toast("error", title, error.message);
    }
  }
}

const byItem = (a, b) => (a.item < b.item ? 1 : -1);

const nounOf = ({ kind }) => (kind === "mask" ? "Mask" : "Image");

const refusalTitle = (refused, total) =>
  refused >= total ? "Nothing was added" : `${refused} of ${total} were not added`;

function refusalText(refused) {
  const lines = refused
    .slice(0, 5)
    .map(({ name, message }) => (message.includes(name) ? message : `${name}: ${message}`));
  if (refused.length > lines.length) lines.push(`… and ${refused.length - lines.length} more`);
  return lines.join("\n");
}
