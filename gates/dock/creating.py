"""How an environment comes to be, and how one that did not become whole goes away again."""

from __future__ import annotations

from dataclasses import dataclass, replace

from . import comfyui
from .applying import Applying
from .crew import Crew
from .operation import Operation, remove_owned
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
    core = comfyui.clone(crew.git, wishes.url, wishes.ref, places.core)
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
    return crew


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


def discard(places: EnvironmentPlaces) -> None:
    """Take away what a creation left that did not end."""
    for folder in (places.root, places.state):
        if folder.exists():
            remove_owned(folder.parent, folder.name)
