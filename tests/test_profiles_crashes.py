"""A change of profiles that is cut off anywhere leaves one state or the other."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gates import atomic, ledger, places, profiles, registry
from gates.errors import (
    UnknownProfile,
)
from tests import pictures
from tests.one_profile import Kept, content, make_profile, names


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return make_profile(tmp_path / "input" / "grid_pool")


class Crash(BaseException):
    """The process ends here."""


STEPS = ("os.replace", "os.fsync", "pathlib.Path.unlink", "shutil.rmtree")


SEVERAL_STEPS: dict[str, tuple[Callable[[Path], object], Callable[[Path], bool]]] = {
    "create": (lambda base: profiles.create_profile(base, "dogs", "id2"), lambda base: "id2" in names(base)),
    "rename": (
        lambda base: profiles.rename_profile(base, "id1", "tigers"),
        lambda base: names(base)["id1"] == "tigers",
    ),
    "delete": (lambda base: profiles.delete_profile(base, "id1", 5), lambda base: "id1" not in names(base)),
    "duplicate": (
        lambda base: profiles.duplicate_profile(base, "id1", "dogs", "id2"),
        lambda base: "id2" in names(base),
    ),
    "import": (
        lambda base: profiles.import_profile(base, str(base.parent / "in.zip"), "id2"),
        lambda base: "id2" in names(base),
    ),
}


@pytest.mark.parametrize("change", SEVERAL_STEPS)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_crash_between_any_two_steps_leaves_one_state_or_the_other(
    tmp_path: Path, base: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    profiles.export_profile(base, "id1", str(base.parent / "in.zip"))
    template, expected = tmp_path / "template", content(base, "id1")
    shutil.copytree(base, template)
    act, done = SEVERAL_STEPS[change]
    outcomes = []
    for point in range(60):
        shutil.rmtree(base)
        shutil.copytree(template, base)
        finished = cut_off(monkeypatch, lambda: act(base), point)
        monkeypatch.setattr(ledger, "_MEMORY", ledger.Memory())
        outcomes.append(done(base))
        assert_sound(base, expected)
        yesterday = time.time() + 2 * places.FORGOTTEN
        places.sweep(base, yesterday)
        assert done(base) == outcomes[-1]
        assert_sound(base, expected)
        if finished:
            break
    assert finished and outcomes == sorted(outcomes) and outcomes[-1]


def cut_off(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object], point: int) -> bool:
    """Run `act` as a process that ends at its `point`-th step on the disk; whether it came to its end."""
    left, dead = point, False

    def step(real: Callable[..., Any]) -> Callable[..., Any]:
        def maybe(*args: Any, **options: Any) -> Any:
            nonlocal left, dead
            if left == 0:
                dead = True
            if dead:
                raise Crash
            left -= 1
            return real(*args, **options)

        return maybe

    with monkeypatch.context() as patch:
        for name in STEPS:
            owner, _, attribute = name.rpartition(".")
            patch.setattr(name, step(getattr(_owner(owner), attribute)))
        try:
            act()
        except Crash:
            return False
    return True


def _owner(name: str) -> Any:
    return {"os": os, "pathlib.Path": Path, "shutil": shutil}[name]


def assert_sound(base: Path, expected: list[Kept]) -> None:
    """Every registered profile is whole, and every folder with a card is registered."""
    listed = names(base)
    for pid, name in listed.items():
        assert (base / pid).is_dir(), f"{pid} is registered without a folder"
        assert name in ("cats", "tigers", "dogs", "cats (2)")
        assert content(base, pid) in (expected, [])
    folders = {entry.name for entry in base.iterdir() if (entry / "profile.json").exists()}
    assert folders <= set(listed)
    if "id1" not in listed:
        assert [one["id"] for one in profiles.list_trash(base)] == ["id1"]
        assert (base / ".trash" / "id1" / "img_0001.png").read_bytes() == pictures.png(1)


def test_a_purge_that_was_cut_off_is_finished_and_never_undone(
    base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profiles.delete_profile(base, "id1")
    with monkeypatch.context() as patch:
        patch.setattr(atomic, "remove_tree", lambda *_: (_ for _ in ()).throw(Crash))
        with pytest.raises(Crash):
            profiles.purge_profile(base, "id1")
    assert profiles.list_trash(base) == []
    with pytest.raises(UnknownProfile):
        profiles.restore_profile(base, "id1")
    profiles.clear_leftovers(base)
    assert not (base / ".trash" / "id1").exists() and not places.is_free(base, "id1")


def test_what_waits_registered_in_staging_is_finished_before_staging_is_swept(base: Path) -> None:
    reg = profiles.read_registry(base)
    waiting = registry.staged(base, "id2")
    shutil.copytree(base / "id1", waiting)
    profiles.write_registry(
        base, {"profiles": [*reg["profiles"], {"id": "id2", "name": "dogs", "created": 5}]}
    )
    forgotten = base / ".staging" / "half-made"
    forgotten.mkdir()
    long_ago = time.time() - 2 * places.FORGOTTEN
    for folder in (waiting, forgotten):
        os.utime(folder, (long_ago, long_ago))
    profiles.clear_leftovers(base)
    assert content(base, "id2") == content(base, "id1") and os.listdir(base / ".staging") == []


def test_a_failed_rename_into_place_takes_the_name_back(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.replace

    def refuse(source: Any, target: Any) -> None:
        if os.path.isdir(source):
            raise PermissionError("in use")
        real(source, target)

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(PermissionError):
        profiles.create_profile(base, "dogs", "id2")
    assert names(base) == {"id1": "cats"} and os.listdir(base / ".staging") == []
