"""Where everything of a workspace and of an environment lies, and which names may become folders."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from .. import atomic
from ..errors import BadEnvironmentName, DockBusy

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
PATIENCE = 10.0  # s that a command waits for another one


def environment_name(name: str) -> str:
    """The name, if it can be a folder on every system. Raises BadEnvironmentName."""
    if not isinstance(name, str) or not NAME.fullmatch(name) or not atomic.is_plain_name(name):
        raise BadEnvironmentName(
            f"{str(name)[:80]!r} cannot name an environment: 1 to 64 letters, digits, - _ or dots, "
            "and no name that Windows reserves."
        )
    return name


def possible_name(name: str) -> str:
    """The name itself if it can be one, else as much of it as can."""
    cut = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._")[:64].rstrip("-._")
    fitting = (one for one in (name, cut) if NAME.fullmatch(one) and atomic.is_plain_name(one))
    return next(fitting, f"env-{cut}"[:64].rstrip("-._"))


@dataclass(frozen=True)
class WorkspacePlaces:
    root: Path

    @property
    def metadata(self) -> Path:
        return self.root / ".metadata"

    @property
    def file(self) -> Path:
        return self.metadata / "workspace.json"

    @property
    def environments(self) -> Path:
        return self.root / "environments"

    @property
    def node_store(self) -> Path:
        return self.root / "comfydock_cache" / "custom_nodes" / "store"

    @property
    def models(self) -> Path:
        return self.root / "comfydock_cache" / "models"

    @property
    def model_index(self) -> Path:
        return self.metadata / "model_index.db"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def uv_cache(self) -> Path:
        return self.root / "uv_cache"

    @property
    def pythons(self) -> Path:
        return self.root / "uv" / "python"

    @property
    def trash(self) -> Path:
        return self.metadata / "trash"

    def environment(self, name: str) -> EnvironmentPlaces:
        environment_name(name)
        return EnvironmentPlaces(
            name, atomic.confined(self.environments, name), self.metadata / "environments" / name, self
        )


@dataclass(frozen=True)
class Programs:
    """A lock that uv and git hold together with the command that started them, and longer if it is killed."""

    lock: IO[bytes]
    name: str  # of the environment

    def mark(self, patience: float = -1.0) -> bool:
        """Let what is started from now on hold it; False where programs from before still do."""
        try:
            atomic.take_lock(self.lock.fileno(), patience=patience)
        except TimeoutError:
            return False
        if os.name != "nt":
            os.set_inheritable(self.lock.fileno(), True)
        return True

    def wait(self, patience: float = PATIENCE) -> None:
        """Until those have ended that a killed command started. Raises DockBusy."""
        if not self.mark(patience):
            raise DockBusy(
                f"A program that an interrupted command started is still at work in {self.name!r}. "
                "Try again when it has ended."
            )


@dataclass(frozen=True)
class EnvironmentPlaces:
    """`state` is beside the workspace's own files: the environment holds what the layout names alone."""

    name: str
    root: Path
    state: Path
    workspace: WorkspacePlaces

    @property
    def cec(self) -> Path:
        return self.root / ".cec"

    @property
    def manifest(self) -> Path:
        return self.cec / "pyproject.toml"

    @property
    def lock(self) -> Path:
        return self.cec / "uv.lock"

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    @property
    def core(self) -> Path:
        return self.root / "ComfyUI"

    @property
    def custom_nodes(self) -> Path:
        return self.core / "custom_nodes"

    @property
    def log(self) -> Path:
        return self.workspace.logs / f"{self.name}.log"

    @property
    def operation(self) -> Path:
        return self.state / "operation.json"

    @property
    def installed(self) -> Path:
        return self.state / "installed.json"

    @property
    def staging(self) -> Path:
        return self.state / "staging"

    @property
    def fetched(self) -> Path:
        """Packs on their way in, of the one operation that is going on."""
        return self.state / "fetched"

    @property
    def aside(self) -> Path:
        """Folders that were replaced or removed, with all that was in them."""
        return self.state / "aside"

    @contextmanager
    def held(self, patience: float = PATIENCE) -> Iterator[Programs]:
        """One command at a time. Raises DockBusy."""
        with self._lock("lock") as opened:
            try:
                atomic.take_lock(opened.fileno(), patience=patience)
            except TimeoutError:
                raise DockBusy(
                    f"Another command is at the environment {self.name!r}. Try again when it is done."
                ) from None
            with self._lock("programs") as marked:
                programs = Programs(marked, self.name)
                programs.mark()
                yield programs

    def _lock(self, kind: str) -> IO[bytes]:
        folder = self.workspace.metadata / "locks"
        folder.mkdir(parents=True, exist_ok=True)
        return open(folder / f"{self.name}.{kind}", "a+b")

    def python(self) -> Path:
        windows = self.venv / "Scripts" / "python.exe"
        return windows if windows.exists() else self.venv / "bin" / "python"
