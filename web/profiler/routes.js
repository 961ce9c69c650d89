import { createHttpClient } from "../shared/http_client.js";

/**
 * The profiler's routes as functions; every failure is an `ApiError` in the server's own words.
 *
 * @param {(route: string, init?: any) => Promise<Response>} fetchApi ComfyUI's own in its page, a plain
 * `fetch` in the standalone window
 */
export function createProfilerRoutes(fetchApi) {
  const http = createHttpClient(fetchApi);
  const at = (path) => `/holaf/profiler/${path}`;
  const run = (id) => at(`runs/${encodeURIComponent(id)}`);
  const group = (id) => at(`groups/${encodeURIComponent(id)}`);
  return {
    status: () => http.get(at("status")),

    /** @param {Record<string, any>} [query] what is null or "" is left out */
    runs: (query = {}) => http.get(at("runs"), present(query)),
    deleteRuns: () => http.remove(at("runs")),
    run: (id) => http.get(run(id)),
    changeRun: (id, changes) => http.patch(run(id), changes),
    deleteRun: (id) => http.remove(run(id)),
    steps: (id, sinceSeq) => http.get(`${run(id)}/steps`, present({ since_seq: sinceSeq })),
    samples: (id) => http.get(`${run(id)}/samples`),
    workflow: (id) => http.get(`${run(id)}/workflow`),
    /** The file, with the name that the server gives it. @param {"csv" | "json" | "chrome"} format */
    exported: (id, format) => http.file(`${run(id)}/export?format=${format}`),

    commentStep: (id, comment) => http.patch(at(`steps/${encodeURIComponent(id)}`), { comment }),

    groups: (hash) => http.get(at("groups"), present({ hash })),
    createGroup: (fields) => http.post(at("groups"), fields),
    changeGroup: (id, changes) => http.patch(group(id), changes),
    deleteGroup: (id) => http.remove(group(id)),
    changeMembers: (id, { add = [], remove = [] }) => http.post(`${group(id)}/members`, { add, remove }),

    updateNodes: (prompt, workflow) => http.post(at("update_nodes"), { prompt, workflow }),
    /** Refused with `workflow_changed` when the reference differs; the error's `data` says how. */
    start: (ask) => http.post(at("run"), ask),
    stop: (series) => http.post(at("stop"), series ? { series } : {}),
    compare: (ask) => http.post(at("compare"), ask),
    subscribe: (clientId) => http.post(at("subscribe"), { client_id: clientId }),

    trash: () => http.get(at("trash")),
    restore: (kind, number) => http.post(at("trash/restore"), { kind, number }),
    purge: (kind, number) => http.post(at("trash/purge"), kind ? { kind, number } : {}),
    /** @param {File} file a JSON export, or a database */
    importFile: (file) => http.send(at("import"), form(file)),

    settings: () => http.get(at("settings")),
    /** Goes out even when the page is left meanwhile. */
    changeSettings: (changes) => http.patch(at("settings"), changes, { keepalive: true }),
  };
}

/** @typedef {ReturnType<typeof createProfilerRoutes>} ProfilerRoutes */

/** @param {Record<string, any>} query @returns {Record<string, string> | undefined} */
function present(query) {
  const kept = Object.entries(query).filter(
    ([, value]) => value !== null && value !== undefined && value !== "",
  );
  return kept.length ? Object.fromEntries(kept.map(([key, value]) => [key, String(value)])) : undefined;
}

function form(file) {
  const body = new FormData();
  body.append("file", file, file.name);
  return body;
}
