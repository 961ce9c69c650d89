"""The verbs of `gates dock` for a ComfyUI that dock did not make: guard and snapshot."""

import argparse
import os
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from pathlib import Path

from .. import atomic
from ..dock import guard as guarding
from ..dock import manager_files, snapshot_restore, snapshots
from ..dock.crew import Crew
from ..dock.installs import Install, Place, find_install, find_place
from ..dock.restore_plan import RestorePlan, plan_restore
from ..errors import BadDockSnapshot, DiskFull, OutputExists
from .dock import REFUSED
from .dock_answer import result
from .dock_setting import Setting
from .dock_view import guard_lines, plan_lines, snapshot_diff_lines, table
from .result import FAILED, Problem, Result

MOST_BYTES = 16 << 20  # of a snapshot file


def _install(setting: Setting, args: argparse.Namespace) -> tuple[Install, Crew]:
    install = find_install(args.comfyui, setting.cwd, os.environ, python=args.python)
    return install, setting.crew_anywhere()


def _place(setting: Setting, args: argparse.Namespace) -> Place:
    """For what is asked of snapshots alone: no interpreter needs to be known."""
    return find_place(args.comfyui, setting.cwd, os.environ)


def _now() -> datetime:
    return datetime.fromtimestamp(time.time(), timezone.utc)


def guard(setting: Setting, args: argparse.Namespace) -> Result:
    install, crew = _install(setting, args)
    builds = args.allow_builds
    report = guarding.guard(install, args.pack, crew.uv, crew.git, crew.registry, allow_builds=builds)
    lines = guard_lines(report)
    return result(lines, 0 if report.ok else REFUSED, guard=report, ok=report.ok)


def snapshot(setting: Setting, args: argparse.Namespace) -> Result:
    return SNAPSHOT_VERBS[args.snapshot_verb](setting, args)


def _save(setting: Setting, args: argparse.Namespace) -> Result:
    install, crew = _install(setting, args)
    kept = snapshots.save(install, crew.uv, crew.git, _now(), args.name)
    packages = f"{len(kept.packages)} packages of {install.python}"
    line = f"Kept as {kept.name}: ComfyUI, {len(kept.packs)} packs, {packages}."
    return result([line], snapshot=kept)


def _list(setting: Setting, args: argparse.Namespace) -> Result:
    found, broken = snapshots.listed(_place(setting, args))
    rows = [
        (one.name, one.when[:16], f"{len(one.packs)} packs", f"{len(one.packages)} packages") for one in found
    ]
    lines = table(rows) or ["No snapshots yet: gates dock snapshot save NAME"]
    return result([*lines, *broken], snapshots=[one.name for one in found], broken=broken)


def _diff(setting: Setting, args: argparse.Namespace) -> Result:
    place = _place(setting, args)
    before = snapshots.load(place, args.name)
    if args.other:
        after = snapshots.load(place, args.other)
    else:
        install, crew = _install(setting, args)
        after = snapshots.look(install, crew.uv, crew.git, "now", _now())
    found = snapshots.diff(before, after)
    return result(snapshot_diff_lines(found), diff=found)


def _restore(setting: Setting, args: argparse.Namespace) -> Result:
    install, crew = _install(setting, args)
    wanted = snapshots.load(install, args.name)
    now = snapshots.look(install, crew.uv, crew.git, "now", _now())
    plan: RestorePlan = plan_restore(wanted, now, install.is_sure)
    lines = plan_lines(plan)
    if args.dry_run:
        return result(lines, plan=plan, dry_run=True)
    if plan.is_empty:
        problems = [Problem("not_restored", one) for one in plan.cannot]
        return result(lines, FAILED if problems else 0, problems, plan=plan, dry_run=False)
    builds = args.allow_builds
    done = snapshot_restore.restore(
        plan, install, crew.uv, crew.git, _now(), crew.registry, allow_builds=builds
    )
    lines += ["", *done.done, f"What was there before is kept as {done.saved}."]
    lines += [*done.stashed, *done.set_aside, *done.notes]
    problems = [Problem("not_restored", one) for one in done.not_restored]
    return result(lines, FAILED if problems else 0, problems, plan=plan, restored=done)


def _export(setting: Setting, args: argparse.Namespace) -> Result:
    target = Path(args.file)
    data, left_out = manager_files.write_manager(snapshots.load(_place(setting, args), args.name))
    if os.path.lexists(target):
        raise OutputExists(f"{target} is there already. Choose another name.")
    if not target.parent.is_dir():
        raise BadDockSnapshot(
            f"{target} cannot be written, for there is no folder {target.parent}. Make it, or choose another."
        )
    try:
        atomic.write_bytes(target, data)
    except DiskFull:
        raise
    except OSError as error:
        raise BadDockSnapshot(f"{target} cannot be written: {error.strerror}. Choose another name.") from None
    return result([str(target), *left_out], file=target, left_out=left_out)


def _import(setting: Setting, args: argparse.Namespace) -> Result:
    source = Path(args.file)
    place = _place(setting, args)
    name = args.name or source.stem
    try:
        with open(source, "rb") as opened:
            data = opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise BadDockSnapshot(f"{source} cannot be read: {error.strerror}.") from None
    if len(data) > MOST_BYTES:
        raise BadDockSnapshot(f"{source} is larger than a snapshot can be.")
    read = manager_files.read_any(data, name, _now().isoformat(timespec="seconds"), source.name)
    snapshots.store(place, read)
    lines = [f"Kept as {read.name}: {len(read.packs)} packs.", *(f"Left out: {one}" for one in read.left_out)]
    return result(lines, snapshot=read)


SnapshotVerb = Callable[[Setting, argparse.Namespace], Result]
SNAPSHOT_VERBS: Mapping[str, SnapshotVerb] = {
    "save": _save,
    "list": _list,
    "diff": _diff,
    "restore": _restore,
    "export": _export,
    "import": _import,
}
