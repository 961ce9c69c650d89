"""One pool: images, labels, order, what is active; nothing is lost, overwritten or used twice."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from pathlib import Path

import pytest

from gates import atomic, ledger, pool, pool_trash
from gates.errors import (
    BadField,
    BadOrder,
    DiskFull,
    GatesError,
    NotAnImage,
    PoolNotEmpty,
    TooManyBytes,
    TooManyPixels,
    TooManySlots,
    UnknownSlot,
)
from gates.limits import Limits
from gates.manifest import HIGHEST, Manifest
from tests import pictures
from tests.enclosure import inside
from tests.filled_pool import P, fill, ids, reopened, staged


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return tmp_path / "input" / "grid_pool"


def test_a_pool_that_nobody_made_is_empty_and_reading_makes_nothing(base: Path) -> None:
    assert pool.read_manifest(base, P) == pool.empty_manifest() == Manifest()
    assert not pool.exists(base, P) and not base.exists()


@pytest.mark.parametrize("kind", pictures.taken())
def test_an_image_keeps_its_bytes_and_is_measured(base: Path, kind: str) -> None:
    known = pictures.taken()[kind]
    manifest = pool.add_image(base, P, known.data, 1_718_960_000, name="Süße Katze.PNG")
    slot = manifest.slots[0]
    assert slot.id == "img_0001" and slot.image == "img_0001" + known.suffix
    assert (pool.pool_dir(base, P) / slot.image).read_bytes() == known.data
    assert (slot.width, slot.height) == known.size and slot.size == len(known.data)
    assert slot.name == "Süße Katze.PNG" and slot.added == 1_718_960_000
    assert manifest["slots"][0]["image"] == slot.image and manifest["slots"][0]["mask"] is None


@pytest.mark.parametrize("kind", pictures.refused())
def test_what_is_no_image_is_refused_and_leaves_nothing(base: Path, kind: str) -> None:
    with pytest.raises(NotAnImage):
        pool.add_image(base, P, pictures.refused()[kind])
    assert not pool.exists(base, P) and inside(base) == {}


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_limits_refuse_before_anything_is_in_the_pool(base: Path) -> None:
    fill(base, 2)
    before = inside(base)
    for data, limits, error in (
        (pictures.png(9), Limits(file_bytes=10), TooManyBytes),
        (pictures.png(9), Limits(pixels=47), TooManyPixels),
        (pictures.bomb(50_000, 50_000), Limits(), TooManyPixels),
        (pictures.png(9), Limits(slots=2), TooManySlots),
    ):
        with pytest.raises(error):
            pool.add_image(base, P, data, limits=limits)
    assert inside(base) == before


def test_times_in_milliseconds_become_seconds(base: Path) -> None:
    assert pool.add_image(base, P, pictures.png(), 1_718_960_000_123).slots[0].added == 1_718_960_000


def test_a_lost_manifest_never_lets_an_image_be_overwritten(
    base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(base)
    folder = pool.pool_dir(base, P)
    for name in ("manifest.json", "manifest.json.bak"):
        (folder / name).unlink()
    monkeypatch.setattr(ledger, "_MEMORY", ledger.Memory())
    manifest = pool.add_image(base, P, pictures.png(99))
    assert ids(manifest) == ["img_0001", "img_0002", "img_0003", "img_0004"]
    assert [(folder / slot.image).read_bytes() for slot in manifest.slots] == [
        pictures.png(n) for n in (1, 2, 3, 99)
    ]


def test_a_file_that_a_crash_left_is_never_overwritten(base: Path) -> None:
    fill(base, 1)
    folder = pool.pool_dir(base, P)
    (folder / "img_0002.png").write_bytes(b"left by a crash")
    (folder / "img_0003.mask.png").write_bytes(b"and this")
    assert ids(pool.add_image(base, P, pictures.png(2))) == ["img_0001", "img_0004"]
    assert (folder / "img_0002.png").read_bytes() == b"left by a crash"


def test_ids_and_files_are_never_used_twice(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: set[str] = set()
    for turn in range(12):
        manifest = pool.add_image(base, P, pictures.png(turn))
        assert not {manifest.slots[-1].id, manifest.slots[-1].image} & seen
        seen |= {manifest.slots[-1].id, manifest.slots[-1].image}
        pool.remove_slot(base, P, len(manifest.slots) - 1)
        if turn % 3 == 0:
            pool_trash.purge(base, P)
        if turn % 4 == 0:
            reopened(base, monkeypatch)


def test_numbers_that_run_out_are_said_and_lose_nothing(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = base / P
    folder.mkdir(parents=True)
    (folder / f"img_{HIGHEST}.png").write_bytes(pictures.png())
    assert ids(pool.read_manifest(base, P)) == [f"img_{HIGHEST}"]
    with pytest.raises(TooManySlots, match="new pool"):
        pool.add_image(base, P, pictures.png(2))
    pool.set_label(base, P, 0, "kept")
    found = reopened(base, monkeypatch)
    assert found.slots[0].label == "kept"
    assert ids(pool.copy_slots(base, P, "p2", None, 0).manifest) == ["img_0001"]


def test_several_come_in_as_one_change_in_their_order(base: Path) -> None:
    uploads = [replace(staged(base, n), label=f"l{n}") for n in (5, 6, 7)]
    change = pool.add_staged(base, P, uploads, 9)
    assert change.manifest.revision == 1 and [slot.label for slot in change.slots] == ["l5", "l6", "l7"]
    assert os.listdir(base / ".staging") == []


def test_several_that_fail_leave_nothing(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(base, 1)
    before = inside(base)
    uploads = [staged(base, 5), replace(staged(base, 6), mask=pictures.painted())]

    def full(path: Path, data: bytes, *, durable: bool = True) -> None:
        raise DiskFull("full")

    monkeypatch.setattr(atomic, "write_bytes", full)
    with pytest.raises(DiskFull):
        pool.add_staged(base, P, uploads, 9)
    assert inside(base) == before


def test_a_full_disk_while_staging_leaves_nothing(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(base, 1)
    before = inside(base)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "no space")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(DiskFull):
            pool.add_image(base, P, pictures.png(5))
    assert inside(base) == before


def test_only_an_empty_pool_is_seeded(base: Path) -> None:
    fill(base)
    assert len(pool.copy_slots(base, P, "p2", None, 0, only_if_empty=True).slots) == 3
    with pytest.raises(PoolNotEmpty):
        pool.copy_slots(base, P, "p2", None, 0, only_if_empty=True)
    assert os.listdir(base / ".staging") == []


@pytest.mark.parametrize(
    ("active", "removed", "expected"),
    [
        (2, [0], "img_0003"),
        (2, [2], "img_0004"),
        (3, [3], "img_0003"),
        (1, [2, 3], "img_0002"),
        (2, [0, 1, 2], "img_0004"),
    ],
)
def test_the_active_image_stays_active_where_it_stays(
    base: Path, active: int, removed: list[int], expected: str
) -> None:
    fill(base, 4)
    pool.set_active(base, P, active)
    manifest = pool.remove_slots(base, P, removed).manifest
    assert manifest.slots[manifest.active].id == expected


def test_removing_the_last_leaves_an_empty_pool(base: Path) -> None:
    fill(base, 1)
    manifest = pool.remove_slot(base, P, "img_0001")
    assert manifest.slots == () and manifest.active == 0 and len(manifest.trash) == 1


@pytest.mark.parametrize("ref", [3, -1, 10**20, "img_0009", "", "t0001", "img_0001.png"])
def test_a_slot_that_is_not_there_is_said_to_be_unknown(base: Path, ref: int | str) -> None:
    fill(base)
    before = inside(base)
    for change in (
        lambda: pool.remove_slot(base, P, ref),
        lambda: pool.remove_slots(base, P, [0, ref]),
        lambda: pool.activate(base, P, ref),
        lambda: pool.set_label(base, P, ref, "x"),
        lambda: pool.set_mask(base, P, ref, pictures.painted()),
        lambda: pool.clear_mask(base, P, ref),
        lambda: pool.replace_image(base, P, ref, staged(base), 0),
        lambda: pool.copy_slots(base, P, "p2", [ref], 0),
    ):
        with pytest.raises(UnknownSlot):
            change()
    assert inside(base) == before


def test_a_crash_after_the_manifest_and_before_the_trash_breaks_nothing(
    base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(base)
    with monkeypatch.context() as patch:
        patch.setattr(pool, "put_away", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            pool.remove_slot(base, P, 1)
    found = reopened(base, monkeypatch)
    assert ids(found) == ["img_0001", "img_0003"]
    assert all((pool.pool_dir(base, P) / slot.image).exists() for slot in found.slots)
    assert ids(pool_trash.restore(base, P, "img_0002", 0).manifest) == ["img_0001", "img_0002", "img_0003"]
    assert (pool.pool_dir(base, P) / "img_0002.png").read_bytes() == pictures.png(2)


@pytest.mark.parametrize(("asked", "got"), [(-5, 0), (0, 0), (2, 2), (3, 2), (10**9, 2), ("img_0002", 1)])
def test_the_active_position_is_clamped(base: Path, asked: int | str, got: int) -> None:
    fill(base)
    assert pool.set_active(base, P, asked).active == got


def test_labels_are_kept_cut_and_storable(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(base)
    for label, kept in (
        ("日本\nline", "日本\nline"),
        ("", ""),
        ("x" * 10_001, "x" * 10_000),
        ("a\ud800", "a?"),
    ):
        assert pool.set_label(base, P, 1, label).slots[1].label == kept
        assert reopened(base, monkeypatch).slots[1].label == kept


@pytest.mark.parametrize("order", [[2, 0, 1], ["img_0003", "img_0001", "img_0002"], [2, "img_0001", 1]])
def test_the_order_changes_and_the_active_image_moves_along(base: Path, order: list[int | str]) -> None:
    fill(base)
    pool.set_active(base, P, 0)
    manifest = pool.reorder(base, P, order)
    assert ids(manifest) == ["img_0003", "img_0001", "img_0002"] and manifest.active == 1
    assert [slot.label for slot in manifest.slots] == ["label 3", "label 1", "label 2"]


@pytest.mark.parametrize("order", [[], [0, 1], [0, 1, 1], [0, 1, 3], [0, 1, 2, 2], [-1, 0, 1], ["x", 1, 2]])
def test_an_order_names_each_image_once(base: Path, order: list[int | str]) -> None:
    fill(base)
    with pytest.raises(BadOrder):
        pool.reorder(base, P, order)
    assert ids(pool.read_manifest(base, P)) == ["img_0001", "img_0002", "img_0003"]


@pytest.mark.parametrize(
    ("count", "active", "index", "position"),
    [(0, 0, -1, -1), (0, 0, 5, -1), (3, 1, -1, 1), (3, 1, 0, 0), (3, 1, 2, 2), (3, 1, 99, 2), (3, 1, -7, 1)],
)
def test_the_index_of_the_node(count: int, active: int, index: int, position: int) -> None:
    raw = {"active": active, "slots": [{"image": f"img_{n:04d}.png"} for n in range(count)]}
    assert pool.resolve_slot(raw, index) == position


def test_replacing_keeps_id_label_and_place_and_trashes_the_old(base: Path) -> None:
    fill(base)
    pool.set_mask(base, P, 1, pictures.painted())
    change = pool.replace_image(base, P, "img_0002", staged(base, 50), 7)
    slot = change.manifest.slots[1]
    assert (slot.id, slot.label, slot.mask, slot.name) == ("img_0002", "label 2", None, "new.png")
    assert slot.image == "img_0004.png"
    folder = pool.pool_dir(base, P)
    assert (folder / slot.image).read_bytes() == pictures.png(50)
    assert sorted(os.listdir(folder / ".trash")) == ["img_0002.mask.png", "img_0002.png"]
    assert pool.add_image(base, P, pictures.png(9)).slots[-1].id == "img_0006"


def test_copies_bring_masks_labels_and_names_and_are_slots_of_their_own(base: Path) -> None:
    fill(base)
    pool.set_mask(base, P, 2, pictures.painted())
    change = pool.copy_slots(base, P, "p2", ["img_0003", "img_0001"], 77)
    assert [(slot.label, slot.name, slot.added) for slot in change.slots] == [
        ("label 3", "cat 3.png", 77),
        ("label 1", "cat 1.png", 77),
    ]
    folder = pool.pool_dir(base, "p2")
    assert (folder / "img_0001.png").read_bytes() == pictures.png(3)
    mask = pool.pool_dir(base, P) / "img_0003.mask.png"
    assert (folder / "img_0001.mask.png").read_bytes() == mask.read_bytes()
    twice = pool.copy_slots(base, P, P, [0], 0).manifest
    assert ids(twice) == ["img_0001", "img_0002", "img_0003", "img_0004"]


def test_a_copy_of_an_image_whose_file_is_gone_says_which(base: Path) -> None:
    fill(base)
    (pool.pool_dir(base, P) / "img_0002.png").unlink()
    with pytest.raises(GatesError, match="cat 2.png is gone") as caught:
        pool.copy_slots(base, P, "p2", None, 0)
    assert caught.value.code == "image_gone" and os.listdir(base / ".staging") == []
    assert not pool.exists(base, "p2")


def test_a_manifest_can_be_written_and_is_checked_first(base: Path) -> None:
    fill(base)
    raw = {"active": 0, "slots": [{"image": "img_0002.png", "label": "only"}], "next_seq": 1}
    manifest = pool.write_manifest(base, P, raw)
    assert ids(manifest) == ["img_0002"] and manifest.next_seq == 4
    for bad in ({}, {"slots": [{"image": "../x.png"}]}, {"slots": None}):
        with pytest.raises(BadField):
            pool.write_manifest(base, P, bad)
    assert pool.read_manifest(base, P) == manifest


def test_a_manifest_can_be_rebuilt_with_the_labels_of_the_backup(base: Path) -> None:
    before = fill(base)
    (pool.pool_dir(base, P) / "manifest.json").write_text("garbage")
    rebuilt = pool.rebuild_manifest(base, P)
    assert rebuilt.slots == before.slots and rebuilt.revision > before.revision
    assert pool.rebuild_manifest(base, "absent") == Manifest()


def test_a_fingerprint_changes_with_what_a_run_puts_out_and_with_nothing_else(base: Path) -> None:
    fill(base)
    folder = pool.pool_dir(base, P)
    last = pool.fingerprint(base, P)

    def changed() -> bool:
        nonlocal last
        before, last = last, pool.fingerprint(base, P)
        return last != before and last == pool.fingerprint(base, P)

    assert not changed()
    for change in (
        lambda: pool.set_active(base, P, 2),
        lambda: pool.set_label(base, P, 0, "new"),
        lambda: pool.set_mask(base, P, 0, pictures.painted()),
        lambda: pool.set_mask(base, P, 0, pictures.painted(box=(0, 0, 1, 1))),
        lambda: pool.clear_mask(base, P, 0),
        lambda: pool.reorder(base, P, [1, 0, 2]),
        lambda: pool.replace_image(base, P, 0, staged(base), 0),
        lambda: pool.add_image(base, P, pictures.png(8)),
        lambda: pool.remove_slot(base, P, 3),
        lambda: (folder / "img_0001.png").write_bytes(pictures.png(77, (9, 9))),
        lambda: (folder / "img_0003.png").unlink(),
    ):
        change()
        assert changed()
    pool_trash.purge(base, P)
    assert not changed()
