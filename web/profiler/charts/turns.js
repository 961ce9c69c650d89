const isTime = (value) => typeof value === "number" && Number.isFinite(value) && value >= 0;

/**
 * When the prompt thread was in a step, in seconds from the start; from its first moment on where no more is known.
 * @param {any} step @returns {[number, number][]}
 */
export function turnsOf(step) {
  const segments = Array.isArray(step.segments) ? step.segments : [];
  const turns = segments
    .filter((span) => Array.isArray(span) && isTime(span[0]) && isTime(span[1]) && span[0] <= span[1])
    .map(([begin, end]) => [begin / 1e9, end / 1e9]);
  if (turns.length || step.is_async || !isTime(step.t_start) || !isTime(step.exec_time)) return turns;
  return [[step.t_start, step.t_start + step.exec_time]];
}
