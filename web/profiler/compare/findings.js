import { plainText } from "../charts/plain_text.js";

/**
 * @typedef {object} Row a node of the comparison, in one metric
 * @property {string} key
 * @property {{a: string | null, b: string | null, node_type: string, title: string, how: string}} node
 * @property {any} finding of the server; null where it gave none
 * @property {string} name
 */

const UNKNOWN = {
  verdict: "not measured",
  why: "Not measured on either side.",
  a: null,
  b: null,
  metric: { name: "", unit: "s" },
};

/** Metrics that the nodes were compared in. @param {any} answer of the server */
export const metricsOf = (answer) => (answer?.nodes?.[0]?.findings ?? []).map((finding) => finding.metric);

/** @param {any} answer @param {string} metric @returns {Row[]} */
export function rowsOf(answer, metric) {
  return (answer?.nodes ?? []).map(({ node, findings }) => ({
    key: `${node.a ?? ""}|${node.b ?? ""}`,
    node,
    name: nameOf(node),
    finding: findings.find((one) => one.metric.name === metric) ?? {
      ...UNKNOWN,
      metric: { name: metric, unit: "s" },
    },
  }));
}

/** "KSampler (3)", "KSampler (3 → 7)". */
function nameOf({ a, b, node_type: type, title }) {
  const ids = a === b || a === null || b === null ? (b ?? a) : `${a} → ${b}`;
  return `${plainText(title || type || "Node")} (${ids})`;
}

/** What a column is sorted by; null stands last, whichever way. */
const VALUES = {
  name: (row) => row.name.toLocaleLowerCase(),
  a: (row) => row.finding.a?.median ?? null,
  b: (row) => row.finding.b?.median ?? null,
  shift: (row) => row.finding.shift ?? null,
  ratio: (row) => row.finding.ratio ?? null,
  p: (row) => pOf(row.finding),
  verdict: (row) => RANKS[row.finding.verdict] ?? 9,
};
const RANKS = {
  more: 0,
  less: 1,
  "no difference": 2,
  "not enough runs": 3,
  "not comparable": 4,
  "not measured": 5,
};
const BY_SIZE = new Set(["shift", "ratio"]); // the largest change first, whichever way it goes

export const COLUMNS = Object.keys(VALUES);

/** @param {Row[]} rows @param {string} column @param {boolean} down @returns {Row[]} */
export function sorted(rows, column, down) {
  const sizes = column === "ratio" ? (value) => Math.abs(Math.log(value || 1e-9)) : Math.abs;
  const read = BY_SIZE.has(column) ? (row) => nullOr(VALUES[column](row), sizes) : VALUES[column];
  const keyed = rows.map((row, at) => ({ row, at, value: read(row) }));
  keyed.sort((x, y) => {
    if (x.value === null || y.value === null)
      return Number(x.value === null) - Number(y.value === null) || x.at - y.at;
    const order = x.value < y.value ? -1 : x.value > y.value ? 1 : 0;
    return (down ? -order : order) || x.at - y.at;
  });
  return keyed.map(({ row }) => row);
}

const nullOr = (value, of) => (value === null ? null : of(value));

const JUDGED = new Set(["more", "less", "no difference"]);

/** The p-value, where the runs suffice for one to mean something. @param {any} finding @returns {number | null} */
export const pOf = (finding) =>
  JUDGED.has(finding.verdict) && typeof finding.p === "number" ? finding.p : null;

/** Whether the server says that something is more or less than it was; nothing else may look so. */
export const isFound = (finding) => finding.verdict === "more" || finding.verdict === "less";
