/**
 * What the window and the tabs say to each other over a BroadcastChannel. The window asks `{ask, token, at,
 * prefer, …}`; one tab says `{taken: token}` at once and `{answer, token}` or `{error, token}` when it is done.
 */
export const CHANNEL = "dataset_gates.profiler";

export const SILENCE_MS = 1500; // without `taken` by then no tab is open
export const STALE_MS = SILENCE_MS; // an older question was given up
export const BID_MS = 150; // for the other tabs to bid, and for the preferred one to be first
export const HOLD_MS = 3000; // a lock is kept until no other tab can still take the question for new
