import { amountText, momentText } from "../format.js";
import { pointWords } from "./history_words.js";
import { valueTicks } from "./value_ticks.js";

const SVG = "http://www.w3.org/2000/svg";
const LEFT = 72;
const RIGHT = 16;
const TOP = 16;
const BOTTOM = 24;
const APART = 40; // px between two points, at most: few runs stay together

/** @param {string} tag @param {Record<string, any>} props @param {...any} children */
export function svg(tag, props = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(props))
    if (value !== null) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/**
 * The picture of a history: scale, spread, sections, points. Text is set as text.
 *
 * @param {ReturnType<typeof import("./history_points.js").historyPoints>} found
 * @param {{width: number, height: number, unit: import("../format.js").Unit, count: number}} look `count` runs in all
 */
export function historyPicture(found, { width, height, unit, count }) {
  const step = Math.min(APART, (width - LEFT - RIGHT - 16) / Math.max(1, count - 1));
  const x = (at) => LEFT + 8 + at * step;
  const share = (value) => Math.min(1, Math.max(0, (value - found.low) / (found.high - found.low)));
  const y = (value) => TOP + (1 - share(value)) * (height - TOP - BOTTOM);
  const right = width - RIGHT;
  const ticks = valueTicks(found.low, found.high, 4, unit).flatMap(({ at, text }) => [
    svg("line", { class: "dsg-history-grid", x1: LEFT, x2: right, y1: crisp(y(at)), y2: crisp(y(at)) }),
    svg(
      "text",
      {
        class: "dsg-history-tick",
        x: LEFT - 8,
        y: y(at),
        "text-anchor": "end",
        "dominant-baseline": "middle",
      },
      text,
    ),
  ]);
  const band = found.whole ? spread("dsg-history-whole", found.whole, LEFT, right, y) : [];
  const sections = found.sections.flatMap((one) => {
    const [from, to] = [x(one.from) - step / 3 - 4, x(one.to) + step / 3 + 4];
    const parts = spread("dsg-history-section", one, from, to, y);
    parts[0].append(svg("title", {}, `${one.name}: ${one.n} runs, median ${amountText(one.median, unit)}`));
    return [...parts, sectionName(one, from, to)];
  });
  const points = found.points.map((point) =>
    pointOf(point, x(point.at), y(point.value), unit, Math.max(2, Math.min(4, step / 2))),
  );
  return { shapes: [...ticks, ...band, ...sections, ...dates(found.points, x, height, right)], points };
}

function sectionName({ name }, from, to) {
  const most = Math.floor((to - from) / 6);
  const text = name.length > most ? `${name.slice(0, Math.max(0, most - 1))}…` : name;
  return svg("text", { class: "dsg-history-tick", x: from, y: TOP + 2 }, most < 4 ? "" : text);
}

const crisp = (value) => Math.round(value) + 0.5;

function spread(name, { q1, q3, median }, from, to, y) {
  const top = y(q3);
  return [
    svg("rect", {
      class: name,
      x: from,
      y: top,
      width: Math.max(1, to - from),
      height: Math.max(1, y(q1) - top),
    }),
    svg("line", { class: `${name}-median`, x1: from, x2: to, y1: crisp(y(median)), y2: crisp(y(median)) }),
  ];
}

function pointOf({ run, value, counted }, x, y, unit, radius) {
  const words = pointWords(run, value, unit);
  const name = [words.name, words.figure, words.when, words.about].filter(Boolean).join(", ");
  return svg(
    "g",
    {
      class: "dsg-history-point",
      role: "option",
      tabindex: -1,
      "aria-label": name,
      "data-run": run.id,
      "data-failed": counted ? null : "",
    },
    svg("circle", { class: "dsg-history-reach", cx: x, cy: y, r: 10 }),
    svg("circle", { class: "dsg-history-dot", cx: x, cy: y, r: radius }),
  );
}

/** When the first and the last were. */
function dates(points, x, height, right) {
  const ends = points.length > 1 ? [points[0], points[points.length - 1]] : points;
  const texts = ends.map((point) => momentText(point.run.timestamp).slice(0, 16));
  const last = x(ends[1]?.at ?? 0);
  const room = ends.length < 2 || last - x(ends[0].at) > 240;
  return texts.slice(0, room ? 2 : 1).map((text, at) => {
    const end = at === 1 && last > right - 60;
    const place = at === 0 ? LEFT : end ? right : last;
    return svg(
      "text",
      {
        class: "dsg-history-tick",
        x: place,
        y: height - 6,
        "text-anchor": at === 0 ? "start" : end ? "end" : "middle",
      },
      text,
    );
  });
}
