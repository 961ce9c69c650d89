/**
 * Has a ComfyUI tab run the workflow that is open there. Stopping needs no tab.
 *
 * @param {(ask: string, more?: Record<string, any>) => Promise<any>} askTab
 * @param {import("../routes.js").ProfilerRoutes} routes
 * @returns {import("./local_runner.js").Runner}
 */
export function createWindowRunner(askTab, routes) {
  return {
    start: (ask) => askTab("run", { options: ask }),
    update: () => askTab("update"),
    stop: (series) => routes.stop(series),
    describe: () => askTab("describe"),
  };
}
