"""How an environment comes to be, and how one that did not become whole goes away again."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, replace
from pathlib import Path

from .. import atomic
from ..errors import CommandFailed
from . import comfyui
from .applying import Applying
from .crew import Crew
from .git import Git
from .operation import Operation, remove_owned
from .packs import unknown_files
from .places import EnvironmentPlaces
from .pyproject import PyprojectManager, new_manifest
from .solving import Solved, solve
from .torch_backend import hold_torch, set_torch
from .uv import locked_packages


@dataclass(frozen=True)
class Wishes:
    """What somebody asked for: a repository and a ref, an interpreter, a build of PyTorch."""

    url: str
    ref: str | None
    python: str | None
    torch: str | None


def build(places: EnvironmentPlaces, crew: Crew, operation: Operation, wishes: Wishes) -> Crew:
    """Clone, solve, install, commit; the crew that works with the interpreter of the new environment."""
    interpreter = crew.uv.find_python(wishes.python, places.root)
    crew = replace(crew, uv=crew.uv.at(interpreter))
    crew.step("clone")
    core = _cloned(places, crew, operation, wishes)
    (places.cec / "workflows").mkdir(parents=True)
    manifest = _manifest(places, core, crew.uv.version_of(interpreter))
    solved = _solved(places, crew, manifest, wishes.torch)
    crew.step("solved")
    operation.write_file(places.manifest, solved.manifest.encode("utf-8"))
    operation.write_file(places.lock, solved.lock.encode("utf-8"))
    crew.step("venv")
    crew.uv.make_venv(places.venv, interpreter)
    applying = Applying(places, operation, crew)
    applying.packages()
    applying.note_core()
    crew.git.init(places.cec)
    crew.step("commit")
    crew.git.commit_all(places.cec, f"Create {places.name} with ComfyUI {core.version or core.commit[:12]}")
    for note in comfyui.wanted_by(places.core).notes:
        crew.note(note)
    return crew


def _cloned(places: EnvironmentPlaces, crew: Crew, operation: Operation, wishes: Wishes) -> comfyui.Core:
    """Aside, and moved to its place whole: half a clone could not be told from somebody's files."""
    places.staging.mkdir(parents=True, exist_ok=True)
    folder = places.staging / f"ComfyUI-{time.monotonic_ns()}"
    core = comfyui.clone(crew.git, wishes.url, wishes.ref, folder)
    operation.move(folder, places.core, core.commit)
    return core


def _manifest(places: EnvironmentPlaces, core: comfyui.Core, python: str) -> PyprojectManager:
    manifest = PyprojectManager(places.manifest)
    manifest.text = new_manifest(places.name, python)
    manifest.set_dependencies(comfyui.wanted_by(places.core).lines)
    manifest.set_settings(
        comfyui_repository=core.repository,
        comfyui_version=core.ref or core.version or core.commit[:12],
        comfyui_commit=core.commit,
    )
    return manifest


def _solved(places: EnvironmentPlaces, crew: Crew, manifest: PyprojectManager, torch: str | None) -> Solved:
    if torch is None:
        return solve(crew.uv, manifest.text, None, places.staging)
    set_torch(manifest, torch, crew)
    chosen = solve(crew.uv, manifest.text, None, places.staging)
    manifest.text = chosen.manifest
    hold_torch(manifest, locked_packages(chosen.lock))
    return solve(crew.uv, manifest.text, chosen.lock, places.staging)


def discard(places: EnvironmentPlaces, crew: Crew, operation: Operation) -> tuple[str, ...]:
    """Take away what a creation left that did not end; where somebody put files there, keep those."""
    notes: tuple[str, ...] = ()
    if places.root.exists():
        found = _of_others(places, crew, operation)
        if (places.root / ".venv").exists():
            remove_owned(places.root, ".venv")
        if found:
            notes = (_kept(places, found),)
        else:
            remove_owned(places.root.parent, places.root.name)
    if places.state.exists():
        remove_owned(places.state.parent, places.state.name)
    return notes


def _kept(places: EnvironmentPlaces, found: list[str]) -> str:
    """Under a name of its own in the trash: it is no environment that could be restored."""
    kept = places.workspace.trash / f"{places.name}-unfinished-{time.time_ns()}"
    kept.parent.mkdir(parents=True, exist_ok=True)
    atomic.move_new(places.root, kept)
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    return f"{found[0]}{more} came there from somebody: what there was of {places.name} is kept: {kept}"


def _of_others(places: EnvironmentPlaces, crew: Crew, operation: Operation) -> list[str]:
    """Files that no step of the creation made, or that are not as it made them."""
    own = (places.cec, places.core, places.venv)
    found = [path.name for path in places.root.iterdir() if path not in own]
    for path in sorted(places.cec.rglob("*")):
        if path.is_file() and ".git" not in path.relative_to(places.cec).parts:
            name = path.relative_to(places.cec).as_posix()
            if not operation.is_known(name, hashlib.sha256(path.read_bytes()).hexdigest()):
                found.append(f"{places.cec.name}/{name}")
    return [*found, *_in_core(places.core, crew.git)]


def _in_core(core: Path, git: Git) -> list[str]:
    if not core.exists():
        return []
    try:
        edited = {entry[3:] for entry in git.changes(core)}
        return sorted(f"{core.name}/{name}" for name in edited.union(unknown_files(core, git)))
    except CommandFailed:  # where that cannot be told, somebody's it may be
        return [core.name]
