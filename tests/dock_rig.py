"""A workspace in a temporary folder with all around it: wheels, a small ComfyUI, packs, in real git."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from gates.dock.crew import Crew
from gates.dock.environment import Environment
from gates.dock.git import Git
from gates.dock.operation import Step, no_step
from gates.dock.places import EnvironmentPlaces, WorkspacePlaces
from gates.dock.processes import Runner, SystemRunner
from gates.dock.records import NodeInfo
from gates.dock.uv import UVInterface
from gates.dock.workspace import WorkspaceManager
from gates.errors import UnknownNode
from tests.wheels import wheel

MAIN = (
    "import importlib.metadata, os, sys\n"
    "print('ComfyUI', open('comfyui_version.py').read().split('\"')[1], *sys.argv[1:])\n"
    "os.makedirs('custom_nodes', exist_ok=True)\n"
    "print('packs', *sorted(n for n in os.listdir('custom_nodes') if not n.startswith('.')))\n"
    "print('core-lib', importlib.metadata.version('core-lib'))\n"
)
GIT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "t",
    "GIT_AUTHOR_EMAIL": "t@example.invalid",
    "GIT_COMMITTER_NAME": "t",
    "GIT_COMMITTER_EMAIL": "t@example.invalid",
}


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", *words], cwd=folder, env={**os.environ, **GIT}, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def written(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


def repository(folder: Path, files: Mapping[str, str], message: str = "first", tag: str | None = None) -> str:
    """A repository with one more commit that holds these files; the commit."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / ".git").exists():
        git(folder, "init", "--quiet", "-b", "main")
    written(folder, files)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "-m", message)
    if tag:
        git(folder, "tag", tag)
    return git(folder, "rev-parse", "HEAD")


@dataclass
class FolderRegistry:
    """Packs below two folders: repositories by name, and NAME/VERSION as a registry has them."""

    folder: Path
    archives: Path
    git: Git

    def get_node(self, identifier: str, is_local: bool = False) -> NodeInfo:
        if is_local:
            path = Path(identifier).resolve()
            return NodeInfo(path.name, "local", path=str(path))
        name, _, ref = identifier.partition("@")
        if (self.archives / name).is_dir():
            return NodeInfo(name, "registry", registry_id=name, version=ref or None)
        if not (self.folder / name).is_dir():
            raise UnknownNode(f"There is no pack {name!r}.")
        return NodeInfo(name, "git", repository=(self.folder / name).as_uri(), ref=ref or None)

    def download_node(self, info: NodeInfo, target: Path) -> NodeInfo:
        if info.source == "registry":
            return self._unpacked(info, target)
        commit = self.git.clone(str(info.repository), target, info.version or info.ref)
        return replace(info, version=commit)

    def _unpacked(self, info: NodeInfo, target: Path) -> NodeInfo:
        known = self.archives / str(info.registry_id)
        version = info.version or max((one.name for one in known.iterdir()), default="")
        if not (known / version).is_dir():
            raise UnknownNode(f"There is no version {version!r} of {info.name}.")
        shutil.copytree(known / version, target)
        return replace(info, version=version, sha256=f"{version:0>64}")


@dataclass
class Rig:
    """`base` lies several levels deep in a temporary folder; nothing outside of it is named."""

    base: Path
    step: Step = no_step
    steps: list[str] = field(default_factory=list)
    around: Callable[[Runner], Runner] = lambda runner: runner
    notes: list[str] = field(default_factory=list)

    @property
    def wheels(self) -> Path:
        return self.base / "wheels"

    @property
    def packs(self) -> Path:
        return self.base / "packs"

    @property
    def archives(self) -> Path:
        return self.base / "archives"

    @property
    def comfyui(self) -> Path:
        return self.base / "comfyui"

    @property
    def outside(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ}
        return {**kept, "UV_FIND_LINKS": str(self.wheels), "UV_OFFLINE": "1"}

    def furnish(self) -> Rig:
        """Wheels, a ComfyUI with two versions, and packs that suit it or not."""
        for version in ("1.0", "2.0"):
            wheel(self.wheels, "core-lib", version)
            wheel(self.wheels, "extra-lib", version)
            wheel(self.wheels, "other-lib", version)
            wheel(self.wheels, "hand-lib", version)
        core = {"main.py": MAIN, "custom_nodes/.keep": "", ".gitignore": "/custom_nodes/\n/models/\n/user/\n"}
        core |= {"comfyui_version.py": '__version__ = "0.1.0"\n', "requirements.txt": "core-lib==1.0\n"}
        self.comfyui.mkdir(parents=True)
        repository(self.comfyui, {**core, "custom_nodes/.keep": ""}, tag="v0.1.0")
        later = {"comfyui_version.py": '__version__ = "0.2.0"\n', "requirements.txt": "core-lib==2.0\n"}
        repository(self.comfyui, later, "second", tag="v0.2.0")
        repository(
            self.packs / "good", {"__init__.py": "A = 1\n", "requirements.txt": "extra-lib>=1\n"}, tag="v1"
        )
        repository(
            self.packs / "good", {"__init__.py": "A = 2\n", "requirements.txt": "extra-lib>=2\n"}, "b", "v2"
        )
        repository(self.packs / "plain", {"__init__.py": ""})
        repository(self.packs / "clash", {"__init__.py": "", "requirements.txt": "core-lib>=3\nother-lib\n"})
        for version in ("1.0.0", "1.1.0"):
            files = {"__init__.py": f"A = '{version}'\n", "requirements.txt": f"other-lib>={version[:3]}\n"}
            written(self.archives / "arch" / version, files)
        script = "open('ran', 'w').write('x')\n"
        repository(self.packs / "scripted", {"__init__.py": "", "install.py": script})
        return self

    def crew_of(self, workspace: WorkspacePlaces, environment: EnvironmentPlaces | None) -> Crew:
        runner = self.around(SystemRunner(environment.log if environment is not None else None))
        own = Git(runner, self.outside)
        uv = UVInterface(runner, workspace.uv_cache, workspace.pythons, self.outside)
        registry = FolderRegistry(self.packs, self.archives, own)
        return Crew(runner, own, uv, registry, self.outside, step=self._stepped, note=self.notes.append)

    def _stepped(self, name: str) -> None:
        self.steps.append(name)
        self.step(name)

    def workspace(self) -> WorkspaceManager:
        return WorkspaceManager.create(self.base / "workspace", self.crew_of)

    def environment(self, name: str = "one", version: str = "v0.1.0") -> Environment:
        return self.workspace().create_environment(name, comfyui=f"{self.comfyui}@{version}")


Make = Callable[[], Rig]
