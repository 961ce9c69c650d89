import { uploadChunks } from "./upload_chunks.js";

/**
 * @typedef {{name: string, message: string}} Refusal
 * @typedef {{added: number, refused: Refusal[], done: number, total: number, cancelled: boolean}} UploadResult
 *
 * Sends files in chunks, one after the other. What one chunk is refused for does not stop the next; when
 * the server
 * is gone or the disk is full, the rest is not tried.
 *
 * @param {File[]} files
 * @param {(chunk: File[], signal: AbortSignal) => Promise<{added: object[], refused: Refusal[]}>} send
 * @param {(done: number, total: number) => void} onProgress in files
 * @param {AbortSignal} signal
 * @returns {Promise<UploadResult>}
 */
export async function uploadFiles(files, send, onProgress, signal) {
  const result = { added: 0, refused: [], done: 0, total: files.length, cancelled: false };
  onProgress(0, files.length);
  for (const chunk of uploadChunks(files)) {
    if (signal.aborted) break;
    const goOn = await sendChunk(chunk, send, signal, result);
    if (!goOn) break;
    result.done += chunk.length;
    onProgress(result.done, files.length);
  }
  result.cancelled = signal.aborted;
  return result;
}

async function sendChunk(chunk, send, signal, result) {
  try {
    const answer = await send(chunk, signal);
    result.added += answer.added.length;
    result.refused.push(...(answer.refused ?? []));
    return true;
  } catch (error) {
    if (error.name === "AbortError") return false;
    const name = chunk.length === 1 ? chunk[0].name : `${chunk[0].name} and ${chunk.length - 1} more`;
    result.refused.push({ name, message: error.message });
    return !stopsAll(error);
  }
}

const stopsAll = (error) =>
  error.status === 0 || error.status === 507 || error.status === 404 || error.status === 403;
