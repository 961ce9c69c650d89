"""Snapshots of an install: its core, its packs and its packages at one time, kept beside it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from .. import atomic
from ..errors import BadDockSnapshot, UnknownDockSnapshot
from .checkouts import Checkout
from .comfyui import version_of
from .custom_nodes import packs_in
from .git import Git
from .installs import Install
from .operation import is_link
from .records import PackageChange
from .snapshot_fields import is_name, package_versions
from .snapshot_records import CoreState, Pack, Snapshot, from_bytes, to_bytes
from .uv import UVInterface

HOME = ".dataset_gates"  # beside custom_nodes: ComfyUI serves nothing of it
STAMP = "%Y-%m-%d_%H-%M-%S"
PASSWORD = re.compile(r"(https?://)[^/\s@]+@")


@dataclass(frozen=True)
class PackChange:
    """What it is at before and after, for a person; None where it is not there."""

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class SnapshotDiff:
    core: tuple[str, str] | None = None
    python: tuple[str, str] | None = None
    packs: tuple[PackChange, ...] = ()
    packages: tuple[PackageChange, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.core or self.python or self.packs or self.packages)


def look(install: Install, uv: UVInterface, git: Git, name: str, when: datetime) -> Snapshot:
    """The install as it is now. Nothing is changed, and nothing of the packs is run."""
    packages = tuple(PASSWORD.sub(r"\1", line) for line in uv.freeze(install.python))
    return Snapshot(
        checked_name(name),
        when.isoformat(timespec="seconds"),
        core_state(install, git),
        python_version(install, uv),
        packs_in(install.custom_nodes, git),
        packages,
    )


def core_state(install: Install, git: Git) -> CoreState:
    if install.core is None:
        return CoreState()
    version = version_of(install.core)
    if not (install.core / ".git").exists():
        return CoreState(version=version)
    checkout = Checkout(git, install.core)
    return CoreState(checkout.head, version, checkout.url, checkout.is_dirty)


def python_version(install: Install, uv: UVInterface) -> str | None:
    words = ("python", "find", "--no-project", "--no-python-downloads", "--show-version")
    done = uv.run(install.root, *words, str(install.python))
    return done.out.strip() or None if done.exit_code == 0 else None


def save(install: Install, uv: UVInterface, git: Git, when: datetime, name: str | None = None) -> Snapshot:
    """Keep the install as it is now; without a name under the time. Raises BadDockSnapshot."""
    snapshot = look(install, uv, git, name or when.strftime(STAMP), when)
    store(install, snapshot)
    return snapshot


def store(install: Install, snapshot: Snapshot) -> Path:
    """Keep a snapshot that was taken or read in. Raises BadDockSnapshot where the name is taken."""
    folder = home(install, "snapshots")
    if any(path.stem.casefold() == snapshot.name.casefold() for path in _files(folder)):
        raise BadDockSnapshot(f"There is a snapshot {snapshot.name!r} already. Choose another name.")
    file = folder / f"{checked_name(snapshot.name)}.json"
    atomic.write_bytes(file, to_bytes(snapshot))
    return file


def listed(install: Install) -> tuple[list[Snapshot], list[str]]:
    """The snapshots, newest first, and a sentence for each file that is none."""
    found, broken = [], []
    for file in _files(install.root / HOME / "snapshots"):
        try:
            found.append(from_bytes(file.read_bytes(), file.name))
        except (BadDockSnapshot, OSError) as error:
            broken.append(str(error))
    return sorted(found, key=lambda one: (one.when, one.name), reverse=True), broken


def load(install: Install, name: str) -> Snapshot:
    """Raises UnknownDockSnapshot, BadDockSnapshot."""
    file = install.root / HOME / "snapshots" / f"{checked_name(name)}.json"
    try:
        return from_bytes(file.read_bytes(), file.name)
    except FileNotFoundError:
        raise UnknownDockSnapshot(
            f"There is no snapshot {name!r} of this ComfyUI. `gates dock snapshot list` lists them."
        ) from None


def checked_name(name: str) -> str:
    if not is_name(name) or len(name) > 100:
        raise BadDockSnapshot(f"{name[:80]!r} cannot name a snapshot. Use letters, digits, - and _.")
    return name


def home(install: Install, *parts: str) -> Path:
    """A folder of ours beside custom_nodes, made when it is first needed; git does not see it."""
    base = install.root / HOME
    if is_link(base):
        raise BadDockSnapshot(f"{base} is a link. Snapshots are kept in a folder of their own: move it away.")
    if not base.is_dir():
        base.mkdir()
        atomic.write_bytes(base / ".gitignore", b"*\n")
    folder = atomic.confined(base, *parts)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.json") if is_name(path.stem)) if folder.is_dir() else []


def diff(before: Snapshot, after: Snapshot) -> SnapshotDiff:
    """What lies between two snapshots; the second may be the install of now, by `look`."""
    return SnapshotDiff(
        _pair(_core(before.core), _core(after.core)),
        _pair(before.python or "?", after.python or "?"),
        pack_changes(before.packs, after.packs),
        package_changes(before.packages, after.packages),
    )


def _pair(before: str, after: str) -> tuple[str, str] | None:
    return None if before == after else (before, after)


def _core(core: CoreState) -> str:
    return f"{core.version or '?'} {(core.commit or '?')[:12]}" + (" edited" if core.dirty else "")


def pack_changes(before: tuple[Pack, ...], after: tuple[Pack, ...]) -> tuple[PackChange, ...]:
    old, new = ({pack.folder: pack for pack in packs} for packs in (before, after))
    named_old, named_new = ({pack.name: pack.folder for pack in packs} for packs in (before, after))
    renamed = {named_old[name]: named_new[name] for name in named_old.keys() & named_new.keys()}
    rows = []
    for folder in sorted(old.keys() | (new.keys() - set(renamed.values()))):
        first, second = old.get(folder), new.get(renamed.get(folder, folder))
        if _said(first) != _said(second) or (first and second and first.sha256 != second.sha256):
            rows.append(PackChange((first or second).name, _said(first), _said(second)))  # type: ignore[union-attr]
    return tuple(rows)


def _said(pack: Pack | None) -> str | None:
    return None if pack is None else pack.state


def package_changes(before: tuple[str, ...], after: tuple[str, ...]) -> tuple[PackageChange, ...]:
    old, new = package_versions(before), package_versions(after)
    names = sorted(old.keys() | new.keys())
    rows = (PackageChange(name, old.get(name), new.get(name)) for name in names)
    return tuple(row for row in rows if row.before != row.after)
