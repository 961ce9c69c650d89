import { ApiError } from "../../shared/api_error.js";
import { mintId } from "../../shared/mint_id.js";
import { SILENCE_MS } from "./protocol.js";

export const NO_TAB = "no_tab";

/**
 * The side of the window: asks, and waits for the one tab that answers.
 *
 * @param {object} given
 * @param {BroadcastChannel} given.channel
 * @param {string} [given.prefer] the tab that opened this window
 * @param {() => number} [given.now] ms
 * @param {number} [given.silence] ms without a sign of any tab
 */
export function createAskTab({ channel, prefer = "", now = Date.now, silence = SILENCE_MS }) {
  /** @type {Map<string, {taken: () => void, resolve: (answer: any) => void, reject: (error: Error) => void}>} */
  const open = new Map();

  channel.addEventListener("message", ({ data }) => {
    const waiting = open.get(data?.taken ?? data?.token);
    if (!waiting || data.ask || data.bid) return;
    waiting.taken();
    if (data.taken) return;
    open.delete(data.token);
    if (data.error)
      waiting.reject(
        new ApiError(data.error.code, data.error.message, data.error.status, data.error.details),
      );
    else waiting.resolve(data.answer);
  });

  /**
   * Rejected with the code `no_tab` when nobody is there. @param {string} ask
   * @param {Record<string, any>} [more] @returns {Promise<any>}
   */
  return function askTab(ask, more = {}) {
    const token = mintId();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        open.delete(token);
        reject(new ApiError(NO_TAB, "No ComfyUI tab is open in this browser.", 0));
      }, silence);
      open.set(token, { taken: () => clearTimeout(timer), resolve, reject });
      channel.postMessage({ ...more, ask, token, at: now(), prefer });
    });
  };
}
