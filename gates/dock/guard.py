"""What installing a pack would do to the Python of an existing ComfyUI: tried, and not done."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from ..errors import BadRequirement, UnknownNode
from . import identifiers
from .comfyui import wanted_by
from .custom_nodes import packs_in
from .dry_runs import DryRuns, changes_of
from .git import Git
from .guard_words import explained, why_impossible
from .installs import Install
from .needs import Broken, Needs, read_packages
from .records import NodeInfo, PackageChange
from .requirements import Wanted, name_of, scan, scripts_of
from .snapshots import python_version
from .uv import UVInterface

ALWAYS_NEEDED = ("torch", "torchvision", "torchaudio")
NO_LIST = "no requirements.txt of ComfyUI was found: only torch and its kin count as needed"
SCRIPT = "nobody knows what its install script does:"


class Registry(Protocol):
    def get_node(self, identifier: str, is_local: bool = False) -> NodeInfo: ...
    def download_node(self, info: NodeInfo, target: Path) -> NodeInfo: ...


@dataclass(frozen=True)
class Harm:
    """A package that ComfyUI needs and that would move; `why` is a sentence that names who wants it."""

    package: str
    before: str
    after: str | None
    why: str


@dataclass(frozen=True)
class GuardReport:
    """`impossible` says why the pack cannot be installed at all; `changes` are none then.

    `held` is what would change with ComfyUI's own packages held where they are; None where that cannot be.
    """

    pack: NodeInfo
    install: Install
    changes: tuple[PackageChange, ...] = ()
    harmful: tuple[Harm, ...] = ()
    broken: tuple[str, ...] = ()  # a sentence for each requirement of another package that would be unmet
    held: tuple[PackageChange, ...] | None = None
    impossible: str | None = None
    scripts: tuple[str, ...] = ()  # install scripts that the pack brings; none is run
    notes: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()  # those of the notes that say what was not looked at

    @property
    def ok(self) -> bool:
        return not self.harmful and self.impossible is None


def guard(
    install: Install,
    pack: str,
    uv: UVInterface,
    git: Git,
    registry: Registry | None = None,
    *,
    allow_builds: bool = False,
) -> GuardReport:
    """`pack` is a folder (./PACK), a git URL or a registry id. Neither the install nor the pack is changed.

    Without `allow_builds` no source distribution is built, for that runs what its author wrote.
    Raises BadNodeName, UnknownNode, BadRequirement, CommandFailed, RegistryFailed, …
    """
    with tempfile.TemporaryDirectory(prefix="gates-guard-", ignore_cleanup_errors=True) as scratch:
        info, folder = staged(pack, git, registry, Path(scratch))
        wanted = wanted_of(folder)
        standing = stands(install, uv)
        dry_runs = DryRuns(uv, install.python, Path(scratch), allow_builds)
        lines, done, unknown = dry_runs.of(wanted.lines)
        scripts = scripts_of(folder)
        unseen = (*wanted.notes, *standing.unseen, *unknown, *(f"{SCRIPT} {one}" for one in scripts))
        notes = (*already_there(install, git, info), *standing.doubts(), *unseen)
        base = GuardReport(info, install, scripts=scripts, notes=notes, unseen=unseen)
        if done is not None and done.exit_code != 0:
            return replace(base, impossible=why_impossible(info.name, install.python, done))
        return judged(base, standing, lines, changes_of(done), dry_runs)


def staged(pack: str, git: Git, registry: Registry | None, scratch: Path) -> tuple[NodeInfo, Path]:
    """The pack and a folder with its files: its own where it is a folder, else a temporary one."""
    info = identifiers.parse(pack)
    target = scratch / "pack" / info.name
    if info.source == "local":
        folder = Path(info.path or "")
        if not folder.is_dir():
            raise UnknownNode(f"{info.path} is no folder. Give the folder of the pack, such as ./my-pack.")
        return info, folder
    target.parent.mkdir()
    if info.source == "git":
        git.clone(info.repository or "", target, info.ref)
        return info, target
    if registry is None:
        raise UnknownNode(f"{pack} is neither a folder (./PACK) nor a git URL, and no registry was given.")
    found = registry.get_node(pack)
    return registry.download_node(found, target), target


def already_there(install: Install, git: Git, info: NodeInfo) -> list[str]:
    there = packs_in(install.custom_nodes, git, info.name)
    return [f"{one.folder} is in custom_nodes already, at {one.state}" for one in there]


def wanted_of(folder: Path) -> Wanted:
    """A pack may have a link in the place of its list; what that leads to outside is not the pack's."""
    for name in ("requirements.txt", "pyproject.toml"):
        if not (folder / name).resolve().is_relative_to(folder.resolve()):
            raise BadRequirement(f"{folder.name}/{name} is a link to outside of the pack. Nothing is read.")
    return scan(folder)


@dataclass(frozen=True)
class Standing:
    """How an interpreter stands: `versions` by name, `own` what ComfyUI's requirements.txt says.

    `unseen` is what could not be known of what ComfyUI needs.
    """

    versions: dict[str, str]
    own: tuple[str, ...]
    needs: Needs
    unseen: tuple[str, ...] = ()

    @property
    def needed(self) -> set[str]:
        return self.needs.closure(self.own) | set(ALWAYS_NEEDED)

    def unmet(self, line: str) -> list[Broken]:
        return self.needs.broken("ComfyUI", [line], self.versions)

    def doubts(self) -> Iterator[str]:
        for one in self.needs.broken("ComfyUI", self.own, self.versions):
            yield f"ComfyUI wants {one.requirement} and has {one.got or 'none'} already now"

    def held(self) -> tuple[list[str], list[str]]:
        """What ComfyUI wants and has, and the constraints that hold all it needs where it is."""
        met = [line for line in self.own if not self.unmet(line)]
        loose = {name_of(line) for line in self.own if line not in met}
        names = sorted(self.needed & self.versions.keys() - loose)
        return met, [f"{name}=={self.versions[name]}" for name in names]


def stands(install: Install, uv: UVInterface) -> Standing:
    packages = read_packages(uv, install.python)
    own = wanted_by(install.core) if install.core else Wanted()
    unseen = own.notes if own.lines else (*own.notes, NO_LIST)
    versions = {package.name: package.version for package in packages.values()}
    return Standing(versions, own.lines, Needs(packages, python_version(install, uv)), unseen)


def judged(
    base: GuardReport,
    standing: Standing,
    lines: Sequence[str],
    changes: tuple[PackageChange, ...],
    dry_runs: DryRuns,
) -> GuardReport:
    """The report on these changes: which of them hurt, and what would change if ComfyUI's were held."""
    needed = standing.needed
    moved = [one for one in changes if one.name in needed and one.kind in ("up", "down", "removed")]
    held: tuple[PackageChange, ...] | None = changes
    said = ""
    if moved:
        met, constraints = standing.held()
        done = dry_runs.held([*lines, *met], constraints)
        held, said = (None, done.err) if done.exit_code != 0 else (changes_of(done), "")
    claims = [explained(base.pack.name, one, lines, standing.own, said, held) for one in moved]
    return replace(
        base,
        changes=changes,
        harmful=tuple(
            Harm(one.name, one.before or "", one.after, why) for one, why in zip(moved, claims, strict=True)
        ),
        broken=tuple(_broken(standing, changes)),
        held=held,
    )


def _broken(standing: Standing, changes: Iterable[PackageChange]) -> Iterator[str]:
    after = {**standing.versions, **{one.name: one.after for one in changes if one.after is not None}}
    for one in changes:
        if one.after is None:
            after.pop(one.name, None)
    for broken in standing.needs.newly_broken(standing.versions, after):
        yield f"{broken.package} wants {broken.requirement}, and would get {broken.got or 'none'}"
