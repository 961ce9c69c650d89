import { el } from "../../shared/el.js";
import { iconButton } from "../../shared/icon_button.js";
import { openMenu } from "../../shared/menu.js";
import { setAttribute } from "../../shared/set_attribute.js";
import { editText } from "../edit_text.js";
import { openColumnPanel } from "./column_panel.js";
import { columnsOf, FIRST_COLUMNS } from "./columns.js";
import { createGroupBar } from "./group_bar.js";
import { askGroup } from "./group_dialog.js";
import { rowsOf, StepIndex } from "./rows.js";
import { createStepTable } from "./step_table.js";

const SHAPES = [
  ["list", "List", "Every node by itself"],
  ["tree", "Tree", "Nodes in the subgraphs that they lie in, with what each took as a whole"],
  ["groups", "Groups", "Nodes in your groups, with what each group took"],
];
const STATUSES = ["executed", "cached", "error", "blocked", "interrupted", "skipped"];

/**
 * The table with what filters, shapes and groups it.
 *
 * @param {HTMLElement} element
 * @param {import("../profiler_view.js").Inside} inside
 * @returns {import("../types.js").View<import("../profiler_model.js").State>}
 */
export function createTableView(element, { model, actions, layout, reveal }) {
  const wish = { filter: "", status: "", inGroups: new Set(), closed: new Set() };
  let state = model.state;
  let index = null;
  let madeOf = [];
  let made = { index: null, key: "", rows: [], steps: [] };

  const filter = el("input", {
    class: "dsg-field dsg-filter",
    type: "search",
    placeholder: "Filter nodes",
    "aria-label": "Filter nodes",
  });
  filter.addEventListener("input", () => {
    wish.filter = filter.value;
    update(state);
  });
  filter.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "ArrowDown") table.focus();
  });
  const status = el(
    "select",
    { class: "dsg-field dsg-select", "aria-label": "Status" },
    el("option", { value: "" }, "All"),
    ...STATUSES.map((one) => el("option", { value: one }, one[0].toUpperCase() + one.slice(1))),
  );
  status.addEventListener("change", () => {
    wish.status = status.value;
    update(state);
  });
  const shapes = SHAPES.map(([key, label, title]) =>
    el(
      "button",
      {
        type: "button",
        class: "dsg-segment",
        title,
        data: { shape: key },
        onclick: () => choose({ shape: key }),
      },
      label,
    ),
  );
  const columns = iconButton(
    "columns",
    "Columns",
    () => openColumnPanel(columns, chosen().columns, (keys) => choose({ columns: keys })),
    { "aria-haspopup": "dialog", data: { do: "columns" } },
  );
  const bar = el(
    "div",
    { class: "dsg-bar dsg-table-bar", role: "toolbar", "aria-label": "Table" },
    filter,
    status,
    el("div", { class: "dsg-segments", role: "group", "aria-label": "Shape" }, ...shapes),
    el("span", { class: "dsg-gap" }),
    columns,
  );

  const groups = createGroupBar({
    toggle(group) {
      if (!wish.inGroups.delete(group.id)) wish.inGroups.add(group.id);
      update(state);
    },
    drop: (group, ids) => void actions.addToGroup(group, ids),
    create: (ids) => void createGroup(ids),
    edit: (group) => void editGroup(group),
    remove: (group) => void actions.deleteGroup(group),
  });

  const table = createStepTable({
    sort(key) {
      const { sort, direction } = chosen();
      const first = [
        "node_title",
        "node_type",
        "seq",
        "status",
        "t_start",
        "groups",
        "step_comment",
      ].includes(key)
        ? "up"
        : "down";
      const other = direction === "up" ? "down" : "up";
      choose({ sort: key, direction: sort === key ? other : first });
    },
    fold(row, open) {
      if (open) wish.closed.delete(row.key);
      else wish.closed.add(row.key);
      update(state);
    },
    select: (nodeId) => model.select(nodeId),
    comment: ({ step }, place, back) =>
      editText(
        place,
        step.step_comment ?? "",
        `Comment on ${step.node_title ?? step.node_id}`,
        (text) => void actions.commentStep(step, text),
        { back },
      ),
    menu: (row, ids, point) => openMenu(menuOf(row, ids), point, "Node"),
  });
  element.addEventListener("dsg-drag", (event) =>
    setAttribute(groups.element, "data-dragging", event.detail),
  );
  element.append(bar, groups.element, table.element);

  /** What this person chose for this layout, with what stands before that. */
  function chosen() {
    const kept = state.ui[`table_${layout}`] ?? {};
    const keys = Array.isArray(kept.columns) ? kept.columns : FIRST_COLUMNS[layout];
    return { shape: "list", sort: "exec_time", direction: "down", ...kept, columns: [...keys] };
  }

  function choose(changes) {
    model.choose({ [`table_${layout}`]: { ...chosen(), ...changes } });
  }

  async function createGroup(ids) {
    const fields = await askGroup(null, state.open?.run.workflow_hash ?? null, state.groups.length);
    if (fields?.name) await actions.createGroup({ ...fields, members: ids });
  }

  async function editGroup(group) {
    const fields = await askGroup(group, state.open?.run.workflow_hash ?? null, 0);
    if (fields?.name) await actions.changeGroup(group, fields);
  }

  function menuOf(row, ids) {
    const inGroup = (group) => ids.every((id) => group.members.includes(id));
    const entries = groupsHere().map((group) => ({
      label: group.name,
      checked: inGroup(group),
      run: () => void (inGroup(group) ? actions.removeFromGroup(group, ids) : actions.addToGroup(group, ids)),
    }));
    const cell = () =>
      element.querySelector(`.dsg-step[tabindex="0"] [data-column=step_comment]`) ??
      element.querySelector(`.dsg-step[tabindex="0"]`);
    return [
      {
        label: "Comment…",
        icon: "pen",
        run: () =>
          cell() &&
          editText(
            cell(),
            row.step.step_comment ?? "",
            "Comment",
            (text) => void actions.commentStep(row.step, text),
          ),
      },
      {
        label: "Copy number",
        icon: "copy",
        hint: `#${row.step.node_id}`,
        run: () => void navigator.clipboard?.writeText(row.step.node_id),
      },
      ...(reveal ? [{ label: "Show on the graph", icon: "fit", run: () => reveal(row.step.node_id) }] : []),
      null,
      ...entries,
      { label: "New group…", icon: "plus", run: () => void createGroup(ids) },
    ];
  }

  const groupsHere = () =>
    state.groups.filter(({ workflow_hash: hash }) => !hash || hash === state.open?.run.workflow_hash);

  function indexed() {
    const { open } = state;
    const parts = [open?.steps, state.groups, open?.run.total_time, open?.titles, open?.run.workflow_hash];
    if (!index || parts.some((part, at) => part !== madeOf[at])) {
      madeOf = parts;
      index = new StepIndex(
        open?.steps ?? [],
        groupsHere(),
        open?.run.total_time ?? null,
        open?.titles ?? {},
      );
    }
    return index;
  }

  /** Worked out again only when something that they follow has changed. */
  function rowsNow(look, shown) {
    const groupsOf = [...look.inGroups].join();
    const key = JSON.stringify([look, groupsOf, [...look.closed], shown.map((one) => one.key)]);
    const now = indexed();
    if (made.index !== now || made.key !== key) made = { index: now, key, ...rowsOf(now, look, shown) };
    return made;
  }

  function update(next) {
    state = next;
    const { shape, sort, direction, columns: keys } = chosen();
    const shown = columnsOf(
      shape === "tree" && layout === "window" ? [...keys, "subtree_time"] : keys,
      layout,
    );
    const look = { ...wish, shape, sort, direction };
    const { rows, steps } = rowsNow(look, shown);
    for (const button of shapes) setAttribute(button, "aria-pressed", String(button.dataset.shape === shape));
    groups.update(groupsHere(), wish.inGroups);
    table.update({
      rows,
      matched: steps,
      columns: shown,
      index,
      wish: look,
      run: state.open?.run ?? null,
      selected: state.selected,
    });
  }

  return { update, destroy: () => table.destroy() };
}
