"""What packs and manifests of others bring along: said, and wanted to be agreed to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gates.dock.comfyui import TORCH_INDEX
from tests.dock_rig import Rig, git, repository, written
from tests.sdists import sdist
from tests.test_cli_dock import Shell, home, rig, shell

__all__ = ["home", "rig", "shell"]
OPTIONS = (
    "-e git+https://h.invalid/x.git#egg=x\n"
    "--index-url https://me:pw@h.invalid/simple\n"
    "-c more.txt\n"
    "extra-lib\n"
)
NOTES = [
    f"opts/requirements.txt line {line}: the option {option} is not taken over"
    for line, option in ((1, "-e"), (2, "--index-url"), (3, "-c"))
]


@pytest.fixture
def manifest(shell: Shell, home: Path) -> Iterator[Path]:
    file = home / ".comfydock_workspace" / "environments" / "main" / ".cec" / "pyproject.toml"
    text = file.read_text("utf-8")
    yield file
    file.write_text(text, "utf-8")


@pytest.fixture
def pack(rig: Rig) -> str:
    if not (rig.packs / "opts").exists():
        repository(rig.packs / "opts", {"__init__.py": "", "requirements.txt": OPTIONS})
    return (rig.packs / "opts").as_uri()


def test_options_that_are_not_taken_over_are_said_by_node_add(shell: Shell, pack: str) -> None:
    assert shell.ok("node", "add", pack).splitlines()[:3] == NOTES
    shell.ok("node", "remove", "opts")
    assert shell.json("--json", "node", "add", pack)["data"]["notes"] == NOTES
    shell.ok("node", "remove", "opts")


def test_and_by_sync(shell: Shell, pack: str, manifest: Path) -> None:
    table = f'\n[tool.comfydock.nodes.opts]\nname = "opts"\nsource = "git"\nrepository = "{pack}"\n'
    manifest.write_text(manifest.read_text("utf-8") + table, "utf-8")
    assert shell.json("--json", "sync")["data"]["sync"]["notes"][:3] == NOTES
    shell.ok("node", "remove", "opts")


def test_and_by_create_and_update(shell: Shell, rig: Rig) -> None:
    core = rig.base / "options-core"
    files = {"main.py": "", "comfyui_version.py": '__version__ = "1"\n', "requirements.txt": "-c x\n"}
    repository(core, files, tag="v1")
    repository(core, {"requirements.txt": "\n--pre\n"}, "second", tag="v2")
    made = shell.json("--json", "create", "options", "--comfyui", f"{core.as_uri()}@v1")
    assert made["data"]["notes"] == ["ComfyUI/requirements.txt line 1: the option -c is not taken over"]
    moved = shell.json("--json", "update-comfyui", "v2", "--env", "options")["data"]["comfyui"]["notes"]
    assert moved == ["ComfyUI/requirements.txt line 2: the option --pre is not taken over"]


def test_what_is_wrong_in_a_pack_is_told_by_its_name(shell: Shell, rig: Rig) -> None:
    repository(rig.packs / "wrong", {"__init__.py": "", "requirements.txt": "extra-lib=1\n"})
    _, _, err = shell("node", "add", (rig.packs / "wrong").as_uri())
    assert "gates dock: wrong/requirements.txt line 1: " in err
    _, _, err = shell("node", "add", f"{(rig.packs / 'good').as_uri()}@nope")
    assert "good has no branch, tag or commit 'nope'" in err


def test_builds_are_refused_and_then_allowed_once_and_for_all(shell: Shell, rig: Rig) -> None:
    sdist(rig.wheels, "only-source", rig.base / "RAN")
    repository(rig.packs / "source", {"__init__.py": "", "requirements.txt": "only-source\n"})
    code, _, err = shell("node", "add", (rig.packs / "source").as_uri())
    assert code == 3 and "source wants only-source" in err and "[build_refused]" in err
    assert not (rig.base / "RAN").exists() and len(err.splitlines()) == 1
    done = shell.json("--json", "node", "add", (rig.packs / "source").as_uri(), "--allow-builds")
    assert done["data"]["notes"] == ["Packages may be built in this environment from now on."]
    assert "notes" not in shell.json("--json", "sync", "--allow-builds")["data"]
    for verb in ("sync", "update-comfyui", "repair", "rollback"):
        assert "--allow-builds" in shell_help(shell, verb)
    shell.ok("node", "remove", "source")


def shell_help(shell: Shell, verb: str) -> str:
    with pytest.raises(SystemExit):
        shell(verb, "--help")
    return shell.capture.readouterr().out


BROKEN = {
    "text": ("dependencies = [", 'dependencies = "x" # ['),
    "line": ("dependencies = [", 'dependencies = ["x===", '),
    "group": ("[dependency-groups]", '[dependency-groups]\nbad = ["=x"]'),
    "included": ("[dependency-groups]", '[dependency-groups]\nbad = [{ include-group = "nope" }]'),
    "constraint": ("package = false", 'package = false\nconstraint-dependencies = ["=="]'),
    "source": ("package = false", 'package = false\nsources = { core-lib = { index = "nope" } }'),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_manifest_that_uv_cannot_read_is_named_with_what_helps(
    shell: Shell, manifest: Path, kind: str
) -> None:
    old, new = BROKEN[kind]
    text = manifest.read_text("utf-8")
    assert old in text
    manifest.write_text(text.replace(old, new, 1), "utf-8")
    code, _, err = shell("sync")
    assert code == 2 and "[bad_manifest]" in err and len(err.splitlines()) == 1, err
    assert str(manifest) in err and "staging" not in err and "`gates dock rollback`" in err, err
    assert "[bad_manifest]" in shell("validate")[2]
    shell.ok("rollback")
    assert manifest.read_text("utf-8") == text


OTHERS = """
[build-system]
requires = ["evil"]

[[tool.uv.index]]
name = "theirs"
url = "https://me:pw@h.invalid/simple?token=x"
default = true

[[tool.uv.index]]
name = "torch-index"
url = "TORCH/cpu"

[tool.uv.sources]
core-lib = { path = "LIB" }
torch = { index = "torch-index" }
other = { git = "https://me:pw@h.invalid/x.git" }
"""
LISTED = [
    "index theirs: https://***@h.invalid/simple, in the place of the usual one",
    "source of core-lib: path = LIB",
    "source of other: git = https://***@h.invalid/x.git",
    "[build-system]: requires = [evil]",
    "tool.uv.no-build-isolation: true",
]


def test_a_manifest_that_is_taken_over_says_what_is_its_own_and_is_agreed_to_once(
    shell: Shell, rig: Rig, home: Path
) -> None:
    lib = rig.wheels / "core_lib-1.0-py3-none-any.whl"
    text = (home / ".comfydock_workspace/environments/main/.cec/pyproject.toml").read_text("utf-8")
    text = text.replace("package = false", "package = false\nno-build-isolation = true", 1)
    other = rig.base / "others"
    written(
        other / "environments" / "theirs" / ".cec",
        {"pyproject.toml": text + OTHERS.replace("LIB", str(lib)).replace("TORCH", TORCH_INDEX)},
    )
    written(
        other / "environments" / "plain" / ".cec",
        {"pyproject.toml": text.replace("no-build-isolation = true", "")},
    )
    taken = str(rig.base / "taken")
    listed = [line.replace("LIB", str(lib)) for line in LISTED]

    said = shell.ok("init", taken, "--from", str(other))
    assert [line.strip() for line in said.splitlines() if "its own" in line] == [
        f"its own {one}" for one in listed
    ]
    assert "pw" not in said and "token" not in said

    there = ("--workspace", taken, "--env", "theirs")
    shown = [f"The manifest's own {one}" for one in listed]
    assert shell.json("--json", "validate", *there)["data"]["notes"][: len(shown)] == shown
    _, out, err = shell("sync", "--dry-run", *there)
    assert all(one in (out + err).splitlines() for one in shown)
    for verb in ("repair", "sync"):
        code, _, err = shell(verb, *there)
        assert code == 2 and "[not_confirmed]" in err and "index theirs: https://***@h.invalid" in err
        assert "--yes" in err and len(err.splitlines()) == 1
    assert not (Path(taken) / "environments" / "theirs" / ".venv").exists()

    shell.ok("repair", "--workspace", taken, "--env", "plain")


def test_after_one_yes_nothing_is_asked(shell: Shell, rig: Rig, home: Path) -> None:
    lib = rig.wheels / "core_lib-1.0-py3-none-any.whl"
    text = (home / ".comfydock_workspace/environments/main/.cec/pyproject.toml").read_text("utf-8")
    other = rig.base / "others-once"
    sources = f'\n[tool.uv.sources]\ncore-lib = {{ path = "{lib.as_posix()}" }}\n'
    written(other / "environments" / "once" / ".cec", {"pyproject.toml": text + sources})
    taken = str(rig.base / "taken-once")
    shell.ok("init", taken, "--from", str(other))
    there = ("--workspace", taken, "--env", "once")
    assert shell("repair", *there)[0] == 2
    assert f"path = {lib.as_posix()}" in shell.ok("repair", "--yes", *there)
    shell.ok("sync", *there)
    shell.ok("repair", *there)


def test_an_interpreter_of_a_manifest_is_never_started(shell: Shell, rig: Rig, home: Path) -> None:
    text = (home / ".comfydock_workspace/environments/main/.cec/pyproject.toml").read_text("utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("python_version")]
    found = lines.index("[tool.comfydock]")
    lines.insert(found + 1, 'python_version = "./.cec/workflows/python"')
    cec = rig.base / "others-python" / "environments" / "evil" / ".cec"
    ran = rig.base / "PYTHON-RAN"
    written(
        cec, {"pyproject.toml": "\n".join(lines) + "\n", "workflows/python": f"#!/bin/sh\necho x > '{ran}'\n"}
    )
    (cec / "workflows" / "python").chmod(0o755)
    taken = str(rig.base / "taken-python")
    shell.ok("init", taken, "--from", str(rig.base / "others-python"))
    code, _, err = shell("repair", "--yes", "--workspace", taken, "--env", "evil")
    assert code == 2 and "is no version" in err and not ran.exists()
    assert git(rig.comfyui, "status", "--porcelain") == ""
