"""Builds what the verbs of `gates dock` work with, for this person on this machine."""

import argparse
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

from ..dock.config import ConfigManager
from ..dock.crew import Crew
from ..dock.environment import Environment
from ..dock.git import Git
from ..dock.hashing import Tell
from ..dock.model_files import Note
from ..dock.model_index import ModelIndex
from ..dock.places import EnvironmentPlaces, WorkspacePlaces
from ..dock.processes import SystemRunner
from ..dock.registry import BASE_URL, NodeRegistry
from ..dock.uv import UVInterface
from ..dock.workspace import DEFAULT, VARIABLE, WorkspaceManager, find_workspace
from ..errors import NoEnvironment, NotConfirmed
from .result import has_terminal, redraw, remark

REGISTRY_VARIABLE = "COMFY_REGISTRY_URL"
STEPS = {
    "clone": "Cloning ComfyUI",
    "stage": "Fetching the pack",
    "solved": "Packages are solved",
    "venv": "Making the virtual environment",
    "packages": "Installing packages",
    "core": "Moving ComfyUI",
    "commit": "Recording the change",
}


@dataclass(frozen=True)
class Setting:
    """One call of the command line."""

    args: argparse.Namespace
    cwd: Path
    home: Path
    notes: list[str] = field(default_factory=list)  # said before the answer, and in its data

    @property
    def shows_progress(self) -> bool:
        return has_terminal() and not getattr(self.args, "json", False)

    def root(self) -> Path:
        return find_workspace(self.args.workspace, self.cwd, os.environ, self.home)

    def new_root(self) -> Path:
        """Where `init` makes a workspace that is not named: where the other verbs then look for it."""
        named = self.args.path or self.args.workspace or os.environ.get(VARIABLE)
        return Path(named).expanduser() if named else self.home / DEFAULT

    def command_at(self, root: Path) -> str:
        """How the verbs are called from here for the workspace at `root`."""
        found = find_workspace(None, self.cwd, os.environ, self.home)
        return "gates dock" if found == root else f'gates dock --workspace "{root}"'

    def workspace(self) -> WorkspaceManager:
        return WorkspaceManager.open(self.root(), self.crew_of)

    def environment(self) -> Environment:
        """The one that --env names, else the active one. Raises NoEnvironment."""
        workspace = self.workspace()
        if self.args.env:
            return workspace.get_environment(self.args.env)
        active = workspace.get_active_environment()
        if active is None:
            raise NoEnvironment(
                "No environment is active. Choose: `gates dock use NAME`, or pass --env NAME."
            )
        return active

    def user_folder(self) -> Path:
        base = os.environ.get("APPDATA") if os.name == "nt" else os.environ.get("XDG_CONFIG_HOME")
        return (Path(base) if base else self.home / ".config") / "dataset-gates"

    def config(self, workspace: WorkspacePlaces | None) -> ConfigManager:
        return ConfigManager(workspace.file if workspace is not None else None, self.user_folder())

    def crew_of(self, workspace: WorkspacePlaces, environment: EnvironmentPlaces | None) -> Crew:
        runner = SystemRunner(environment.log if environment is not None else None)
        git = Git(runner)
        uv = UVInterface(runner, workspace.uv_cache, workspace.pythons)
        url = os.environ.get(REGISTRY_VARIABLE) or self.config(workspace).value("registry_url") or BASE_URL
        registry = NodeRegistry(git, workspace.node_store, workspace.metadata, url, note=remark)
        models = self.config(workspace).models()
        return Crew(runner, git, uv, registry, os.environ, step=self._step, note=self._note, models=models)

    def model_index(self, note: Note, tell: Tell) -> ModelIndex:
        """Its standard folders: the shared one, and that of every environment."""
        workspace = self.workspace()
        configured = self.config(workspace.places).models()
        if configured is not None and not configured.is_dir():
            note(f"The folder of models {configured} is not there.")
        shared = configured or workspace.places.models
        own = [environment.places.core / "models" for environment in workspace.list_environments()]
        return ModelIndex(workspace.places.model_index, [shared, *own], note=note, tell=tell)

    def _note(self, text: str) -> None:
        """ComfyUI runs for hours: what is to be said of its environment is said before."""
        if self.args.verb == "run":
            remark(text)
        else:
            self.notes.append(text)

    def _step(self, name: str) -> None:
        if self.shows_progress:
            redraw(f"{STEPS[name]} …" if name in STEPS else "")

    def crew_anywhere(self) -> Crew:
        """For what needs no workspace: without one the answers of the registry are kept with the settings."""
        places = WorkspacePlaces(self.root())
        if not places.file.is_file():
            places = WorkspacePlaces(self.user_folder() / "cache")
        return self.crew_of(places, None)

    def registry(self) -> NodeRegistry:
        registry = self.crew_anywhere().registry
        assert isinstance(registry, NodeRegistry)
        return registry

    def confirm(self, question: str, why: str = "This cannot be undone") -> None:
        """Ask what cannot be undone, or `why` else; the safe answer is the default. Raises NotConfirmed."""
        if self.args.yes:
            return
        if not (sys.stdin.isatty() and has_terminal()):
            raise NotConfirmed(f"{question} {why}: pass --yes to do it.")
        remark(f"{question} {why}.")
        try:
            said = input("[n]o, [y]es: ")
        except EOFError:
            said = "n"
        if said.strip().lower() not in ("y", "yes"):
            raise NotConfirmed("Nothing was done.")
