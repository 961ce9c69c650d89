/** What the server refused, in its own words. `code` is stable, `message` is for people. */
export class ApiError extends Error {
  /** @param {string} code @param {string} message @param {number} status 0 when there was no answer at all */
  constructor(code, message, status) {
    super(message);
    this.name = "ApiError";
    this.code = code;
    this.status = status;
  }
}
