/** 32 hex digits, unlike every id before. Not `randomUUID`: that exists on https and localhost alone. */
export function mintId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
