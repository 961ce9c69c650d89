/**
 * What an answer of the server changes in the pool that we hold. Each takes the present state and the
 * answer and
 * gives the new state; slots that stayed keep their identity, so that a view can see what to touch.
 *
 * @typedef {import("../shared/types.js").Slot} Slot
 * @typedef {{slots: Slot[], active: number, count: number, revision: number, trash: number}} Pool
 */

/** @param {Pool} pool @param {{added: Slot[], active: number, revision: number}} answer @returns {Pool} */
export const withAdded = (pool, answer) => settled(pool, [...pool.slots, ...answer.added], answer);

/**
 * @param {Pool} pool
 * @param {{removed: string[], active: number, revision: number}} answer
 * @returns {Pool}
 */
export function withoutRemoved(pool, answer) {
  const gone = new Set(answer.removed);
  const slots = pool.slots.filter((slot) => !gone.has(slot.id));
  return { ...settled(pool, slots, answer), trash: pool.trash + answer.removed.length };
}

/** @param {Pool} pool @param {{slot: Slot, active: number, revision: number}} answer @returns {Pool} */
export function withSlot(pool, answer) {
  const before = pool.slots.find((slot) => slot.id === answer.slot.id);
  const slots = pool.slots.map((slot) => (slot === before ? answer.slot : slot));
  return { ...settled(pool, slots, answer), trash: pool.trash + discarded(before, answer.slot) };
}

/** How many items a change of one slot sends to the trash: its old image, or its old mask. */
function discarded(before, after) {
  if (!before) return 0;
  const lost = before.image !== after.image || (before.mask !== null && before.mask !== after.mask);
  return lost ? 1 : 0;
}

/** @param {Pool} pool @param {{active: number, revision: number}} answer @returns {Pool} */
export const withActive = (pool, answer) => settled(pool, pool.slots, answer);

/** @param {Pool} pool @param {{order: string[], active: number, revision: number}} answer @returns {Pool} */
export function withOrder(pool, answer) {
  const byId = new Map(pool.slots.map((slot) => [slot.id, slot]));
  return settled(pool, answer.order.map((id) => byId.get(id)).filter(Boolean), answer);
}

function settled(pool, slots, { active, revision }) {
  return { ...pool, slots, active, revision, count: slots.length };
}
