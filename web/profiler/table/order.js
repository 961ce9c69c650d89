/** Sorting by true values: numbers as numbers, ids as people count, what was not measured always last. */

const NATURAL = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/**
 * @template T
 * @param {T[]} items @param {(item: T) => any} valueOf @param {"up" | "down"} direction
 * @returns {T[]} a new list; what is equal stays in its order
 */
export function ordered(items, valueOf, direction) {
  const sign = direction === "down" ? -1 : 1;
  const keyed = items.map((item, at) => ({ item, at, value: keyOf(valueOf(item)) }));
  keyed.sort((one, other) => {
    if (one.value === null || other.value === null)
      return (one.value === null) - (other.value === null) || one.at - other.at;
    return sign * compare(one.value, other.value) || one.at - other.at;
  });
  return keyed.map(({ item }) => item);
}

function keyOf(value) {
  if (value === undefined || value === null || value === "") return null;
  return typeof value === "number" && Number.isNaN(value) ? null : value;
}

function compare(one, other) {
  if (typeof one === "number" && typeof other === "number") return one - other;
  return NATURAL.compare(String(one), String(other));
}
