"""Ids, and where the parts of a pool base lie."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates import places
from gates.errors import BadId, PoolInTrash, PoolPurged
from tests.enclosure import CLIMBING, enclosed

GOOD = ["a", "A", "0", "default", "x" * 64, "0b9f-7_q", "550e8400-e29b-41d4-a716-446655440000", "p_17_ab"]


@pytest.mark.parametrize("pool_id", GOOD)
def test_ids_that_are_taken(tmp_path: Path, pool_id: str) -> None:
    assert places.check_id(pool_id) == pool_id
    assert places.folder_of(tmp_path, pool_id) == Path(os.path.realpath(tmp_path)) / pool_id


@pytest.mark.parametrize(
    "pool_id", [*CLIMBING, "x" * 65, "-a", "_a", ".locks", "profiles.json", "CON", "com1", "é", "a b", "١"]
)
def test_ids_that_are_not(tmp_path: Path, pool_id: str) -> None:
    place = enclosed(tmp_path)
    for ask in (places.folder_of, places.trash_of, places.lock_of, places.gone_mark, places.is_free):
        with pytest.raises(BadId):
            ask(place.base, pool_id)


@pytest.mark.parametrize("pool_id", [None, 1, 1.5, True, b"a", ["a"], {"a": 1}])
def test_an_id_is_text(pool_id: object) -> None:
    with pytest.raises(BadId):
        places.check_id(pool_id)


@given(st.text(max_size=70))
def test_whatever_is_taken_is_in_the_grammar(text: str) -> None:
    try:
        assert places.ID.fullmatch(places.check_id(text))
    except BadId:
        assert not places.ID.fullmatch(text) or text.lower()[:3] in ("con", "prn", "aux", "nul", "com", "lpt")


def test_ids_that_differ_in_case_alone_are_one(tmp_path: Path) -> None:
    (tmp_path / "Cats").mkdir()
    assert places.folder_of(tmp_path, "cATS").name == "Cats"
    assert places.lock_of(tmp_path, "cATS") == places.lock_of(tmp_path, "Cats")
    assert not places.is_free(tmp_path, "CATS")
    (tmp_path / ".trash" / "Dogs").mkdir(parents=True)
    assert places.trash_of(tmp_path, "dogs").name == "Dogs"
    with pytest.raises(PoolInTrash):
        places.require_alive(tmp_path, "DOGS")


def test_an_id_that_was_purged_is_never_free_again(tmp_path: Path) -> None:
    assert places.is_free(tmp_path, "a")
    (tmp_path / ".trash").mkdir()
    places.gone_mark(tmp_path, "A").write_bytes(b"")
    assert not places.is_free(tmp_path, "a")
    with pytest.raises(PoolPurged):
        places.require_alive(tmp_path, "a")


def test_new_files_lie_in_staging_under_names_of_their_own(tmp_path: Path) -> None:
    base = tmp_path / "not yet" / "there"
    found = {places.new_file(base) for _ in range(50)}
    assert len(found) == 50 and {path.parent for path in found} == {base.resolve() / ".staging"}


def test_sweeping_takes_what_crashes_left_a_day_ago(tmp_path: Path) -> None:
    assert places.sweep(tmp_path) == 0
    old, new = places.new_file(tmp_path), places.new_file(tmp_path)
    for path in (old, new):
        path.write_bytes(b"x")
    folder = old.parent / "id1"
    (folder / "deep").mkdir(parents=True)
    yesterday = time.time() - 2 * places.FORGOTTEN
    for path in (old, folder):
        os.utime(path, (yesterday, yesterday))
    assert places.sweep(tmp_path) == 2
    assert os.listdir(old.parent) == [new.name]
    assert places.sweep(tmp_path, time.time() + 2 * places.FORGOTTEN) == 1
