import { ApiError } from "./api_error.js";
import { readError } from "./read_error.js";

/**
 * JSON in, JSON out, and every failure an `ApiError`.
 *
 * @param {(route: string, init?: any) => Promise<Response>} fetchApi
 */
export function createHttpClient(fetchApi) {
  /** @param {string} route @param {any} [init] @returns {Promise<any>} */
  async function ask(route, init) {
    const response = await reach(fetchApi, route, init);
    if (!response.ok) throw await readError(response);
    return response.json();
  }

  return {
    /** @param {string} route @param {Record<string, string>} [query] */
    get: (route, query) =>
      ask(query ? `${route}?${new URLSearchParams(query)}` : route, { cache: "no-store" }),

    /** @param {string} route @param {object} body */
    post: (route, body) =>
      ask(route, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
      }),

    /**
     * No time limit: a large upload over a slow line is no failure.
     * @param {string} route
     * @param {FormData} form
     * @param {AbortSignal} [signal]
     */
    send: (route, form, signal) => ask(route, { method: "POST", body: form, signal, timeoutMs: null }),
  };
}

async function reach(fetchApi, route, init) {
  try {
    return await fetchApi(route, init);
  } catch (error) {
    if (error?.name === "AbortError") throw error;
    throw new ApiError("unreachable", "ComfyUI does not answer. Is it still running?", 0);
  }
}
