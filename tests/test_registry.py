"""The registry of profiles: names, and a file that can be lost or damaged without losing them."""

from __future__ import annotations

import json
import os
import shutil
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gates import places, profiles, registry
from gates.errors import BadId, BadName, DuplicateName, UnknownProfile
from tests.enclosure import CLIMBING

GOOD_NAMES = [
    ("cats", "cats"),
    ("  cats  ", "cats"),
    ("a b", "a b"),
    ("x" * 120, "x" * 120),
    (" " * 50 + "x" * 120, "x" * 120),
    ("日本 🐈", "日本 🐈"),
    ("👩\u200d🎨", "👩\u200d🎨"),
    ("e\u0301", "\u00e9"),
    ("../../x", "../../x"),
    ('a"b\\c/d', 'a"b\\c/d'),
    ("<script>", "<script>"),
    ("con", "con"),
]
BAD_NAMES = [
    "",
    " ",
    "\u3000",
    "\u200b",
    "\u200d\u200b ",
    "x" * 121,
    "a\nb",
    "a\0b",
    "a\tb",
    "\x7fa",
    "a\x85b",
    "a\u2028b",
    "a\ud800",
    *(f"a{mark}b" for mark in "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"),
    None,
    1,
    True,
    ["x"],
    {"name": "x"},
    b"x",
]


@pytest.mark.parametrize(("raw", "name"), GOOD_NAMES)
def test_names_that_are_taken(raw: str, name: str) -> None:
    assert registry.clean_name(raw) == name == registry.clean_name(name)


@pytest.mark.parametrize("raw", BAD_NAMES)
def test_names_that_are_not(raw: object) -> None:
    with pytest.raises(BadName):
        registry.clean_name(raw)


@given(st.text(max_size=130))
def test_a_cleaned_name_is_clean(raw: str) -> None:
    try:
        name = registry.clean_name(raw)
    except BadName:
        return
    assert registry.clean_name(name) == name == name.strip() == unicodedata.normalize("NFC", name)
    assert 0 < len(name) <= 120 and name.isprintable() or any(ord(one) > 127 for one in name)
    assert registry.name_key(name) == registry.name_key(f" {name} ")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Cats", "cATS"),
        ("\u00e9", "e\u0301"),
        ("É", "e\u0301"),
        ("straße", "STRASSE"),
        ("a", " a "),
        ("İ", "i̇"),
    ],
)
def test_names_that_people_take_for_one_are_one(tmp_path: Path, one: str, other: str) -> None:
    profiles.create_profile(tmp_path, one, "id1")
    with pytest.raises(DuplicateName):
        profiles.create_profile(tmp_path, other, "id2")
    assert registry.find_by_name(registry.read_registry(tmp_path), other) is not None


def test_a_free_name_is_found_within_the_length() -> None:
    taken: registry.Registry = {"profiles": []}
    for number, expected in enumerate(["x" * 120, "x" * 116 + " (2)", "x" * 116 + " (3)"]):
        name = registry.free_name(taken, "x" * 120)
        assert name == expected
        taken["profiles"].append({"id": f"id{number}", "name": name, "created": 0})


def three(base: Path) -> registry.Registry:
    for number, name in enumerate(("cats", "dogs", "Süße Hühner"), 1):
        profiles.create_profile(base, name, f"id{number}", 100 + number, owner="me" if number == 2 else None)
    return registry.read_registry(base)


def damaged_files(base: Path) -> list[Path]:
    return list(base.glob("profiles.damaged-*.json"))


DAMAGE = [
    b"",
    b"{ not json",
    b"null",
    b"[]",
    b'{"profiles": null}',
    b'{"profiles": {}}',
    b'{"profiles": [1]}',
    b'{"profiles": [{"id": "..", "name": "x"}]}',
    b'{"profiles": [{"id": "id1", "name": ["x"]}]}',
    b'{"profiles": [{"id": "id1", "name": "a"}, {"id": "ID1", "name": "b"}]}',
    b"[" * 100_000,
    b"\xff\xfe\x00",
]


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_registry_is_set_aside_and_no_name_is_lost(tmp_path: Path, damage: bytes) -> None:
    before = three(tmp_path)
    registry.registry_path(tmp_path).write_bytes(damage)
    profiles.create_profile(tmp_path, "fourth", "id4", 104)
    after = registry.read_registry(tmp_path)
    assert [entry["id"].lower() for entry in after["profiles"]] == ["id1", "id2", "id3", "id4"]
    if b'"id1"' not in damage and b'"ID1"' not in damage:
        assert after["profiles"][:3] == before["profiles"]
    assert {path.read_bytes() for path in damaged_files(tmp_path)} == {damage}


@pytest.mark.parametrize("with_backup", [True, False])
def test_a_lost_registry_is_rebuilt(tmp_path: Path, with_backup: bool) -> None:
    before = three(tmp_path)
    registry.registry_path(tmp_path).unlink()
    if not with_backup:
        (tmp_path / "profiles.json.bak").unlink()
    assert registry.read_registry(tmp_path) == before
    assert registry.registry_path(tmp_path).exists()


def test_names_survive_the_loss_of_registry_and_backup_by_damage(tmp_path: Path) -> None:
    before = three(tmp_path)
    for name in ("profiles.json", "profiles.json.bak"):
        (tmp_path / name).write_bytes(b"\0" * 50)
    assert registry.read_registry(tmp_path) == before


def test_names_survive_the_loss_of_the_cards(tmp_path: Path) -> None:
    before = three(tmp_path)
    for number in (1, 2, 3):
        (tmp_path / f"id{number}" / "profile.json").unlink()
    registry.registry_path(tmp_path).write_bytes(b"{")
    assert registry.read_registry(tmp_path) == before


def test_a_deleted_profile_does_not_come_back_with_a_rebuilt_registry(tmp_path: Path) -> None:
    three(tmp_path)
    stale = (tmp_path / "profiles.json").read_bytes()
    profiles.delete_profile(tmp_path, "id2")
    (tmp_path / "profiles.json").write_bytes(b"{")
    (tmp_path / "profiles.json.bak").write_bytes(stale)
    assert [entry["id"] for entry in registry.read_registry(tmp_path)["profiles"]] == ["id1", "id3"]
    profiles.purge_profile(tmp_path, "id2")
    (tmp_path / "profiles.json").write_bytes(b"{")
    (tmp_path / "profiles.json.bak").write_bytes(stale)
    assert [entry["id"] for entry in registry.read_registry(tmp_path)["profiles"]] == ["id1", "id3"]


def test_a_pool_without_a_name_is_no_profile(tmp_path: Path) -> None:
    (tmp_path / "some-pool").mkdir()
    (tmp_path / "some-pool" / "profile.json").write_text('{"name": ["x"]}')
    three(tmp_path)
    registry.registry_path(tmp_path).unlink()
    (tmp_path / "profiles.json.bak").unlink()
    assert len(registry.read_registry(tmp_path)["profiles"]) == 3


def test_a_card_belongs_to_its_folder_whatever_it_says(tmp_path: Path) -> None:
    (tmp_path / "id7").mkdir()
    (tmp_path / "id7" / "profile.json").write_text('{"id": "../../x", "name": "seven", "created": 5}')
    assert registry.read_registry(tmp_path) == {"profiles": [{"id": "id7", "name": "seven", "created": 5}]}


def test_cards_of_one_name_become_two_names(tmp_path: Path) -> None:
    for pid in ("id1", "id2"):
        (tmp_path / pid).mkdir()
        (tmp_path / pid / "profile.json").write_text('{"name": "twin", "created": 5}')
    names = sorted(entry["name"] for entry in registry.read_registry(tmp_path)["profiles"])
    assert names == ["twin", "twin (2)"]


def test_a_registry_of_the_original_reads_and_its_milliseconds_become_seconds(tmp_path: Path) -> None:
    entries = [{"id": "a" * 32, "name": "A", "created": 1718960000123}, {"id": "b", "name": "B"}]
    raw = json.dumps({"profiles": entries}).encode()
    (tmp_path / "profiles.json").write_bytes(raw)
    found = registry.read_registry(tmp_path)
    assert [entry["created"] for entry in found["profiles"]] == [1718960000, 0]
    assert (tmp_path / "profiles.json").read_bytes() == raw


def test_reading_an_empty_base_makes_nothing(tmp_path: Path) -> None:
    assert registry.read_registry(tmp_path / "absent") == {"profiles": []}
    assert registry.read_registry(tmp_path) == {"profiles": []}
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("pid", [*CLIMBING, None, 1, ["id1"]])
def test_an_entry_is_asked_for_by_a_good_id(tmp_path: Path, pid: Any) -> None:
    reg = three(tmp_path)
    with pytest.raises(BadId):
        registry.require(reg, pid)


def test_an_id_that_nobody_has_is_unknown_and_case_does_not_matter(tmp_path: Path) -> None:
    reg = three(tmp_path)
    assert registry.require(reg, "ID2")["name"] == "dogs"
    with pytest.raises(UnknownProfile):
        registry.require(reg, "id9")


def test_a_profile_whose_folder_was_taken_away_keeps_its_name(tmp_path: Path) -> None:
    before = three(tmp_path)
    shutil.rmtree(tmp_path / "id2")
    assert registry.read_registry(tmp_path) == before


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
IDS = st.sampled_from(["id1", "ID1", "id2", "..", "a/b", "x" * 65])
ENTRIES = st.fixed_dictionaries(
    {},
    optional={
        "id": JSON | IDS,
        "name": JSON | st.sampled_from([raw for raw, _ in GOOD_NAMES]),
        "created": JSON,
        "owner": JSON,
    },
)


@settings(deadline=None, derandomize=True, max_examples=150)
@given(JSON | st.fixed_dictionaries({"profiles": JSON | st.lists(JSON | ENTRIES, max_size=4)}))
def test_reading_a_registry_never_raises(tmp_path_factory: pytest.TempPathFactory, raw: Any) -> None:
    base = tmp_path_factory.getbasetemp() / "registry"
    shutil.rmtree(base, ignore_errors=True)
    base.mkdir()
    (base / "profiles.json").write_text(json.dumps(raw), "utf-8")
    found = registry.read_registry(base)
    assert all(places.check_id(entry["id"]) for entry in found["profiles"])
    assert all(registry.clean_name(entry["name"]) == entry["name"] for entry in found["profiles"])
    assert all(type(entry["created"]) is int for entry in found["profiles"])
    assert len({entry["id"].lower() for entry in found["profiles"]}) == len(found["profiles"])
    assert registry.read_registry(base) == found
