"""Deleting moves to a trash inside the pool; everything comes back as it was, until it is purged."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gates import ledger, pool, pool_trash, staging, thumbs
from gates.errors import UnknownItem, UnknownSlot
from gates.limits import Limits
from gates.manifest import Manifest
from tests import pictures
from tests.enclosure import inside

P = "p1"


@pytest.fixture
def base(tmp_path: Path) -> Path:
    made = tmp_path / "input" / "grid_pool"
    for n in (1, 2, 3, 4):
        pool.add_image(made, P, pictures.png(n), n, name=f"{n}.png")
        pool.set_label(made, P, n - 1, f"label {n}")
    pool.set_mask(made, P, 1, pictures.painted())
    return made


def ids(manifest: Manifest) -> list[str]:
    return [slot.id for slot in manifest.slots]


def kept(base: Path) -> list[str]:
    return sorted(os.listdir(base / P / ".trash"))


def upload(base: Path, number: int) -> staging.Staged:
    return staging.stage_bytes(base, pictures.png(number), "new.png", Limits())


def test_a_slot_comes_back_whole_to_its_place(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = pool.read_manifest(base, P)
    pool.remove_slot(base, P, 1, 77)
    assert kept(base) == ["img_0002.mask.png", "img_0002.png"]
    monkeypatch.setattr(ledger, "_MEMORY", ledger.Memory())
    change = pool_trash.restore(base, P, None, 88)
    assert change.manifest.slots == before.slots and change.manifest.active == before.active
    assert change.manifest.trash == () and kept(base) == []
    assert (base / P / "img_0002.png").read_bytes() == pictures.png(2)


def test_several_come_back_by_item_by_slot_or_newest_first(base: Path) -> None:
    pool.remove_slots(base, P, [0, "img_0003"], 5)
    pool.remove_slot(base, P, "img_0004", 6)
    items = pool_trash.list_items(base, P)
    assert [(item.slot.id, item.position, item.deleted) for item in items] == [
        ("img_0004", 1, 6),
        ("img_0003", 2, 5),
        ("img_0001", 0, 5),
    ]
    assert ids(pool_trash.restore(base, P, items[2].id, 0).manifest) == ["img_0001", "img_0002"]
    assert ids(pool_trash.restore(base, P, "img_0003", 0).manifest) == ["img_0001", "img_0002", "img_0003"]
    back = pool_trash.restore(base, P, None, 0).manifest
    assert ids(back) == ["img_0001", "img_0004", "img_0002", "img_0003"]  # where it stood when it went


@pytest.mark.parametrize(("active", "after"), [(0, 0), (1, 2), (2, 3)])
def test_the_active_image_stays_the_same_when_another_returns(base: Path, active: int, after: int) -> None:
    pool.remove_slot(base, P, 1)
    pool.set_active(base, P, active)
    assert pool_trash.restore(base, P, None, 0).manifest.active == after


def test_an_image_returns_to_an_empty_pool(base: Path) -> None:
    pool.remove_slots(base, P, [0, 1, 2, 3])
    change = pool_trash.restore(base, P, "img_0003", 0)
    assert ids(change.manifest) == ["img_0003"] and change.manifest.active == 0


def test_a_mask_returns_and_the_present_one_takes_its_place_in_the_trash(base: Path) -> None:
    first = (base / P / "img_0002.mask.png").read_bytes()
    pool.set_mask(base, P, 1, pictures.painted(box=(0, 0, 1, 1)))
    assert kept(base) == ["img_0002.mask.png"]
    change = pool_trash.restore(base, P, "img_0002", 9)
    assert change.slots[0].mask == "img_0002.mask.png" and kept(base) == ["img_0002.mask.2.png"]
    assert (base / P / "img_0002.mask.png").read_bytes() == first
    pool.clear_mask(base, P, 1)
    assert pool_trash.restore(base, P, None, 9).slots[0].mask == "img_0002.mask.png"


def test_an_image_that_was_replaced_returns_with_its_mask_and_exchanges_places(base: Path) -> None:
    pool.replace_image(base, P, 1, upload(base, 50), 7)
    pool.set_label(base, P, 1, "new label")
    change = pool_trash.restore(base, P, "img_0002", 9)
    slot = change.slots[0]
    assert (slot.image, slot.mask, slot.label) == ("img_0002.png", "img_0002.mask.png", "new label")
    assert [item.slot.image for item in change.manifest.trash] == ["img_0005.png"]
    again = pool_trash.restore(base, P, None, 9).slots[0]
    assert again.image == "img_0005.png" and again.id == "img_0002"
    assert (base / P / "img_0005.png").read_bytes() == pictures.png(50)


def test_a_mask_returns_only_onto_its_own_image(base: Path) -> None:
    pool.clear_mask(base, P, 1)
    mask = pool_trash.list_items(base, P)[0].id
    pool.replace_image(base, P, 1, upload(base, 50), 7)
    before = inside(base)
    with pytest.raises(UnknownSlot, match="was replaced"):
        pool_trash.restore(base, P, mask, 9)
    assert inside(base) == before
    pool.remove_slot(base, P, 1)
    before = inside(base)
    with pytest.raises(UnknownSlot, match="in the trash itself"):
        pool_trash.restore(base, P, mask, 9)
    assert inside(base) == before


@pytest.mark.parametrize("ref", ["t9999", "img_0001", "img_9999", "", "../t0001"])
def test_what_is_not_in_the_trash_is_said_to_be_unknown(base: Path, ref: str) -> None:
    pool.remove_slot(base, P, "img_0002")
    for ask in (lambda: pool_trash.restore(base, P, ref, 0), lambda: pool_trash.purge(base, P, ref)):
        with pytest.raises(UnknownItem):
            ask()
    with pytest.raises(UnknownItem):
        pool_trash.find_item(Manifest(), None)


def test_purging_deletes_files_and_thumbnails_of_what_is_in_the_trash_alone(base: Path) -> None:
    folder = base / P
    for name in ("img_0001.png", "img_0002.png", "img_0002.mask.png"):
        thumbs.thumbnail(folder, name, 128)
    pool.remove_slots(base, P, ["img_0002", "img_0003"])
    manifest, gone = pool_trash.purge(base, P, "img_0002")
    assert gone == 1 and kept(base) == ["img_0003.png"]
    assert [name.split(".png")[0] for name in os.listdir(folder / ".thumbs")] == ["img_0001"]
    manifest, gone = pool_trash.purge(base, P)
    assert gone == 1 and kept(base) == [] and manifest.trash == ()
    assert ids(manifest) == ["img_0001", "img_0004"]
    assert pool_trash.purge(base, P)[1] == 0
    assert (folder / "img_0001.png").exists() and (folder / "img_0004.png").exists()


def test_a_crash_while_bringing_back_changes_nothing_that_is_seen(
    base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool.remove_slot(base, P, "img_0002")
    with monkeypatch.context() as patch:
        patch.setattr(ledger.Book, "commit", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            pool_trash.restore(base, P, None, 0)
    monkeypatch.setattr(ledger, "_MEMORY", ledger.Memory())
    found = pool.read_manifest(base, P)
    assert ids(found) == ["img_0001", "img_0003", "img_0004"] and len(found.trash) == 1
    assert thumbs.thumbnail(base / P, "img_0002.png", 128)
    assert ids(pool_trash.restore(base, P, None, 0).manifest)[1] == "img_0002"
    pool.remove_slot(base, P, "img_0002")
    assert kept(base) == ["img_0002.mask.png", "img_0002.png"]


def test_a_crash_while_purging_leaves_no_slot_without_a_file(
    base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool.remove_slot(base, P, "img_0002")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            pool_trash.purge(base, P)
    monkeypatch.setattr(ledger, "_MEMORY", ledger.Memory())
    found = pool.read_manifest(base, P)
    assert found.trash == () and all((base / P / slot.image).exists() for slot in found.slots)
    assert pool.add_image(base, P, pictures.png(8)).slots[-1].image not in kept(base)
