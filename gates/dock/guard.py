"""What installing a pack would do to the Python of an existing ComfyUI: tried, and not done."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from ..errors import UnknownNode
from . import identifiers
from .comfyui import wanted_by
from .custom_nodes import packs_in
from .git import Git
from .guard_words import explained, why_impossible
from .installs import Install
from .needs import Needs, read_packages
from .processes import Finished
from .records import NodeInfo, PackageChange
from .requirements import name_of, scan, scripts_of
from .snapshots import python_version
from .uv import CONFLICT, UVInterface, canonical

# What moves under nobody's feet: named first.
FRIENDS = (
    "torch", "torchvision", "torchaudio", "xformers", "triton", "numpy", "transformers", "pydantic",
    "aiohttp", "pillow", "safetensors", "tokenizers", "huggingface-hub", "diffusers", "scipy",
    "opencv-python", "opencv-python-headless", "onnxruntime", "onnxruntime-gpu",
)  # fmt: skip
ALWAYS_NEEDED = ("torch", "torchvision", "torchaudio")
ROW = re.compile(r"^ ([+-]) ([A-Za-z0-9][\w.-]*)(?:==(\S+?))?(?: (?:@ |\(from )(.+?)\)?)?$", re.M)
NO_WHEEL = re.compile(r"Wheels are required for `([^`]+)`")
NO_BUILD = ("--no-build",)
# A dry run changes nothing, not even a Python that the system keeps for itself.
DRY = ("--break-system-packages",)


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
        trial = Trial(install, uv, Path(scratch), allow_builds)
        return trial.report(info, folder, already_there(install, git, info))


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
    there = packs_in(install.custom_nodes, git)
    same = [one for one in there if one.name.casefold() == info.name.casefold()]
    return [f"{one.folder} is in custom_nodes already, at {one.state}" for one in same]


class Trial:
    """Dry runs of uv against one install; the files that they read lie in `scratch`."""

    def __init__(self, install: Install, uv: UVInterface, scratch: Path, allow_builds: bool) -> None:
        self._install = install
        self._uv = uv
        self._scratch = scratch
        self._more = DRY if allow_builds else (*DRY, *NO_BUILD)

    def report(self, info: NodeInfo, folder: Path, notes: list[str]) -> GuardReport:
        wanted = scan(folder)
        notes += wanted.notes
        packages = read_packages(self._uv, self._install.python)
        versions = {package.name: package.version for package in packages.values()}
        needs = Needs(packages, python_version(self._install, self._uv))
        own = list(wanted_by(self._install.core).lines) if self._install.core else []
        notes += self._doubts(own, needs, versions)
        lines, done = self._try(list(wanted.lines), notes)
        base = GuardReport(info, self._install, scripts=scripts_of(folder))
        if done is not None and done.exit_code != 0:
            reason = why_impossible(info.name, lines, own, done, versions)
            return replace(base, impossible=reason, notes=tuple(notes))
        changes = in_order(changes_of(done))
        needed = needs.closure(own) | set(ALWAYS_NEEDED)
        moved = [one for one in changes if one.name in needed and one.kind in ("up", "down", "removed")]
        held, said = self._held(lines, own, needs, versions, needed) if moved else (changes, "")
        after = _after(versions, changes)
        return replace(
            base,
            changes=changes,
            harmful=tuple(
                Harm(one.name, one.before or "", one.after, explained(info.name, one, lines, own, said, held))
                for one in moved
            ),
            broken=tuple(
                f"{one.package} wants {one.requirement}, and would get {one.got or 'none'}"
                for one in needs.newly_broken(versions, after)
            ),
            held=held,
            notes=tuple(notes),
        )

    def _doubts(self, own: Sequence[str], needs: Needs, versions: Mapping[str, str]) -> Iterator[str]:
        if not own:
            yield "no requirements.txt of ComfyUI was found: only torch and its kin count as needed"
        for one in needs.broken("ComfyUI", own, versions):
            yield f"ComfyUI wants {one.requirement} and has {one.got or 'none'} already now"

    def _try(self, lines: list[str], notes: list[str]) -> tuple[list[str], Finished | None]:
        """What was asked in the end, and uv's answer: what exists as source alone is left out and named."""
        while lines:
            done = self._dry_run(lines)
            source = NO_WHEEL.search(done.err) if done.exit_code != 0 else None
            kept = [line for line in lines if source and name_of(line) != canonical(source[1])]
            if source is None or len(kept) == len(lines):
                return lines, done
            notes.append(f"{source[1]} is there as source alone; what its build asks for is not known")
            lines = kept
        return lines, None

    def _held(
        self,
        lines: Sequence[str],
        own: Sequence[str],
        needs: Needs,
        versions: Mapping[str, str],
        needed: set[str],
    ) -> tuple[tuple[PackageChange, ...] | None, str]:
        """What would change with all that ComfyUI needs held in place; else None, and what uv said."""
        unmet = {name_of(line) for line in own if needs.broken("", [line], versions)}
        kept = sorted(needed & versions.keys() - unmet)
        met = [line for line in own if name_of(line) not in unmet]
        done = self._dry_run([*lines, *met], [f"{name}=={versions[name]}" for name in kept])
        return (None, done.err) if done.exit_code != 0 else (in_order(changes_of(done)), "")

    def _dry_run(self, lines: Iterable[str], held: Sequence[str] = ()) -> Finished:
        wanted, constraints = self._scratch / "wanted.txt", self._scratch / "held.txt"
        wanted.write_text("".join(f"{line}\n" for line in lines), "utf-8")
        constraints.write_text("".join(f"{line}\n" for line in held), "utf-8")
        words = ("--constraint", str(constraints)) if held else ()
        done = self._uv.plan_install(self._install.python, [wanted], *self._more, *words)
        return done if CONFLICT.search(done.err) else done.checked("Trying the installation")


def changes_of(done: Finished | None) -> list[PackageChange]:
    """The rows of a dry run; a package that is replaced stands there twice."""
    before: dict[str, str] = {}
    after: dict[str, str] = {}
    for sign, name, version, url in ROW.findall(done.err if done is not None else ""):
        (before if sign == "-" else after)[canonical(name)] = version or url
    names = sorted(before.keys() | after.keys())
    return [PackageChange(name, before.get(name), after.get(name)) for name in names]


def in_order(changes: Iterable[PackageChange]) -> tuple[PackageChange, ...]:
    """Torch, numpy and friends first, what is only added last."""
    ranks = {name: rank for rank, name in enumerate(FRIENDS)}
    return tuple(sorted(changes, key=lambda c: (ranks.get(c.name, len(ranks)), c.kind == "added", c.name)))


def _after(versions: Mapping[str, str], changes: Iterable[PackageChange]) -> dict[str, str]:
    after = dict(versions)
    for change in changes:
        after.pop(change.name, None)
        if change.after is not None:
            after[change.name] = change.after
    return after
