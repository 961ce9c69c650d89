"""Snapshots of an install: its core, its packs and its packages at one time, kept beside it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from .. import atomic
from ..errors import BadDockSnapshot, UnknownDockSnapshot
from .checkouts import Checkout
from .comfyui import version_of
from .custom_nodes import packs_in
from .git import Git
from .installs import Install, Place
from .operation import is_link
from .pack_pairs import paired, same_commit
from .records import PackageChange
from .snapshot_fields import is_name, package_versions
from .snapshot_records import CoreState, Pack, Snapshot, from_bytes, is_kept_path, to_bytes
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
        interpreter=str(install.python) if is_kept_path(str(install.python)) else None,
    )


def core_state(install: Place, git: Git) -> CoreState:
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
    snapshot = look(install, uv, git, name or free_name(install, when.strftime(STAMP)), when)
    store(install, snapshot)
    return snapshot


def free_name(install: Place, name: str) -> str:
    """`name`, with a number where there is such a snapshot: for names that nobody chose."""
    taken = {path.stem.casefold() for path in _files(install.root / HOME / "snapshots")}
    names = (name, *(f"{name}-{number}" for number in range(2, len(taken) + 3)))
    return next(one for one in names if one.casefold() not in taken)


def store(install: Place, snapshot: Snapshot) -> Path:
    """Keep a snapshot that was taken or read in. Raises BadDockSnapshot where the name is taken."""
    folder = home(install, "snapshots")
    if any(path.stem.casefold() == snapshot.name.casefold() for path in _files(folder)):
        raise BadDockSnapshot(f"There is a snapshot {snapshot.name!r} already. Choose another name.")
    file = folder / f"{checked_name(snapshot.name)}.json"
    atomic.write_bytes(file, to_bytes(snapshot))
    return file


def listed(install: Place) -> tuple[list[Snapshot], list[str]]:
    """The snapshots, newest first, and a sentence for each file that is none."""
    found, broken = [], []
    for file in _files(install.root / HOME / "snapshots"):
        try:
            found.append(from_bytes(file.read_bytes(), file.name))
        except (BadDockSnapshot, OSError) as error:
            broken.append(str(error))
    return sorted(found, key=lambda one: (one.when, one.name), reverse=True), broken


def load(install: Place, name: str) -> Snapshot:
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


def home(install: Place, *parts: str) -> Path:
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
        _core(before.core, after.core),
        _pair(before.python, after.python),
        pack_changes(before.packs, after.packs),
        package_changes(before.packages, after.packages),
    )


def _pair(before: str | None, after: str | None) -> tuple[str, str] | None:
    """What is not known of one of them is no change."""
    return None if before is None or after is None or before == after else (before, after)


def _core(before: CoreState, after: CoreState) -> tuple[str, str] | None:
    same = same_commit(before.commit, after.commit) or not (before.commit and after.commit)
    if same and before.dirty == after.dirty and not _pair(before.version, after.version):
        return None
    return _at(before), _at(after)


def _at(core: CoreState) -> str:
    return f"{core.version or '?'} {(core.commit or '?')[:12]}" + (" edited" if core.dirty else "")


def pack_changes(before: tuple[Pack, ...], after: tuple[Pack, ...]) -> tuple[PackChange, ...]:
    pairs, left = paired(before, after)
    rows = [(one.folder, PackChange(one.name, *_states(one, now))) for one, now in pairs]
    rows += [(one.folder, PackChange(one.name, None, one.state)) for one in left]
    return tuple(row for _, row in sorted(rows, key=lambda row: row[0]) if row.before != row.after)


def _states(before: Pack, after: Pack | None) -> tuple[str, str | None]:
    """What to say of both; the same words where nothing is known to have changed."""
    if after is None:
        return before.state, None
    if before.kind == after.kind == "git" and same_commit(before.commit, after.commit):
        after = replace(after, commit=before.commit)
    other = before.sha256 and after.sha256 and before.sha256 != after.sha256
    return before.state, f"{after.state} with other contents" if other else after.state


def package_changes(before: tuple[str, ...], after: tuple[str, ...]) -> tuple[PackageChange, ...]:
    old, new = package_versions(before), package_versions(after)
    names = sorted(old.keys() | new.keys())
    rows = (PackageChange(name, old.get(name), new.get(name)) for name in names)
    return tuple(row for row in rows if row.before != row.after)
