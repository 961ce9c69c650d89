/**
 * The files that a drop or a paste carries. What is no image is left to the server to refuse with its reason;
 * what is no file at all (text, a node) is not ours.
 *
 * @param {DataTransfer | null} transfer @returns {File[]}
 */
export function imageFiles(transfer) {
  return [...(transfer?.files ?? [])].filter((file) => file.type.startsWith("image/") || file.type === "");
}
