import { countOf } from "../../shared/count_of.js";
import { el } from "../../shared/el.js";
import { icon } from "../../shared/icon.js";
import { iconButton } from "../../shared/icon_button.js";
import { openMenu } from "../../shared/menu.js";
import { setAttribute } from "../../shared/set_attribute.js";
import { setText } from "../../shared/set_text.js";
import { agoText, momentText, secondsText } from "../format.js";
import { runName } from "../profiler_actions.js";
import { PAGE } from "../profiler_model.js";
import { openTrash } from "./trash_dialog.js";

const STATUSES = ["success", "error", "interrupted", "aborted", "running"];
const TYPING_MS = 250;

/**
 * The runs that are kept: searched, filtered, page by page.
 *
 * @param {HTMLElement} element
 * @param {import("../profiler_view.js").Inside} inside
 * @returns {import("../types.js").View<import("../profiler_model.js").State>}
 */
export function createRunList(element, { model, actions, compare }) {
  let state = model.state;
  let timer = 0;
  const search = el("input", {
    class: "dsg-field dsg-filter",
    type: "search",
    placeholder: "Search runs",
    "aria-label": "Search runs",
  });
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, TYPING_MS);
  });
  search.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "ArrowDown") list.querySelector("[tabindex='0']")?.focus();
  });
  const status = el(
    "select",
    { class: "dsg-field dsg-select", "aria-label": "Status of runs" },
    el("option", { value: "" }, "All"),
    ...STATUSES.map((one) => el("option", { value: one }, one[0].toUpperCase() + one.slice(1))),
  );
  const same = el("input", { type: "checkbox" });
  for (const field of [status, same]) field.addEventListener("change", ask);
  const more = iconButton("more", "More", () => openMenu(menu(), below(more), "Runs"), {
    "aria-haspopup": "menu",
    data: { do: "runs-menu" },
  });

  const list = el("ul", { class: "dsg-runs-list", role: "listbox", "aria-label": "Runs" });
  const nothing = el("p", { class: "dsg-runs-nothing" });
  const where = el("span", { class: "dsg-muted" });
  const before = iconButton(
    "left",
    "Newer runs",
    () => void model.readRuns(undefined, state.list.offset - PAGE),
  );
  const after = iconButton(
    "right",
    "Older runs",
    () => void model.readRuns(undefined, state.list.offset + PAGE),
  );
  const pages = el(
    "div",
    { class: "dsg-bar dsg-pages" },
    where,
    el("span", { class: "dsg-gap" }),
    before,
    after,
  );
  element.append(
    el("div", { class: "dsg-bar" }, search, status, more),
    el("label", { class: "dsg-check dsg-same" }, same, el("span", {}, "This workflow only")),
    list,
    nothing,
    pages,
  );

  const below = (button) => {
    const { left, bottom } = button.getBoundingClientRect();
    return { x: left, y: bottom + 4 };
  };

  function ask() {
    const hash = same.checked ? (state.open?.run.workflow_hash ?? "") : "";
    void model.readRuns({ q: search.value.trim(), status: status.value, hash }, 0);
  }

  const menu = () => [
    { label: "Import…", icon: "upload", run: () => void actions.importRuns() },
    { label: "Trash…", icon: "trash", run: () => void openTrash(actions) },
    null,
    {
      label: "Delete all runs",
      icon: "trash",
      disabled: state.list.total === 0,
      why: "There are none.",
      run: () => void actions.deleteRuns(),
    },
  ];

  list.addEventListener("click", (event) => {
    const id = Number(event.target.closest("[data-run]")?.dataset.run);
    if (id) void model.openRun(id);
  });
  list.addEventListener("contextmenu", (event) => {
    const run = runAt(event.target);
    if (!run) return;
    event.preventDefault();
    openMenu(menuOf(run), { x: event.clientX, y: event.clientY }, runName(run));
  });
  list.addEventListener("keydown", (event) => {
    const run = runAt(event.target);
    if (!run) return;
    const rows = [...list.children];
    const at = rows.findIndex((row) => row.dataset.run === String(run.id));
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
    if (to !== undefined) {
      const next = rows[Math.max(0, Math.min(rows.length - 1, to))];
      next.focus();
      void model.openRun(Number(next.dataset.run));
    } else if (event.key === "Delete") void actions.deleteRun(run);
    else if (event.key === "Enter") void model.openRun(run.id);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });

  const runAt = (target) => {
    const id = Number(target.closest?.("[data-run]")?.dataset.run);
    return state.list.items.find((run) => run.id === id) ?? null;
  };

  const menuOf = (run) => [
    ...(compare
      ? [
          {
            label: "Compare with the open run",
            icon: "columns",
            disabled: !state.open || state.open.run.id === run.id,
            why: "It is the open run.",
            run: () => compare(run),
          },
        ]
      : []),
    { label: "Export as CSV", icon: "download", run: () => void actions.exportRun(run, "csv") },
    null,
    { label: "Delete run", icon: "trash", hint: "Del", run: () => void actions.deleteRun(run) },
  ];

  const rows = new Map();

  /** @param {import("../types.js").Run} run */
  function rowOf(run) {
    let row = rows.get(run.id);
    if (!row) rows.set(run.id, (row = createRow()));
    row.update(run, run.id === state.open?.run.id);
    return row.element;
  }

  function createRow() {
    const dot = el("span", { class: "dsg-state" });
    const name = el("span", { class: "dsg-run-name" });
    const time = el("span", { class: "dsg-run-time" });
    const about = el("span", { class: "dsg-run-about" });
    const mark = el("span", { class: "dsg-run-mark", title: "Has a comment" }, icon("pen"));
    const row = el("li", { class: "dsg-run-row", role: "option" }, dot, name, time, about, mark);
    return {
      element: row,
      update(run, isOpen) {
        row.dataset.run = String(run.id);
        setAttribute(row, "aria-selected", String(isOpen));
        const tabindex = isOpen || (!state.open && run === state.list.items[0]) ? 0 : -1;
        if (row.tabIndex !== tabindex) row.tabIndex = tabindex;
        setAttribute(dot, "data-status", run.status);
        setAttribute(dot, "title", run.status);
        setText(name, runName(run));
        setText(time, secondsText(run.total_time));
        setText(about, aboutOf(run));
        setAttribute(
          row,
          "title",
          [runName(run), momentText(run.timestamp), run.global_comment].filter(Boolean).join("\n"),
        );
        mark.hidden = !run.global_comment;
      },
    };
  }

  return {
    update(next) {
      state = next;
      const { items, total, offset, phase, query, error } = state.list;
      const wanted = items.map(rowOf);
      if (wanted.length !== list.children.length || wanted.some((row, at) => row !== list.children[at]))
        list.replaceChildren(...wanted);
      if (rows.size > 4 * PAGE) rows.clear();
      const searched = Object.values(query).some(Boolean);
      const empty = searched
        ? "No run is like that."
        : "No runs yet. Press Run Profile: each run is kept here.";
      setText(
        nothing,
        phase === "failed" ? `The runs could not be read: ${error}` : phase === "loading" ? "" : empty,
      );
      nothing.hidden = phase !== "failed" && (items.length > 0 || phase === "loading");
      setText(
        where,
        total > PAGE
          ? `${offset + 1}–${offset + items.length} of ${countOf(total, "run")}`
          : countOf(total, "run"),
      );
      before.hidden = after.hidden = total <= PAGE;
      before.disabled = offset === 0;
      after.disabled = offset + items.length >= total;
      same.disabled = !state.open?.run.workflow_hash && !same.checked;
    },
    destroy: () => clearTimeout(timer),
  };
}

function aboutOf(run) {
  const parts = [agoText(run.timestamp, Date.now() / 1000)];
  if (run.mode && run.mode !== "natural") parts.push(run.mode);
  if (run.status !== "success") parts.push(run.status);
  if (run.series) parts.push(`series ${run.series}`);
  return parts.join(" · ");
}
