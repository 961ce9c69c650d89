import { el } from "../../shared/el.js";
import { setText } from "../../shared/set_text.js";
import { circumstanceRows } from "./circumstance_rows.js";
import { countWords, headline, metricTitle } from "./comparison_words.js";
import { FINDING_HEADS, createFindingCells } from "./finding_cells.js";
import { metricsOf, rowsOf } from "./findings.js";
import { createNodeTable } from "./node_table.js";

const MOST = 200; // lines of what else was different

/**
 * What the server answered: the verdict first, what else was different, the whole run, the nodes.
 * @param {{select: (nodeId: string) => void, force: () => void}} does
 */
export function createComparisonResult(does) {
  let answer = null;
  const title = el("h3", { class: "dsg-compare-title" });
  const about = el("p", { class: "dsg-bars-words" });
  const counts = el("p", { class: "dsg-chart-muted dsg-bars-words" });
  const apart = el("div", { class: "dsg-compare-apart" });
  const other = el("div");
  const totals = el("div", { class: "dsg-compare-totals" });
  const metric = el("select", {
    class: "dsg-chart-button",
    "aria-label": "Compared figure",
    onchange: () => nodes.update(rowsOf(answer, metric.value)),
  });
  const nodes = createNodeTable(does.select);
  const nodesHead = el(
    "div",
    { class: "dsg-chart-head" },
    el("h4", { class: "dsg-compare-part" }, "Node by node"),
    metric,
  );
  const head = el("div", { role: "status" }, title, about, counts);
  const element = el(
    "div",
    { class: "dsg-compare-result" },
    head,
    apart,
    other,
    totals,
    nodesHead,
    ...nodes.elements,
  );

  return {
    element,
    /** @param {any} next @param {{a: string, b: string, forced: boolean}} names */
    update(next, { a, b, forced }) {
      answer = next;
      const words = headline(answer, a, b);
      setText(title, words.text);
      title.dataset.found = answer.totals[0].verdict;
      setText(about, words.about);
      setText(counts, countWords(answer));
      apart.replaceChildren(...apartNote(answer, forced, does.force));
      other.replaceChildren(...circumstances(answer));
      totals.replaceChildren(...totalRows(answer));
      showMetrics(metric, metricsOf(answer));
      nodes.update(rowsOf(answer, metric.value));
      nodesHead.hidden = !answer.nodes.length;
    },
    destroy: () => nodes.destroy(),
  };
}

function showMetrics(select, metrics) {
  const before = select.value;
  select.replaceChildren(...metrics.map(({ name }) => el("option", { value: name }, metricTitle(name))));
  select.value = metrics.some(({ name }) => name === before) ? before : (metrics[0]?.name ?? "");
}

function apartNote({ apart }, forced, force) {
  if (!apart?.length) return [];
  const but = forced ? "; it is judged all the same." : ", so it is not judged.";
  const text = `Memory was counted differently on the two sides (${apart.join(", ")})${but}`;
  const button = el(
    "button",
    { type: "button", class: "dsg-chart-button", onclick: force },
    "Judge all the same",
  );
  return forced ? [el("span", {}, text)] : [el("span", {}, text), button];
}

function circumstances(answer) {
  const rows = circumstanceRows(answer);
  if (!rows.length)
    return [
      el("p", { class: "dsg-chart-muted dsg-bars-words" }, "Nothing else that is known was different."),
    ];
  const kinds = new Set(rows.filter((row) => !row.varies).map((row) => row.kind.toLowerCase()));
  const summary = kinds.size
    ? `Also different: ${[...kinds].join(", ")} (${rows.length})`
    : `Different within one side too (${rows.length})`;
  const line = ({ kind, name, a, b, varies }) =>
    el(
      "tr",
      varies ? { class: "dsg-chart-muted", title: "It varies within one side too." } : {},
      ...[kind, name, a, b].map((text) => el("td", {}, text)),
    );
  const head = el("tr", {}, ...["", "What", "A", "B"].map((text) => el("th", { scope: "col" }, text)));
  const table = el("table", {}, el("thead", {}, head), el("tbody", {}, ...rows.slice(0, MOST).map(line)));
  const more = rows.length > MOST && el("p", { class: "dsg-chart-muted" }, `And ${rows.length - MOST} more.`);
  return [
    el(
      "details",
      { class: "dsg-chart-text dsg-compare-other", open: kinds.size > 0 },
      el("summary", {}, summary),
      el("div", {}, table, more),
    ),
  ];
}

function totalRows({ totals }) {
  const heads = ["Whole run", ...FINDING_HEADS.map(([text]) => text)];
  const head = el(
    "div",
    { class: "dsg-compare-row dsg-compare-head" },
    ...heads.map((text, at) => el("span", { class: at && at < 8 ? "dsg-compare-figure" : "" }, text)),
  );
  const rows = totals.map((finding) => {
    const cells = createFindingCells();
    cells.update(finding, finding.a ? Math.abs(finding.a.median) / 2 : 0);
    return el(
      "div",
      { class: "dsg-compare-row" },
      el("span", {}, metricTitle(finding.metric.name)),
      ...cells.elements,
    );
  });
  return [head, ...rows];
}
