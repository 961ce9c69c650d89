/**
 * The order after moving some ids, kept together in their present order, to stand before what is now at
 * `position`.
 *
 * @param {string[]} order @param {Iterable<string>} ids @param {number} position 0 to order.length
 * @returns {string[]} the same array when nothing moves
 */
export function movedOrder(order, ids, position) {
  const moving = new Set(ids);
  const picked = order.filter((id) => moving.has(id));
  const before = order.slice(0, position).filter((id) => !moving.has(id));
  const after = order.slice(position).filter((id) => !moving.has(id));
  const moved = [...before, ...picked, ...after];
  return moved.every((id, at) => id === order[at]) ? order : moved;
}
