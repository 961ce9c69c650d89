/**
 * Which images are picked for an action on several. Immutable: each change is a new value.
 *
 * @typedef {{ids: ReadonlySet<string>, anchor: string | null}} Selection
 */

/** @type {Selection} */
export const NOTHING = { ids: new Set(), anchor: null };

/** @param {Selection} selection @param {string} id @returns {Selection} */
export function toggled({ ids }, id) {
  const next = new Set(ids);
  if (!next.delete(id)) next.add(id);
  return { ids: next, anchor: id };
}

/**
 * Everything from the anchor to `id` joins.
 * @param {Selection} selection
 * @param {string} id
 * @param {string[]} order
 */
export function extended({ ids, anchor }, id, order) {
  const start = order.indexOf(anchor ?? id);
  const end = order.indexOf(id);
  const [from, to] = start < end ? [start, end] : [end, start];
  const between = order.slice(Math.max(0, from), to + 1);
  return { ids: new Set([...ids, ...between]), anchor: anchor ?? id };
}

/** @param {string[]} order @returns {Selection} */
export const everything = (order) => ({ ids: new Set(order), anchor: order[0] ?? null });

/**
 * What is left of it when images went away; the same value when all are there.
 * @param {Selection} selection
 * @param {Set<string>} existing
 */
export function among(selection, existing) {
  const ids = [...selection.ids].filter((id) => existing.has(id));
  if (ids.length === selection.ids.size) return selection;
  return { ids: new Set(ids), anchor: existing.has(selection.anchor ?? "") ? selection.anchor : null };
}

/**
 * What an action on `id` means: the whole selection when `id` is part of it, else `id` alone.
 * @param {Selection} selection
 * @param {string} id
 */
export const meant = ({ ids }, id) => (ids.has(id) ? [...ids] : [id]);
