import { el } from "../../shared/el.js";
import { amountText, DASH, memoryText, reasonText, secondsText } from "../format.js";
import { COLUMNS } from "../table/columns.js";
import { titleOf } from "../table/rows.js";

const MOST_PACKAGES = 400;
const SHORT_LIST = 6;

/**
 * Everything else that is known of a run: one step with its inputs as they ran, what was not measured and why,
 * and what the run ran in.
 *
 * @param {HTMLElement} element
 * @returns {import("../types.js").View<import("../profiler_model.js").State>}
 */
export function createDetailsView(element) {
  element.classList.add("dsg-details");
  let drawn = [];
  return {
    update({ open, selected, status }) {
      const parts = [open?.run, open?.steps, selected, status];
      if (parts.every((part, at) => part === drawn[at])) return;
      drawn = parts;
      if (!open) return element.replaceChildren();
      const step = open.steps.find(({ node_id: id }) => id === selected) ?? null;
      const sections = [
        stepSection(step, open.run),
        missingSection(open.run, status),
        ...surroundings(open.run),
      ];
      element.replaceChildren(...sections.filter(Boolean));
    },
    destroy: () => element.replaceChildren(),
  };
}

const section = (title, ...children) =>
  el("section", { class: "dsg-details-part" }, el("h3", { class: "dsg-details-title" }, title), ...children);

/** @param {[string, string | string[], string?][]} pairs a list is folded */
const pairsOf = (pairs) =>
  el(
    "dl",
    { class: "dsg-pairs" },
    ...pairs.flatMap(([name, value, title]) => [
      el("dt", {}, name),
      el("dd", { title: title ?? null }, Array.isArray(value) ? foldedList(value) : value),
    ]),
  );

const foldedList = (values) =>
  el(
    "details",
    {},
    el("summary", {}, `${values.length}`),
    ...values.map((one) => el("div", {}, valueText(one))),
  );

function stepSection(step, run) {
  if (!step)
    return section(
      "Node",
      el(
        "p",
        { class: "dsg-muted" },
        "Choose a node in the table to see its inputs as they ran and all that was measured.",
      ),
    );
  const measured = COLUMNS.filter(({ key, unit }) => unit && key in step).map(
    ({ key, label, unit, title }) => {
      const text = amountText(step[key], unit);
      return [label, text, text === DASH ? reasonText(run.unmeasured, key) : title];
    },
  );
  const inputs = Object.entries(step.inputs ?? {}).map(([name, value]) => [name, valueText(value)]);
  const calls =
    Array.isArray(step.items) && step.items.length > 1 ? [["Each call", callsText(step.items)]] : [];
  return el(
    "div",
    { class: "dsg-details-step" },
    section(
      `${titleOf(step)} #${step.node_id}`,
      pairsOf([["Class", step.node_type ?? DASH], ["Status", step.status], ...measured, ...calls]),
    ),
    section(
      "Inputs as they ran",
      inputs.length ? pairsOf(inputs) : el("p", { class: "dsg-muted" }, "None were kept."),
    ),
  );
}

const callsText = (items) =>
  items
    .slice(0, 20)
    .map((ns) => secondsText(ns / 1e9))
    .join(", ") + (items.length > 20 ? ", …" : "");

const valueText = (value) =>
  value !== null && typeof value === "object" ? JSON.stringify(value) : String(value);

function missingSection(run, status) {
  const columns = Object.keys(run.unmeasured ?? {});
  const reasons = new Map();
  for (const column of columns) {
    const reason = reasonText(run.unmeasured, column);
    reasons.set(reason, [...(reasons.get(reason) ?? []), column]);
  }
  const hints = (status?.sources ?? []).filter(({ source, hint }) => !source && hint);
  if (!reasons.size && !hints.length) return null;
  const items = [...reasons].map(([reason, names]) => {
    const [why, install] = reason.split("\n");
    return el(
      "li",
      {},
      el("strong", {}, names.map(labelOf).join(", ")),
      ` ${why}`,
      install ? el("code", {}, install) : null,
    );
  });
  const more = hints.map(({ quantity, why, hint }) =>
    el("li", {}, el("strong", {}, quantity), ` ${why ?? ""} `, el("code", {}, hint)),
  );
  return section("Not measured", el("ul", { class: "dsg-missing" }, ...items, ...(items.length ? [] : more)));
}

const labelOf = (key) =>
  COLUMNS.find((column) => column.key === key)?.label ?? (key === "*" ? "The run" : key);

function surroundings(run) {
  const environment = flattened(run.environment ?? {});
  const own = [
    ["Device", run.device ?? DASH],
    ["Memory told by", run.vram_source ?? DASH],
    ["Nodes watched by", run.hook_tier ?? DASH],
    ["Sampled every", run.sampler_ms ? `${run.sampler_ms} ms` : DASH],
    ["Sampler's cost", secondsText(run.sampler_cpu)],
    ["torch peak", memoryText(run.torch_peak)],
    ["Energy", amountText(run.energy_mj, "mJ")],
    ["Waited in the queue", secondsText(run.queue_wait)],
    ["Workflow", run.workflow_hash?.slice(0, 16) ?? DASH, run.workflow_hash ?? ""],
  ];
  if (run.expected_hash) own.push(["Reference", run.expected_hash.slice(0, 16), run.expected_hash]);
  const pools = Object.entries(run.pools ?? {}).map(([id, print]) => [id, valueText(print)]);
  return [
    section("How it was measured", pairsOf(own)),
    pools.length ? section("Pools it used", pairsOf(pools)) : null,
    environment.length ? section("What it ran in", pairsOf(environment)) : null,
  ];
}

function flattened(value, prefix = "") {
  const found = [];
  for (const [key, one] of Object.entries(value)) {
    const name = prefix ? `${prefix} ${key}` : key;
    if (one !== null && typeof one === "object" && !Array.isArray(one)) found.push(...flattened(one, name));
    else if (Array.isArray(one) && one.length > SHORT_LIST) found.push([name, one]);
    else
      found.push([
        name,
        one === null ? DASH : Array.isArray(one) ? one.map(valueText).join(", ") || "none" : valueText(one),
      ]);
  }
  return found.slice(0, MOST_PACKAGES);
}
