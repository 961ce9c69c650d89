"""The models that all environments share: ComfyUI hears of them by its own file, and by no link."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.dock.crew import Crew
from gates.dock.environment import Environment
from gates.dock.model_folders import extra_paths
from gates.dock.processes import Command, Finished
from tests.dock_rig import Rig


def read_extra(text: str) -> dict[str, str]:
    """As a reader of YAML takes it: one table, each line of it two texts in quotes."""
    head, *lines = text.splitlines()
    assert head == "dataset_gates:"
    decoder = json.JSONDecoder()
    found = {}
    for line in lines:
        assert line.startswith("  ")
        key, end = decoder.raw_decode(line, 2)
        assert line[end : end + 2] == ": "
        value, end = decoder.raw_decode(line, end + 2)
        assert end == len(line)
        found[key] = value
    return found


def folders(shared: Path, *names: str) -> Path:
    for name in names:
        (shared / name).mkdir(parents=True)
    return shared


def test_each_folder_is_one_of_models(tmp_path: Path) -> None:
    shared = folders(tmp_path / "my models", "checkpoints", "loras", "Ünicode: #1 \N{CAT}")
    (shared / "a file").write_text("")
    text = extra_paths(shared)
    assert text is not None
    names = ["checkpoints", "loras", "Ünicode: #1 \N{CAT}"]
    assert read_extra(text) == {name: str(shared / name) for name in names}


def test_code_and_words_of_the_format_are_left_out(tmp_path: Path) -> None:
    """A folder of packs there would be loaded, past the manifest and its tests."""
    shared = folders(tmp_path, "Custom_Nodes", "base_path", "is_default", ".cache", "vae")
    text = extra_paths(shared)
    assert text is not None and [*read_extra(text)] == ["vae"]


def test_where_nothing_is_shared_nothing_is_said(tmp_path: Path) -> None:
    assert extra_paths(folders(tmp_path / "empty", "custom_nodes")) is None
    assert extra_paths(tmp_path / "nowhere") is None


@given(st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=12))
def test_any_name_is_read_back_or_left_out(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    shared = tmp_path_factory.mktemp("shared") / "a" / "b"
    shared.mkdir(parents=True)
    if name in (".", "..") or len(name.encode("utf-8")) > 255:
        return
    (shared / name).mkdir()
    text = extra_paths(shared)
    assert text is None or read_extra(text) == {name: str(shared / name)}
    assert text is None or text.replace("\n", "").isprintable()


class Listening:
    """Takes ComfyUI's command line in its place."""

    def __init__(self) -> None:
        self.commands: list[Command] = []

    def run(self, command: Command) -> Finished:
        self.commands.append(command)
        return Finished(command, 0)


def started(rig: Rig, models: Path | None, *words: str) -> tuple[str, ...]:
    workspace = rig.workspace()
    places = workspace.places.environment("one")
    places.python().parent.mkdir(parents=True, exist_ok=True)
    places.python().touch()
    places.core.mkdir(exist_ok=True)
    crew = rig.crew_of(workspace.places, places)
    listening = Listening()
    heard: Crew = replace(crew, runner=listening, models=models)
    Environment(places, heard).run(words)
    return listening.commands[0].argv[2:]


def test_comfyui_is_told_of_the_shared_models(tmp_path: Path) -> None:
    rig = Rig(tmp_path / "a" / "b")
    own = rig.workspace().places.models
    assert started(rig, None, "--port", "8190") == ("--port", "8190")
    folders(own, "checkpoints")
    *words, option, file = started(rig, None, "--port", "8190")
    assert (words, option) == (["--port", "8190"], "--extra-model-paths-config")
    assert read_extra(Path(file).read_text("utf-8")) == {"checkpoints": str(own / "checkpoints")}


def test_the_folder_that_is_set_stands_in_for_the_workspaces_own(tmp_path: Path) -> None:
    rig = Rig(tmp_path / "a" / "b")
    folders(rig.workspace().places.models, "checkpoints")
    shared = folders(tmp_path / "a" / "disk", "loras")
    file = started(rig, shared)[-1]
    assert read_extra(Path(file).read_text("utf-8")) == {"loras": str(shared / "loras")}
    assert started(rig, tmp_path / "a" / "unplugged") == ()
