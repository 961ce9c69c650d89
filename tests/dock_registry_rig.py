"""A NodeRegistry in folders of its own, a clock that is set, and pauses and notes that are kept."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gates.dock.git import Git
from gates.dock.processes import SystemRunner
from gates.dock.registry import NodeRegistry
from tests.registry_server import Files, RegistryServer

NOW = 1_800_000_000.0
PROJECT = '[project]\nname = "my-pack"\nversion = "1.0.0"\n'
PACK: Files = {"__init__.py": "NODE_CLASS_MAPPINGS = {}\n", "pyproject.toml": PROJECT, "js/a.js": "1"}


class Rig:
    """Everything lies some folders deep below `root`, so that what escapes by `..` is found by a test."""

    def __init__(self, root: Path, server: RegistryServer, timeout: float = 10.0) -> None:
        self.root = root
        self.workspace = root / "a" / "b" / "workspace"
        self.store = self.workspace / "comfydock_cache" / "custom_nodes" / "store"
        self.metadata = self.workspace / ".metadata"
        self.server = server
        self.timeout = timeout
        self.now = NOW
        self.pauses: list[float] = []
        self.notes: list[str] = []
        self.registry = self.fresh()

    def fresh(self, url: str | None = None) -> NodeRegistry:
        """As another process would have it."""
        return NodeRegistry(
            Git(SystemRunner()),
            self.store,
            self.metadata,
            url or self.server.url,
            clock=lambda: self.now,
            timeout=self.timeout,
            sleep=self.pauses.append,
            note=self.notes.append,
        )

    def target(self, name: str) -> Path:
        return self.root / "a" / "b" / "environment" / "ComfyUI" / "custom_nodes" / name

    def files(self) -> list[str]:
        """All that lies below `root`, the databases left out."""
        paths = (path.relative_to(self.root) for path in self.root.rglob("*") if not path.is_dir())
        return sorted(path.as_posix() for path in paths if ".metadata" not in path.parts)


@contextmanager
def served(root: Path, timeout: float = 10.0) -> Iterator[Rig]:
    with RegistryServer({"my-pack": {"1.0.0": PACK}}) as server:
        yield Rig(root, server, timeout)
    assert server.asked("/install") == []
    assert not any(name.lower() in ("authorization", "cookie") for call in server.headers for name in call)


def git(folder: Path, *words: str) -> str:
    named = ("-c", "user.name=a", "-c", "user.email=a@example.invalid", "-c", "init.defaultBranch=main")
    done = subprocess.run(["git", *named, *words], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def repository(folder: Path, **files: str) -> str:
    """A new commit of `files` in the repository `folder`, made when it is not there; its id."""
    if not folder.exists():
        folder.mkdir(parents=True)
        git(folder, "init", "--quiet")
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "A change")
    return git(folder, "rev-parse", "HEAD")
