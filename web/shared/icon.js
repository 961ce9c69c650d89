const SVG = "http://www.w3.org/2000/svg";

/** Outlines on a 16 px grid, stroked in the text's colour. */
const PATHS = {
  plus: ["M8 3v10M3 8h10"],
  close: ["M4 4l8 8M12 4l-8 8"],
  check: ["M3 8.5l3.2 3.2L13 5"],
  more: [
    "M2.9 8a.6.6 0 101.2 0 .6.6 0 10-1.2 0M7.4 8a.6.6 0 101.2 0 .6.6 0 10-1.2 0M11.9 8a.6.6 0 101.2 0 .6.6 0 10-1.2 0",
  ],
  trash: ["M3 4.5h10M6.5 4.5V3h3v1.5M4.5 4.5l.5 8.5h6l.5-8.5M6.8 7v3.5M9.2 7v3.5"],
  brush: [
    "M13 3L7 9M7 9c-1.6-.4-3 .6-3.1 2.2C3.8 12.3 3 13 2.5 13.3c2 .5 5.3.3 5.9-2.1.2-.9-.4-1.9-1.4-2.2z",
  ],
  eraser: [
    "M6.5 12.5L2.8 8.8a1 1 0 010-1.4l4.6-4.6a1 1 0 011.4 0l3.4 3.4a1 1 0 010 1.4l-4.9 4.9zM4.8 6.2l5 5M6 13h7.5",
  ],
  upload: ["M8 10.5V3M5 6l3-3 3 3M3 10v3h10v-3"],
  download: ["M8 3v7.5M5 7.5l3 3 3-3M3 10v3h10v-3"],
  pen: ["M10.5 3.5l2 2L6 12l-2.7.7L4 10zM9 5l2 2"],
  copy: ["M6 6h7v7H6zM10 6V3H3v7h3"],
  undo: ["M6 4L3 7l3 3M3 7h6.5a3 3 0 010 6H7"],
  redo: ["M10 4l3 3-3 3M13 7H6.5a3 3 0 000 6H9"],
  invert: ["M8 2.5a5.5 5.5 0 100 11 5.5 5.5 0 000-11zM8 2.5v11M8 5h3.5M8 8h5M8 11h3.5"],
  fit: ["M3 6V3h3M10 3h3v3M13 10v3h-3M6 13H3v-3"],
  left: ["M10 3L5 8l5 5"],
  right: ["M6 3l5 5-5 5"],
  image: ["M2.5 3.5h11v9h-11zM2.5 10.5l3-3 2.5 2.5 2-2 3.5 3.5M10.5 6h.01"],
  warning: ["M8 2.5l6 10.5H2zM8 6.5v3M8 11.3h.01"],
  info: ["M8 2.5a5.5 5.5 0 100 11 5.5 5.5 0 000-11zM8 7.5v3.2M8 5.3h.01"],
  colour: ["M8 2.5c2.5 3 4 5 4 7a4 4 0 01-8 0c0-2 1.5-4 4-7zM8 11.5a2 2 0 002-2"],
  link: ["M6.5 9.5l3-3M7 5l1.5-1.5a2.5 2.5 0 013.5 3.5L10.5 8.5M9 11l-1.5 1.5A2.5 2.5 0 014 9l1.5-1.5"],
  clear: ["M2.5 3.5h11v9h-11zM6 6l4 4M10 6l-4 4"],
  columns: ["M2.5 3h11v10h-11zM6.2 3v10M9.8 3v10"],
  play: ["M5 3.2v9.6L13 8z"],
  stop: ["M4.5 4.5h7v7h-7z"],
  window: ["M9 3h4v4M13 3L8 8M7 4H3v9h9V9"],
  refresh: ["M13 3v3.5H9.5M12.7 6.5A5 5 0 103 9.5"],
  gauge: ["M3.3 12a6 6 0 119.4 0M8 9.5l2.5-3.5"],
  restore: ["M3 3v3.5h3.5M3.3 6.5A5 5 0 113 9M8 5.5V8l2 1.3"],
};

/** @typedef {keyof typeof PATHS} IconName */

/**
 * A decoration beside or inside something that already has a name; screen readers skip it.
 * @param {IconName} name
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", "dsg-icon");
  svg.setAttribute("aria-hidden", "true");
  for (const path of PATHS[name]) {
    const shape = document.createElementNS(SVG, "path");
    shape.setAttribute("d", path);
    svg.append(shape);
  }
  return svg;
}
