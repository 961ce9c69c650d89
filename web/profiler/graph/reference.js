/**
 * The reference that "Update Nodes" keeps, and how the workflow of now differs from it. The same as the server
 * does: ids, classes, titles and links count, values do not.
 *
 * @typedef {{id: string, type: string, title: string | null, links: string[]}} ReferenceNode
 * @typedef {{id: string, title: string | null, type: string, what?: string[]}} Named
 * @typedef {{added: Named[], removed: Named[], changed: Named[]}} Differences
 *
 * @param {Record<string, any>} prompt in API format @returns {ReferenceNode[]}
 */
export function referenceOf(prompt) {
  return Object.entries(prompt).map(([id, { class_type, _meta, inputs }]) => ({
    id,
    type: class_type,
    title: _meta?.title && _meta.title !== class_type ? _meta.title : null,
    links: linksOf(inputs ?? {}),
  }));
}

function linksOf(inputs) {
  const links = Object.entries(inputs).filter(([, value]) => isLink(value));
  return links.map(([name, [source, slot]]) => `${name}=${source}.${slot}`).sort();
}

const isLink = (value) => Array.isArray(value) && value.length === 2 && Number.isInteger(value[1]);

/** @param {ReferenceNode[]} before @param {ReferenceNode[]} after @returns {Differences | null} null when they are the same */
export function differences(before, after) {
  const old = new Map(before.map((node) => [node.id, node]));
  const now = new Map(after.map((node) => [node.id, node]));
  const added = after.filter(({ id }) => !old.has(id)).map(named);
  const removed = before.filter(({ id }) => !now.has(id)).map(named);
  const changed = after
    .filter(({ id }) => old.has(id))
    .map((node) => ({ ...named(node), what: changes(old.get(node.id), node) }))
    .filter(({ what }) => what.length);
  return added.length || removed.length || changed.length ? { added, removed, changed } : null;
}

const named = ({ id, title, type }) => ({ id, title, type });

function changes(old, now) {
  const what = [];
  if (old.type !== now.type) what.push("type");
  if (old.title !== now.title) what.push("title");
  if (old.links.join("\n") !== now.links.join("\n")) what.push("links");
  return what;
}

const KEY = "dataset_gates.profiler.reference";

/**
 * The reference of this browser. The server keeps its own, for all browsers, and looks again.
 * @param {Pick<Storage, "getItem" | "setItem" | "removeItem">} storage
 */
export function createReference(storage) {
  const read = () => {
    try {
      const kept = JSON.parse(storage.getItem(KEY) ?? "null");
      return Array.isArray(kept?.nodes) ? kept : null;
    } catch {
      return null;
    }
  };
  return {
    /** @param {Record<string, any>} prompt @param {string} hash that the server gave it */
    keep(prompt, hash) {
      try {
        storage.setItem(KEY, JSON.stringify({ hash, nodes: referenceOf(prompt) }));
      } catch {
        storage.removeItem(KEY); // too large for the browser: the server's look is enough
      }
    },
    /**
     * @param {Record<string, any>} prompt @param {string | null} serverHash null when it is not known here
     * @returns {Differences | null} null when nothing differs, or when the server's reference is another one
     */
    check(prompt, serverHash = null) {
      const kept = read();
      if (!kept || (serverHash && kept.hash !== serverHash)) return null;
      return differences(kept.nodes, referenceOf(prompt));
    },
  };
}
