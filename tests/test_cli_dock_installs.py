"""`gates dock guard` and `snapshot` from the shell, on a ComfyUI that dock did not make."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gates.cli.main import main
from tests.installed_comfyui import World, world, write


@dataclass
class Shell:
    comfy: World
    capture: pytest.CaptureFixture[str]

    def __call__(self, *words: str) -> tuple[int, list[str], str]:
        code = main(["dock", *words, "--comfyui", str(self.comfy.root)])
        said = self.capture.readouterr()
        return code, said.out.splitlines(), said.err

    def json(self, *words: str) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self(*words, "--json")[1][-1])
        return answer


@pytest.fixture
def shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Shell]:
    comfy = world(tmp_path)
    for name in [name for name in os.environ if name.startswith(("UV_", "GATES_", "COMFY_", "CONDA_"))]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    for name, value in (("UV_FIND_LINKS", str(comfy.wheels)), ("UV_NO_INDEX", "1"), ("UV_OFFLINE", "1")):
        monkeypatch.setenv(name, value)
    home = comfy.base / "home"
    home.mkdir()
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / ".config"))
    monkeypatch.chdir(home)
    yield Shell(comfy, capfd)


def test_every_answer_about_packages_names_the_python(shell: Shell) -> None:
    comfy = shell.comfy
    write(comfy.base / "packs" / "node-x", {"__init__.py": "", "requirements.txt": "tidy\n"})
    _, guard, _ = shell("guard", str(comfy.base / "packs" / "node-x"))
    assert f"would move in {comfy.python}: node-x can be installed." in guard[-1]
    _, saved, _ = shell("snapshot", "save", "a")
    assert saved == [f"Kept as a: ComfyUI, 0 packs, 4 packages of {comfy.python}."]
    assert shell.json("snapshot", "save", "b")["data"]["snapshot"]["interpreter"] == str(comfy.python)
    code, plan, _ = shell("snapshot", "restore", "a")
    assert (code, plan) == (0, [f"In {comfy.python}:", "All is as it was then."])


def test_without_a_python_of_its_own_one_is_wanted_by_name(shell: Shell) -> None:
    comfy = shell.comfy
    shell("snapshot", "save", "a")
    (comfy.root / ".venv").rename(comfy.base / "venv-of-mine")
    python = comfy.base / "venv-of-mine" / comfy.python.relative_to(comfy.root / ".venv")
    for words in (("save", "b"), ("diff", "a"), ("restore", "a", "--dry-run")):
        code, _, err = shell("snapshot", *words)
        assert code == 4 and "--python PATH" in err and "[no_python]" in err
        assert shell("snapshot", *words, "--python", str(python))[0] == 0
    assert shell("guard", "x")[0] == 4
    for line in ("list", "diff a b", "export a a.json", "import a.json c"):
        code, _, err = shell("snapshot", *line.split())
        assert code == 0, err


def test_packages_of_a_python_that_is_not_its_are_left_alone(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    comfy = shell.comfy
    shell("snapshot", "save", "a")
    (comfy.root / ".venv").rename(comfy.base / "mine")
    comfy.uv.make_venv(comfy.base / "other", Path(sys.executable))
    other = comfy.base / "other" / comfy.python.relative_to(comfy.root / ".venv")
    assert comfy.uv.run(comfy.base, "pip", "install", "--python", str(other), "tidy").exit_code == 0
    monkeypatch.setenv("VIRTUAL_ENV", str(comfy.base / "other"))
    code, lines, err = shell("snapshot", "restore", "a")
    assert code == 1 and lines[:2] == [f"In {other}:", "Nothing to do."]
    assert lines[2].startswith("Cannot be restored: the packages aiohttp, jinja2, numpy, tidy, torch")
    assert f"--python {other}" in err and comfy.uv.installed(other) == {"tidy": "2.0"}
    code, _, _ = shell("snapshot", "restore", "a", "--python", str(other))
    assert code == 0 and set(comfy.uv.installed(other)) == {"aiohttp", "jinja2", "numpy", "torch"}


def test_where_nothing_can_be_done_it_is_no_success(shell: Shell) -> None:
    comfy = shell.comfy
    write(comfy.packs, {"single.py": "1"})
    shell("snapshot", "save", "a")
    write(comfy.packs, {"single.py": "2"})
    code, lines, _ = shell("snapshot", "restore", "a")
    assert code == 1 and lines[1] == "Nothing to do." and "single.py has other contents" in lines[2]
    assert shell("snapshot", "restore", "a", "--dry-run")[0] == 0
    assert [one["code"] for one in shell.json("snapshot", "restore", "a")["errors"]] == ["not_restored"]


def test_an_export_that_cannot_be_written_is_a_sentence(shell: Shell) -> None:
    shell("snapshot", "save", "a")
    code, _, err = shell("snapshot", "export", "a", "nodir/m.json")
    assert code == 2 and "there is no folder nodir. Make it, or choose another." in err
    Path("file").write_text("", "utf-8")
    assert "there is no folder file" in shell("snapshot", "export", "a", "file/m.json")[2]
    assert shell("snapshot", "export", "a", f"{'n' * 300}.json")[0] == 2


def test_what_was_left_out_of_an_import_is_named(shell: Shell) -> None:
    packs = {
        "https://example.org/a/one": {"hash": "N/A", "disabled": False},
        "/home/me/two": {"hash": "0" * 40, "disabled": False},
        "https://example.org/a/three": {"hash": "0" * 40, "disabled": False},
    }
    Path("m.json").write_text(json.dumps({"comfyui": "", "git_custom_nodes": packs, "pips": {}}), "utf-8")
    code, lines, _ = shell("snapshot", "import", "m.json")
    assert code == 0 and lines == [
        "Kept as m: 1 packs.",
        "Left out: pack 'https://example.org/a/one': hash cannot be 'N/A'.",
        "Left out: pack '/home/me/two': url cannot be '/home/me/two'.",
    ]
    assert len(shell.json("snapshot", "import", "m.json", "n")["data"]["snapshot"]["left_out"]) == 2
