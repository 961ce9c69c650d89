"""The way to one pool: what may change it, by which revision, and that no id or manifest leads elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from gates import pool, pool_trash
from gates.errors import (
    BadId,
    GatesError,
    StaleRevision,
    UnknownPool,
    UnknownSlot,
)
from gates.manifest import IMAGE_NAME, SLOT_ID, Manifest
from tests import pictures
from tests.enclosure import CLIMBING, enclosed, inside
from tests.filled_pool import P, fill, reopened, staged


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return tmp_path / "input" / "grid_pool"


def test_every_change_raises_the_revision_by_one(base: Path) -> None:
    fill(base)
    at = pool.read_manifest(base, P).revision
    changes: list[Callable[[], Manifest]] = [
        lambda: pool.add_image(base, P, pictures.png(7)),
        lambda: pool.set_active(base, P, 1),
        lambda: pool.set_label(base, P, "img_0002", "x"),
        lambda: pool.set_mask(base, P, 0, pictures.painted()),
        lambda: pool.clear_mask(base, P, 0),
        lambda: pool.reorder(base, P, [3, 2, 1, 0]),
        lambda: pool.remove_slot(base, P, 0),
        lambda: pool_trash.restore(base, P, None, 0).manifest,
        lambda: pool_trash.purge(base, P)[0],
        lambda: pool.copy_slots(base, P, P, [0], 0).manifest,
        lambda: pool.write_manifest(base, P, pool.read_manifest(base, P)),
    ]
    for change in changes:
        at += 1
        assert change().revision == at == pool.read_manifest(base, P).revision


CHANGES: dict[str, Callable[[Any, str, int | None], object]] = {
    "active": lambda base, pid, revision: pool.set_active(base, pid, "img_0001", revision=revision),
    "label": lambda base, pid, revision: pool.set_label(base, pid, 0, "x", revision=revision),
    "mask": lambda base, pid, revision: pool.set_mask(base, pid, 0, pictures.painted(), revision=revision),
    "clear": lambda base, pid, revision: pool.clear_mask(base, pid, 0, revision=revision),
    "order": lambda base, pid, revision: pool.reorder(base, pid, [2, 1, 0], revision=revision),
    "remove": lambda base, pid, revision: pool.remove_slot(base, pid, 0, revision=revision),
    "restore": lambda base, pid, revision: pool_trash.restore(base, pid, None, 0, revision=revision),
    "purge": lambda base, pid, revision: pool_trash.purge(base, pid, revision=revision),
    "add": lambda base, pid, revision: pool.add_staged(base, pid, [staged(base)], 0, revision=revision),
    "replace": lambda base, pid, revision: pool.replace_image(
        base, pid, 0, staged(base), 0, revision=revision
    ),
    "copy": lambda base, pid, revision: pool.copy_slots(base, P, pid, None, 0, revision=revision),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_with_a_stale_revision_is_refused_and_without_one_applied(base: Path, change: str) -> None:
    fill(base, 4)
    manifest = pool.remove_slot(base, P, 3)
    before = inside(base)
    with pytest.raises(StaleRevision) as caught:
        CHANGES[change](base, P, manifest.revision - 1)
    assert caught.value.data["revision"] == manifest.revision
    assert inside(base) == before
    CHANGES[change](base, P, manifest.revision)
    CHANGES[change](base, P, None) if change != "restore" else None


@pytest.mark.parametrize("change", sorted({*CHANGES} - {"add", "copy"}))
def test_a_change_of_a_pool_that_is_not_there_makes_none(base: Path, change: str) -> None:
    with pytest.raises((UnknownPool, UnknownSlot)):
        CHANGES[change](base, "absent", None)
    assert not pool.exists(base, "absent")


@pytest.mark.parametrize("pool_id", CLIMBING)
def test_no_id_leads_out_of_the_base(tmp_path: Path, pool_id: str) -> None:
    place = enclosed(tmp_path)
    fill(place.base)
    before = inside(place.base)
    asked: list[Callable[[], object]] = [
        lambda: pool.pool_dir(place.base, pool_id),
        lambda: pool.read_manifest(place.base, pool_id),
        lambda: pool.write_manifest(place.base, pool_id, Manifest()),
        lambda: pool.rebuild_manifest(place.base, pool_id),
        lambda: pool.add_image(place.base, pool_id, pictures.png()),
        lambda: pool.copy_slots(place.base, pool_id, P, None, 0),
        lambda: pool.fingerprint(place.base, pool_id),
    ]
    asked += [partial(change, place.base, pool_id, None) for change in CHANGES.values()]
    for ask in asked:
        with pytest.raises(BadId):
            ask()
    assert place.untouched()
    kept = {name: data for name, data in inside(place.base).items() if not name.startswith(".staging")}
    assert kept == before


def hostile_names(absolute: str) -> list[str]:
    return [absolute, "../../kept.png", "../kept.png", "../p2/img_0001.png", "kept.png", "manifest.json", ""]


def test_a_manifest_on_disk_that_names_other_files_reaches_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = enclosed(tmp_path)
    fill(place.base, 1, "p2")
    for name in hostile_names(place.absolute()):
        fill(place.base, 1)
        folder = pool.pool_dir(place.base, P)
        neighbour = inside(place.base / "p2")
        for slot in (
            {"image": name},
            {"image": "img_0001.png", "mask": name},
            {"image": "img_0001.png", "id": name, "mask": name},
        ):
            (folder / "manifest.json").write_text(json.dumps({"slots": [slot], "active": 0}))
            found = reopened(place.base, monkeypatch)
            assert all(SLOT_ID.fullmatch(one.id) and IMAGE_NAME.fullmatch(one.image) for one in found.slots)
            for change in sorted({*CHANGES} - {"copy"}):  # which would double the pool at each turn
                try:
                    CHANGES[change](place.base, P, None)
                except GatesError as error:
                    assert error.code in ("unknown_slot", "unknown_item", "bad_order")
        assert place.untouched() and inside(place.base / "p2") == neighbour


def test_everything_that_is_written_lies_in_the_base(tmp_path: Path) -> None:
    place = enclosed(tmp_path)
    fill(place.base)
    for change in CHANGES.values():
        try:
            change(place.base, P, None)
        except GatesError as error:
            assert error.code == "unknown_item"
    assert place.untouched()
    assert {path.name for path in place.base.iterdir()} == {P, ".locks", ".staging"}
