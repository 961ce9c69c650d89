/** Characters that are not seen, and may turn round what stands beside them. */
const UNSEEN = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** A person's words in a line of ours. @param {string} text */
export const plainText = (text) => text.replace(UNSEEN, "");
