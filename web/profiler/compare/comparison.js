import { addStylesheet } from "../../shared/add_stylesheet.js";
import { el } from "../../shared/el.js";
import { choicesOf, keyOf, likelySides } from "./choices.js";
import { createComparisonResult } from "./comparison_result.js";
import { createSideChoice, otherName } from "./side_choice.js";

const SHOW_WAIT = 300; // ms before it is said that something is under way

/**
 * Any two runs or series against each other. The server compares and judges; this only shows what it says.
 *
 * @param {HTMLElement} element
 * @param {Pick<import("../types.js").Services, "routes"> & {select?: (nodeId: string | null) => void}} services
 * @returns {import("../types.js").View<import("../types.js").ComparisonData>}
 */
export function createComparison(element, services) {
  addStylesheet(new URL("../charts/charts.css", import.meta.url));
  addStylesheet(new URL("./compare.css", import.meta.url));
  const view = new Comparison(element, services);
  return { update: (data) => view.update(data), destroy: () => view.destroy() };
}

class Comparison {
  #services;
  #choices = choicesOf([]);
  #given = "";
  #asked = "";
  #force = false;
  #turn = 0;
  #wait = 0;

  constructor(element, services) {
    this.#services = services;
    const changed = () => this.#ask(false);
    this.a = createSideChoice("A", "A, what it was", changed);
    this.b = createSideChoice("B", "B, what it is now", changed);
    const swap = el(
      "button",
      {
        type: "button",
        class: "dsg-chart-button",
        title: "Put A in the place of B, and B in that of A",
        onclick: () => this.#swap(),
      },
      "Swap",
    );
    this.head = el("div", { class: "dsg-chart-head" }, this.a.element, this.b.element, swap);
    this.note = el("p", { class: "dsg-chart-empty", role: "status" });
    this.retry = el(
      "button",
      {
        type: "button",
        class: "dsg-chart-button",
        hidden: true,
        onclick: () => this.#ask(this.#force, true),
      },
      "Compare again",
    );
    this.result = createComparisonResult({
      select: (id) => services.select?.(id),
      force: () => this.#ask(true),
    });
    this.root = el(
      "div",
      { class: "dsg-chart dsg-compare" },
      this.head,
      this.note,
      this.retry,
      this.result.element,
    );
    element.append(this.root);
    this.#say("");
  }

  /** @param {import("../types.js").ComparisonData} data */
  update({ runs, a, b }) {
    this.#choices = choicesOf(runs);
    const likely = a && b ? { a, b } : likelySides(runs);
    const given = `${keyOf(a)}|${keyOf(b)}`;
    const other = given !== this.#given;
    this.#given = given;
    const key = (side, mine, theirs) => (other || !mine ? keyOf(side ?? theirs) : mine);
    this.#show(key(a, this.a.key, likely.a), key(b, this.b.key, likely.b));
    this.#ask(other ? false : this.#force);
  }

  destroy() {
    this.#turn += 1;
    clearTimeout(this.#wait);
    this.result.destroy();
    this.root.remove();
  }

  #show(a, b) {
    this.a.update(this.#choices, a);
    this.b.update(this.#choices, b);
  }

  #swap() {
    this.#show(this.b.key, this.a.key);
    this.#ask(false);
  }

  /** What was asked already is not asked again. */
  async #ask(force, again = false) {
    const [a, b] = [sideOf(this.a.key), sideOf(this.b.key)];
    const asked = a && b ? JSON.stringify([a, b, force]) : "";
    if (asked === this.#asked && !again && asked) return;
    this.#asked = asked;
    this.#force = force;
    const turn = (this.#turn += 1);
    clearTimeout(this.#wait);
    if (!asked) return this.#say(EMPTY);
    if (this.a.key === this.b.key)
      return this.#say("A and B are the same. Choose another run or series for one of them.");
    this.#wait = setTimeout(() => this.#say("Comparing…"), SHOW_WAIT);
    try {
      const answer = await this.#services.routes.compare({ a, b, force });
      if (turn !== this.#turn) return;
      this.#say("");
      this.result.element.hidden = false;
      this.result.update(answer, { a: this.#name(this.a.key), b: this.#name(this.b.key), forced: force });
    } catch (error) {
      if (turn === this.#turn) this.#say(error.message, true);
    } finally {
      if (turn === this.#turn) clearTimeout(this.#wait);
    }
  }

  #say(text, failed = false) {
    this.note.hidden = !text;
    this.note.textContent = text;
    this.retry.hidden = !failed;
    this.result.element.hidden = true;
  }

  #name(key) {
    return (
      [...this.#choices.series, ...this.#choices.runs].find((one) => one.key === key)?.label ?? otherName(key)
    );
  }
}

const EMPTY =
  "Two runs, or two series of runs, are compared here, node by node. Choose both; series tell more than single runs.";

/** @returns {import("./choices.js").Side | null} */
function sideOf(key) {
  if (!key) return null;
  const rest = key.slice(key.indexOf(":") + 1);
  return key.startsWith("series:") ? { series: rest } : { runs: rest.split(",").map(Number) };
}
