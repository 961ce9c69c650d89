/**
 * The columns that the table of steps can show. `total` says how the foot and a heading sum them up: times
 * add up, peaks and loads are the highest.
 *
 * @typedef {object} Column
 * @property {string} key field of a step, or of what a row adds to it
 * @property {string} label
 * @property {string} title what it means
 * @property {import("../format.js").Unit | null} unit null is text
 * @property {"sum" | "max" | null} total
 * @property {boolean} [bar] drawn as a bar behind its figure
 * @property {string} width of the column, as CSS has it
 */

const figure = (key, label, unit, total, title, more = {}) => ({
  key,
  label,
  title,
  unit,
  total,
  width: "88px",
  ...more,
});
const text = (key, label, title, width) => ({ key, label, title, unit: null, total: null, width });

/** @type {readonly Column[]} in the order in which they stand */
export const COLUMNS = Object.freeze([
  text("node_title", "Node", "Title and number of the node", "minmax(180px, 2fr)"),
  text("node_type", "Type", "Class of the node", "minmax(120px, 1fr)"),
  figure("seq", "Order", "count", null, "Order in which the nodes ran", { width: "64px" }),
  text("status", "Status", "What became of the node in this run", "92px"),
  figure("exec_time", "Time", "s", "sum", "Own time; of an async node from its call to its end", {
    bar: true,
    width: "112px",
  }),
  figure("share", "Share", "%", null, "Own time as a part of the whole run", { width: "64px" }),
  figure("subtree_time", "With inside", "s", null, "Own time with that of all nodes inside of it"),
  figure("wall_time", "Wall", "s", null, "From its first to its last moment, waits included"),
  figure("fn_time", "Function", "s", "sum", "Inside of the node's own functions"),
  figure("t_start", "Start", "s", null, "First moment, from the start of the run"),
  figure("vram_start", "VRAM start", "bytes", "max", "Memory of the device in use when it began"),
  figure("vram_max", "VRAM max", "bytes", "max", "Highest memory of the device in use while it ran", {
    bar: true,
    width: "104px",
  }),
  figure("vram_end", "VRAM end", "bytes", "max", "Memory of the device in use when it ended"),
  figure("torch_peak", "torch peak", "bytes", "max", "Highest allocated by torch while it ran, exact"),
  figure("torch_reserved_peak", "torch res.", "bytes", "max", "Highest reserved by torch while it ran"),
  figure("ram_start", "RAM start", "bytes", "max", "Memory of the process when it began"),
  figure("ram_max", "RAM max", "bytes", "max", "Highest memory of the process while it ran", {
    bar: true,
    width: "104px",
  }),
  figure("ram_end", "RAM end", "bytes", "max", "Memory of the process when it ended"),
  figure("cpu_max", "CPU max", "%", "max", "Highest load of the process in 100 ms, 100 is one core"),
  figure("cpu_avg", "CPU mean", "%", null, "Mean load of the process meanwhile, 100 is one core"),
  figure("cpu_time", "CPU time", "s", "sum", "Processor time of the process meanwhile"),
  figure("gpu_load_max", "GPU max", "%", "max", "Highest load of the device"),
  figure("gpu_load_avg", "GPU mean", "%", null, "Mean load of the device"),
  figure("n_calls", "Calls", "count", "sum", "Calls of its function, one for each item of a list", {
    width: "64px",
  }),
  figure("n_samples", "Samples", "count", "sum", "Samples taken while it ran", { width: "72px" }),
  text("inputs", "Inputs", "The inputs as it ran", "minmax(160px, 1.5fr)"),
  text("groups", "Groups", "Groups that the node is in", "minmax(88px, 0.6fr)"),
  text("step_comment", "Comment", "Your words on this step", "minmax(140px, 1.2fr)"),
]);

/** What is shown before anything was chosen. @type {Record<string, readonly string[]>} */
export const FIRST_COLUMNS = Object.freeze({
  window: [
    "node_title",
    "exec_time",
    "share",
    "vram_max",
    "ram_max",
    "cpu_max",
    "gpu_load_max",
    "groups",
    "step_comment",
  ],
  tab: ["node_title", "exec_time", "vram_max"],
});

/** Sets of columns to take at once. @type {readonly {name: string, keys: readonly string[]}[]} */
export const PRESETS = Object.freeze([
  { name: "Essential", keys: FIRST_COLUMNS.window },
  {
    name: "Memory",
    keys: [
      "node_title",
      "exec_time",
      "vram_start",
      "vram_max",
      "vram_end",
      "torch_peak",
      "ram_start",
      "ram_max",
      "ram_end",
    ],
  },
  {
    name: "Load",
    keys: [
      "node_title",
      "exec_time",
      "fn_time",
      "wall_time",
      "cpu_max",
      "cpu_avg",
      "cpu_time",
      "gpu_load_max",
      "gpu_load_avg",
    ],
  },
  { name: "All", keys: COLUMNS.map(({ key }) => key) },
]);

/** Where there is little room. @type {Record<string, Partial<Column>>} */
const NARROW = {
  node_title: { width: "minmax(96px, 1fr)" },
  exec_time: { width: "84px" },
  vram_max: { width: "80px", label: "VRAM" },
  ram_max: { width: "80px", label: "RAM" },
};

/** The least width of columns side by side, px. @param {readonly Column[]} columns */
export const leastWidth = (columns) =>
  columns.reduce((sum, { width }) => sum + Number(/(\d+)px/.exec(width)?.[1] ?? 0), 0);

/** The columns with these keys, in their order; the node always, what is unknown never. @param {Iterable<string>} keys @param {string} [layout] */
export function columnsOf(keys, layout = "window") {
  const wanted = new Set(keys).add("node_title");
  const found = COLUMNS.filter(({ key }) => wanted.has(key));
  if (layout !== "tab") return found;
  return found.map((column) => ({ ...column, ...NARROW[column.key] }));
}
