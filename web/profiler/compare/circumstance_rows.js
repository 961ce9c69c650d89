import { plainText } from "../charts/plain_text.js";

const KINDS = { environment: "Environment", pool: "Pool", input: "Input", workflow: "Workflow" };
const CHANGES = { renamed: "title", retyped: "class", rewired: "links" };

/**
 * What else was different, as lines of a table. What differs within one side too, as a seed does, comes last. Pure.
 *
 * @param {any} answer of the server
 * @returns {{kind: string, name: string, a: string, b: string, varies: boolean}[]}
 */
export function circumstanceRows(answer) {
  const titles = new Map(
    (answer.nodes ?? []).map(({ node }) => [
      node.a ?? node.b,
      `${node.title || node.node_type} (${node.a ?? node.b})`,
    ]),
  );
  const differing = (answer.differing ?? []).map(({ kind, name, a, b, node, varies }) => ({
    kind: KINDS[kind] ?? kind,
    name: node === null || node === undefined ? nameOf(kind, name) : `${titles.get(node) ?? node}, ${name}`,
    a: a.map((value) => shortened(value)).join(", ") || "none",
    b: b.map((value) => shortened(value)).join(", ") || "none",
    varies: Boolean(varies),
  }));
  const rows = [...differing, ...structureRows(answer.structure)];
  const plain = rows.map((row) => ({
    ...row,
    name: plainText(row.name),
    a: plainText(row.a),
    b: plainText(row.b),
  }));
  return [...plain.filter((row) => !row.varies), ...plain.filter((row) => row.varies)];
}

const nameOf = (kind, name) => (kind === "workflow" ? "ids, classes, titles and links" : name);
const shortened = (value) => (/^[0-9a-f]{40,}$/.test(value) ? `${value.slice(0, 10)}…` : value);

function structureRows(structure) {
  if (!structure) return [];
  const node = ({ id, class_type: type, title }) => `${title || type} (${id})`;
  const row = (name, a, b) => ({ kind: "Workflow", name, a, b, varies: false });
  return [
    ...structure.added.map((one) => row(node(one), "not there", "added")),
    ...structure.removed.map((one) => row(node(one), "there", "removed")),
    ...structure.changed.map(({ id, kind, before, after }) =>
      row(`Node ${id}, ${CHANGES[kind] ?? kind}`, textOf(before), textOf(after)),
    ),
  ];
}

function textOf(value) {
  if (value === null || value === undefined) return "none";
  if (typeof value === "string") return value;
  if (Array.isArray(value))
    return (
      value.map((link) => (Array.isArray(link) ? `${link[0]} from ${link[1]}` : String(link))).join(", ") ||
      "none"
    );
  return JSON.stringify(value);
}
