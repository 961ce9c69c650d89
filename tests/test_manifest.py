"""A manifest is never trusted: shape, names and numbers are checked on every read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gates import ledger, manifest
from gates.manifest import Item, Manifest, Slot
from tests.enclosure import CLIMBING

SEED_SLOT = {"image": "img_0001.png", "mask": None, "label": "cat", "added": 1718960000123}


def read_one(**changes: object) -> Slot | None:
    return manifest.read_slot({**SEED_SLOT, **changes})


def test_the_four_keys_of_the_first_image_pool_are_enough() -> None:
    reading = manifest.read({"active": 1, "slots": [SEED_SLOT, {"image": "img_0002.png"}], "next_seq": 3})
    assert reading.whole
    found = reading.manifest
    assert found.slots[0] == Slot("img_0001", "img_0001.png", None, "cat", 1718960000)
    assert found.slots[1] == Slot("img_0002", "img_0002.png")
    assert (found.active, found.next_seq, found.revision) == (1, 3, 0)


def test_it_reads_like_the_file() -> None:
    found = Manifest(slots=(Slot("img_0001", "img_0001.png", label="a"),))
    assert found["slots"][0]["image"] == "img_0001.png" and found["slots"][0]["mask"] is None
    assert sorted(found) == ["active", "next_seq", "revision", "slots"] and len(found) == 4
    assert found.get("active") == 0
    with pytest.raises(KeyError):
        found["path"]


@pytest.mark.parametrize(
    "raw",
    [None, 1, "x", [], {}, {"slots": None}, {"slots": {}}, {"slots": "img_0001.png"}, {"profiles": []}],
)
def test_what_is_no_manifest_is_an_empty_one_and_not_whole(raw: object) -> None:
    assert manifest.read(raw) == manifest.Reading(Manifest(), whole=False)


@pytest.mark.parametrize(
    "slot", [{}, 1, None, [], "img_0001.png", {"image": None}, {"image": 1}, {"image": []}]
)
def test_slots_that_are_none_are_dropped(slot: object) -> None:
    reading = manifest.read({"slots": [slot, SEED_SLOT], "active": 1})
    assert [one.id for one in reading.manifest.slots] == ["img_0001"]
    assert not reading.whole and reading.manifest.active == 0


@pytest.mark.parametrize(
    "name",
    [
        *CLIMBING,
        "manifest.json",
        "profile.json",
        "img_1.png",
        "img_0001.txt",
        "img_0001.png.exe",
        "img_0001.mask.png",
        "xximg_0001.png",
        "img_0001.PNG",
        "img_0001.png\n",
        "img_٠٠٠١.png",
        "img_9999999999999.png",
        "img_999999999999.png",
    ],
)
def test_a_slot_names_no_file_but_an_image_of_its_pool(name: str) -> None:
    assert read_one(image=name) is None


@pytest.mark.parametrize(
    "mask",
    [*CLIMBING, "img_0001.png", "img_0002.mask.png", "img_0001.mask.jpg", "img_0001.mask.x.png", 1, [], {}],
)
def test_a_slot_names_no_mask_but_its_own(mask: object) -> None:
    assert read_one(mask=mask) is None


@pytest.mark.parametrize(
    "mask", ["img_0001.mask.png", "img_0001.mask.2.png", "img_0001.mask.999999.png", None]
)
def test_masks_of_its_own_are_taken(mask: str | None) -> None:
    slot = read_one(mask=mask)
    assert slot is not None and slot.mask == mask and slot.masks == (1 if mask else 0)


@pytest.mark.parametrize(
    "slot_id", ["", "img_1", "x", 1, None, "../img_0001", "img_0001\n", "img_999999999999"]
)
def test_a_slot_has_an_id_of_ours(slot_id: object) -> None:
    assert read_one(id=slot_id) is None


@pytest.mark.parametrize(
    ("raw", "seconds"),
    [
        (1718960000, 1718960000),
        (1718960000123, 1718960000),
        (1718960000.9, 1718960000),
        (1718960000123.5, 1718960000),
        (0, 0),
        (-5, 0),
        (None, 0),
        ("1718960000", 0),
        (True, 0),
        ([], 0),
        (float("nan"), 0),
        (float("inf"), 0),
        (10**30, 0),
    ],
)
def test_times_are_whole_seconds_whatever_was_written(raw: object, seconds: int) -> None:
    slot = read_one(added=raw)
    assert slot is not None and slot.added == seconds


@pytest.mark.parametrize(
    ("raw", "label"),
    [
        ("cat", "cat"),
        ("", ""),
        (None, ""),
        (3, ""),
        ([], ""),
        ("a\ud800b", "a?b"),
        ("x" * 20_000, "x" * 10_000),
    ],
)
def test_labels_are_text_that_can_be_stored(raw: object, label: str) -> None:
    slot = read_one(label=raw)
    assert slot is not None and slot.label == label


@pytest.mark.parametrize("number", [-1, True, 1.5, "3", None, 2**63, 10**40, []])
def test_numbers_that_are_none_are_unknown(number: object) -> None:
    slot = read_one(size=number, width=number, height=number, crc32=number, mtime_ns=number, masks=number)
    assert slot == read_one()
    found = manifest.read({"slots": [SEED_SLOT], "active": number, "next_seq": number, "revision": number})
    assert (found.manifest.active, found.manifest.next_seq, found.manifest.revision) == (0, 2, 0)


def test_the_next_number_is_above_every_number_in_use() -> None:
    slots = [{**SEED_SLOT, "image": "img_0040.png", "id": "img_0007"}]
    trash = [{"item": "t0099", "kind": "slot", "slot": {"image": "img_0050.png"}}]
    assert manifest.read({"slots": slots, "trash": trash, "next_seq": 1}).manifest.next_seq == 100
    assert manifest.read({"slots": slots, "next_seq": 10**30}).manifest.next_seq == 41


def test_twins_are_dropped() -> None:
    twin = {**SEED_SLOT, "id": "img_0009"}
    same_id = {"image": "img_0002.png", "id": "img_0001"}
    trash = [
        {"item": "t0001", "kind": "slot", "slot": SEED_SLOT},
        {"item": "t0002", "kind": "slot", "slot": same_id},
        {"item": "t0003", "kind": "slot", "slot": {"image": "img_0003.png"}},
        {"item": "t0003", "kind": "slot", "slot": {"image": "img_0004.png"}},
        {"item": "t0005", "kind": "slot", "slot": {"image": "img_0005.png", "id": "img_0003"}},
        {"item": "t0006", "kind": "image", "slot": {"image": "img_0006.png", "id": "img_0001"}},
    ]
    reading = manifest.read({"slots": [SEED_SLOT, twin, same_id], "trash": trash})
    assert [slot.image for slot in reading.manifest.slots] == ["img_0001.png"]
    assert [item.id for item in reading.manifest.trash] == ["t0003", "t0006"]
    assert not reading.whole


@pytest.mark.parametrize(
    "item",
    [1, None, {}, {"item": "t0001"}, {"item": "x", "kind": "slot"}, {"item": "t0001", "kind": "file"}],
)
def test_items_that_are_none_are_dropped(item: object) -> None:
    raw = {"slot": SEED_SLOT, **item} if isinstance(item, dict) and "item" not in item else item
    assert manifest.read_item(raw) is None
    assert manifest.read({"slots": [], "trash": [item]}).manifest.trash == ()


def test_a_mask_item_takes_along_only_its_mask() -> None:
    slot = Slot("img_0001", "img_0001.png", "img_0001.mask.png")
    assert Item("t0001", "slot", 0, 0, slot).files() == ("img_0001.png", "img_0001.mask.png")
    assert Item("t0001", "mask", 0, 0, slot).files() == ("img_0001.mask.png",)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
NAMES = st.sampled_from(
    ["img_0001.png", "img_0002.jpg", "img_99999999999.png", "img_0003.mask.png", "../x.png", "", "t0004"]
)
SLOTS = st.fixed_dictionaries(
    {},
    optional={
        "id": JSON | st.sampled_from(["img_0001", "img_0002", "t0001"]),
        "image": JSON | NAMES,
        "mask": JSON | st.sampled_from(["img_0001.mask.png", "img_0002.mask.7.png"]),
        **dict.fromkeys(("label", "added", "name", "size", "sha256", "width", "masks", "mtime_ns"), JSON),
    },
)
ITEMS = st.fixed_dictionaries(
    {},
    optional={
        "item": JSON | st.sampled_from(["t0001", "t0002"]),
        "kind": JSON | st.sampled_from(manifest.KINDS),
        "position": JSON,
        "deleted": JSON,
        "slot": JSON | SLOTS,
    },
)
MANIFESTS = st.fixed_dictionaries(
    {},
    optional={
        "slots": JSON | st.lists(JSON | SLOTS, max_size=5),
        "trash": JSON | st.lists(JSON | ITEMS, max_size=3),
        **dict.fromkeys(("active", "next_seq", "revision", "version", "stamp"), JSON),
    },
)


@settings(deadline=None, derandomize=True, max_examples=400)
@given(JSON | MANIFESTS)
def test_reading_never_raises_and_what_it_gives_is_sound(raw: Any) -> None:
    found = manifest.read(raw).manifest
    names = [name for slot in found.slots for name in manifest.slot_files(slot)]
    names += [name for item in found.trash for name in item.files()]
    assert len(set(names)) == len(names)
    for name in names:
        assert manifest.IMAGE_NAME.fullmatch(name) or manifest.MASK_NAME.fullmatch(name)
    assert len({slot.id for slot in found.slots}) == len(found.slots)
    assert 0 <= found.active <= max(len(found.slots) - 1, 0)
    assert all(manifest.number_of(name) < found.next_seq for name in names)
    again = manifest.read(json.loads(ledger.snapshot_bytes(found)))
    assert again == manifest.Reading(found, whole=True)
