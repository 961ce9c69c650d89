/**
 * What stands in place of the images when there are none to show. Pure.
 *
 * @typedef {{icon: import("../shared/icon.js").IconName, title: string, text: string, offers: {label: string, do: string}[]}} Panel
 * @param {object} now
 * @param {string} now.unavailable
 * @param {import("./verdict.js").Verdict | null} now.verdict
 * @param {string[]} now.names of the profiles that it runs with
 * @param {string} now.name of what is shown
 * @param {import("./pool_store.js").PoolState | null} now.state
 * @param {boolean} now.isCopy
 * @returns {Panel | null} null: show the images
 */
export function gridPanel({ unavailable, verdict, names, name, state, isCopy }) {
  if (unavailable) return panel("warning", "Image pools are off", unavailable);
  if (!verdict) return null;
  if (verdict.kind === "unknown")
    return panel(
      "link",
      `${quoted(verdict.from)} says which set runs`,
      "It is known only when the workflow runs.",
    );
  if (verdict.kind === "several")
    return panel(
      "link",
      "Runs with several sets",
      `This node runs more than once, with ${names.map(quoted).join(", ")}.`,
    );
  if (state?.phase === "failed") return failed(verdict, name, state.error);
  if (state?.phase === "loading") return panel("image", "Reading the pool…", "");
  if (state?.phase !== "ready" || state.count) return null;
  return empty(verdict, name, isCopy);
}

function failed(verdict, name, error) {
  const offers = [];
  if (error.code === "pool_in_trash")
    offers.push({ label: `Restore ${quoted(name)}`, do: "restore-profile" });
  if (error.status === 404) {
    if (verdict.kind === "kept") offers.push({ label: "Back to this node's own pool", do: "show-own" });
    const why =
      error.code === "pool_in_trash" ? "This profile was deleted." : "This profile is not on this machine.";
    return panel("warning", `missing: ${name}`, `${why} A run fails until another is chosen.`, offers);
  }
  return panel("warning", "The pool could not be read", error.message, [{ label: "Try again", do: "retry" }]);
}

function empty(verdict, name, isCopy) {
  const add = [{ label: "Add images", do: "upload" }];
  if (verdict.kind !== "own")
    return panel(
      "image",
      `${quoted(name)} is empty`,
      "Drop images here, paste them, or add them from disk.",
      add,
    );
  const text = "Drop images here, paste them, or add them from disk. The active one is what a run gets.";
  return panel("image", isCopy ? "An empty copy" : "No images yet", text, add);
}

/** @returns {Panel} */
const panel = (icon, title, text, offers = []) => ({ icon, title, text, offers });

const quoted = (text) => `“${text}”`;
