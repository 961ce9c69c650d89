/** @typedef {import("../shared/types.js").PoolAnswer} PoolAnswer */

/**
 * The pool routes as functions.
 * @param {ReturnType<typeof import("../shared/http_client.js").createHttpClient>} http
 */
export function createPoolRoutes(http) {
  const at = (name) => `/grid_pool/${name}`;
  return {
    /** @returns {Promise<PoolAnswer>} */
    list: (pool_id) => http.get(at("list"), { pool_id }),
    add: (pool_id, files, alphaMask, signal) =>
      http.send(at("add"), addForm(pool_id, files, alphaMask), signal),
    remove: (pool_id, slots) => http.post(at("remove"), { pool_id, slots }),
    activate: (pool_id, slot) => http.post(at("active"), { pool_id, slot }),
    label: (pool_id, slot, label) => http.post(at("label"), { pool_id, slot, label }),
    setMask: (pool_id, slot, mask) =>
      http.send(at("set_mask"), form({ pool_id, slot }, "mask", mask, "mask.png")),
    clearMask: (pool_id, slot) => http.post(at("clear_mask"), { pool_id, slot }),
    replace: (pool_id, slot, file) =>
      http.send(at("replace"), form({ pool_id, slot }, "image", file, file.name)),
    reorder: (pool_id, order, revision) => http.post(at("reorder"), { pool_id, order, revision }),
    copy: (pool_id, to, slots) => http.post(at("copy"), slots ? { pool_id, to, slots } : { pool_id, to }),
    trash: (pool_id) => http.get(at("trash"), { pool_id }),
    restoreSlot: (pool_id, slot) => http.post(at("restore"), { pool_id, slot }),
    restoreItem: (pool_id, item) => http.post(at("restore"), { pool_id, item }),
    purge: (pool_id, item) => http.post(at("purge"), item ? { pool_id, item } : { pool_id }),
  };
}

function addForm(pool_id, files, alphaMask) {
  const body = form(alphaMask ? { pool_id, alpha_mask: "1" } : { pool_id });
  for (const file of files) body.append("image", file, file.name);
  return body;
}

/** Fields first: the server reads them before it meets the bytes. */
function form(fields, part, blob, name) {
  const body = new FormData();
  for (const [key, value] of Object.entries(fields)) body.append(key, value);
  if (part) body.append(part, blob, name);
  return body;
}
