/**
 * `countOf(1, "image")` is "1 image", `countOf(3, "image")` "3 images".
 * @param {number} count
 * @param {string} noun
 */
export const countOf = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;
