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
    post: (route, body) => ask(route, withBody("POST", body)),

    /** @param {string} route @param {object} body @param {RequestInit} [more] */
    patch: (route, body, more) => ask(route, { ...withBody("PATCH", body), ...more }),

    /** @param {string} route */
    remove: (route) => ask(route, withBody("DELETE", {})),

    /**
     * What a route sends to be saved. @param {string} route @returns {Promise<{name: string, blob: Blob}>}
     */
    async file(route) {
      const response = await reach(fetchApi, route, { cache: "no-store", timeoutMs: null });
      if (!response.ok) throw await readError(response);
      return { name: fileName(response.headers.get("Content-Disposition")), blob: await response.blob() };
    },

    /**
     * No time limit: a large upload over a slow line is no failure.
     * @param {string} route
     * @param {FormData} form
     * @param {AbortSignal} [signal]
     */
    send: (route, form, signal) => ask(route, { method: "POST", body: form, signal, timeoutMs: null }),
  };
}

const withBody = (method, body) => ({
  method,
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
});

/** @param {string | null} disposition of an answer that is a file */
function fileName(disposition) {
  const plain = /filename="?([^";]+)"?/.exec(disposition ?? "");
  return plain ? plain[1] : "";
}

async function reach(fetchApi, route, init) {
  try {
    return await fetchApi(route, init);
  } catch (error) {
    if (error?.name === "AbortError") throw error;
    throw new ApiError("unreachable", "ComfyUI does not answer. Is it still running?", 0);
  }
}
