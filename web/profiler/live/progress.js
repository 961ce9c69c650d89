/**
 * How far the runs that were asked for are.
 *
 * @typedef {object} Progress
 * @property {"idle" | "asked" | "armed" | "queued" | "running"} phase
 * @property {string | null} series
 * @property {number} total 0 until the server has answered
 * @property {string[]} ended ids of prompts
 * @property {string} name of what runs
 * @property {{kind: "info" | "warning" | "error", text: string} | null} word the last thing to be said
 */

/** @type {Progress} */
export const IDLE = { phase: "idle", series: null, total: 0, ended: [], name: "", word: null };

/** @param {string} name @returns {Progress} */
export const asked = (name) => ({ ...IDLE, phase: "asked", name });

/**
 * What the server answered to Run; it may have run already. @param {Progress} now @param {any} answer
 * @param {number} repeat @returns {Progress}
 */
export function accepted(now, answer, repeat) {
  if (answer.arm_id) return { ...now, phase: "armed", total: 1 };
  const total = Math.max(repeat, answer.prompt_ids?.length ?? 0, 1);
  if (now.ended.length >= total) return { ...IDLE, word: now.word };
  return {
    ...now,
    phase: now.phase === "running" ? "running" : "queued",
    series: answer.series ?? now.series,
    total,
  };
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
      return { ...now, phase: "running", series: event.series ?? now.series, name: event.name || now.name };
    case "ended":
      return ended(now, event);
    case "mismatch":
      return {
        ...IDLE,
        word: { kind: "warning", text: event.message || "Workflow changed: this prompt ran unrecorded." },
      };
    case "lost":
      return {
        ...now,
        word: { kind: "warning", text: event.message || "A part of this run was not recorded." },
      };
    case "lapsed":
      return {
        ...IDLE,
        word: { kind: "info", text: event.message || "No prompt came within a minute, so none is recorded." },
      };
    default:
      return now;
  }
}

function ended(now, { prompt_id: id, status, message }) {
  if (id && now.ended.includes(id)) return now;
  const all = [...now.ended, id ?? ""];
  const bad = status === "error" || status === "interrupted";
  const word = bad
    ? { kind: status === "error" ? "error" : "info", text: message || WORDS[status] }
    : now.word;
  const answered = now.total > 0 || now.phase === "idle";
  if (status === "interrupted" || (answered && all.length >= now.total)) return { ...IDLE, word };
  return { ...now, phase: answered ? "queued" : "asked", ended: all, word };
}

const WORDS = { error: "The run failed; what was measured until then is kept.", interrupted: "Stopped." };
