import { ApiError } from "../../shared/api_error.js";

/**
 * Runs the workflow that is open in this page.
 *
 * @typedef {{name: string, comment: string, repeat: number, mode: string, force?: boolean}} RunAsk
 * @typedef {object} Runner
 * @property {(ask: RunAsk) => Promise<any>} start
 * @property {() => Promise<any>} update the reference
 * @property {(series: string | null) => Promise<any>} stop
 * @property {() => Promise<{workflow: string}>} describe rejected with `no_tab` when there is no workflow to run
 *
 * @param {object} given
 * @param {() => Promise<{prompt: Record<string, any>, workflow: any}>} given.capture
 * @param {() => string} given.clientId
 * @param {() => string} given.workflowName
 * @param {import("../routes.js").ProfilerRoutes} given.routes
 * @param {ReturnType<typeof import("../graph/reference.js").createReference>} given.reference
 * @param {() => string | null} [given.serverHash] of the server's reference, as far as this page knows
 * @returns {Runner}
 */
export function createLocalRunner({
  capture,
  clientId,
  workflowName,
  routes,
  reference,
  serverHash = () => null,
}) {
  async function captured() {
    const { prompt, workflow } = await capture();
    if (Object.keys(prompt).length) return { prompt, workflow };
    throw new ApiError("empty_workflow", "This workflow has no node that runs. Open one first.", 0);
  }

  return {
    async start(ask) {
      const { prompt, workflow } = await captured();
      const found = ask.force ? null : reference.check(prompt, serverHash());
      if (found)
        throw new ApiError("workflow_changed", "Workflow changed. Please Update Nodes.", 409, {
          differences: found,
        });
      return routes.start({ force: false, ...ask, client_id: clientId(), prompt, workflow });
    },
    async update() {
      const { prompt, workflow } = await captured();
      const answer = await routes.updateNodes(prompt, workflow);
      reference.keep(prompt, answer.hash);
      return answer;
    },
    stop: (series) => routes.stop(series),
    describe: async () => ({ workflow: workflowName() }),
  };
}
