"""What a person chose, in a file that people edit too."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from gates.errors import BadField, StorageFailed
from gates.profiler.store import Bounds, Settings
from gates.profiler.store.settings import NAME, change, read


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "profiler" / NAME


def test_without_a_file_the_defaults_hold(file: Path) -> None:
    assert read(file) == (Settings(), ())
    assert Settings().bounds == Bounds(runs=10_000, size=1024 * 2**20)
    assert not file.parent.exists()


def test_what_is_set_stays_and_so_does_what_is_unknown(file: Path) -> None:
    change(file, {"sampler_ms": 20, "ui": {"columns": ["exec_time"]}}, now=1.0)
    raw = json.loads(file.read_text("utf-8"))
    file.write_text(json.dumps({**raw, "of another version": [1]}), "utf-8")
    found = change(file, {"max_runs": 5, "badges": False}, now=2.0)
    assert found == Settings(sampler_ms=20, max_runs=5, badges=False, ui={"columns": ["exec_time"]})
    assert json.loads(file.read_text("utf-8"))["of another version"] == [1]
    assert read(file) == (found, ())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sampler_ms", 19),
        ("sampler_ms", 1001),
        ("sampler_ms", 50.0),
        ("sampler_ms", True),
        ("max_runs", 0),
        ("max_mb", "9"),
        ("badges", 1),
        ("ui", []),
        ("ui", {"a": float("nan")}),
        ("ui", {"a": {1, 2}}),
        ("ui", {"a": "x" * 2**20}),
        ("colour", "red"),
    ],
)
def test_what_cannot_be_set(file: Path, name: str, value: Any) -> None:
    with pytest.raises(BadField) as refused:
        change(file, {"max_mb": 9, name: value}, now=1.0)
    assert refused.value.data["field"] == name
    assert not file.exists()


def test_a_wrong_value_in_the_file_is_not_obeyed_and_named(file: Path) -> None:
    file.parent.mkdir()
    file.write_text('{"sampler_ms": 1, "max_runs": 7}', "utf-8")
    found, wrong = read(file)
    assert found == Settings(max_runs=7)
    assert ["sampler_ms" in one for one in wrong] == [True]


@pytest.mark.parametrize("text", ["", "[]", "{", "\x00", "[" * 10_000, " " * (2**20 + 1)])
def test_a_damaged_file_gets_another_name(file: Path, text: str) -> None:
    file.parent.mkdir()
    file.write_text(text, "utf-8")
    found, wrong = read(file)
    assert found == Settings() and wrong
    change(file, {"max_runs": 7}, now=12.0)
    assert read(file) == (Settings(max_runs=7), ())
    assert file.with_name("profiler_settings.damaged-12.json").read_text("utf-8") == text


def test_changes_at_once_are_all_kept(file: Path) -> None:
    changes: list[dict[str, Any]] = [{"sampler_ms": 21}, {"max_runs": 9}, {"max_mb": 99}, {"badges": False}]
    threads = [threading.Thread(target=change, args=(file, one, 1.0)) for one in changes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert read(file)[0] == Settings(sampler_ms=21, max_runs=9, max_mb=99, badges=False)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "profiler").write_text("no folder")
    with pytest.raises(StorageFailed):
        change(tmp_path / "profiler" / NAME, {"max_runs": 7}, now=1.0)
