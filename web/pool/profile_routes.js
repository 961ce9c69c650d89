/**
 * The profile routes as functions.
 * @param {ReturnType<typeof import("../shared/http_client.js").createHttpClient>} http
 */
export function createProfileRoutes(http) {
  const at = (name) => `/grid_pool/profiles/${name}`;
  return {
    list: () => http.get(at("list")),
    create: (name) => http.post(at("create"), { name }),
    rename: (id, name) => http.post(at("rename"), { id, name }),
    duplicate: (id) => http.post(at("duplicate"), { id }),
    remove: (id) => http.post(at("delete"), { id }),
    trash: () => http.get(at("trash")),
    restore: (id) => http.post(at("restore"), { id }),
    purge: (id) => http.post(at("purge"), { id }),
    seed: (from, id) => http.post(at("seed"), { from, id }),
    importFile: (file) => {
      const body = new FormData();
      body.append("file", file, file.name);
      return http.send(at("import"), body);
    },
    exportRoute: (id) => `${at("export")}?${new URLSearchParams({ id })}`,
    status: () => http.get("/dataset_gates/status"),
  };
}
