"""What the manifest says against what the disk has: the plan of a sync. Looks, and changes nothing."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import GatesError
from .git import Git
from .installed import Installed, InstalledNode
from .node_checks import requirements_of
from .packs import folders, head_of, is_as_wanted, is_edited, state_of
from .places import EnvironmentPlaces
from .pyproject import PyprojectManager
from .records import NodeInfo, PackageChange, SyncPlan
from .requirements import scripts_of
from .solving import Solved, read_lock, solve
from .uv import UVInterface, canonical
from .wanted_core import whole_commit

NEW_VENV = PackageChange("python", None, "the environment is made anew")
DRY = re.compile(r"^ ([+~-]) (\S+?)==(\S+)", re.M)


@dataclass(frozen=True)
class Packages:
    """What uv would do to make an environment that of the lock. `extra`: there, and not in the lock."""

    changes: tuple[PackageChange, ...]
    extra: dict[str, str]  # name: version


def plan(
    places: EnvironmentPlaces, manifest: PyprojectManager, installed: Installed, git: Git, uv: UVInterface
) -> tuple[SyncPlan, Solved]:
    """The plan, and the manifest and lock that it is made with. Raises PackageConflict, BadManifest."""
    manifest.require_whole()
    nodes = manifest.nodes()
    lock = read_lock(places.lock)
    is_written = PyprojectManager(places.manifest).text == manifest.text
    stale = lock is None or not is_written or not uv.is_locked(places.cec)
    solved = (
        solve(uv, manifest.text, lock, places.staging, manifest.file)
        if lock is None or stale
        else Solved(manifest.text, lock)
    )
    packages = package_plan(uv, places, solved if stale else None)
    ours = {*installed.packages, *installed.replaced}
    drop = [
        PackageChange(name, there, version_of(installed.replaced.get(name)))
        for name, there in packages.extra.items()
        if name in ours
    ]
    missing, wrong = node_plan(places, nodes, installed)
    gone = still_there(places, nodes, installed)
    known = {info.name.casefold() for info in nodes.values()} | {name.casefold() for name in gone}
    touched = [*gone, *(info.name for info, _ in wrong)]
    return (
        SyncPlan(
            install_nodes=tuple(missing),
            change_nodes=tuple(wrong),
            remove_nodes=tuple(gone),
            comfyui=_core(places, manifest, git),
            packages=(*packages.changes, *drop),
            lock=solved.lock != lock,
            foreign_nodes=tuple(f for f in folders(places.custom_nodes) if f.casefold() not in known),
            foreign_packages=tuple(name for name in packages.extra if name not in ours),
            edited=tuple(name for name in touched if _edited(places, name, installed, git)),
            scripts=scripts_in(places, nodes.values(), installed),
        ),
        solved,
    )


def node_plan(
    places: EnvironmentPlaces, nodes: dict[str, NodeInfo], installed: Installed
) -> tuple[list[NodeInfo], list[tuple[NodeInfo, str | None]]]:
    """Packs that are not there, and those that are there in another state."""
    missing: list[NodeInfo] = []
    wrong: list[tuple[NodeInfo, str | None]] = []
    for key, info in nodes.items():
        there = state_of(places.custom_nodes, info, installed.nodes.get(key))
        if there is None:
            missing.append(info)
        elif not is_as_wanted(info, there) or _is_loose(info, installed.nodes.get(key)):
            wrong.append((info, there.version))
    return missing, wrong


def _is_loose(info: NodeInfo, noted: InstalledNode | None) -> bool:
    """Of dock, and meant without a version: as it is before the first sync, and after going back to that."""
    return noted is not None and info.source != "local" and info.version is None


def still_there(places: EnvironmentPlaces, nodes: Mapping[str, NodeInfo], installed: Installed) -> list[str]:
    """Folders of packs that dock put there and that the manifest does not name any more."""
    gone = [known.name for key, known in installed.nodes.items() if key not in nodes]
    return [name for name in gone if os.path.lexists(places.custom_nodes / name)]


def complete(
    manifest: PyprojectManager,
    staged: dict[str, tuple[NodeInfo, Path]],
    custom_nodes: Path,
    installed: Installed,
) -> list[str]:
    """Pin and scan packs that somebody wrote into the manifest, or gave another version, by hand.

    What asks for something that cannot be read is taken out of `staged`, and returned with the reason.
    """
    failed: list[str] = []
    groups, nodes = manifest.groups(), manifest.nodes()
    for key, (fetched, folder) in [*staged.items()]:
        try:
            known = [list(lines) for lines in installed.lists.get(key, ())]
            lines = _asked(groups.get(key), known, folder, custom_nodes / fetched.name)
        except GatesError as error:
            failed.append(f"{fetched.name}: {error}")
            del staged[key]
            continue
        if nodes[key] != fetched or list(lines) != groups.get(key, []):
            manifest.set_node(fetched, lines)
    return failed


def version_of(line: str | None) -> str | None:
    """What a requirement that was there installs again."""
    return line.partition("==")[2] or line if line is not None else None


def relisted(
    places: EnvironmentPlaces, nodes: Mapping[str, NodeInfo], installed: Installed
) -> tuple[list[tuple[NodeInfo, list[str]]], list[str]]:
    """Linked packs whose list of packages changed, with the list; and links that are of no use, and why."""
    changed: list[tuple[NodeInfo, list[str]]] = []
    broken: list[str] = []
    for key, info in nodes.items():
        noted = installed.nodes.get(key)
        if info.source != "local" or not is_as_wanted(info, state_of(places.custom_nodes, info, noted)):
            continue
        if not Path(str(info.path)).is_dir():
            broken.append(f"{info.name}: the folder {info.path} is gone, which it is a link to.")
            continue
        try:
            lines = requirements_of(places.custom_nodes / info.name)
        except GatesError as error:
            broken.append(f"{info.name}: {error}")
            continue
        if noted is not None and noted.asked is not None and noted.asked != tuple(lines):
            changed.append((info, lines))
    return changed, broken


def unknown_yet(plan: SyncPlan, manifest: PyprojectManager, installed: Installed) -> list[str]:
    """Packs that ask for what nobody knows before they are there."""
    groups = manifest.groups()
    coming = [info for info in plan.install_nodes if info.key not in groups]
    for info, _ in plan.change_nodes:
        noted = installed.nodes.get(info.key)
        coming += [info] if noted is None or noted.version != info.version else []
    names = ", ".join(info.name for info in coming)
    verb, they = ("asks", "it is") if len(coming) == 1 else ("ask", "they are")
    return [f"what {names} {verb} for is known once {they} fetched"] if coming else []


def _asked(
    written: list[str] | None, known: Sequence[list[str]], fetched: Path, installed: Path
) -> Sequence[str]:
    """What the manifest says of a pack's packages, if somebody thought about it; else what the pack says."""
    if written is None or written in known:
        return requirements_of(fetched)
    if not installed.is_dir():
        return written
    return requirements_of(fetched) if requirements_of(installed) == written else written


def _edited(places: EnvironmentPlaces, name: str, installed: Installed, git: Git) -> bool:
    noted = next((node for node in installed.nodes.values() if node.name == name), None)
    folder = places.custom_nodes / name
    return folder.exists() and is_edited(folder, noted, git)


def scripts_in(places: EnvironmentPlaces, nodes: Iterable[NodeInfo], installed: Installed) -> tuple[str, ...]:
    """Install scripts that are there and were not run."""
    found: list[str] = []
    ran = {key for key, node in installed.nodes.items() if node.scripts_ran}
    for info in (one for one in nodes if one.key not in ran):
        found += [f"{info.name}: {script}" for script in scripts_of(places.custom_nodes / info.name)]
    return tuple(found)


def _core(places: EnvironmentPlaces, manifest: PyprojectManager, git: Git) -> str | None:
    """The commit to move to; where there is no ComfyUI at all, the best that the manifest says of it."""
    settings = manifest.settings()
    wanted = settings.get("comfyui_commit")
    if not places.core.exists():  # another program calls the commit by another name
        return str(wanted or settings.get("comfyui_commit_sha") or settings.get("comfyui_version") or "HEAD")
    commit = (whole_commit(places, git, str(wanted)) or str(wanted)) if wanted else None
    return commit if head_of(places.core) != commit else None


def package_plan(uv: UVInterface, places: EnvironmentPlaces, solved: Solved | None) -> Packages:
    """By uv's own dry run; with `solved` in place of what lies in the environment."""
    if not places.python().exists():
        return Packages((NEW_VENV,), {})
    if solved is None:
        said = uv.dry_sync(places.cec, places.venv)
    else:
        with tempfile.TemporaryDirectory(prefix="planned-", dir=places.staging) as project:
            (Path(project) / "pyproject.toml").write_text(solved.manifest, "utf-8")
            (Path(project) / "uv.lock").write_text(solved.lock, "utf-8")
            said = uv.dry_sync(Path(project), places.venv)
    rows = [(sign, canonical(name), version) for sign, name, version in DRY.findall(said)]
    plus = {name: version for sign, name, version in rows if sign == "+"}
    minus = {name: version for sign, name, version in rows if sign == "-"}
    changes = [PackageChange(name, minus.get(name), version) for name, version in sorted(plus.items())]
    return Packages(tuple(changes), {name: minus[name] for name in sorted(set(minus) - set(plus))})
