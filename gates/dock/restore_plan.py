"""What it takes to bring an install back to a snapshot: a value, made from two snapshots alone."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

from .pack_pairs import folded, paired, same_commit
from .records import PackageChange
from .snapshot_fields import DISABLED, EDITABLE, package_versions
from .snapshot_records import CoreState, Pack, Snapshot
from .snapshots import package_changes

NOT_WHOLE = "the snapshot is not whole"
BOTH_EDITED = "has local edits, as it had then: whether they are the same is not known"
MOST_NAMED = 10  # packages in one sentence
KEPT_TOOLS = ("pip", "setuptools", "wheel", "uv")  # what puts packages back is never taken away


@dataclass(frozen=True)
class PackStep:
    """One thing to do with one pack.

    `action` is clone, checkout, download, rename or aside; `folder` where the pack lies, or will lie;
    `target` is what it becomes. A pack in the way of a clone or a download is set aside first.
    """

    action: str
    folder: str
    target: Pack | None = None
    current: Pack | None = None

    @property
    def sentence(self) -> str:
        at = self.target.state if self.target else ""
        edits = ", local edits kept in a stash" if self.current and self.current.dirty else ""
        return {
            "clone": f"clone {self.folder} at {at}",
            "checkout": f"take {self.folder} to {at}{edits}",
            "download": f"fetch {self.folder} {at} from the registry",
            "rename": f"{'disable' if self.target and self.target.disabled else 'enable'} {self.folder}",
            "aside": f"set {self.folder} aside",
        }[self.action]


@dataclass(frozen=True)
class RestorePlan:
    """In the order in which it is done: core, packs, packages. `cannot` is known to stay undone."""

    snapshot: Snapshot
    core: CoreState | None = None  # what the core is moved to
    core_edited: bool = False  # its edits are stashed
    packs: tuple[PackStep, ...] = ()
    install: tuple[str, ...] = ()  # lines of requirements
    uninstall: tuple[str, ...] = ()  # names
    packages: tuple[PackageChange, ...] = ()
    cannot: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    interpreter: str | None = None  # whose packages these are

    @property
    def is_empty(self) -> bool:
        return not (self.core or self.packs or self.install or self.uninstall)


def plan_restore(snapshot: Snapshot, now: Snapshot, is_sure: bool = False) -> RestorePlan:
    """From the install as it is `now` (by `snapshots.look`) to `snapshot`. Nothing is asked or changed.

    Without `is_sure` (see Install) packages are changed only in the interpreter that the snapshot is of.
    """
    core, cannot = _core(snapshot, now.core)
    steps, cannot_packs, notes = _packs(snapshot, now.packs)
    notes += [f"left out of the snapshot: {one}" for one in snapshot.left_out]
    if snapshot.knows_edits and core is None and snapshot.core.dirty and now.core.dirty:
        notes.append(f"ComfyUI {BOTH_EDITED}")
    if snapshot.python and now.python and snapshot.python != now.python:
        cannot.append(f"Python was {snapshot.python} and is {now.python}: an interpreter is not exchanged")
    plan = RestorePlan(
        snapshot,
        core,
        core is not None and now.core.dirty,
        tuple(steps),
        cannot=(*cannot, *cannot_packs),
        notes=tuple(notes),
        interpreter=now.interpreter,
    )
    return _with_packages(plan, now, is_sure)


def _with_packages(plan: RestorePlan, now: Snapshot, is_sure: bool) -> RestorePlan:
    snapshot = plan.snapshot
    if not snapshot.packages:
        return replace(plan, notes=(*plan.notes, "the snapshot names no packages: they are left as they are"))
    changes = tuple(one for one in package_changes(now.packages, snapshot.packages) if not _is_kept(one))
    if changes and not is_sure and not _same_path(snapshot.interpreter, now.interpreter):
        return replace(plan, cannot=(*plan.cannot, _other_python(snapshot, now, changes)))
    lines, names, cannot = _packages(snapshot.packages, now.packages)
    notes = plan.notes
    if snapshot.left_out and names:
        notes = (*notes, f"left installed, for {NOT_WHOLE}: {_listed(names)}")
        changes = tuple(one for one in changes if one.name not in names)
        names = []
    return replace(
        plan,
        install=tuple(lines),
        uninstall=tuple(names),
        packages=changes,
        cannot=(*plan.cannot, *cannot),
        notes=notes,
    )


def _is_kept(change: PackageChange) -> bool:
    return change.after is None and change.name in KEPT_TOOLS


def _same_path(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and os.path.normcase(one) == os.path.normcase(other)


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


def _other_python(snapshot: Snapshot, now: Snapshot, changes: Sequence[PackageChange]) -> str:
    """Packages of an interpreter that may belong to something else are not touched."""
    names = _listed([one.name for one in changes])
    then = f"those of {snapshot.interpreter}" if snapshot.interpreter else "of a Python that is not known"
    return (
        f"the packages {names}: the snapshot's are {then}. Activate the environment of that Python, "
        f"or allow to change this one: --python {now.interpreter or 'PATH'}"
    )


def _core(snapshot: Snapshot, now: CoreState) -> tuple[CoreState | None, list[str]]:
    wanted = snapshot.core
    edits = ["ComfyUI had local edits, which no snapshot keeps"] if wanted.dirty else []
    if wanted.commit is None:
        changed = wanted.version is not None and wanted.version != now.version
        return None, [f"ComfyUI was {wanted.version}, of no commit that is known"] if changed else []
    if same_commit(wanted.commit, now.commit):
        if now.dirty and not wanted.dirty and snapshot.knows_edits:
            return wanted, []
        return None, [] if now.dirty else edits
    if now.commit is None:
        return None, [f"ComfyUI was at {wanted.commit[:12]}; what is here is no git checkout"]
    return wanted, edits


def _packs(wanted: Snapshot, now: Sequence[Pack]) -> tuple[list[PackStep], list[str], list[str]]:
    steps: list[PackStep] = []
    cannot: list[str] = []
    notes: list[str] = []
    pairs, left = paired(wanted.packs, now)
    for pack in left:
        if pack.kind == "link":
            notes.append(f"{pack.folder} is a link that the snapshot does not have: it is left alone")
        elif wanted.left_out:
            notes.append(f"{pack.folder} is left alone: {NOT_WHOLE}")
        elif wanted.source == "manager" and (
            pack.kind == "folder" or (pack.kind == "registry" and pack.disabled)
        ):
            notes.append(f"{pack.folder} is left alone: Manager's snapshots do not name what is like it")
        else:
            steps.append(PackStep("aside", pack.folder, None, pack))
    for target, current in pairs:
        done, undone = _one(target, current, wanted.knows_edits)
        steps += done
        cannot += undone
        if current is not None and wanted.knows_edits and _both_edited(target, current):
            notes.append(f"{current.folder} {BOTH_EDITED}")
    return steps, cannot, notes


def _both_edited(target: Pack, current: Pack) -> bool:
    return target.dirty and current.dirty and same_commit(target.commit, current.commit)


def _one(target: Pack, current: Pack | None, knows_edits: bool) -> tuple[list[PackStep], list[str]]:
    if current is None:
        return _missing(target)
    if current.kind == "link" or target.kind == "link":
        same = current.kind == target.kind and current.folder == target.folder
        return [], [] if same else [f"{current.folder}: links are left alone; it was {target.state}"]
    if target.kind == "file" or target.kind == "folder":
        changed = target.sha256 is not None and target.sha256 != current.sha256
        cannot = (
            [f"{current.folder} has other contents than it had, and nothing knows those"] if changed else []
        )
        return _switched(target, current, current.folder), cannot
    return _versioned(target, current, knows_edits)


def _missing(target: Pack) -> tuple[list[PackStep], list[str]]:
    if target.kind == "git" and target.url and target.commit:
        return [PackStep("clone", target.folder, target)], _edits(target)
    if target.kind == "registry" and target.registry_id and target.version:
        return [PackStep("download", target.folder, target)], []
    why = {
        "git": "where it came from, or its commit, is not known",
        "registry": "its version is not known",
        "file": "it is a single file, of which no source is known",
        "folder": "it came from nowhere that is known",
        "link": "it was a link to another folder",
    }
    return [], [f"{target.folder} is gone and cannot be brought back: {why[target.kind]}"]


def _edits(target: Pack) -> list[str]:
    return [f"{target.folder} had local edits, which no snapshot keeps"] if target.dirty else []


def _versioned(target: Pack, current: Pack, knows_edits: bool) -> tuple[list[PackStep], list[str]]:
    """A pack of git or of the registry that is there, in some state."""
    switch = _switched(target, current, current.folder)
    folder = switch[0].target.folder if switch and switch[0].target else current.folder
    there = replace(target, folder=folder)
    if target.kind == current.kind == "git":
        if target.commit is None:
            return switch, [f"{folder} was at a commit that is not known"]
        if same_commit(target.commit, current.commit) and (
            target.dirty or not current.dirty or not knows_edits
        ):
            return switch, [] if current.dirty else _edits(target)
        return [*switch, PackStep("checkout", folder, there, current)], _edits(target)
    if target.kind == current.kind == "registry" and target.version == current.version:
        return switch, []
    steps, cannot = _missing(there)
    return [*switch, *(replace(step, current=current) for step in steps)], cannot


def _switched(target: Pack, current: Pack, folder: str) -> list[PackStep]:
    """A rename, where it was enabled and is not, or the other way round. `target.folder` is the new name."""
    if target.disabled == current.disabled:
        return []
    if folded(target.name) == folded(current.name):
        name = target.folder
    else:
        name = current.name + DISABLED if target.disabled else current.name
    return [PackStep("rename", folder, replace(target, folder=name), current)]


def _packages(wanted: Sequence[str], now: Sequence[str]) -> tuple[list[str], list[str], list[str]]:
    """Lines to install, names to uninstall, and what cannot be had. A snapshot without any changes none."""
    if not wanted:
        return [], [], []
    old, new = package_versions(wanted), package_versions(now)
    lines, cannot = [], []
    for line in wanted:
        ((name, version),) = package_versions([line]).items()
        if new.get(name) == version:
            continue
        if line.startswith(EDITABLE):
            cannot.append(f"{line} is installed from a folder of somebody's own: do it by hand")
        else:
            lines.append(line)
    extra = [name for name in sorted(new.keys() - old.keys()) if name not in KEPT_TOOLS]
    cannot += [
        f"{line} is left installed, from somebody's own folder" for line in extra if line.startswith(EDITABLE)
    ]
    return lines, [name for name in extra if not name.startswith(EDITABLE)], cannot
