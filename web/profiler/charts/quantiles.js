/**
 * Median, quarters and extremes of values, between neighbours where a quarter falls between two. Pure.
 * @param {number[]} values
 * @returns {{n: number, median: number, q1: number, q3: number, min: number, max: number} | null}
 */
export function quantiles(values) {
  const sorted = values.filter((value) => Number.isFinite(value)).sort((a, b) => a - b);
  if (!sorted.length) return null;
  const at = (share) => {
    const place = share * (sorted.length - 1);
    const low = Math.floor(place);
    return sorted[low] + (place - low) * ((sorted[low + 1] ?? sorted[low]) - sorted[low]);
  };
  const last = sorted.length - 1;
  return { n: sorted.length, median: at(0.5), q1: at(0.25), q3: at(0.75), min: sorted[0], max: sorted[last] };
}
