import { ApiError } from "./api_error.js";

/**
 * The error that an answer carries. Every route of ours says `{"error": {"code", "message"}}`; anything
 * else came
 * from something in between, and then the status is all there is.
 * @param {Response} response
 * @returns {Promise<ApiError>}
 */
export async function readError(response) {
  const text = await response.text();
  const said = parsed(text)?.error;
  if (typeof said?.code === "string" && typeof said?.message === "string")
    return new ApiError(said.code, said.message, response.status, said);
  const about = `${response.status} ${response.statusText}`.trim();
  return new ApiError(`http_${response.status}`, `The server answered ${about}.`, response.status);
}

/** @param {string} text @returns {any} null when it is no JSON */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
