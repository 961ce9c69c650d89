import { countOf } from "../../shared/count_of.js";
import { el } from "../../shared/el.js";
import { icon } from "../../shared/icon.js";
import { iconButton } from "../../shared/icon_button.js";
import { openMenu } from "../../shared/menu.js";
import { setAttribute } from "../../shared/set_attribute.js";
import { setText } from "../../shared/set_text.js";
import { amountText, DASH, memoryText, momentText, percentText, reasonText, secondsText } from "../format.js";
import { runName } from "../profiler_actions.js";
import { editText } from "../edit_text.js";
import { slowestOf } from "../table/rollup.js";
import { titleOf } from "../table/rows.js";

const LEDGER = [
  ["nodes_time", "Nodes", "Own time of all nodes on ComfyUI's thread"],
  ["async_idle", "Waiting", "Waiting for async nodes alone"],
  ["framework_time", "ComfyUI", "The rest: ComfyUI's own work between nodes"],
];

/**
 * What a run was, at a glance: its name, the slowest node, where its time went, its peaks.
 *
 * @param {HTMLElement} element
 * @param {import("../profiler_view.js").Inside} inside
 * @returns {import("../types.js").View<import("../profiler_model.js").State>}
 */
export function createRunHead(element, { model, actions }) {
  const name = el("button", {
    type: "button",
    class: "dsg-head-name",
    title: "Rename",
    data: { do: "rename" },
  });
  const state = el("span", { class: "dsg-badge" });
  const when = el("span", { class: "dsg-muted dsg-head-when" });
  const more = iconButton("more", "More on this run", () => openMenu(menu(), below(), "Run"), {
    "aria-haspopup": "menu",
    data: { do: "run-menu" },
  });
  const title = el(
    "div",
    { class: "dsg-head-title" },
    name,
    state,
    when,
    el("span", { class: "dsg-gap" }),
    more,
  );
  const slowest = el("button", { type: "button", class: "dsg-slowest", data: { do: "slowest" } });
  const facts = el("dl", { class: "dsg-facts-list" });
  const ledger = el(
    "div",
    { class: "dsg-ledger", role: "img" },
    ...LEDGER.map(([key]) => el("span", { data: { part: key } })),
  );
  const warning = el("p", { class: "dsg-head-warning" });
  const hint = el("p", { class: "dsg-head-hint" });
  const comment = el("button", { type: "button", class: "dsg-head-comment", data: { do: "comment-run" } });
  element.append(
    title,
    slowest,
    facts,
    ledger,
    warning,
    hint,
    el("div", { class: "dsg-head-words" }, comment),
  );
  let run = null;

  name.addEventListener("click", () => {
    if (run?.id)
      editText(
        title,
        run.name,
        "Name of the run",
        (text) => void actions.changeRun(run, { name: text.trim() }),
        { back: name },
      );
  });
  comment.addEventListener("click", () => {
    const keep = (text) => void actions.changeRun(run, { comment: text });
    if (run?.id)
      editText(comment.parentElement, run.global_comment ?? "", "Comment on the run", keep, {
        long: true,
        back: comment,
      });
  });
  slowest.addEventListener("click", () => model.select(slowest.dataset.node || null));

  const below = () => {
    const { right, bottom } = more.getBoundingClientRect();
    return { x: right - 180, y: bottom + 4 };
  };
  const menu = () => [
    { label: "Rename…", icon: "pen", run: () => name.click() },
    { label: "Comment…", icon: "pen", run: () => comment.click() },
    null,
    { label: "Export as CSV", icon: "download", run: () => void actions.exportRun(run, "csv") },
    {
      label: "Export as JSON",
      icon: "download",
      hint: "can be imported",
      run: () => void actions.exportRun(run, "json"),
    },
    {
      label: "Export as trace",
      icon: "download",
      hint: "Perfetto",
      run: () => void actions.exportRun(run, "chrome"),
    },
    null,
    { label: "Delete run", icon: "trash", run: () => void actions.deleteRun(run) },
  ];

  function updateSlowest(steps) {
    const found = slowestOf(steps, run.total_time);
    slowest.hidden = !found;
    if (!found) return;
    slowest.dataset.node = found.step.node_id;
    const share = found.share === null ? "" : `, ${percentText(found.share)} of the run`;
    const isLive = run.status === "running";
    const texts = [
      isLive ? "Slowest so far" : "Slowest",
      titleOf(found.step),
      `${secondsText(found.step.exec_time)}${share}`,
    ];
    if (slowest.childElementCount !== 4)
      slowest.replaceChildren(
        icon("gauge"),
        el("span", { class: "dsg-muted" }),
        el("strong", {}),
        el("span", { class: "dsg-figure" }),
      );
    for (const [at, text] of texts.entries()) setText(slowest.children[at + 1], text);
    setAttribute(slowest, "title", `#${found.step.node_id} ${found.step.node_type ?? ""}`);
  }

  function updateFacts(steps) {
    const ran = run.executed_count ?? steps.filter(({ status }) => status === "executed").length;
    const cached = run.cached_count ?? steps.filter(({ status }) => status === "cached").length;
    const list = [
      [
        "Total",
        secondsText(run.total_time),
        run.total_time === null
          ? "Known when the run has ended."
          : "From the first to the last moment of the prompt",
      ],
      ...LEDGER.map(([key, label, about]) => [label, secondsText(run[key]), about]),
      [
        "VRAM peak",
        memoryText(run.vram_peak),
        known(run, "vram_peak", "vram_max", [run.vram_source, run.device]),
      ],
      ["RAM peak", memoryText(run.ram_peak), known(run, "ram_peak", "ram_max", [run.ram_source])],
      ["Ran", amountText(ran, "count"), `${countOf(ran, "node")} ran`],
      ["Cached", amountText(cached, "count"), `${countOf(cached, "node")} whose result was there`],
      ["Own cost", amountText(run.overhead_ns, "ns"), "Time of the profiler's own code on ComfyUI's thread"],
    ];
    if (facts.childElementCount !== list.length)
      facts.replaceChildren(...list.map(() => el("div", {}, el("dt", {}), el("dd", {}))));
    for (const [at, [label, text, about]] of list.entries()) {
      const [dt, dd] = facts.children[at].children;
      setText(dt, label);
      setText(dd, text);
      setAttribute(facts.children[at], "title", about);
    }
  }

  function updateLedger() {
    const parts = LEDGER.map(([key]) => Math.max(0, run[key] ?? 0));
    const all = parts.reduce((sum, part) => sum + part, 0);
    ledger.hidden = !all;
    for (const [at, part] of parts.entries())
      ledger.children[at].style.flexGrow = String(all ? part / all : 0);
    const text = LEDGER.map(([key, label]) => `${label} ${secondsText(run[key])}`).join(", ");
    setAttribute(ledger, "aria-label", text);
    setAttribute(ledger, "title", text);
  }

  return {
    update({ open }) {
      element.hidden = !open;
      if (!open) return;
      run = open.run;
      setText(name, runName(run));
      name.disabled = !run.id;
      setText(state, run.status);
      setAttribute(state, "data-status", run.status);
      const words = whenOf(run);
      setText(when, words);
      setAttribute(when, "title", words);
      more.hidden = !run.id || run.status === "running";
      updateSlowest(open.steps);
      updateFacts(open.steps);
      updateLedger();
      setText(warning, warningOf(run));
      warning.hidden = !warning.textContent;
      setText(hint, hintOf(run));
      hint.hidden = !hint.textContent;
      setText(comment, run.global_comment || "Add a comment");
      setAttribute(comment, "data-empty", !run.global_comment);
      comment.disabled = !run.id;
    },
    destroy() {},
  };
}

function whenOf({ timestamp, mode, series }) {
  const parts = [momentText(timestamp), mode !== "natural" && mode, series && `series ${series}`];
  return parts.filter((part) => part && part !== DASH).join(" · ");
}

/** How something was measured, or why it was not. */
function known(run, key, column, sources) {
  if (run[key] !== null && run[key] !== undefined) return sources.filter(Boolean).join(", ");
  return run.status === "running"
    ? "Known when the run has ended."
    : reasonText(run.unmeasured, run.unmeasured?.[key] ? key : column);
}

/** The most common surprise: a second run measures next to nothing. */
function hintOf({ mode, status, cached_count: cached, executed_count: ran }) {
  if (status !== "success" || mode !== "natural" || !cached || cached < ran) return "";
  return `${countOf(cached, "node")} ${cached === 1 ? "was" : "were"} cached and not measured. Choose Warm to have them run again.`;
}

function warningOf(run) {
  const parts = [];
  if (run.error) parts.push(run.error);
  if (run.expected_hash && run.expected_hash !== run.workflow_hash)
    parts.push("Forced: the workflow was not the one of the reference.");
  return parts.join(" ");
}
