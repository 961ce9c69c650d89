/** What the server refused, in its own words. `code` is stable, `message` is for people. */
export class ApiError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {number} status 0 when there was no answer at all
   * @param {Record<string, any>} [details] what else the answer said
   */
  constructor(code, message, status, details = {}) {
    super(message);
    this.name = "ApiError";
    this.code = code;
    this.status = status;
    this.details = details;
  }
}
