"""Named profiles: what the plan does not say, and what happens when something is cut off."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gates import places, pool, pool_archive, profiles
from gates.errors import (
    BadId,
    BadName,
    DuplicateId,
    DuplicateName,
    GatesError,
    ImageGone,
    PoolInTrash,
    PoolNotEmpty,
    PoolPurged,
    UnknownProfile,
)
from tests import pictures
from tests.enclosure import CLIMBING, enclosed, inside
from tests.one_profile import content, make_profile, names


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return make_profile(tmp_path / "input" / "grid_pool")


BY_ID: dict[str, Callable[[Path, Any], object]] = {
    "create": lambda base, pid: profiles.create_profile(base, "new", pid),
    "rename": lambda base, pid: profiles.rename_profile(base, pid, "new"),
    "delete": lambda base, pid: profiles.delete_profile(base, pid),
    "duplicate from": lambda base, pid: profiles.duplicate_profile(base, pid, None, "id9"),
    "duplicate to": lambda base, pid: profiles.duplicate_profile(base, "id1", None, pid),
    "export": lambda base, pid: profiles.export_profile(base, pid, str(base.parent / "out.zip")),
    "restore": lambda base, pid: profiles.restore_profile(base, pid),
    "purge": lambda base, pid: profiles.purge_profile(base, pid),
    "seed from": lambda base, pid: profiles.seed_profile(base, pid, "id1"),
    "seed to": lambda base, pid: profiles.seed_profile(base, "id1", pid),
    "entry": lambda base, pid: profiles.entry_of(base, pid),
}


@pytest.mark.parametrize("ask", BY_ID)
def test_no_id_reaches_anything_but_a_profile(tmp_path: Path, ask: str) -> None:
    place = enclosed(tmp_path)
    profiles.create_profile(place.base, "cats", "id1")
    pool.add_image(place.base, "id1", pictures.png())
    before = inside(place.base)
    for pid in (*CLIMBING, place.absolute(), ".locks", ".trash", "profiles.json", None, 3, ["id1"]):
        with pytest.raises(BadId):
            BY_ID[ask](place.base, pid)
        assert place.untouched() and inside(place.base) == before


@pytest.mark.parametrize(
    "ask", ["rename", "delete", "duplicate from", "export", "restore", "purge", "seed to"]
)
def test_an_id_that_nobody_registered_is_unknown(base: Path, ask: str) -> None:
    pool.add_image(base, "unregistered", pictures.png())
    before = inside(base)
    for pid in ("absent", "unregistered"):
        with pytest.raises(UnknownProfile):
            BY_ID[ask](base, pid)
    assert inside(base) == before


@pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * 121, "\u202ex", ["x"], None, 5])
def test_a_bad_name_makes_no_profile(base: Path, name: Any) -> None:
    before = inside(base)
    asked: list[Callable[[], object]] = [
        lambda: profiles.create_profile(base, name, "id2"),
        lambda: profiles.rename_profile(base, "id1", name),
        lambda: profiles.duplicate_profile(base, "id1", name or "", "id2"),
    ]
    for ask in asked:
        with pytest.raises(BadName):
            ask()
    assert inside(base) == before and os.listdir(base / ".staging") == []


def test_an_entry_has_name_time_in_seconds_and_owner(base: Path) -> None:
    entry = profiles.create_profile(base, " dogs ", "id2", 1_718_960_000_123, owner="ann")
    assert entry == {"id": "id2", "name": "dogs", "created": 1_718_960_000, "owner": "ann"}
    assert profiles.entry_of(base, "ID2") == entry
    assert json.loads((base / "id2" / "profile.json").read_bytes()) == entry


@pytest.mark.parametrize("pid", ["id1", "ID1"])
def test_an_id_in_use_is_not_taken_again(base: Path, pid: str) -> None:
    before = inside(base)
    with pytest.raises(DuplicateId):
        profiles.create_profile(base, "dogs", pid)
    with pytest.raises(DuplicateId):
        profiles.duplicate_profile(base, "id1", "dogs", pid)
    assert inside(base) == before


def test_an_id_that_is_being_made_is_not_taken_again(base: Path) -> None:
    (base / ".staging" / "id2").mkdir(parents=True)
    with pytest.raises(DuplicateId):
        profiles.create_profile(base, "dogs", "id2")


def test_an_id_is_never_used_again_not_even_after_the_trash_was_emptied(base: Path) -> None:
    profiles.delete_profile(base, "id1")
    for purge in (False, True):
        if purge:
            profiles.purge_profile(base, "id1")
        with pytest.raises(DuplicateId):
            profiles.create_profile(base, "dogs", "ID1")
        with pytest.raises(PoolPurged if purge else PoolInTrash):
            pool.add_image(base, "id1", pictures.png())
        with pytest.raises(PoolPurged if purge else PoolInTrash):
            pool.read_manifest(base, "Id1")
    assert not (base / "id1").exists()


def test_renaming_keeps_the_id_and_frees_the_old_name(base: Path) -> None:
    entry = profiles.rename_profile(base, "ID1", "  Cats  ")
    assert entry == {"id": "id1", "name": "Cats", "created": 100}
    assert json.loads((base / "id1" / "profile.json").read_bytes()) == entry
    profiles.rename_profile(base, "id1", "tigers")
    profiles.create_profile(base, "cats", "id2")
    with pytest.raises(DuplicateName):
        profiles.rename_profile(base, "id2", "TIGERS")


def test_deleting_and_restoring_brings_everything_back(base: Path) -> None:
    before, manifest = content(base, "id1"), pool.read_manifest(base, "id1")
    left = profiles.delete_profile(base, "id1", 777)
    assert left == {"profiles": []} and not (base / "id1").exists()
    assert profiles.list_trash(base) == [{"id": "id1", "name": "cats", "created": 100, "deleted": 777}]
    assert profiles.restore_profile(base, "ID1") == {"id": "id1", "name": "cats", "created": 100}
    assert content(base, "id1") == before and pool.read_manifest(base, "id1") == manifest
    assert profiles.list_trash(base) == []


def test_a_restored_profile_whose_name_was_taken_gets_a_suffix(base: Path) -> None:
    profiles.delete_profile(base, "id1")
    profiles.create_profile(base, "Cats", "id2")
    assert profiles.restore_profile(base, "id1")["name"] == "cats (2)"
    assert names(base) == {"id2": "Cats", "id1": "cats (2)"}


def test_the_trash_lists_the_newest_first_and_survives_damaged_cards(base: Path) -> None:
    for number in (2, 3):
        profiles.create_profile(base, f"p{number}", f"id{number}")
        profiles.delete_profile(base, f"id{number}", 500 - number)
    (base / ".trash" / "id3" / "profile.json").write_bytes(b"{")
    assert [(one["id"], one["name"], one["deleted"]) for one in profiles.list_trash(base)] == [
        ("id2", "p2", 498),
        ("id3", "id3", 0),
    ]
    assert profiles.restore_profile(base, "id3")["name"] == "id3"


def test_a_profile_whose_folder_was_taken_away_can_still_be_used(base: Path, tmp_path: Path) -> None:
    shutil.rmtree(base / "id1")
    profiles.export_profile(base, "id1", str(tmp_path / "out.zip"))
    assert profiles.import_profile(base, str(tmp_path / "out.zip"), "id2")["name"] == "cats (2)"
    profiles.duplicate_profile(base, "id1", None, "id3")
    profiles.rename_profile(base, "id1", "new")
    assert pool.add_image(base, "id1", pictures.png()).slots
    profiles.delete_profile(base, "id1")


def test_a_duplicate_is_whole_and_independent(base: Path) -> None:
    before = content(base, "id1")
    pool.set_active(base, "id1", 2)
    entry = profiles.duplicate_profile(base, "id1", None, "id2", 200, owner="bob")
    assert entry == {"id": "id2", "name": "cats (2)", "created": 200, "owner": "bob"}
    assert content(base, "id2") == before
    copied = pool.read_manifest(base, "id2")
    assert copied.active == 2 and copied.trash == ()
    pool.remove_slot(base, "id2", 0)
    pool.set_label(base, "id2", 0, "changed")
    assert content(base, "id1") == before
    assert profiles.duplicate_profile(base, "id1", "third", "id3")["name"] == "third"


def test_a_duplicate_of_what_is_gone_leaves_nothing(base: Path) -> None:
    (base / "id1" / "img_0002.png").unlink()
    with pytest.raises(ImageGone, match="img_0002.png"):
        profiles.duplicate_profile(base, "id1", None, "id2")
    assert names(base) == {"id1": "cats"} and os.listdir(base / ".staging") == []


def test_an_image_deleted_while_it_is_duplicated_is_copied_from_the_trash(
    base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, real = content(base, "id1"), pool_archive._copy_one

    def late(folder: Path, name: str, target: Path) -> None:
        if name == "img_0001.png":
            pool.remove_slots(base, "id1", [0, 1, 2])
        real(folder, name, target)

    monkeypatch.setattr(pool_archive, "_copy_one", late)
    profiles.duplicate_profile(base, "id1", None, "id2")
    assert content(base, "id2") == before and pool.read_manifest(base, "id1").slots == ()


def test_seeding_fills_only_an_empty_profile(base: Path) -> None:
    profiles.create_profile(base, "dogs", "id2")
    assert profiles.seed_profile(base, "id1", "id2", 50) == 3
    assert content(base, "id2") == content(base, "id1")
    before = content(base, "id2")
    pool.add_image(base, "own", pictures.png(9))
    with pytest.raises(PoolNotEmpty):
        profiles.seed_profile(base, "own", "id2")
    assert content(base, "id2") == before


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


@pytest.mark.parametrize(
    ("meta", "name"),
    [
        (b'{"name": "dogs"}', "dogs"),
        (b'{"name": " dogs "}', "dogs"),
        (b'{"name": ["x"]}', "id9"),
        (b'{"name": {"a": 1}}', "id9"),
        (b'{"name": ""}', "id9"),
        (b'{"name": "a\\u202eb"}', "id9"),
        (b'{"name": null}', "id9"),
        (b"[1]", "id9"),
        (b"{ not json", "id9"),
        (b'{"name": "cats"}', "cats (2)"),
    ],
)
def test_an_import_takes_its_name_from_the_archive_where_it_is_one(
    base: Path, tmp_path: Path, meta: bytes, name: str
) -> None:
    source = zipped(tmp_path / "in.zip", {"profile_meta.json": meta, "pool/img_0001.png": pictures.png(1)})
    entry = profiles.import_profile(base, str(source), "id9", ts=5)
    assert entry == {"id": "id9", "name": name, "created": 5}
    assert profiles.import_profile(base, str(source), "id10", name="given")["name"] == "given"


@pytest.mark.parametrize(
    "members",
    [
        None,
        {},
        {"other/readme.txt": b"x"},
        {"profile_meta.json": b"{}", "pool/../../kept.png": b"x"},
        {"profile_meta.json": b"{}", "pool/a/b.png": b"x"},
    ],
)
def test_an_import_that_fails_leaves_nothing(
    base: Path, tmp_path: Path, members: dict[str, bytes] | None
) -> None:
    source = tmp_path / "in.zip"
    source.write_bytes(b"no zip") if members is None else zipped(source, members)
    before = inside(base)
    with pytest.raises(GatesError) as caught:
        profiles.import_profile(base, str(source), "id9")
    assert caught.value.code in ("bad_archive", "hostile_archive")
    assert inside(base) == before and os.listdir(base / ".staging") == [] and places.is_free(base, "id9")
