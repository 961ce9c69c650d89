"""What it takes to bring an install back to a snapshot: a value, made from two snapshots alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from .records import PackageChange
from .snapshot_fields import DISABLED, EDITABLE, package_versions
from .snapshot_records import CoreState, Pack, Snapshot
from .snapshots import package_changes

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

    @property
    def is_empty(self) -> bool:
        return not (self.core or self.packs or self.install or self.uninstall)


def plan_restore(snapshot: Snapshot, now: Snapshot) -> RestorePlan:
    """From the install as it is `now` (by `snapshots.look`) to `snapshot`. Nothing is asked or changed."""
    core, cannot = _core(snapshot.core, now.core)
    steps, cannot_packs, notes = _packs(snapshot.packs, now.packs, snapshot.source == "manager")
    if not snapshot.packages:
        notes.append("the snapshot names no packages: they are left as they are")
    lines, names, cannot_packages = _packages(snapshot.packages, now.packages)
    if snapshot.python and now.python and snapshot.python != now.python:
        cannot.append(f"Python was {snapshot.python} and is {now.python}: an interpreter is not exchanged")
    return RestorePlan(
        snapshot,
        core,
        core is not None and now.core.dirty,
        tuple(steps),
        tuple(lines),
        tuple(names),
        package_changes(now.packages, snapshot.packages) if snapshot.packages else (),
        (*cannot, *cannot_packs, *cannot_packages),
        tuple(notes),
    )


def same_commit(one: str | None, other: str | None) -> bool:
    """Some files have commits shortened."""
    return bool(one and other) and (str(one).startswith(str(other)) or str(other).startswith(str(one)))


def _core(wanted: CoreState, now: CoreState) -> tuple[CoreState | None, list[str]]:
    if wanted.commit is None:
        changed = wanted.version is not None and wanted.version != now.version
        return None, [f"ComfyUI was {wanted.version}, of no commit that is known"] if changed else []
    if same_commit(wanted.commit, now.commit):
        return None, []
    if now.commit is None:
        return None, [f"ComfyUI was at {wanted.commit[:12]}; what is here is no git checkout"]
    return wanted, ["ComfyUI had local edits, which no snapshot keeps"] if wanted.dirty else []


def _packs(
    wanted: Sequence[Pack], now: Sequence[Pack], of_manager: bool
) -> tuple[list[PackStep], list[str], list[str]]:
    steps: list[PackStep] = []
    cannot: list[str] = []
    notes: list[str] = []
    left = list(now)
    pairs = []
    for target in _by_certainty(wanted):
        current = _match(target, left)
        left = [pack for pack in left if pack is not current]
        pairs.append((target, current))
    for pack in left:
        if pack.kind == "link":
            notes.append(f"{pack.folder} is a link that the snapshot does not have: it is left alone")
        elif of_manager and (pack.kind == "folder" or (pack.kind == "registry" and pack.disabled)):
            notes.append(f"{pack.folder} is left alone: Manager's snapshots do not name what is like it")
        else:
            steps.append(PackStep("aside", pack.folder, None, pack))
    for target, current in sorted(pairs, key=lambda pair: pair[0].folder):
        done, undone = _one(target, current)
        steps += done
        cannot += undone
    return steps, cannot, notes


def _by_certainty(packs: Iterable[Pack]) -> list[Pack]:
    return sorted(packs, key=lambda pack: (pack.kind == "link", pack.folder))


def _match(target: Pack, packs: Sequence[Pack]) -> Pack | None:
    """The pack that it is now: by folder, else by where it came from, else by name."""
    ways = (
        lambda p: p.folder == target.folder,
        lambda p: p.url is not None and _address(p.url) == _address(target.url),
        lambda p: p.registry_id is not None and _folded(p.registry_id) == _folded(target.registry_id),
        lambda p: _folded(p.name) == _folded(target.name),
    )
    return next((pack for is_it in ways for pack in packs if is_it(pack)), None)


def _address(url: str | None) -> str:
    return (url or "").rstrip("/").removesuffix(".git").casefold()


def _folded(text: str | None) -> str:
    return (text or "").casefold()


def _one(target: Pack, current: Pack | None) -> tuple[list[PackStep], list[str]]:
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
    return _versioned(target, current)


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


def _versioned(target: Pack, current: Pack) -> tuple[list[PackStep], list[str]]:
    """A pack of git or of the registry that is there, in some state."""
    switch = _switched(target, current, current.folder)
    folder = switch[0].target.folder if switch and switch[0].target else current.folder
    there = replace(target, folder=folder)
    if target.kind == current.kind == "git":
        if target.commit is None:
            return switch, [f"{folder} was at a commit that is not known"]
        if same_commit(target.commit, current.commit):
            return switch, []
        return [*switch, PackStep("checkout", folder, there, current)], _edits(target)
    if target.kind == current.kind == "registry" and target.version == current.version:
        return switch, []
    steps, cannot = _missing(there)
    return [*switch, *(replace(step, current=current) for step in steps)], cannot


def _switched(target: Pack, current: Pack, folder: str) -> list[PackStep]:
    """A rename, where it was enabled and is not, or the other way round. `target.folder` is the new name."""
    if target.disabled == current.disabled:
        return []
    if _folded(target.name) == _folded(current.name):
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
