/**
 * How far the runs that were asked for are.
 *
 * @typedef {object} Progress
 * @property {"idle" | "asked" | "armed" | "queued" | "running"} phase
 * @property {string | null} series
 * @property {number} done
 * @property {number} total
 * @property {string[]} prompts ids that are still to end
 * @property {string} name of what runs
 * @property {{kind: "info" | "warning" | "error", text: string} | null} word the last thing to be said
 */

/** @type {Progress} */
export const IDLE = { phase: "idle", series: null, done: 0, total: 0, prompts: [], name: "", word: null };

/** @param {string} name @returns {Progress} */
export const asked = (name) => ({ ...IDLE, phase: "asked", name });

/** What the server answered to Run. @param {Progress} now @param {any} answer @param {number} repeat @returns {Progress} */
export function accepted(now, answer, repeat) {
  if (answer.arm_id) return { ...now, phase: "armed", total: 1 };
  const prompts = answer.prompt_ids ?? [];
  const started = now.phase === "running" ? "running" : "queued";
  const left = prompts.filter((id) => !now.prompts.includes(`ended:${id}`));
  const done = Math.max(now.done, prompts.length - left.length);
  const total = Math.max(repeat, prompts.length, 1);
  if (prompts.length && done >= total) return { ...IDLE };
  return { ...now, phase: started, series: answer.series ?? now.series, done, total, prompts: left };
}

/**
 * What the server tells while it happens. @param {Progress} now
 * @param {{phase: string, prompt_id?: string, series?: string | null, name?: string, status?: string, message?: string}} event
 * @returns {Progress}
 */
export function heard(now, event) {
  switch (event.phase) {
    case "armed":
      return { ...now, phase: "armed", word: null };
    case "started":
      return { ...now, phase: "running", series: event.series ?? now.series, total: Math.max(now.total, 1), name: event.name || now.name };
    case "ended":
      return ended(now, event);
    case "mismatch":
      return { ...IDLE, word: { kind: "warning", text: event.message || "Workflow changed: this prompt ran unrecorded." } };
    case "lapsed":
      return { ...IDLE, word: { kind: "info", text: event.message || "No prompt came within a minute, so none is recorded." } };
    default:
      return now;
  }
}

function ended(now, { prompt_id: id, status, message }) {
  const known = now.prompts.includes(id ?? "");
  const prompts = known ? now.prompts.filter((one) => one !== id) : [...now.prompts, `ended:${id}`];
  const done = now.done + 1;
  const bad = status === "error" || status === "interrupted";
  const word = bad ? { kind: status === "error" ? "error" : "info", text: message || WORDS[status] } : null;
  if (now.phase !== "asked" && (done >= now.total || status === "interrupted")) return { ...IDLE, word };
  return { ...now, phase: now.phase === "asked" ? "asked" : "queued", done, prompts, word };
}

const WORDS = { error: "The run failed; what was measured until then is kept.", interrupted: "Stopped." };
