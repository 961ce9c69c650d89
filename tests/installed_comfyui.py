"""A ComfyUI that nobody's dock made: a git checkout with a virtual environment, packs and wheels of its own.

It lies several levels deep in the folder of its test.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from gates.dock.git import Git
from gates.dock.installs import Install, find_install
from gates.dock.processes import SystemRunner
from gates.dock.uv import UVInterface
from tests.wheels import outside, wheel

VERSION = "0.3.70"


def git(folder: Path, *words: str) -> str:
    """git as a person has it, with an identity and no settings of this machine."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "GIT_CONFIG_NOSYSTEM": "1",
        **{
            f"GIT_{who}_{what}": f"{who}@example.org"
            for who in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        },
    }
    done = subprocess.run(
        ["git", "-c", "init.defaultBranch=main", *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def repository(folder: Path, files: dict[str, str]) -> str:
    """A repository with these files, or one more commit of them; the commit."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / ".git").exists():
        git(folder, "init", "--quiet")
    write(folder, files)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "-m", "a change")
    return git(folder, "rev-parse", "HEAD")


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")


@dataclass
class World:
    """`base/install/ComfyUI` with its .venv, `base/wheels` as the only index, `base/upstream` of git."""

    base: Path
    uv: UVInterface = field(init=False)
    git: Git = field(init=False)

    def __post_init__(self) -> None:
        environment = outside(self.wheels)
        self.uv = UVInterface(SystemRunner(), self.base / "uv_cache", outside=environment)
        self.git = Git(SystemRunner(), environment)

    @property
    def wheels(self) -> Path:
        return self.base / "wheels"

    @property
    def root(self) -> Path:
        return self.base / "install" / "ComfyUI"

    @property
    def packs(self) -> Path:
        return self.root / "custom_nodes"

    @property
    def python(self) -> Path:
        folder, name = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")
        return self.root / ".venv" / folder / name

    @property
    def install(self) -> Install:
        return find_install(self.root, self.base, {})

    def wheel(self, name: str, version: str, requires: Iterable[str] = ()) -> None:
        wheel(self.wheels, name, version, requires)

    def pip(self, *lines: str) -> None:
        done = self.uv.run(self.base, "pip", "install", "--python", str(self.python), *lines)
        assert done.exit_code == 0, done.err

    def pack(self, name: str, files: dict[str, str]) -> str:
        """A new state of a pack's repository upstream; the commit."""
        return repository(
            self.base / "upstream" / name, {"__init__.py": "NODE_CLASS_MAPPINGS = {}\n", **files}
        )

    def url(self, name: str) -> str:
        return (self.base / "upstream" / name).as_uri()

    def clone(self, name: str, folder: str | None = None) -> Path:
        target = self.packs / (folder or name)
        git(self.packs, "clone", "--quiet", self.url(name), str(target))
        return target

    def packages(self) -> dict[str, str]:
        return self.uv.installed(self.python)

    def site_packages(self) -> dict[str, bytes]:
        """Every file of the virtual environment but caches, with its bytes."""
        paths = sorted((self.root / ".venv").rglob("*"))
        return {
            str(path): path.read_bytes()
            for path in paths
            if path.is_file() and "__pycache__" not in path.parts
        }


CORE = {
    "main.py": "raise SystemExit('never run')\n",
    "comfyui_version.py": f'__version__ = "{VERSION}"\n',
    "requirements.txt": "torch\nnumpy>=2\naiohttp>=3.11\n",
    "folder_paths.py": "",
    ".gitignore": "/custom_nodes/\n/models/\n/user/\n/.venv/\n",
}


def world(tmp_path: Path) -> World:
    made = World(tmp_path.joinpath("one", "two", "three", "four"))
    made.base.mkdir(parents=True)
    for name, version, requires in (
        ("torch", "2.9.0", ["numpy", "jinja2"]),
        ("torch", "2.7.0", ["numpy"]),
        ("numpy", "2.4.6", []),
        ("numpy", "1.26.4", []),
        ("aiohttp", "3.12.0", []),
        ("jinja2", "3.1.6", []),
        ("jinja2", "3.0.0", []),
        ("tidy", "1.0", []),
        ("tidy", "2.0", []),
    ):
        made.wheel(name, version, requires)
    repository(made.base / "upstream" / "ComfyUI", CORE)
    made.root.parent.mkdir()
    git(made.base, "clone", "--quiet", made.url("ComfyUI"), str(made.root))
    for folder in ("custom_nodes", "models", "user"):
        (made.root / folder).mkdir()
    made.uv.make_venv(made.root / ".venv", Path(sys.executable))
    made.pip("torch==2.9.0", "numpy==2.4.6", "aiohttp")
    return made
