"""How `gates dock` says things: lines for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..dock.guard import GuardReport
    from ..dock.records import (
        EnvironmentDiff,
        EnvironmentStatus,
        ModelInfo,
        NodeInfo,
        PackageChange,
        SyncResult,
    )
    from ..dock.restore_plan import RestorePlan
    from ..dock.snapshots import SnapshotDiff


ABOUT = 60  # characters of a description


def short(version: str | None) -> str:
    if version is None:
        return ""
    return version[:12] if len(version) >= 40 else version


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns side by side, two blanks between."""
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))] if rows else []
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


def environment_rows(rows: Sequence[Mapping[str, Any]], trash: Sequence[str]) -> list[str]:
    if not rows and not trash:
        return ["No environments yet: gates dock create NAME"]
    cells = [
        (
            "*" if row["active"] else " ",
            str(row["name"]),
            f"ComfyUI {row['comfyui'] or 'unknown'}",
            f"Python {row['python'] or 'unknown'}",
            f"Interrupted: {row['interrupted']}" if row["interrupted"] else "",
        )
        for row in rows
    ]
    return [*table(cells), *([f"In the trash: {', '.join(trash)}"] if trash else [])]


def node_line(info: NodeInfo) -> str:
    where = info.registry_id or info.repository or info.path or ""
    return " ".join(word for word in (info.name, short(info.version), f"({where})" if where else "") if word)


def node_rows(nodes: Sequence[NodeInfo]) -> list[str]:
    cells = [
        (
            info.name,
            short(info.version),
            info.source,
            " ".join((info.description or info.repository or info.path or "").split())[:ABOUT],
        )
        for info in nodes
    ]
    return table(cells)


def gigabytes(size: int) -> str:
    """Of bytes: a model of a few megabytes is not 0.0 GB."""
    if size < 1e5:
        return _counted(size, "byte")
    return f"{size / 1e9:.1f} GB" if size >= 1e8 else f"{size / 1e6:.1f} MB"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def scan_lines(models: Sequence[ModelInfo], files: int, size: int) -> list[str]:
    if not models:
        return ["No models lie there."]
    whole = sum(one.size for one in models)
    read = f"{_counted(files, 'file')} read ({gigabytes(size)})" if files else "nothing new to read"
    lines = [f"{_counted(len(models), 'model')}, {gigabytes(whole)}: {read}."]
    spare = sum(one.size * (one.copies - 1) for one in models if one.copies > 1)
    if spare:
        lines.append(f"Copies take {gigabytes(spare)}: gates dock model list --copies")
    return lines


def model_rows(models: Sequence[ModelInfo], with_hash: bool = False) -> list[str]:
    """A model and where it lies; further places on lines of their own."""
    lines = []
    for one in models:
        hashes = [f"    {kind}:{value}" for kind, value in one.hashes.items()] if with_hash else []
        places = [f"    {path}" for path in one.paths] or ["    not here any more"]
        lines += [f"{one.name}  {gigabytes(one.size)}", *hashes, *places]
    return lines


def status_lines(status: EnvironmentStatus) -> list[str]:
    name = f"{status.name} (active)" if status.active else status.name
    lines = [f"{name}: ComfyUI {status.comfyui}, Python {status.python}"]
    if status.interrupted and status.comfyui is None and status.python is None:
        lines = [f"{name} is not made whole."]
    if status.interrupted:
        lines.append(f"Interrupted: {status.interrupted}. `gates dock repair` puts it right.")
    lines += table([(" ", info.name, short(info.version), info.source) for info in status.nodes])
    if status.commit:
        lines.append(f"Last commit {status.commit[:8]}: {status.message}")
    if status.changes:
        lines += ["Not committed:", *(f"  {line}" for line in status.changes)]
    if status.unsynced:
        lines += ["Not as the manifest says (gates dock sync):", *(f"  {line}" for line in status.unsynced)]
    return (
        lines
        if status.changes or status.unsynced or status.interrupted
        else [*lines, "All is as the manifest says."]
    )


def package_line(change: PackageChange) -> str:
    if change.before is None:
        return f"  + {change.name} {change.after}"
    if change.after is None:
        return f"  - {change.name} {change.before}"
    return f"  {'v' if change.kind == 'down' else '^'} {change.name} {change.before} -> {change.after}"


def sync_lines(done: SyncResult) -> list[str]:
    plan = done.plan
    lines = [f"  + {node_line(info)}" for info in plan.install_nodes]
    lines += [f"  ~ {info.name} {short(there)} -> {short(info.version)}" for info, there in plan.change_nodes]
    lines += [f"  - {name}" for name in plan.remove_nodes]
    lines += [f"  ComfyUI -> {short(plan.comfyui)}"] if plan.comfyui else []
    lines += [package_line(change) for change in plan.packages]
    if not lines:
        lines.append(_idle(done))
    else:
        lines.insert(0, "Would change:" if done.dry_run else "Changed:")
    lines += [f"Kept aside with its edits: {path}" for path in done.kept_aside]
    lines += [f"Edited, would be kept aside: {name}" for name in plan.edited] if done.dry_run else []
    if plan.foreign_nodes:
        lines.append(f"Not of dock, left alone: {', '.join(plan.foreign_nodes)}")
    if plan.foreign_packages:
        lines.append(f"Packages not of dock, left alone: {', '.join(plan.foreign_packages)}")
    ran = {one.partition(":")[0] for one in done.ran_scripts}
    lines += [f"Ran {one}" for one in done.ran_scripts]
    waiting = [one for one in plan.scripts if one.partition(":")[0] not in ran]
    return [*lines, *(not_run(one) for one in waiting), *done.notes]


def _idle(done: SyncResult) -> str:
    if done.plan.lock:
        return f"uv.lock {'would be' if done.dry_run else 'was'} written anew."
    if done.failed:
        return "Nothing was changed."
    return "Nothing to do but to commit the manifest." if done.commit else "Nothing to do."


def not_run(script: str) -> str:
    """`PACK: FILE`, and what runs it."""
    pack, _, file = script.partition(": ")
    if not file.endswith(".py"):
        return f"Not run: {script}. Run it by hand, if you want it."
    return f"Not run: {script}. `gates dock sync --allow-scripts {pack}` runs it."


def guard_lines(report: GuardReport) -> list[str]:
    """What would change, what would break, and a verdict as the last line."""
    name, python = report.pack.name, report.install.python
    if report.impossible is not None:
        return [*report.notes, report.impossible]
    lines = [f"Installing {name} would change in {python}:"] if report.changes else []
    lines += [package_line(change) for change in report.changes]
    lines += [f"  not run by dock: {script}" for script in report.scripts]
    lines += report.broken
    if report.harmful:
        lines += [
            *report.notes,
            "ComfyUI needs what would move:",
            *(f"  {harm.why}" for harm in report.harmful),
        ]
        return [*lines, f"Do not install {name} as it is in {python}."]
    lines += [note for note in report.notes if note not in report.unseen]
    verdict = f"othing that ComfyUI needs would move in {python}: {name} can be installed."
    if report.unseen:
        return [*lines, f"As far as that can be told n{verdict} Not looked at: {'; '.join(report.unseen)}."]
    if not report.changes:
        lines.append(f"{name} needs nothing that is not there already.")
    return [*lines, f"N{verdict}"]


def plan_lines(plan: RestorePlan) -> list[str]:
    lines = []
    if plan.core is not None:
        edits = ", local edits kept in a stash" if plan.core_edited else ""
        lines.append(f"  ComfyUI to {short(plan.core.commit)}{edits}")
    lines += [f"  {step.sentence}" for step in plan.packs]
    lines += [package_line(change) for change in plan.packages]
    nothing = "Nothing to do." if plan.cannot or plan.notes else "All is as it was then."
    head = [f"In {plan.interpreter}:", f"Back to {plan.snapshot.name}:" if lines else nothing]
    return [*head, *lines, *(f"Cannot be restored: {one}" for one in plan.cannot), *plan.notes]


def snapshot_diff_lines(found: SnapshotDiff) -> list[str]:
    if found.is_empty:
        return ["Nothing changed."]
    lines = [
        f"  {what} {pair[0]} -> {pair[1]}"
        for what, pair in (("ComfyUI", found.core), ("Python", found.python))
        if pair
    ]
    lines += [f"  {one.name}: {one.before or 'not there'} -> {one.after or 'gone'}" for one in found.packs]
    return [*lines, *(package_line(change) for change in found.packages)]


def diff_lines(found: EnvironmentDiff) -> list[str]:
    if found.is_empty:
        return ["Nothing changed since the last commit."]
    lines = [*found.nodes, *found.settings, *(package_line(change) for change in found.packages)]
    return [*lines, *(["", *found.text.splitlines()] if found.text else [])]
