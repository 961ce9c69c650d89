"""docs/dock.md as a person follows it: its commands as written, from nothing to ComfyUI and back."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.dock_rig import Rig, git

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "dock.md").read_text("utf-8")
ADDRESSES = {
    "https://github.com/comfyanonymous/ComfyUI": "comfyui",
    "https://github.com/owner/first-pack": "packs/good",
    "https://github.com/owner/second-pack": "packs/plain",
    "https://github.com/owner/conflicting-pack": "packs/clash",
}
SECONDS = 120


def commands(heading: str) -> list[str]:
    """The lines of all shell blocks below a heading."""
    part = PAGE.split(f"## {heading}\n", 1)[1].split("\n## ")[0]
    return [line for block in re.findall(r"```sh\n(.*?)```", part, re.S) for line in block.splitlines()]


@dataclass
class Shell:
    """A home of its own; addresses of the page lead to local repositories, all else stays as written."""

    rig: Rig
    home: Path

    def __call__(self, line: str) -> subprocess.CompletedProcess[str]:
        for address, folder in ADDRESSES.items():
            line = line.replace(address, (self.rig.base / folder).as_uri())
        words = shlex.split(line.replace("~", str(self.home)))
        assert words[0] == "gates", line
        environment = {**self.rig.outside, "HOME": str(self.home), "PYTHONPATH": str(ROOT)}
        environment["XDG_CONFIG_HOME"] = str(self.home / ".config")
        return subprocess.run(
            [sys.executable, "-m", "gates", *words[1:]],
            cwd=self.home,
            env=environment,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    def ok(self, line: str) -> str:
        done = self(line)
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        return done.stdout


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    base = tmp_path_factory.mktemp("story") / "a" / "b"
    base.mkdir(parents=True)
    rig = Rig(base).furnish()
    for name, like in (("v0.3.64", "v0.1.0"), ("v0.3.65", "v0.2.0")):
        git(rig.comfyui, "tag", name, like)
    home = base / "home"
    home.mkdir()
    yield Shell(rig, home)


def test_from_nothing_to_a_running_comfyui_and_back(shell: Shell) -> None:
    first = commands("From nothing to a running ComfyUI")
    init, create, add_one, add_two, status, run, conflict, update, rollback, run_again = first
    for line in (init, create, add_one, add_two):
        shell.ok(line)
    assert "All is as the manifest says." in shell.ok(status)
    assert shell.ok(run).splitlines() == ["ComfyUI 0.1.0 --port 8189", "packs good plain", "core-lib 1.0"]

    before = shell.ok("gates dock status")
    refused = shell(conflict)
    assert refused.returncode == 3
    assert "comfyui wants core-lib==1.0, clash wants core-lib>=3. Nothing was changed." in refused.stderr
    assert shell.ok("gates dock status") == before

    assert "ComfyUI is at v0.3.65" in shell.ok(update)
    assert shell.ok(run_again).splitlines()[::2] == ["ComfyUI 0.2.0", "core-lib 2.0"]
    assert "undoes this too" in shell.ok(rollback)
    assert shell.ok(run_again).splitlines() == ["ComfyUI 0.1.0", "packs good plain", "core-lib 1.0"]
    assert "sound" in shell.ok("gates dock validate")


def test_models_are_shared_and_known_by_their_content(shell: Shell) -> None:
    folder = shell.home / "models" / "checkpoints"
    folder.mkdir(parents=True)
    (folder / "sdxl_base.safetensors").write_bytes(b"a model")
    (folder / "the same.safetensors").write_bytes(b"a model")
    share, scan, find, copies = commands("Models")
    shell.ok(share)
    assert shell.ok(scan).startswith("1 model, 7 bytes: 2 files read")
    assert "blake3:" in shell.ok(find) and "the same.safetensors" in shell.ok(copies)
    shell.ok("gates dock create shared --comfyui https://github.com/comfyanonymous/ComfyUI")
    said = shell.ok("gates dock --env shared run").split()
    extra = Path(said[said.index("--extra-model-paths-config") + 1])
    assert str(folder) in extra.read_text("utf-8")


def test_guard_and_snapshot_on_an_install_that_dock_did_not_make(shell: Shell) -> None:
    install = shell.home / "ComfyUI"
    git(shell.home, "clone", "--quiet", str(shell.rig.comfyui), str(install))
    git(install, "checkout", "--quiet", "v0.1.0")
    uv(shell, "venv", "--quiet", "--python", sys.executable, str(install / ".venv"))
    python = install / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    uv(shell, "pip", "install", "--quiet", "--python", str(python), "core-lib==1.0")

    guard, save, diff, dry, restore = commands("Guard and snapshot")
    assert "good can be installed" in shell.ok(guard)
    refused = shell(guard.replace("first-pack", "conflicting-pack"))
    assert refused.returncode == 3 and "clash wants core-lib>=3" in refused.stdout

    shell.ok(save)
    assert "Nothing changed." in shell.ok(diff)
    pack = install / "custom_nodes" / "good"
    git(shell.home, "clone", "--quiet", str(shell.rig.packs / "good"), str(pack))
    uv(shell, "pip", "install", "--quiet", "--python", str(python), "core-lib==2.0")
    assert "core-lib 1.0 -> 2.0" in shell.ok(diff)
    assert "core-lib 2.0 -> 1.0" in shell.ok(dry) and pack.is_dir()
    assert "What was there before is kept as before-restore-" in shell.ok(restore)
    assert "Nothing changed." in shell.ok(diff) and not pack.exists()
    assert len(list((install / ".dataset_gates" / "aside").rglob("__init__.py"))) == 1


def uv(shell: Shell, *words: str) -> None:
    program = Path(sys.executable).parent / ("uv.exe" if os.name == "nt" else "uv")
    subprocess.run([str(program), *words], env={**os.environ, **shell.rig.outside}, check=True)
