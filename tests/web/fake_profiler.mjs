/** The profiler's routes over runs in memory: two of them, newest first. */

const run = (id, more = {}) => ({
  id,
  name: "",
  status: "success",
  timestamp: 1000 + id,
  total_time: 1,
  workflow_hash: "h",
  global_comment: "",
  series: null,
  mode: "natural",
  prompt_id: `prompt-${id}`,
  unmeasured: null,
  ...more,
});

export const editedRuns = [run(2), run(1)];

export function fakeRoutes() {
  let runs = [...editedRuns];
  const held = new Map();
  const settled = [];
  return {
    settled,
    keep: (one) => (runs = [one, ...runs]),
    drop: (id) => (runs = runs.filter((one) => one.id !== id)),
    /** The answer about a run waits until it is released. */
    hold(id) {
      let release = () => undefined;
      held.set(id, new Promise((resolve) => (release = resolve)));
      return { release };
    },
    status: async () => ({
      recording: null,
      armed: [],
      series: [],
      store: { sentences: [] },
      reference: null,
    }),
    settings: async () => ({ ui: {} }),
    groups: async () => ({ groups: [] }),
    runs: async () => ({ runs, total: runs.length }),
    async run(id) {
      await held.get(id);
      const steps = [{ id: 1, node_id: "12:3", seq: 0, status: "executed", exec_time: 1, step_comment: "" }];
      return { run: runs.find((one) => one.id === id), steps };
    },
    workflow: async () => ({
      prompt: {},
      workflow: {
        nodes: [{ id: 12, type: "A", title: "Upscale" }],
        definitions: { subgraphs: [{ id: "A", nodes: [] }] },
      },
    }),
    changeSettings: async (changes) => void settled.push(changes),
  };
}
