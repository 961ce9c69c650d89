"""Whether all that is asked for can be had together: tried in a copy, explained by pack and package."""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .. import atomic
from ..errors import BadManifest, BuildRefused, PackageConflict
from .pyproject import PyprojectManager
from .requirements import name_of
from .toml_reading import read_toml
from .tools import library
from .uv import UVInterface

LOCK_VERSION = 1  # of uv.lock's format; what only adds to it has another `revision`
UNREADABLE_LOCK = "uv.lock was empty, damaged or of another uv: it is solved anew."
HERE_ALONE = "The packages could not be solved for all systems, so uv.lock is for this one alone."


@dataclass(frozen=True)
class Solved:
    manifest: str  # text of pyproject.toml: it may say now for which systems it was solved
    lock: str  # text of uv.lock
    notes: tuple[str, ...] = ()


def read_lock(file: Path) -> str | None:
    """None where there is none, or one that uv could not read: then all is solved anew."""
    try:
        text = file.read_text("utf-8")
        return text if read_toml(text, file.name).get("version") == LOCK_VERSION else None
    except (OSError, UnicodeDecodeError, BadManifest):
        return None


def solve(
    uv: UVInterface,
    manifest: str,
    lock: str | None,
    scratch: Path,
    file: Path | None = None,
    upgrade: Sequence[str] = (),
) -> Solved:
    """A lock for this manifest, for all systems or else this one; changes nothing.

    `file` is named where uv cannot read it. Raises PackageConflict, BuildRefused, BadManifest.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="solve-", dir=scratch) as folder:
        project = Path(folder) / "project"
        project.mkdir()
        edited = PyprojectManager(project / "pyproject.toml")
        edited.text = manifest
        edited.save()
        if lock is not None:
            atomic.write_bytes(project / "uv.lock", lock.encode("utf-8"))
        notes = _locked(uv, edited, project, upgrade, file)
        return Solved(edited.text, (project / "uv.lock").read_text("utf-8"), notes)


def _locked(
    uv: UVInterface, edited: PyprojectManager, project: Path, upgrade: Sequence[str], file: Path | None
) -> tuple[str, ...]:
    everywhere: PackageConflict | BuildRefused
    try:
        uv.lock(project, upgrade=upgrade, file=file)
        return ()
    except (PackageConflict, BuildRefused) as error:
        everywhere = error
    if edited.has_environments():
        raise explained(everywhere, edited)
    edited.set_environments([f"sys_platform == '{sys.platform}'"])
    edited.save()
    try:
        uv.lock(project, upgrade=upgrade, file=file)
    except (PackageConflict, BuildRefused) as error:
        raise explained(error, edited) from None
    return (HERE_ALONE,)


def explained(
    error: PackageConflict | BuildRefused, manifest: PyprojectManager
) -> PackageConflict | BuildRefused:
    """The same, told by pack and package where two of them name the same package."""
    core, held = "comfyui", "constraints"  # a pack may have such a name too
    groups = {f"the pack {k}" if k in (core, held) else k: lines for k, lines in manifest.groups().items()}
    asked = {core: manifest.dependencies(), **groups, held: manifest.constraints()}
    pairs = disagreements(asked)
    said = str(error.data.get("said", error))
    if not pairs and isinstance(error, BuildRefused):
        return error
    if not pairs:
        return PackageConflict(f"There are no versions that suit everyone. {_by_pack(said)}", said=said)
    told = "; ".join(f"{a} wants {x}, {b} wants {y}" for a, x, b, y in pairs[:3])
    return PackageConflict(
        f"{told}. Nothing was changed. Leave one of the packs away, or another version of it may do.",
        said=said,
        pairs=pairs,
    )


def _by_pack(said: str) -> str:
    """uv speaks of `project:group`; the group is the pack."""
    return re.sub(r"\b[\w.-]+:([\w.-]+)\b", r"the pack \1", said)


def disagreements(asked: Mapping[str, Sequence[str]]) -> list[tuple[str, str, str, str]]:
    """Who wants what of the same package that excludes each other: (a, requirement, b, requirement)."""
    wanted: dict[str, list[tuple[str, str]]] = {}
    for owner, lines in asked.items():
        for line in lines:
            wanted.setdefault(name_of(line), []).append((owner, line))
    found = []
    for claims in wanted.values():
        for at, (a, x) in enumerate(claims):
            found += [(a, x, b, y) for b, y in claims[at + 1 :] if a != b and excludes(x, y)]
    return found


def excludes(one: str, other: str) -> bool:
    """Whether no version can satisfy both, as far as the bounds that they name can tell."""
    requirement = library("packaging.requirements").Requirement
    both = requirement(one).specifier & requirement(other).specifier
    return bool(both) and not any(both.contains(version, prereleases=True) for version in _candidates(both))


def _candidates(specifiers: object) -> list[str]:
    """Each version that is named, and one just below and above it: between bounds nothing else can differ."""
    versions = library("packaging.version")
    named = []
    for one in specifiers:  # type: ignore[attr-defined]
        text = str(one.version).removesuffix(".*")
        try:
            release = list(versions.Version(text).release)
        except versions.InvalidVersion:
            continue
        named += [text, f"{text}.1", f"{text}.post1", _below(release), ".".join(map(str, [release[0] + 1]))]
    return [*named, "0", "99999"]


def _below(release: list[int]) -> str:
    at = max((i for i, part in enumerate(release) if part), default=None)
    if at is None:
        return "0"
    return ".".join(map(str, [*release[:at], release[at] - 1, 99999]))
