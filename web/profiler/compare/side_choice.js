import { plainText } from "../charts/plain_text.js";
import { el } from "../../shared/el.js";

/**
 * One of the two sides: a list of series and runs to choose from.
 * @param {string} name "A" or "B" @param {string} label for screen readers @param {() => void} changed
 */
export function createSideChoice(name, label, changed) {
  const select = el("select", {
    class: "dsg-chart-button dsg-compare-choice",
    "aria-label": label,
    onchange: changed,
  });
  const element = el("label", { class: "dsg-compare-side" }, el("b", {}, name), select);
  let shown = "";
  return {
    element,
    get key() {
      return select.value;
    },
    /** @param {ReturnType<typeof import("./choices.js").choicesOf>} choices @param {string} key */
    update(choices, key) {
      const text = JSON.stringify([choices, key && !find(choices, key) ? key : ""]);
      if (text !== shown) select.replaceChildren(...optionsOf(choices, key));
      shown = text;
      select.value = key;
    },
  };
}

const find = ({ series, runs }, key) => [...series, ...runs].find((one) => one.key === key);

function optionsOf(choices, key) {
  const option = ({ key: value, label, about }) => el("option", { value }, `${label} (${about})`);
  const group = (label, list) => (list.length ? [el("optgroup", { label }, ...list.map(option))] : []);
  const other = key && !find(choices, key) ? [el("option", { value: key }, otherName(key))] : [];
  return [
    el("option", { value: "" }, "Choose…"),
    ...other,
    ...group("Series", choices.series),
    ...group("Runs", choices.runs),
  ];
}

/** Of runs that are not in the list: several, or those that it does not reach. @param {string} key */
export function otherName(key) {
  const [kind, rest] = [key.slice(0, key.indexOf(":")), key.slice(key.indexOf(":") + 1)];
  if (kind === "series") return plainText(rest);
  const ids = rest.split(",");
  return ids.length === 1 ? `Run ${rest}` : `${ids.length} runs`;
}
