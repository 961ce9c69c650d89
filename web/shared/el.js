/**
 * `el("button", { class: "dsg-button", title: "Rename", onclick: rename }, icon("pen"))`
 *
 * Text is always text: nothing here ever parses markup, so a label or a file name cannot become an element.
 *
 * @param {string} tag
 * @param {Record<string, any>} [props] `on…` functions become listeners, `data`/`style` objects spread, `false` and null are left out
 * @param {...(Node | string | null | undefined | false)} children
 * @returns {any}
 */
export function el(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) setProp(element, name, value);
  for (const child of children)
    if (child !== null && child !== undefined && child !== false) element.append(child);
  return element;
}

function setProp(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name.startsWith("on") && typeof value === "function") element.addEventListener(name.slice(2), value);
  else if (name === "style" || name === "data") setEach(element, name, value);
  else if (name === "value" || name === "checked" || name === "disabled") element[name] = value;
  else element.setAttribute(name, value === true ? "" : String(value));
}

function setEach(element, name, values) {
  for (const [key, value] of Object.entries(values)) {
    if (name === "data") element.dataset[key] = String(value);
    else element.style.setProperty(key, String(value));
  }
}
