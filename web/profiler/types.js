/**
 * The shapes that cross the profiler's modules. A run and a step are the records of the server by name; what
 * was not measured is null.
 *
 * @typedef {Record<string, any> & {id: number, name: string, status: string, timestamp: number | null,
 *   total_time: number | null, workflow_hash: string | null, global_comment: string, series: string | null,
 *   mode: string, unmeasured: Record<string, any> | null}} Run
 * @typedef {Record<string, any> & {id: number | null, node_id: string, node_title: string | null,
 *   node_type: string | null, seq: number | null, status: string, exec_time: number | null,
 *   step_comment: string}} Step
 * @typedef {{id: number, name: string, color: string, description: string, workflow_hash: string | null,
 *   members: string[]}} Group
 * @typedef {{name: string, unit: string, source: string, device: string | null, times: number[],
 *   values: (number | null)[]}} Series
 *
 * What a picture is drawn with. `select` marks a node everywhere (table, pictures), null nothing.
 *
 * @typedef {object} Services
 * @property {import("./routes.js").ProfilerRoutes} routes
 * @property {(runId: number) => void} openRun
 * @property {(nodeId: string | null) => void} select
 * @property {(text: string, offer?: {label: string, run: () => void}) => void} say the line at the foot
 * @property {(error: Error, what: string) => void} fail the same, for what could not be done
 *
 * @typedef {object} RunData what the pictures of one run are given; `series` null while they are read
 * @property {Run | null} run
 * @property {Step[]} steps
 * @property {Series[] | null} series
 * @property {Group[]} groups
 * @property {string | null} selected node id
 *
 * @typedef {object} HistoryData `runs` are of one workflow, oldest first
 * @property {Run[]} runs
 * @property {string | null} hash
 * @property {number | null} current number of the run that is open
 *
 * @typedef {object} ComparisonData two sides to begin with; the view asks the server and lets both be chosen
 * @property {Run[]} runs to choose from, newest first
 * @property {{runs: number[]} | {series: string} | null} a
 * @property {{runs: number[]} | {series: string} | null} b
 *
 * @template D
 * @typedef {{update: (data: D) => void, destroy: () => void}} View
 *
 * Each picture is one module with one function, mounted into an empty element that fills its place:
 *   charts/timeline.js    createTimeline(element, services): View<RunData>
 *   charts/time_bars.js   createTimeBars(element, services): View<RunData>
 *   charts/history.js     createHistory(element, services): View<HistoryData>
 *   compare/comparison.js createComparison(element, services): View<ComparisonData>
 */
export {};
