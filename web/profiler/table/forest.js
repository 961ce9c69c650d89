import { highest, total } from "./rollup.js";

/**
 * Steps as a tree: `12:3` lies in the subgraph `12`, an expanded node in the node that it was made of. A
 * subgraph is no step of its own; it gets a branch that sums up what is in it.
 *
 * @typedef {import("../types.js").Step} Step
 * @typedef {object} Branch
 * @property {string} id
 * @property {Step | null} step null for a subgraph
 * @property {Branch[]} children
 * @property {number | null} time own times of all in it, seconds
 * @property {number} count steps in it, itself included
 *
 * @param {Step[]} steps @returns {Branch[]} the roots, in the order of the steps
 */
export function forestOf(steps) {
  /** @type {Map<string, Branch>} */
  const branches = new Map();
  for (const step of steps) branches.set(step.node_id, branch(step.node_id, step));
  const roots = [];
  const placed = new Set();
  const place = (found) => {
    if (placed.has(found.id)) return;
    placed.add(found.id);
    const id = holderOf(found);
    if (id === null) return void roots.push(found);
    let holder = branches.get(id);
    if (!holder) branches.set(id, (holder = branch(id, null)));
    place(holder);
    if (isInside(found, holder)) roots.push(found);
    else holder.children.push(found);
  };
  for (const step of steps) place(branches.get(step.node_id));
  for (const root of roots) sumUp(root);
  return roots;
}

const branch = (id, step) => ({ id, step, children: [], time: null, count: 0 });

/** What a node lies in, or was made of. @param {Branch} branch @returns {string | null} */
function holderOf({ id, step }) {
  const made = step?.parent_id;
  if (typeof made === "string" && made && made !== id) return made;
  const at = id.lastIndexOf(":");
  return at > 0 ? id.slice(0, at) : null;
}

/** Two nodes that name each other as parent would never end. */
function isInside(branch, other) {
  return other === branch || branch.children.some((child) => isInside(child, other));
}

function sumUp(root) {
  for (const child of root.children) sumUp(child);
  root.time = total([root.step?.exec_time, ...root.children.map((child) => child.time)]);
  root.count = (root.step ? 1 : 0) + root.children.reduce((sum, child) => sum + child.count, 0);
}

/** All steps in a branch, itself included. @param {Branch} root @returns {Step[]} */
export function stepsIn(root) {
  const inside = root.children.flatMap(stepsIn);
  return root.step ? [root.step, ...inside] : inside;
}

/** The peak of a column in a branch. @param {Branch} root @param {string} key */
export const peakIn = (root, key) => highest(stepsIn(root).map((step) => step[key]));
