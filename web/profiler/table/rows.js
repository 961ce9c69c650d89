import { forestOf, peakIn, stepsIn } from "./forest.js";
import { ordered } from "./order.js";
import { sums, timeOfAny } from "./rollup.js";

/**
 * What the table shows, line by line.
 *
 * @typedef {import("../types.js").Step} Step
 * @typedef {import("../types.js").Group} Group
 * @typedef {import("./columns.js").Column} Column
 *
 * @typedef {object} Row
 * @property {string} key
 * @property {"step" | "subgraph" | "group"} kind
 * @property {number} depth
 * @property {string} label
 * @property {Step | null} step
 * @property {Group | null} group of a heading
 * @property {Record<string, any>} extra what is worked out beside the step: share, subtree_time, sums
 * @property {boolean | null} open null when there is nothing in it
 * @property {number} count steps in it
 *
 * @typedef {object} Wish what a person asked to see
 * @property {"list" | "tree" | "groups"} shape
 * @property {string} sort key of a column
 * @property {"up" | "down"} direction
 * @property {string} filter words, all of which must be there
 * @property {string} status "" is any
 * @property {Set<number>} inGroups numbers of groups, none is all
 * @property {Set<string>} closed keys of rows that are folded
 */

/** Steps with what the table adds to them; made once for each run, not for each look. */
export class StepIndex {
  /** @param {Step[]} steps @param {Group[]} groups @param {number | null} runTime @param {Record<string, string>} titles of subgraphs, by id */
  constructor(steps, groups, runTime, titles = {}) {
    this.groups = groups;
    this.groupsOf = membership(groups);
    this.forest = forestOf(steps);
    this.titles = titles;
    this.rows = new Map();
    this.steps = steps;
    this.largest = new Map();
    this.order = { sort: "", direction: "", steps };
    for (const root of this.forest) this.#add(root, runTime);
  }

  #add(branch, runTime) {
    const { step } = branch;
    if (step) {
      const share = typeof step.exec_time === "number" && runTime ? (100 * step.exec_time) / runTime : null;
      const inGroups = this.groupsOf.get(step.node_id) ?? [];
      const inputs = inputsText(step.inputs);
      const extra = {
        share,
        inputs,
        groups: inGroups.map(({ name }) => name).join(", "),
        subtree_time: branch.time,
      };
      const words = `${titleOf(step)} ${step.node_type ?? ""} #${step.node_id} ${step.step_comment ?? ""} ${step.status} ${extra.groups} ${inputs}`;
      this.rows.set(step.node_id, { extra, inGroups, words: words.toLowerCase() });
    }
    for (const child of branch.children) this.#add(child, runTime);
  }

  /** @param {Step} step */
  extraOf(step) {
    return this.rows.get(step.node_id).extra;
  }

  /** @param {Step} step @param {string} key of a column */
  valueOf(step, key) {
    return key in step ? step[key] : this.extraOf(step)[key];
  }

  /** All steps, sorted; kept until another order is asked for, so that filtering sorts nothing. @param {Wish} wish */
  sorted({ sort, direction }) {
    if (this.order.sort !== sort || this.order.direction !== direction) {
      const steps = ordered(this.steps, (step) => this.valueOf(step, sort), direction);
      this.order = { sort, direction, steps };
    }
    return this.order.steps;
  }

  /** The highest value of a column in all steps, and the furthest from 0. @param {string} key */
  extremesOf(key) {
    const known = this.largest.get(key);
    if (known) return known;
    let [most, furthest] = [0, 0];
    for (const step of this.steps) {
      const value = this.valueOf(step, key);
      if (!Number.isFinite(value)) continue;
      if (value > most) most = value;
      if (Math.abs(value) > furthest) furthest = Math.abs(value);
    }
    this.largest.set(key, { most, furthest });
    return { most, furthest };
  }
}

export const titleOf = (step) => step.node_title || step.node_type || `Node ${step.node_id}`;

/** @param {Group[]} groups @returns {Map<string, Group[]>} */
function membership(groups) {
  const found = new Map();
  for (const group of groups)
    for (const id of group.members) found.set(id, [...(found.get(id) ?? []), group]);
  return found;
}

/** "steps 20, cfg 7.5": short, for a cell and for searching. @param {any} inputs */
export function inputsText(inputs) {
  if (!inputs || typeof inputs !== "object") return "";
  const shown = (value) =>
    value !== null && typeof value === "object" ? JSON.stringify(value) : String(value);
  const parts = Object.entries(inputs).map(([name, value]) => `${name} ${shown(value)}`);
  return parts.join(", ").slice(0, 300);
}

/**
 * @param {StepIndex} index @param {Wish} wish @param {readonly Column[]} columns
 * @returns {{rows: Row[], steps: Step[]}} `steps` are those that match, for the foot
 */
export function rowsOf(index, wish, columns) {
  const matches = matcher(index, wish);
  if (wish.shape === "tree") {
    const found = index.steps.filter(matches);
    return { rows: treeRows(index, wish, new Set(found), columns), steps: found };
  }
  const steps = index.sorted(wish).filter(matches);
  if (wish.shape === "groups") return { rows: groupRows(index, wish, steps, columns), steps };
  return { rows: steps.map((step) => stepRow(index, step, 0, "")), steps };
}

/** @param {StepIndex} index @param {Wish} wish @returns {(step: Step) => boolean} */
function matcher(index, { filter, status, inGroups }) {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  return (step) => {
    if (status && step.status !== status) return false;
    const known = index.rows.get(step.node_id);
    if (inGroups.size && !known.inGroups.some(({ id }) => inGroups.has(id))) return false;
    return words.every((word) => known.words.includes(word));
  };
}

/** @returns {Row} */
function stepRow(index, step, depth, under) {
  const key = `${under}${step.node_id}`;
  const extra = index.extraOf(step);
  return { key, kind: "step", depth, label: titleOf(step), step, group: null, extra, open: null, count: 1 };
}

function treeRows(index, wish, wanted, columns) {
  const rows = [];
  const walk = (branches, depth) => {
    const shown = branches.filter((branch) => holds(branch, wanted));
    for (const branch of ordered(shown, (one) => branchValue(index, one, wish.sort), wish.direction)) {
      const open = branch.children.length ? !wish.closed.has(branch.id) : null;
      rows.push(branchRow(index, branch, depth, open, columns));
      if (open) walk(branch.children, depth + 1);
    }
  };
  walk(index.forest, 0);
  return rows;
}

const holds = (branch, wanted) =>
  wanted.has(branch.step) || branch.children.some((child) => holds(child, wanted));

/** What a branch is sorted by: its time with all in it, the highest of what is in it, or its own text. */
function branchValue(index, branch, key) {
  const { step } = branch;
  if (key === "exec_time" || key === "subtree_time" || key === "share") return branch.time;
  if (key === "node_title") return step ? titleOf(step) : (index.titles[branch.id] ?? branch.id);
  if (step && !branch.children.length) return key in step ? step[key] : index.extraOf(step)[key];
  const own = step && (key in step ? step[key] : index.extraOf(step)[key]);
  if (key === "seq" || key === "t_start") return firstIn(branch, key);
  return typeof own === "string" ? own : peakIn(branch, key);
}

function firstIn(branch, key) {
  const values = stepsIn(branch).map((step) => step[key] ?? Infinity);
  return Math.min(...values);
}

/** @returns {Row} */
function branchRow(index, branch, depth, open, columns) {
  if (branch.step) return { ...stepRow(index, branch.step, depth, ""), open, count: branch.count };
  const label = index.titles[branch.id] || `Subgraph ${branch.id}`;
  const extra = { ...sums(stepsIn(branch), columns), exec_time: branch.time, subtree_time: branch.time };
  return {
    key: branch.id,
    kind: "subgraph",
    depth,
    label,
    step: null,
    group: null,
    extra,
    open,
    count: branch.count,
  };
}

/** Each group with its sum, then what is in none. */
function groupRows(index, wish, sorted, columns) {
  const rows = [];
  const parts = index.groups.map((group) => ({
    group,
    steps: sorted.filter((step) => index.rows.get(step.node_id).inGroups.includes(group)),
  }));
  const filled = parts.filter(
    ({ steps, group }) => steps.length || (!wish.filter && !wish.inGroups.size && group),
  );
  for (const { group, steps } of ordered(filled, ({ steps }) => timeOfAny(steps), "down")) {
    push(rows, index, wish, columns, `g${group.id}`, group.name, group, steps);
  }
  const rest = sorted.filter((step) => !index.rows.get(step.node_id).inGroups.length);
  if (rest.length) push(rows, index, wish, columns, "g", "In no group", null, rest);
  return rows;
}

function push(rows, index, wish, columns, key, label, group, steps) {
  const open = steps.length ? !wish.closed.has(key) : null;
  const extra = { ...sums(steps, columns), exec_time: timeOfAny(steps), share: null };
  rows.push({ key, kind: "group", depth: 0, label, step: null, group, extra, open, count: steps.length });
  if (open) for (const step of steps) rows.push(stepRow(index, step, 1, `${key}/`));
}

/** The value of a column in a row; null is "not measured". @param {Row} row @param {string} key */
export function valueIn(row, key) {
  if (row.step && key in row.step) return row.step[key];
  return row.extra[key] ?? null;
}
