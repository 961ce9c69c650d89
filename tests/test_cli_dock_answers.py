"""What `gates dock` answers where things are odd: an envelope, a sentence, and never a traceback."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from gates.cli import dock_setting, dock_verbs
from gates.cli.main import main
from gates.dock.config import ConfigManager
from gates.dock.workspace import WorkspaceManager
from gates.errors import GatesError
from tests.dock_rig import Rig, written
from tests.test_cli_dock import ROOT, Shell, home, rig, shell

__all__ = ["home", "rig", "shell"]


@pytest.mark.parametrize(
    "words",
    [
        ["bogus", "--json"],
        ["--json", "create"],
        ["log", "--limit", "abc", "--json"],
        ["node", "add", "a", "b", "--json"],
        ["--json"],
    ],
)
def test_a_wrong_call_gets_an_envelope_too(shell: Shell, words: list[str]) -> None:
    code, out, err = shell(*words)
    answer = json.loads(out)
    assert (code, answer["exit_code"], answer["status"], err) == (2, 2, "error", "")
    assert (answer["command"], answer["errors"][0]["code"]) == ("dock", "usage")


def test_without_json_a_wrong_call_gets_the_usage(shell: Shell) -> None:
    with pytest.raises(SystemExit) as ended:
        shell("run", "--bogus", "--", "--json")
    assert ended.value.code == 2 and "usage: gates" in shell.capture.readouterr().err


def test_what_nobody_foresaw_is_an_answer(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise AttributeError("odd")

    monkeypatch.setattr(dock_verbs, "VERBS", {**dock_verbs.VERBS, "status": broken})
    code, out, err = shell("status", "--json")
    assert code == 1 and json.loads(out)["errors"][0]["code"] == "internal_error"
    assert "AttributeError: odd" in err, "whoever is to mend it needs the lines"


@pytest.mark.parametrize("stop", [KeyboardInterrupt, EOFError])
def test_a_stop_is_no_success(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, stop: type[BaseException]
) -> None:
    def stopped(*_: object) -> None:
        raise stop

    monkeypatch.setattr(dock_verbs, "VERBS", {**dock_verbs.VERBS, "create": stopped})
    answer = shell.json("create", "q", "--json")
    assert (answer["status"], answer["exit_code"]) == ("error", 130)
    assert answer["errors"][0]["code"] == "interrupted"
    assert "Stopped" in shell("create", "q")[2]


def test_the_end_of_input_says_no(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", Terminal(""))
    monkeypatch.setattr(dock_setting, "has_terminal", lambda: True)
    code, _, err = shell("sync", "--allow-scripts", "good")
    assert code == 2 and "Nothing was done. [not_confirmed]" in err


def test_a_dry_run_does_not_ask(shell: Shell) -> None:
    shell.ok("node", "add", (shell.rig.packs / "scripted").as_uri())
    shell.ok("sync", "--allow-scripts", "scripted", "--dry-run")
    assert shell("sync", "--allow-scripts", "scripted")[0] == 2
    shell.ok("rollback")


def run(home: Path, *words: str, **more: str) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **more}
    return subprocess.run(
        [sys.executable, "-m", "gates", "dock", *words], cwd=home, env=environment, capture_output=True
    )


@pytest.mark.parametrize("encoding", ["cp1252:strict", "ascii:strict", "utf-8:strict"])
def test_letters_that_a_pipe_lacks_are_spelled_out(shell: Shell, home: Path, encoding: str) -> None:
    """On Windows a pipe has few letters; names of packs have any, on Linux even such as are no text."""
    nodes = shell.rig.base / "home/.comfydock_workspace/environments/main/ComfyUI/custom_nodes"
    names = ["узлы", *(["\udcff"] if sys.platform == "linux" else [])]
    for name in names:
        (nodes / name).mkdir()
    try:
        for words in (["sync", "--dry-run"], ["sync", "--dry-run", "--json"]):
            done = run(home, *words, PYTHONIOENCODING=encoding)
            assert done.returncode == 0 and b"Traceback" not in done.stderr, done.stderr
        answer = json.loads(done.stdout)
        assert "узлы" in answer["data"]["sync"]["plan"]["foreign_nodes"]
    finally:
        for name in names:
            (nodes / name).rmdir()


def test_whoever_stops_reading_gets_no_traceback(shell: Shell, home: Path) -> None:
    command = f'"{sys.executable}" -m gates dock log | "{sys.executable}" -c ""'
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, shell=True, cwd=home, env=environment, capture_output=True)
    assert b"BrokenPipe" not in done.stderr and b"Traceback" not in done.stderr


def test_the_workspace_that_is_made_is_the_one_that_is_found(
    shell: Shell, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = home / "by variable"
    monkeypatch.setenv("GATES_WORKSPACE", str(named))
    code, _, err = shell("list")
    assert code == 4 and f'`gates dock init "{named}"`' in err
    assert "Next: gates dock create NAME" in shell.ok("init")
    shell.ok("list")
    monkeypatch.delenv("GATES_WORKSPACE")
    elsewhere = home / "elsewhere"
    assert f'Next: gates dock --workspace "{elsewhere}" create NAME' in shell.ok("init", "elsewhere")
    other = written(home / "theirs", {"environments/e1/.cec/pyproject.toml": "[project]\nname = 'e1'\n"})
    assert f'`gates dock --workspace "{home / "taken"}" --env e1 repair`' in shell.ok(
        "init", "taken", "--from", str(other)
    )


def test_a_broken_manifest_hides_no_other_environment(shell: Shell) -> None:
    broken = shell.rig.base / "home/.comfydock_workspace/environments/broken/.cec/pyproject.toml"
    written(broken.parent, {broken.name: "["})
    try:
        code, out, err = shell("list")
        assert code == 1 and "main" in out and "ComfyUI unknown" in out
        assert "broken: " in err and "[bad_manifest]" in err
        broken.write_text("[tool.comfydock]\ncomfyui_commit = 5\n")
        code, _, err = shell("--env", "broken", "status")
        assert code == 2 and "comfyui_commit of [tool.comfydock] is no text. Put it in quotes." in err
    finally:
        broken.unlink()


def test_a_key_that_is_taken_away_is_not_kept(shell: Shell) -> None:
    shell.ok("config", "key.github", "abc")
    assert shell.ok("config", "key.github", "").strip() == "The key for github is taken away."


# --- two commands at once


def at_once(*calls: object) -> list[object]:
    """What each call answers or raises, all of them begun at the same moment."""
    answers: list[object] = []
    barrier = threading.Barrier(len(calls))

    def call(one: object) -> None:
        barrier.wait()
        try:
            answers.append(one())  # type: ignore[operator]
        except GatesError as error:
            answers.append(error)

    threads = [threading.Thread(target=call, args=(one,)) for one in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_settings_that_are_changed_at_once_are_all_kept(tmp_path: Path) -> None:
    base = tmp_path / "a" / "b"
    workspace = WorkspaceManager.create(base / "ws", Rig(base).crew_of)
    wanted = {"comfyui": "https://example.com/x", "python": "3.12", "models": str(base)}
    for round_ in range(10):
        managers = [ConfigManager(workspace.places.file, base / "user") for _ in wanted]
        values = {key: f"{value}{round_}" for key, value in wanted.items()}
        at_once(
            *(
                lambda m=m, k=k, v=v: m.set_workspace_config(k, v)
                for m, (k, v) in zip(managers, values.items(), strict=True)
            )
        )
        assert workspace.get_config().values == values


def test_of_two_names_that_are_one_only_one_comes_to_be(tmp_path: Path) -> None:
    base = tmp_path / "a" / "b"
    base.mkdir(parents=True)
    rig = Rig(base).furnish()
    rig.workspace()
    source = f"{rig.comfyui}@v0.1.0"
    answers = at_once(
        *(lambda n=n: rig.workspace().create_environment(n, comfyui=source) for n in ("same", "Same"))
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["Environment", "EnvironmentExists"]
    assert len(rig.workspace().list_environments()) == 1


def test_another_command_keeps_its_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", "bogus", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["command"] == "profile"
