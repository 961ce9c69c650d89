"""The folder of all environments: made and found; environments come, go to the trash and come back."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .. import atomic
from ..errors import (
    DockBusy,
    DockInput,
    EnvironmentExists,
    ForeignWorkspace,
    NoEnvironment,
    NoWorkspace,
    UnknownItem,
)
from .config import ConfigManager
from .crew import Crew
from .environment import Environment
from .journal import interrupted
from .operation import is_link
from .places import (
    NAME,
    PATIENCE,
    EnvironmentPlaces,
    WorkspacePlaces,
    environment_name,
    possible_name,
)
from .records import WorkspaceConfig
from .workspace_file import change_object, write_object

MAKER = "dataset-gates"
DEFAULT = ".comfydock_workspace"
VARIABLE = "GATES_WORKSPACE"
FOLDERS = ("comfydock_cache/custom_nodes/store", "comfydock_cache/models", "environments", "logs")
CrewOf = Callable[[WorkspacePlaces, "EnvironmentPlaces | None"], Crew]


class WorkspaceManager:
    """`crew_of` makes the workers for a workspace, or for an environment, whose log they then write."""

    def __init__(
        self, places: WorkspacePlaces, crew_of: CrewOf, clock: Callable[[], float] = time.time
    ) -> None:
        self.places = places
        self._crew_of = crew_of
        self._clock = clock

    # --- making and finding

    @classmethod
    def create(cls, path: Path, crew_of: CrewOf, clock: Callable[[], float] = time.time) -> WorkspaceManager:
        """Make a workspace; one that is there stays as it is. Raises ForeignWorkspace."""
        places = WorkspacePlaces(Path(os.path.abspath(path)))
        if places.file.exists():
            return cls.open(places.root, crew_of, clock)
        if places.root.is_dir() and any(places.root.iterdir()):
            names = {entry.name for entry in places.root.iterdir()}
            if names - {".metadata", "comfydock_cache", "environments", "logs", "uv_cache", "uv"}:
                raise ForeignWorkspace(f"{places.root} holds other files. Choose an empty folder.")
        for name in (*FOLDERS, "uv_cache", "uv/python", ".metadata"):
            _folder(places.root, name)
        made = cls(places, crew_of, clock)
        write_object(places.file, {"made_by": MAKER, "version": 1, "active": None, "config": {}})
        return made

    @classmethod
    def open(cls, path: Path, crew_of: CrewOf, clock: Callable[[], float] = time.time) -> WorkspaceManager:
        """Raises NoWorkspace, ForeignWorkspace."""
        found = cls(WorkspacePlaces(Path(os.path.abspath(path))), crew_of, clock)
        data = found._read()
        if data.get("made_by") != MAKER:
            raise ForeignWorkspace(
                f"{found.places.root} is a workspace of another program and is left alone. "
                f"`gates dock init NEW_FOLDER --from {found.places.root}` takes its environments over."
            )
        return found

    def _read(self) -> dict[str, Any]:
        try:
            data = json.loads(self.places.file.read_text("utf-8"))
        except FileNotFoundError:
            root = self.places.root
            raise NoWorkspace(f'{root} is no workspace. `gates dock init "{root}"` makes one.') from None
        except (OSError, ValueError, RecursionError) as error:
            raise ForeignWorkspace(
                f"{self.places.file} cannot be read ({error}). Mend it, or restore it from a backup: "
                "nothing is written over it."
            ) from None
        return data if isinstance(data, dict) else {}

    # --- configuration

    def get_config(self) -> WorkspaceConfig:
        active = self._read().get("active")
        values = ConfigManager(self.places.file, self.places.metadata).get_workspace_config()
        return WorkspaceConfig(active if isinstance(active, str) else None, values)

    def update_config(self, config: Mapping[str, str | None]) -> None:
        manager = ConfigManager(self.places.file, self.places.metadata)
        for key, value in config.items():
            manager.set_workspace_config(key, value)

    # --- environments

    def create_environment(
        self,
        name: str,
        python: str | None = None,
        comfyui: str | None = None,
        torch: str | None = None,
        allow_builds: bool = False,
    ) -> Environment:
        """All of it, or nothing. The first one becomes the active one."""
        config = self.get_config()
        with self._name_held(name):
            places = self._new_places(name)
            made = Environment.create(
                places,
                self._crew_of(self.places, places),
                source=comfyui or config.values.get("comfyui"),
                python=python or config.values.get("python"),
                torch=torch,
                allow_builds=allow_builds,
            )
        if config.active is None:
            self.set_active_environment(name)
        return made

    @contextmanager
    def _name_held(self, name: str) -> Iterator[None]:
        """Two names that differ in case alone are one: only one of them comes to be. Raises DockBusy."""
        file = self.places.metadata / "locks" / f"{environment_name(name).casefold()}.name"
        file.parent.mkdir(parents=True, exist_ok=True)
        with open(file, "a+b") as opened:
            try:
                atomic.take_lock(opened.fileno(), patience=PATIENCE)
            except TimeoutError:
                raise DockBusy(f"Another command makes an environment {name!r}. Try again later.") from None
            yield

    def _new_places(self, name: str) -> EnvironmentPlaces:
        environment_name(name)
        same = next((one for one in self._names() if one.casefold() == name.casefold()), None)
        if same is not None and (same != name or not self._is_half_made(name)):
            raise EnvironmentExists(f"There is an environment {same!r} already. Choose another name.")
        places = self.places.environment(name)
        self._end_deletion(places)
        return places

    def _no_folder_at(self, path: Path) -> None:
        if os.path.lexists(path):
            raise EnvironmentExists(
                f"{path} is there already and is left alone. Move it away, then try again."
            )

    def _end_deletion(self, places: EnvironmentPlaces) -> None:
        """What belongs to an environment that is gone, deleted half way or by hand, goes to the trash too."""
        if places.root.exists() or not places.state.exists() or interrupted(places) is not None:
            return
        kept = [self.places.trash / one for one in self.trashed() if one.partition("~")[0] == places.name]
        half = next((one for one in reversed(kept) if not (one / "state").exists()), self._free(places.name))
        half.mkdir(parents=True, exist_ok=True)
        atomic.move_new(places.state, half / "state")

    def _names(self) -> list[str]:
        if not self.places.environments.is_dir():
            return []
        found = []
        for entry in self.places.environments.iterdir():
            if is_link(entry) or not NAME.fullmatch(entry.name):
                continue
            made = any((entry / ".cec" / name).exists() for name in ("pyproject.toml", ".git"))
            if made or (entry.is_dir() and self._is_half_made(entry.name)):
                found.append(entry.name)
        return sorted(found)

    def _is_half_made(self, name: str) -> bool:
        """Whether its creation was interrupted, or goes on just now."""
        try:
            left = interrupted(self.places.environment(name))
        except DockInput:  # a name that cannot be one, a journal that cannot be read
            return False
        return left is not None and left.kind == "create"

    def get_environment(self, name: str) -> Environment:
        """Raises NoEnvironment."""
        environment_name(name)
        if name not in self._names():
            places = self.places.environment(name)
            if not places.root.is_dir() or interrupted(places) is None:
                there = ", ".join(self._names()) or "none yet: `gates dock create NAME` makes one"
                raise NoEnvironment(f"There is no environment {name!r}. There is: {there}.")
        places = self.places.environment(name)
        return Environment(places, self._crew_of(self.places, places))

    def list_environments(self) -> list[Environment]:
        return [self.get_environment(name) for name in self._names()]

    def set_active_environment(self, name: str) -> None:
        self.get_environment(name)
        self._read()
        change_object(self.places.file, lambda data: {**data, "active": name})

    def get_active_environment(self) -> Environment | None:
        active = self.get_config().active
        return self.get_environment(active) if active and active in self._names() else None

    # --- the trash

    def delete_environment(self, name: str) -> Path:
        """Move an environment to the trash of the workspace; where it lies now."""
        environment = self.get_environment(name)
        self._read()
        with environment.places.held():
            target = self._free(name)
            target.mkdir(parents=True)
            atomic.move_new(environment.places.root, target / "environment")
            if environment.places.state.exists():
                atomic.move_new(environment.places.state, target / "state")
        change_object(self.places.file, lambda data: _without_active(data, name))
        return target

    def _free(self, name: str) -> Path:
        number = 1
        while (self.places.trash / (name if number == 1 else f"{name}~{number}")).exists():
            number += 1
        return self.places.trash / (name if number == 1 else f"{name}~{number}")

    def trashed(self) -> list[str]:
        """Names in the trash, the newest of each last."""
        if not self.places.trash.is_dir():
            return []
        entries = [
            one
            for one in self.places.trash.iterdir()
            if not is_link(one) and not is_link(one / "environment")
        ]
        kept = [entry for entry in entries if (entry / "environment").is_dir()]
        return [entry.name for entry in sorted(kept, key=lambda entry: entry.stat().st_mtime)]

    def restore_environment(self, name: str) -> Environment:
        """Bring the newest of this name back from the trash. Raises UnknownItem, EnvironmentExists."""
        plain = environment_name(name.partition("~")[0])
        found = [one for one in self.trashed() if one == name or one.partition("~")[0] == name]
        if not found:
            there = ", ".join(self.trashed()) or "nothing"
            raise UnknownItem(f"The trash holds no environment {name!r}. It holds: {there}.")
        places = self._new_places(plain)
        kept = self.places.trash / found[-1]
        self._no_folder_at(places.root)
        if (kept / "state").exists():
            self._no_folder_at(places.state)
        if (kept / "state").exists():  # first: alone it is found to be half of a restoring, and put back
            places.state.parent.mkdir(parents=True, exist_ok=True)
            atomic.move_new(kept / "state", places.state)
        atomic.move_new(kept / "environment", places.root)
        kept.rmdir()
        if self.get_config().active is None:
            self.set_active_environment(plain)
        return self.get_environment(plain)

    # --- another program's

    def take_over(self, other: Path) -> dict[str, str]:
        """Copy the manifests of a workspace that another program made; its folders stay as they are.

        What is copied is .cec alone, without its repository: `repair` then builds the environment here.
        All of them, or none: their names here, each with its name there.
        """
        source = WorkspacePlaces(Path(os.path.abspath(other)))
        if not source.environments.is_dir():
            raise NoWorkspace(f"{source.root} is no workspace: there is no folder `environments` in it.")
        found = sorted(entry.name for entry in source.environments.iterdir() if _made(entry))
        named = {possible_name(name): name for name in found}
        if len({name.casefold() for name in named}) < len(found):
            raise EnvironmentExists(f"Names in {source.root} cannot be told apart here: {', '.join(found)}.")
        for name in named:  # before the first is taken
            self._no_folder_at(self._new_places(name).root)
        for name, there in named.items():
            self._take(name, source.environments / there / ".cec")
        return named

    def _take(self, name: str, cec: Path) -> None:
        """Made apart and moved to its place whole."""
        places = self._new_places(name)
        with tempfile.TemporaryDirectory(prefix="taken-", dir=self.places.metadata) as scratch:
            taken = Path(scratch) / "environment" / ".cec"
            taken.mkdir(parents=True)
            for file in ("pyproject.toml", "uv.lock"):
                if (cec / file).is_file() and not is_link(cec / file):
                    atomic.copy_file(cec / file, taken / file)
            if (cec / "workflows").is_dir() and not is_link(cec / "workflows"):
                shutil.copytree(cec / "workflows", taken / "workflows", symlinks=True)
            git = self._crew_of(self.places, places).git
            git.init(taken)
            git.commit_all(taken, f"Take over {name}")
            atomic.move_new(taken.parent, places.root)


def _without_active(data: dict[str, Any], name: str) -> dict[str, Any]:
    return {**data, "active": None} if data.get("active") == name else data


def _made(entry: Path) -> bool:
    """Whether another program's environment lies there itself, and not behind a link."""
    manifest = entry / ".cec" / "pyproject.toml"
    return manifest.is_file() and not any(is_link(one) for one in (entry, manifest.parent, manifest))


def _folder(root: Path, name: str) -> None:
    try:
        (root / name).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ForeignWorkspace(
            f"No workspace can be made at {root} ({error.strerror}). Choose another folder."
        ) from None


def find_workspace(named: str | None, cwd: Path, outside: Mapping[str, str], home: Path) -> Path:
    """By --workspace, GATES_WORKSPACE, the folders from here upwards, last the default below the home."""
    if named:
        return Path(named).expanduser()
    if outside.get(VARIABLE):
        return Path(outside[VARIABLE]).expanduser()
    for folder in (cwd, *cwd.parents):
        if (folder / ".metadata" / "workspace.json").is_file():
            return folder
    return home / DEFAULT
