"""One pool's manifest on disk: snapshot, journal, backup, repair."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gates import atomic, ledger
from gates.ledger import BACKUP, JOURNAL, SNAPSHOT, Book, Memory
from gates.manifest import Item, Manifest, Slot
from tests import pictures


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "base" / "pool"
    made.mkdir(parents=True)
    return made


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every pool counts as large, so that changes go to the journal."""
    monkeypatch.setattr(ledger, "SMALL_POOL", 0)


def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a new process would begin."""
    monkeypatch.setattr(ledger, "_MEMORY", Memory())


def read(folder: Path) -> Manifest:
    return ledger.read_pool(folder, folder.parent / "pool.lock")


def slots(count: int) -> tuple[Slot, ...]:
    return tuple(Slot(f"img_{n:04d}", f"img_{n:04d}.png", label=f"label {n}") for n in range(1, count + 1))


def filled(folder: Path, count: int = 3) -> Book:
    """A pool of `count` images, written once."""
    book = ledger.open_held(folder)
    for slot in slots(count):
        (folder / slot.image).write_bytes(pictures.png(count))
    book.commit(Manifest(slots=slots(count), next_seq=count + 1))
    return book


def labelled(manifest: Manifest, at: int, label: str) -> Manifest:
    return manifest.with_slot(at, replace(manifest.slots[at], label=label))


def damaged_files(folder: Path) -> list[Path]:
    return list(folder.glob("manifest.damaged-*.json"))


def test_a_folder_without_anything_is_an_empty_pool_and_stays_so(folder: Path) -> None:
    assert read(folder) == Manifest() and os.listdir(folder) == []
    assert read(folder / "absent") == Manifest()


def test_every_commit_raises_the_revision_and_is_read_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = filled(folder)
    for turn in range(5):
        done = book.commit(labelled(book.manifest, 1, f"turn {turn}"))
        assert done.revision == turn + 2
        assert read(folder) == done
        forget(monkeypatch)
        assert read(folder) == done
    assert damaged_files(folder) == []


def test_a_small_pool_is_a_file_that_people_can_read(folder: Path) -> None:
    filled(folder)
    lines = (folder / SNAPSHOT).read_text("utf-8").splitlines()
    assert json.loads("\n".join(lines))["slots"][2]["label"] == "label 3"
    assert sum("img_0002.png" in line for line in lines) == 1
    assert (folder / BACKUP).read_bytes() == (folder / SNAPSHOT).read_bytes()
    assert not (folder / JOURNAL).exists()


def test_a_change_of_a_large_pool_costs_a_line(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = filled(folder, ledger.SMALL_POOL + 1)
    before = (folder / SNAPSHOT).read_bytes()
    for turn in range(10):
        book.commit(labelled(book.manifest, 5, f"turn {turn}"))
    assert (folder / SNAPSHOT).read_bytes() == before
    assert len((folder / JOURNAL).read_bytes()) < 10 * 700
    forget(monkeypatch)
    assert read(folder) == book.manifest


@pytest.mark.usefixtures("large")
def test_a_long_journal_is_folded_into_a_snapshot(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "LONGEST_JOURNAL", 1000)
    book = filled(folder)
    sizes = []
    for turn in range(20):
        book.commit(labelled(book.manifest, 0, f"turn {turn}"))
        sizes.append((folder / JOURNAL).stat().st_size if (folder / JOURNAL).exists() else 0)
    assert 0 in sizes[2:] and max(sizes) < 2000
    forget(monkeypatch)
    assert read(folder) == book.manifest


@pytest.mark.usefixtures("large")
def test_a_journal_cut_anywhere_reads_as_far_as_it_is_whole(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = filled(folder)
    states = [book.manifest]
    for turn in range(3):
        states.append(book.commit(labelled(book.manifest, turn, f"turn {turn}")))
    whole, snapshot = (folder / JOURNAL).read_bytes(), (folder / SNAPSHOT).read_bytes()
    ends = [at + 1 for at, byte in enumerate(whole) if byte == ord("\n")]
    cuts = {0, *range(5, len(whole), 40), *ends, *(end - 1 for end in ends)}
    for cut in sorted(cuts):
        forget(monkeypatch)
        (folder / SNAPSHOT).write_bytes(snapshot)
        (folder / JOURNAL).write_bytes(whole[:cut])
        complete = max(whole[:cut].count(b"\n") - 1, 0)
        assert read(folder) == states[complete], cut
        assert ledger.open_held(folder).commit(states[complete]).revision == states[complete].revision + 1
    assert damaged_files(folder) == []


@pytest.mark.usefixtures("large")
@pytest.mark.parametrize(
    "line",
    [b"{}", b"no json", b"[1]", b'{"revision": 9}', b'{"revision": 2, "slots": [0, 9, []]}', b"[" * 100_000],
)
def test_a_journal_stops_where_it_makes_no_sense(
    folder: Path, monkeypatch: pytest.MonkeyPatch, line: bytes
) -> None:
    book = filled(folder)
    done = book.commit(labelled(book.manifest, 0, "kept"))
    atomic.append_line(folder / JOURNAL, line + b"\n")
    forget(monkeypatch)
    assert read(folder) == done
    assert not (folder / JOURNAL).exists()


@pytest.mark.usefixtures("large")
def test_a_journal_of_another_snapshot_is_not_applied(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = filled(folder)
    book.commit(labelled(book.manifest, 0, "of the old snapshot"))
    stale = (folder / JOURNAL).read_bytes()
    (folder / JOURNAL).unlink()
    forget(monkeypatch)
    again = ledger.open_held(folder)
    ledger.write_new(folder, again.manifest)
    (folder / JOURNAL).write_bytes(stale)
    forget(monkeypatch)
    assert read(folder).slots[0].label == "label 1"


class Crash(BaseException):
    """The process ends here."""


def crash_points(monkeypatch: pytest.MonkeyPatch, change: Callable[[], object]) -> Iterator[int]:
    """Run `change`, ending it before its first step on the disk, then before its second, …, then whole."""
    for point in range(40):
        left = point
        with monkeypatch.context() as patch:

            def step(real: Callable[..., object]) -> Callable[..., object]:
                def maybe(*args: object, **options: object) -> object:
                    nonlocal left
                    if left == 0:
                        raise Crash
                    left -= 1
                    return real(*args, **options)

                return maybe

            patch.setattr(os, "replace", step(os.replace))
            patch.setattr(os, "fsync", step(os.fsync))
            patch.setattr(os, "unlink", step(os.unlink))
            patch.setattr(Path, "unlink", step(Path.unlink))
            try:
                change()
            except Crash:
                yield point
            else:
                yield point
                return
    raise AssertionError("the change has more steps than expected")


@pytest.mark.parametrize("small_pool", [0, 256])
def test_a_crash_between_any_two_steps_leaves_the_old_state_or_the_new(
    folder: Path, monkeypatch: pytest.MonkeyPatch, small_pool: int
) -> None:
    monkeypatch.setattr(ledger, "SMALL_POOL", small_pool)
    filled(folder)
    seen = set()

    def change() -> None:
        book = ledger.open_held(folder)
        book.commit(labelled(book.manifest, 0, str(book.manifest.revision)))

    for _ in crash_points(monkeypatch, change):
        before = read(folder)
        forget(monkeypatch)
        after = read(folder)
        seen.add(after.revision - before.revision)
        assert len(after.slots) == 3 and after.slots[1:] == before.slots[1:]
        assert after.revision == 1 or after.slots[0].label == str(after.revision - 1)
    assert damaged_files(folder) == []


DAMAGE = [b"", b"{ no", b"null", b"[]", b'{"slots": null}', b'{"slots": [{}]}', b"[" * 100_000, b"\xff"]


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_manifest_is_set_aside_and_mended_from_its_backup(
    folder: Path, monkeypatch: pytest.MonkeyPatch, damage: bytes
) -> None:
    before = filled(folder).manifest
    (folder / SNAPSHOT).write_bytes(damage)
    forget(monkeypatch)
    found = read(folder)
    assert found.slots == before.slots and found.next_seq == before.next_seq
    assert found.revision > before.revision
    assert [path.read_bytes() for path in damaged_files(folder)] == [damage]
    forget(monkeypatch)
    assert read(folder) == found and len(damaged_files(folder)) == 1


@pytest.mark.usefixtures("large")
@pytest.mark.parametrize("damage", DAMAGE)
def test_what_the_journal_says_survives_a_damaged_snapshot(
    folder: Path, monkeypatch: pytest.MonkeyPatch, damage: bytes
) -> None:
    book = filled(folder)
    book.commit(labelled(book.manifest, 0, "in the journal"))
    gone = book.manifest.slots[2]
    item = Item("t0004", "slot", 5, 2, gone)
    book.commit(replace(book.manifest, slots=book.manifest.slots[:2], trash=(item,), next_seq=5))
    (folder / ".trash").mkdir()
    os.rename(folder / gone.image, folder / ".trash" / gone.image)
    (folder / SNAPSHOT).write_bytes(damage)
    forget(monkeypatch)
    found = read(folder)
    assert [slot.label for slot in found.slots] == ["in the journal", "label 2"]
    assert found.trash == (item,)


@pytest.mark.usefixtures("large")
def test_a_slot_that_is_damaged_does_not_bring_back_what_the_journal_deleted(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = filled(folder, 4)
    gone = book.manifest.slots[:2]
    items = tuple(Item(f"t000{at + 5}", "slot", 5, at, slot) for at, slot in enumerate(gone))
    book.commit(replace(book.manifest, slots=book.manifest.slots[2:], trash=items, next_seq=7))
    (folder / ".trash").mkdir()
    for slot in gone:
        os.rename(folder / slot.image, folder / ".trash" / slot.image)
    text = (folder / SNAPSHOT).read_text("utf-8")
    (folder / SNAPSHOT).write_text(text.replace('"image": "img_0004.png"', '"image": "../kept.png"'), "utf-8")
    forget(monkeypatch)
    found = read(folder)
    assert [slot.label for slot in found.slots] == ["label 3", "label 4"]
    assert found.trash == items


def test_without_manifest_and_backup_the_files_themselves_make_a_pool(folder: Path) -> None:
    for name in ("img_0007.png", "img_0002.jpg", "img_0011.webp"):
        (folder / name).write_bytes(pictures.png(2))
    (folder / "img_0002.mask.png").write_bytes(pictures.painted())
    (folder / "img_0002.mask.3.png").write_bytes(pictures.painted())
    (folder / "img_0003.png").write_bytes(b"no image")
    (folder / "notes.txt").write_bytes(b"x")
    found = read(folder)
    assert [slot.id for slot in found.slots] == ["img_0002", "img_0007", "img_0011"]
    assert found.slots[0].mask == "img_0002.mask.3.png" and found.next_seq == 12
    assert all(slot.added > 1_600_000_000 for slot in found.slots)


def test_the_trash_counts_for_the_next_number(folder: Path) -> None:
    (folder / ".trash").mkdir()
    (folder / ".trash" / "img_0031.png").write_bytes(pictures.png())
    (folder / "img_0002.png").write_bytes(pictures.png())
    (folder / "img_999999999999.png").write_bytes(pictures.png())
    assert read(folder).next_seq == 32


def test_files_of_numbers_that_no_pool_gives_are_no_slots_and_mended_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "img_999999999999.png").write_bytes(pictures.png())
    (folder / "img_0001.png").write_bytes(pictures.png())
    first = read(folder)
    forget(monkeypatch)
    assert read(folder) == first and len(first.slots) == 1 and damaged_files(folder) == []


def test_a_mask_that_went_missing_is_not_in_a_mended_manifest(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = filled(folder)
    slot = replace(book.manifest.slots[0], mask="img_0001.mask.png", masks=1)
    book.commit(book.manifest.with_slot(0, slot))
    (folder / SNAPSHOT).unlink()
    forget(monkeypatch)
    assert read(folder).slots[0].mask is None


def test_a_manifest_that_is_a_folder_is_set_aside_too(folder: Path) -> None:
    (folder / SNAPSHOT).mkdir()
    (folder / "img_0001.png").write_bytes(pictures.png())
    assert len(read(folder).slots) == 1


def test_another_process_is_seen_at_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = filled(folder)
    assert read(folder) == book.manifest
    mine = ledger._MEMORY
    forget(monkeypatch)
    other = ledger.open_held(folder)
    other.commit(labelled(other.manifest, 0, "by another"))
    monkeypatch.setattr(ledger, "_MEMORY", mine)
    assert read(folder).slots[0].label == "by another"


def test_memory_is_bounded_and_believes_only_the_same_token(tmp_path: Path) -> None:
    memory = Memory(pools=2, slots=10)
    token = (b"head", 1, 2, 3)
    for name in ("a", "b", "c"):
        memory.keep(tmp_path / name, ledger.Known(token, "", Manifest(slots=slots(2))))
    assert memory.recall(tmp_path / "a", token) is None
    assert memory.recall(tmp_path / "c", token) is not None
    assert memory.recall(tmp_path / "c", (b"head", 1, 2, 4)) is None
    assert memory.recall(tmp_path / "c", None) is None
    memory.keep(tmp_path / "d", ledger.Known(token, "", Manifest(slots=slots(30))))
    assert memory.recall(tmp_path / "d", token) is not None and memory.recall(tmp_path / "c", token) is None


@pytest.mark.parametrize(
    ("name", "internal"),
    [
        ("manifest.json", True),
        ("manifest.damaged-01.json", True),
        ("manifest.journal", True),
        ("profile.json", True),
        (".thumbs", True),
        ("manifest.json.tmp", True),
        ("x.tmp", True),
        ("img_0001.png", False),
        ("notes.txt", False),
    ],
)
def test_bookkeeping_is_told_from_content(name: str, internal: bool) -> None:
    assert ledger.is_internal(name) is internal


def test_a_file_is_found_in_the_pool_or_its_trash(folder: Path) -> None:
    assert ledger.locate(folder, "img_0001.png") == folder.resolve() / "img_0001.png"
    (folder / ".trash").mkdir()
    (folder / ".trash" / "img_0001.png").write_bytes(b"x")
    assert ledger.locate(folder, "img_0001.png").parent.name == ".trash"
    (folder / "img_0001.png").write_bytes(b"y")
    assert ledger.locate(folder, "img_0001.png").parent.name == "pool"


def test_two_files_of_one_number_become_two_slots_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("img_0001.png", "img_0001.jpg"):
        (folder / name).write_bytes(pictures.png())
    (folder / "img_0001.mask.png").write_bytes(pictures.painted())
    found = read(folder)
    assert [slot.id for slot in found.slots] == ["img_0001", "img_0002"] and found.next_seq == 3
    assert [slot.mask for slot in found.slots] == ["img_0001.mask.png", None]
    forget(monkeypatch)
    assert read(folder) == found and damaged_files(folder) == []
