"""Measured runs as lines that people read. What was not measured is a dash."""

import time
from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any, Final

DASH: Final = "-"
MOST_NODES: Final = 20
TIMES: Final = ("total_time", "exec_time")
LONGEST: Final = 40  # characters of a title


def seconds(value: float | None) -> str:
    if value is None:
        return DASH
    return f"{value:.2f} s" if abs(value) >= 1 else f"{value * 1000:.1f} ms"


def size(value: float | None) -> str:
    if value is None:
        return DASH
    return f"{value / 2**30:.2f} GB" if abs(value) >= 2**30 else f"{value / 2**20:.0f} MB"


def percent(part: float | None, whole: float | None) -> str:
    return DASH if part is None or not whole else f"{part / whole:.0%}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Columns under their heads; those whose head begins with a space stand to the right."""
    every = [[*head], *([*row] for row in rows)]
    widths = [max(len(row[at].strip()) for row in every) for at in range(len(head))]
    right = [name.startswith(" ") for name in head]
    return [
        "  ".join(
            cell.strip().rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in every
    ]


def list_lines(runs: Sequence[Mapping[str, Any]]) -> list[str]:
    if not runs:
        return ["There are no runs. Measure one: gates profile run WORKFLOW"]
    head = (" run", "when", "status", " total", " nodes", " VRAM", "mode", "series", "name")
    return table(head, (_run_row(run) for run in runs))


def _run_row(run: Mapping[str, Any]) -> tuple[str, ...]:
    moment = run["timestamp"]
    when = DASH if moment is None else time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(moment))
    return (
        str(run["id"]),
        when,
        run["status"] or DASH,
        seconds(run["total_time"]),
        DASH if run["node_count"] is None else str(run["node_count"]),
        size(run["vram_peak"]),
        run["mode"] or DASH,
        run["series"] or "",
        run["name"] or "",
    )


def run_lines(run: Mapping[str, Any], most: int = MOST_NODES) -> list[str]:
    head = f"Run {run['id']}{' ' + run['name'] if run['name'] else ''}: {run['status']}, "
    parts = (
        f"{seconds(run['nodes_time'])} in nodes, {seconds(run['async_idle'])} waiting for async nodes, "
        f"{seconds(run['framework_time'])} in ComfyUI itself"
    )
    lines = [
        f"{head}{seconds(run['total_time'])}",
        parts,
        *([f"Error: {run['error']}"] if run["error"] else []),
    ]
    ranked = sorted(run["steps"], key=lambda step: -(step["exec_time"] or 0.0))
    rows = [_step_row(step, run["total_time"]) for step in ranked[:most]]
    lines += table(("node", "title", "status", " time", " of all", " VRAM", " RAM"), rows)
    left = len(ranked) - most
    return lines + ([f"and {left} more, all of them faster"] if left > 0 else [])


def _step_row(step: Mapping[str, Any], total: float | None) -> tuple[str, ...]:
    return (
        step["node_id"],
        name_of(step["node_title"], step["node_type"]),
        step["status"],
        seconds(step["exec_time"]),
        percent(step["exec_time"], total),
        size(step["vram_max"]),
        size(step["ram_max"]),
    )


def name_of(title: str | None, kind: str | None) -> str:
    return (title or kind or DASH)[:LONGEST]


def series_lines(runs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Several runs of one workflow: the medians of their nodes."""
    times = [run["total_time"] for run in runs if run["total_time"] is not None]
    good = sum(run["status"] == "success" for run in runs)
    ids = ", ".join(str(run["id"]) for run in runs)
    lines = [f"Series {runs[0]['series']}: {good} of {len(runs)} runs succeeded (runs {ids})"]
    if times:
        spread = f"{seconds(min(times))} to {seconds(max(times))}"
        lines.append(f"Total: median {seconds(median(times))}, from {spread}")
    by_node: dict[str, list[Mapping[str, Any]]] = {}
    for run in runs:
        for step in run["steps"]:
            if step["exec_time"] is not None:
                by_node.setdefault(step["node_id"], []).append(step)
    rows = [_median_row(node, steps) for node, steps in by_node.items()]
    ranked = sorted(rows, key=lambda row: -row[0])[:MOST_NODES]
    return lines + table(("node", "title", " median", " fastest", " slowest"), (row[1] for row in ranked))


def _median_row(node: str, steps: Sequence[Mapping[str, Any]]) -> tuple[float, tuple[str, ...]]:
    times = [float(step["exec_time"]) for step in steps]
    name = name_of(steps[0]["node_title"], steps[0]["node_type"])
    middle = median(times)
    return middle, (node, name, seconds(middle), seconds(min(times)), seconds(max(times)))


def comparison_lines(found: Mapping[str, Any]) -> list[str]:
    a, b = found["runs"]
    lines = [f"A: {a} runs, B: {b} runs" + _left_out(found["left_out"])]
    rows = [_finding_row("total", "", one) for one in found["totals"]]
    for node in found["nodes"][:MOST_NODES]:
        about = node["node"]
        name = name_of(about["title"], about["node_type"])
        rows += [_finding_row(about["a"] or about["b"] or "", name, one) for one in node["findings"]]
    told = [row for row in rows if row is not None]
    lines += table(("node", "title", "column", " A", " B", " shift", "verdict"), told)
    lines += [_differing_line(one) for one in found["differing"] if not one["varies"]]
    return lines


def _differing_line(one: Mapping[str, Any]) -> str:
    where = f" of node {one['node']}" if one["node"] else ""
    a, b = (", ".join(values) or DASH for values in (one["a"], one["b"]))
    return f"Different {one['kind']}{where}: {one['name']}: {a} -> {b}"


def _left_out(counts: Sequence[int]) -> str:
    return f" ({sum(counts)} that did not succeed are left out)" if any(counts) else ""


def _finding_row(node: str, name: str, one: Mapping[str, Any]) -> tuple[str, ...] | None:
    """None for what nobody measured."""
    a, b = one["a"], one["b"]
    if a is None and b is None:
        return None
    shown = size if one["metric"]["unit"] == "bytes" else seconds
    sides = [shown(side["median"] if side else None) for side in (a, b)]
    return (node, name, one["metric"]["name"], *sides, shown(one["shift"]), one["verdict"])


def verdicts_of(found: Mapping[str, Any]) -> tuple[list[str], str]:
    """What became slower, and why it cannot be told whether something did ("" where it can)."""
    total = next(one for one in found["totals"] if one["metric"]["name"] == "total_time")
    slower = ["the whole run"] if total["verdict"] == "more" else []
    for node in found["nodes"]:
        about = node["node"]
        if any(one["metric"]["name"] in TIMES and one["verdict"] == "more" for one in node["findings"]):
            slower.append(f"node {about['a']} ({name_of(about['title'], about['node_type'])})")
    unknown = total["why"] if total["verdict"] in ("not enough runs", "not measured") else ""
    return slower, unknown
