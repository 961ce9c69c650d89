import { BID_MS, CHANNEL, HOLD_MS, STALE_MS } from "./protocol.js";

/**
 * The side of a ComfyUI tab: of all tabs that hear a question exactly one answers. Where the browser has locks
 * the first to get that of the question does; elsewhere (plain http) all bid and the lowest number wins. A tab
 * that slept through the question finds it stale.
 *
 * @param {object} given
 * @param {string} given.tab id of this tab
 * @param {BroadcastChannel} given.channel of `CHANNEL`
 * @param {LockManager | null} given.locks
 * @param {(question: any) => Promise<any>} given.answer does what was asked
 * @param {() => number} [given.now] ms
 * @param {(ms: number) => Promise<void>} [given.wait]
 */
export function createTabBridge({ tab, channel, locks, answer, now = Date.now, wait = sleep }) {
  /** @type {Map<string, string>} the lowest bid of each question */
  const bids = new Map();
  const taken = new Set();

  channel.addEventListener("message", ({ data }) => {
    if (data?.taken) taken.add(data.taken);
    else if (data?.bid) bids.set(data.token, lower(bids.get(data.token), data.bid));
    else if (data?.ask && data.token) void hear(data);
  });

  async function hear(question) {
    const { token, prefer } = question;
    const isStale = () => Math.abs(now() - question.at) > STALE_MS;
    if (isStale()) return;
    const rank = `${prefer === tab ? 0 : 1}${tab}`;
    if (!locks) return bid(question, rank);
    if (prefer && prefer !== tab) await wait(BID_MS);
    if (taken.has(token) || isStale()) return;
    await locks.request(`${CHANNEL}.${token}`, { ifAvailable: true }, async (lock) => {
      if (!lock || taken.has(token)) return;
      await Promise.all([reply(question), wait(HOLD_MS)]);
    });
  }

  async function bid(question, rank) {
    const { token } = question;
    channel.postMessage({ bid: rank, token });
    await wait(BID_MS);
    const best = lower(bids.get(token), rank);
    bids.delete(token);
    if (best === rank && !taken.has(token)) await reply(question);
  }

  async function reply(question) {
    const { token } = question;
    taken.add(token);
    channel.postMessage({ taken: token, tab });
    try {
      channel.postMessage({ answer: await answer(question), token, tab });
    } catch (error) {
      const { code = "failed", message, status = 0, details = {} } = error;
      channel.postMessage({ error: { code, message, status, details }, token, tab });
    }
  }
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const lower = (one, other) => (one === undefined || other < one ? other : one);
