"""What the rooms of the dock hand each other. Values only."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .tools import library


def node_key(name: str) -> str:
    """A name that spells more than ASCII gets a hash, for a dependency group must not.

    Two names that are one folder where case or the form of an accent does not count have one key.
    """
    same = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
    letters = "".join(c if c.isascii() and c.isalnum() else "-" for c in same)
    key = "-".join(part for part in letters.split("-") if part)
    if name.isascii():
        return key
    return f"{key or 'pack'}-{hashlib.sha256(same.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


@dataclass(frozen=True)
class NodeInfo:
    """A node pack: what it is called, where it comes from, which state of it is meant.

    `name` is its folder in custom_nodes; `source` is `registry`, `git` or `local` (a development link).
    `version` is a registry version or a commit; `ref` what was asked for in git (a branch, a tag);
    `sha256` that of the registry's archive, pinned when it was first seen.
    """

    name: str
    source: str
    registry_id: str | None = None
    version: str | None = None
    repository: str | None = None
    ref: str | None = None
    path: str | None = None
    sha256: str | None = None
    download_url: str | None = None
    description: str | None = None

    @property
    def key(self) -> str:
        """Name of its table in the manifest and of its dependency group: lower case, dashes, ASCII."""
        return node_key(self.name)


@dataclass(frozen=True)
class Issue:
    """One thing that is not as it should be: a stable code, a sentence, whether it stops what is planned."""

    code: str
    message: str
    blocks: bool = True


@dataclass(frozen=True)
class ValidationResult:
    issues: tuple[Issue, ...] = ()

    @property
    def ok(self) -> bool:
        return not any(issue.blocks for issue in self.issues)


@dataclass(frozen=True)
class PackageChange:
    """A package before and after; None where it is not there."""

    name: str
    before: str | None
    after: str | None

    @property
    def kind(self) -> str:
        """added, removed, up, down or same"""
        if self.before is None:
            return "added"
        if self.after is None:
            return "removed"
        versions = library("packaging.version")
        try:
            old, new = versions.Version(self.before), versions.Version(self.after)
        except versions.InvalidVersion:
            return "same" if self.before == self.after else "up"
        return "same" if old == new else "up" if new > old else "down"


@dataclass(frozen=True)
class SyncPlan:
    """What `sync` would do, in the order in which it does it. Empty: there is nothing to do."""

    install_nodes: tuple[NodeInfo, ...] = ()
    change_nodes: tuple[tuple[NodeInfo, str | None], ...] = ()  # what it becomes, the version that is there
    remove_nodes: tuple[str, ...] = ()  # folders that dock installed and the manifest does not name any more
    comfyui: str | None = None  # the commit that it would be moved to
    packages: tuple[PackageChange, ...] = ()
    lock: bool = False  # uv.lock would be solved anew
    foreign_nodes: tuple[str, ...] = ()  # in custom_nodes, not ours: left alone
    foreign_packages: tuple[str, ...] = ()  # in the environment, not ours: left alone
    edited: tuple[str, ...] = ()  # packs whose local edits are kept aside
    scripts: tuple[str, ...] = ()  # "PACK: install.py": not run unless allowed

    @property
    def is_empty(self) -> bool:
        return not (
            self.install_nodes
            or self.change_nodes
            or self.remove_nodes
            or self.comfyui
            or self.packages
            or self.lock
        )


@dataclass(frozen=True)
class SyncResult:
    plan: SyncPlan
    dry_run: bool
    kept_aside: tuple[str, ...] = ()  # folders with local edits, where they are now
    ran_scripts: tuple[str, ...] = ()
    commit: str | None = None
    notes: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()  # packs that could not be fetched, with the reason


@dataclass(frozen=True)
class Updated:
    """Where ComfyUI was moved to, and what somebody should know of it."""

    commit: str
    version: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class EnvironmentStatus:
    name: str
    path: Path
    active: bool
    comfyui: str | None  # version or commit
    python: str | None
    nodes: tuple[NodeInfo, ...] = ()
    changes: tuple[str, ...] = ()  # what is uncommitted, one line each
    unsynced: tuple[str, ...] = ()  # what the manifest says and the disk does not, one line each
    commit: str | None = None
    message: str | None = None
    interrupted: str | None = None  # an operation that was killed; `repair` ends it


@dataclass(frozen=True)
class EnvironmentDiff:
    """The manifest as it stands against the last commit, and against what is on the disk."""

    nodes: tuple[str, ...] = ()
    packages: tuple[PackageChange, ...] = ()
    settings: tuple[str, ...] = ()
    text: str = ""  # of git, the file itself

    @property
    def is_empty(self) -> bool:
        return not (self.nodes or self.packages or self.settings or self.text)


@dataclass(frozen=True)
class RepairResult:
    done: tuple[str, ...] = ()  # one line for each thing that was put right
    left: tuple[Issue, ...] = ()


@dataclass(frozen=True)
class Commit:
    id: str
    when: str
    message: str


@dataclass(frozen=True)
class ModelInfo:
    """A model is what is in it, whatever its file is called.

    `size` in bytes; `hash` is ComfyUI's own, `blake3:` and 64 hex digits; `hashes` all known ones, by kind.
    `paths` is where it lies, none: it was here once; `relative` the same below the folder that was scanned,
    with slashes; `copies` how many files that are, links not counted.
    """

    name: str
    size: int
    hash: str
    paths: tuple[Path, ...] = ()
    relative: tuple[str, ...] = ()
    copies: int = 0
    hashes: Mapping[str, str] = field(default_factory=dict)
    original_name: str | None = None
    last_seen: float | None = None  # s since 1970
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class WorkspaceConfig:
    active: str | None = None
    values: dict[str, str] = field(default_factory=dict)


def short(version: str | None) -> str:
    """A version for a person: of a commit the first twelve digits."""
    if version is None:
        return "an unknown version"
    return version[:12] if len(version) >= 40 else version
