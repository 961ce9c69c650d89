"""`gates dock` from the shell: options, answers for people and programs, exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gates import errors
from gates.cli.dock import EXIT_CODES
from gates.cli.main import main
from gates.dock.records import NodeInfo
from tests.dock_rig import Rig
from tests.registry_server import RegistryServer

ROOT = Path(__file__).resolve().parents[1]
GENEROUS = 3.0  # times what is aimed at


@dataclass
class Shell:
    """The command line in this process, with a home and a workspace of its own."""

    rig: Rig
    capture: pytest.CaptureFixture[str]

    def __call__(self, *words: str) -> tuple[int, str, str]:
        code = main(["dock", *words])
        said = self.capture.readouterr()
        return code, said.out, said.err

    def ok(self, *words: str) -> str:
        code, out, err = self(*words)
        assert code == 0, out + err
        return out

    def json(self, *words: str) -> dict[str, Any]:
        _, out, _ = self(*words)
        answer: dict[str, Any] = json.loads(out.splitlines()[-1])
        assert answer["version"] == 1 and answer["command"] == "dock"
        return answer


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Rig:
    base = tmp_path_factory.mktemp("shell") / "a" / "b"
    base.mkdir(parents=True)
    return Rig(base).furnish()


@pytest.fixture
def home(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    home = rig.base / "home"
    home.mkdir(exist_ok=True)
    for name in [name for name in os.environ if name.startswith(("UV_", "GATES_", "COMFY_", "CIVITAI_"))]:
        monkeypatch.delenv(name)
    for name, value in rig.outside.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / ".config"))
    monkeypatch.chdir(home)
    yield home


@pytest.fixture
def shell(rig: Rig, home: Path, capfd: pytest.CaptureFixture[str]) -> Shell:
    shell = Shell(rig, capfd)
    if not (home / ".comfydock_workspace").exists():
        shell.ok("init")
        shell.ok("create", "main", "--comfyui", f"{rig.comfyui}@v0.1.0")
    return shell


def test_options_stand_before_and_after_the_verb(shell: Shell, home: Path) -> None:
    workspace = str(home / ".comfydock_workspace")
    first = shell.json("--json", "--workspace", workspace, "--env", "main", "status")
    second = shell.json("status", "--env", "main", "--workspace", workspace, "--json")
    assert first == second and first["data"]["environment"]["name"] == "main"
    assert main(["--json", "dock", "status"]) == 0
    assert json.loads(shell.capture.readouterr().out) == first
    nested = shell.json("node", "list", "--json", "--env", "main")
    assert nested["data"] == {"nodes": []}


@pytest.mark.parametrize(
    ("words", "code", "exit_code"),
    [
        (["--workspace", "nowhere", "status"], "no_workspace", 4),
        (["--env", "other", "status"], "no_environment", 4),
        (["create", "../x"], "bad_environment_name", 2),
        (["create", "main"], "environment_exists", 3),
        (["create", "MAIN"], "environment_exists", 3),
        (["create", "x", "--comfyui", "nonsense"], "bad_node_name", 2),
        (["create", "x", "--python", "9.9"], "no_python", 4),
        (["node", "remove", "none"], "unknown_node", 4),
        (["rollback", "0123456"], "unknown_commit", 4),
        (["rollback"], "unknown_commit", 4),
        (["config", "colour", "red"], "bad_config", 2),
        (["config", "key.nobody", "x"], "bad_config", 2),
        (["restore", "gone"], "unknown_item", 4),
        (["guard", "x", "--comfyui", "."], "no_comfyui", 4),
        (["sync", "--allow-scripts", "main"], "not_confirmed", 2),
    ],
)
def test_what_is_wrong_has_a_code_and_an_exit_code(
    shell: Shell, words: list[str], code: str, exit_code: int
) -> None:
    before = shell.json("status", "--json")
    status, out, err = shell(*words, "--json")
    answer = json.loads(out)
    assert (answer["errors"][0]["code"], status, answer["exit_code"]) == (code, exit_code, exit_code)
    assert answer["errors"][0]["message"].endswith((".", "DIR"))
    status, out, err = shell(*words)
    assert status == exit_code and f"[{code}]" in err and "Traceback" not in err
    assert shell.json("status", "--json") == before


def test_each_exit_code_of_an_error_is_documented() -> None:
    def leaves(kind: type[errors.DockError]) -> list[type[errors.DockError]]:
        return [leaf for child in kind.__subclasses__() for leaf in leaves(child)] or [kind]

    assert {leaf.exit_code for leaf in leaves(errors.DockError)} <= set(EXIT_CODES)
    page = (ROOT / "docs" / "dock.md").read_text("utf-8")
    for code in EXIT_CODES:
        assert f"\n| {code} | " in page


def test_committing_nothing_is_a_success(shell: Shell) -> None:
    assert shell.ok("commit", "-m", "nothing").strip() == "Nothing to commit."
    assert shell.json("commit", "-m", "nothing", "--json")["data"] == {"commit": None}


KILL = """
import os, signal, sys
from gates.cli.dock_setting import Setting
from gates.cli.main import main
Setting._step = lambda self, name: os.kill(os.getpid(), signal.SIGKILL) if name == "packages" else None
main(["dock", *sys.argv[1:]])
"""


def killed(home: Path, *words: str) -> None:
    outside = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", KILL, *words], cwd=home, env=outside, capture_output=True)
    assert done.returncode == -9, done.stderr


@pytest.mark.skipif(os.name == "nt", reason="there is no kill -9 there")
@pytest.mark.parametrize(
    "words", [["sync"], ["commit", "-m", "x"], ["rollback"], ["repair"], ["node", "remove", "none"]]
)
def test_what_was_interrupted_is_said_by_whoever_undoes_it(
    shell: Shell, home: Path, words: list[str]
) -> None:
    said = "'Add plain' was interrupted and is undone."
    address = (shell.rig.packs / "plain").as_uri()
    killed(home, "node", "add", address)
    assert "Interrupted: Add plain. `gates dock repair` puts it right." in shell.ok("status")
    assert "Interrupted: Add plain" in shell.ok("list")
    note = shell.json("validate", "--json")["data"]["notes"][0]
    assert note == "'Add plain' was interrupted. `gates dock repair` puts it right."
    assert said in shell(*words)[1]
    killed(home, "node", "add", address)
    answer = shell.json(*words, "--json")
    assert said in json.dumps(answer["data"])
    assert "Nothing to do." in shell.ok("sync") and shell.json("list", "--json")["data"]


@pytest.mark.skipif(os.name == "nt", reason="there is no kill -9 there")
def test_an_environment_that_is_not_made_whole_is_marked(shell: Shell, home: Path) -> None:
    killed(home, "create", "half", "--comfyui", str(shell.rig.comfyui))
    assert "Interrupted: Create half" in shell.ok("list")
    rows = shell.json("list", "--json")["data"]["environments"]
    assert {row["name"]: row["interrupted"] for row in rows} == {"half": "Create half", "main": None}
    assert shell.ok("--env", "half", "status").splitlines() == [
        "half is not made whole.",
        "Interrupted: Create half. `gates dock repair` puts it right.",
    ]
    assert shell.ok("--env", "half", "repair") == "'Create half' was interrupted and is undone.\n"
    assert "half" not in shell.ok("list")


def test_a_rollback_promises_what_is_there_alone(shell: Shell, home: Path) -> None:
    manifest = home / ".comfydock_workspace" / "environments" / "main" / ".cec" / "pyproject.toml"
    before = manifest.read_text("utf-8")
    manifest.write_text(f"{before}# mine\n", "utf-8")
    said = shell.ok("rollback")
    assert "undoes this too" not in said and "stash apply" in said and said.startswith("Back at ")
    assert manifest.read_text("utf-8") == before
    said = shell.ok("rollback", "HEAD")
    assert said.startswith("Nothing to undo: all is as in ") and "undoes" not in said
    assert shell.json("rollback", "HEAD", "--json")["data"]["message"] is None


def test_comfyui_gets_its_arguments_and_its_end_is_told(shell: Shell) -> None:
    said = shell.ok("run", "--", "--json", "--listen")
    assert said.splitlines()[0] == "ComfyUI 0.1.0 --json --listen"
    core = shell.rig.base / "home/.comfydock_workspace/environments/main/ComfyUI"
    kept = (core / "main.py").read_text()
    (core / "main.py").write_text("raise SystemExit(9)\n")
    code, _, err = shell("run")
    assert code == 1 and "ComfyUI ended with 9" in err
    (core / "main.py").write_text(kept)


def test_a_key_is_kept_and_never_said(shell: Shell, home: Path) -> None:
    secret = "sk-very-secret-0123"
    said = shell.ok("config", "key.civitai", secret)
    file = home / ".config" / "dataset-gates" / "keys.json"
    assert secret not in said and json.loads(file.read_text()) == {"civitai": secret}
    assert os.name == "nt" or file.stat().st_mode & 0o777 == 0o600
    told = shell.ok("config", "--json") + shell.ok("config", "key.civitai") + shell.ok("status", "--json")
    assert secret not in told and "file" in told
    workspace = home / ".comfydock_workspace"
    kept = [path for path in workspace.rglob("*.*") if path.suffix in (".json", ".log", ".toml")]
    assert kept and not [path for path in kept if secret in path.read_text("utf-8", "replace")]
    shell.ok("config", "key.civitai", "")
    assert json.loads(file.read_text()) == {}


def test_settings_are_shown_and_taken_away(shell: Shell) -> None:
    shell.ok("config", "python", "3.11")
    assert shell.ok("config", "python").strip() == "3.11"
    shell.ok("config", "python", "")
    assert shell.json("config", "python", "--json")["data"]["value"] is None


def test_an_environment_goes_to_the_trash_and_comes_back(shell: Shell) -> None:
    assert "gates dock restore main" in shell.ok("delete", "main")
    assert shell.ok("list").strip() == "In the trash: main"
    assert shell(*["status"])[0] == 4
    shell.ok("restore", "main")
    assert shell.ok("list").startswith("*  main")
    assert "All is as the manifest says." in shell.ok("status")


def test_a_pack_of_the_registry_is_found_added_and_found_again_offline(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RegistryServer({}) as server:
        files = {
            "__init__.py": "",
            "requirements.txt": "other-lib\n",
            "pyproject.toml": "[project]\nname='x'\n",
        }
        server.add("shiny-nodes", "1.2.0", files, description="Shiny things for everyone")
        monkeypatch.setenv("COMFY_REGISTRY_URL", server.url)
        assert "shiny-nodes" in shell.ok("node", "find", "shiny")
        added = shell.json("node", "add", "shiny-nodes@1.2.0", "--json")
        assert added["status"] == "success", added
        assert not server.asked("/install")
    offline = shell.json("node", "find", "things", "--json")
    assert [NodeInfo(**one).registry_id for one in offline["data"]["nodes"]] == ["shiny-nodes"]
    listed = shell.ok("node", "list")
    assert "shiny-nodes" in listed and "1.2.0" in listed
    assert "shiny-nodes" in shell.ok("node", "remove", "shiny-nodes")
    assert "Nothing changed since" in shell.ok("diff")


def test_a_dry_run_says_what_would_be_done(shell: Shell) -> None:
    environment = shell.rig.base / "home/.comfydock_workspace/environments/main"
    manifest = environment / ".cec" / "pyproject.toml"
    before = manifest.read_text()
    url = (shell.rig.packs / "good").as_uri()
    table = f'\n[tool.comfydock.nodes.good]\nname = "good"\nsource = "git"\nrepository = "{url}"\n'
    manifest.write_text(before + table)
    assert "+ good" in shell.ok("sync", "--dry-run")
    assert "+ good" in shell.ok("diff") and "good is not installed" in shell.ok("status")
    assert not (environment / "ComfyUI/custom_nodes/good").exists()
    assert "+ good" in shell.ok("sync")
    assert "extra-lib" in manifest.read_text() and "All is as" in shell.ok("status")
    assert "undoes this too" in shell.ok("rollback")
    assert not (environment / "ComfyUI/custom_nodes/good").exists()


def test_it_starts_quickly(shell: Shell, home: Path) -> None:
    """0.15 s for the version, 0.3 s for the status of 100 packs; three times that here, at best of three."""
    environment = shell.rig.base / "home/.comfydock_workspace/environments/main"
    manifest = environment / ".cec" / "pyproject.toml"
    kept = manifest.read_text()
    table = '\n[tool.comfydock.nodes.pack-{0}]\nname = "pack-{0}"\nsource = "local"\npath = "{1}"\n'
    manifest.write_text(kept + "".join(table.format(n, home) for n in range(100)))
    try:
        assert seconds(home, "--version") < 0.15 * GENEROUS
        assert seconds(home, "dock", "status") < 0.3 * GENEROUS
    finally:
        manifest.write_text(kept)


def seconds(home: Path, *words: str) -> float:
    taken = []
    for _ in range(3):
        begin = time.perf_counter()
        command = [sys.executable, "-m", "gates", *words]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        subprocess.run(command, cwd=home, env=environment, capture_output=True, check=True)
        taken.append(time.perf_counter() - begin)
    return min(taken)
