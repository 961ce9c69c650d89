const MOST_FILES = 20; // in one request: the server answers, and the progress moves, this often
const MOST_BYTES = 32 * 1024 * 1024;

/**
 * Files in the order given, cut into requests of bounded size. A file larger than a request goes alone.
 *
 * @template {{size: number}} F
 * @param {F[]} files @param {number} [mostBytes] @returns {F[][]}
 */
export function uploadChunks(files, mostBytes = MOST_BYTES) {
  const chunks = [];
  let bytes = 0;
  for (const file of files) {
    const current = chunks.at(-1);
    if (current && current.length < MOST_FILES && bytes + file.size <= mostBytes) {
      current.push(file);
      bytes += file.size;
    } else {
      chunks.push([file]);
      bytes = file.size;
    }
  }
  return chunks;
}
