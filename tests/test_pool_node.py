"""Image Pool (Grid): what it puts out, what it says when it cannot, and when ComfyUI must run it again."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from gates import node, pool, pool_trash, profile_node, profiles, staging
from gates.errors import BadId, EmptyPool, ImageGone, PoolInTrash, PoolPurged, UnknownPool
from gates.limits import Limits
from gates.node import GridImagePool
from tests import pictures
from tests.enclosure import CLIMBING, enclosed, inside

P = "own"


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = tmp_path / "input" / "grid_pool"
    monkeypatch.setattr(node, "_grid_pool_base", lambda: str(made))
    monkeypatch.setattr(profile_node, "_grid_pool_base", lambda: str(made))
    for n, size in ((1, (8, 6)), (2, (10, 4)), (3, (5, 5))):
        pool.add_image(made, P, pictures.png(n, size), n)
        pool.set_label(made, P, n - 1, f"label {n}")
    pool.set_active(made, P, 1)
    return made


def run(index: int = -1, pool_id: str = P, profile: str | None = None) -> tuple[Any, ...]:
    return GridImagePool().run(index=index, pool_id=pool_id, profile=profile)


def key(index: int | None = -1, pool_id: str | None = P, profile: str | None = None) -> str | float:
    return GridImagePool.IS_CHANGED(index=index, pool_id=pool_id, profile=profile)


def test_inputs_and_outputs_are_what_saved_workflows_know() -> None:
    inputs = GridImagePool.INPUT_TYPES()
    assert list(inputs["required"]) == ["index", "pool_id"] and list(inputs["optional"]) == ["profile"]
    kind, index = inputs["required"]["index"]
    assert kind == "INT" and (index["default"], index["min"], index["max"]) == (-1, -1, 9999)
    assert "control_after_generate" not in index
    kind, own = inputs["required"]["pool_id"]
    assert kind == "STRING" and own["default"] == "default" and own["hidden"]
    assert inputs["optional"]["profile"][0] == "POOL_PROFILE"
    assert GridImagePool.RETURN_TYPES == ("IMAGE", "MASK", "INT", "INT", "STRING")
    assert GridImagePool.RETURN_NAMES == ("image", "mask", "index", "count", "label")
    assert list(node.NODE_CLASS_MAPPINGS) == ["GridImagePool"] and GridImagePool.CATEGORY == "Dataset Gates"


@pytest.mark.parametrize(("index", "at"), [(-1, 1), (0, 0), (2, 2), (9999, 2)])
def test_a_slot_comes_out_with_its_position_count_and_label(base: Path, index: int, at: int) -> None:
    image, mask, position, count, label = run(index)
    width, height = [(8, 6), (10, 4), (5, 5)][at]
    assert image.shape == (1, height, width, 3) and mask.shape == (1, height, width)
    assert (position, count, label) == (at, 3, f"label {at + 1}") and float(mask.max()) == 0


@pytest.mark.parametrize("unset", [None, "", "default"])
def test_an_unset_profile_never_hides_the_nodes_own_images(base: Path, unset: str | None) -> None:
    pool.add_image(base, "default", pictures.png(9))
    assert run(profile=unset)[3] == 3 and key(profile=unset) == key()


def test_a_connected_profile_comes_before_the_nodes_own_images(base: Path) -> None:
    profiles.create_profile(base, "cats", "id1")
    pool.add_image(base, "id1", pictures.png(7))
    assert run(profile="id1")[3] == 1
    assert run(pool_id="default", profile="id1")[2:] == (0, 1, "")


@pytest.mark.parametrize("kind", pictures.taken())
def test_every_kind_of_image_comes_out_as_it_is_shown_with_its_mask(base: Path, kind: str) -> None:
    known = pictures.taken()[kind]
    pool.add_image(base, P, known.data)
    pool.set_mask(base, P, 3, pictures.painted((30, 20), (0, 0, 15, 20)))
    image, mask, *_ = run(3)
    assert image.shape[1:3] == mask.shape[1:] == (known.size[1], known.size[0])
    assert float(mask[0, :, 0].min()) > 0.9 and float(mask[0, :, -1].max()) < 0.1


def test_a_mask_file_of_another_size_is_scaled(base: Path) -> None:
    pool.set_mask(base, P, 0, pictures.painted())
    (base / P / "img_0001.mask.png").write_bytes(pictures.painted((3, 5), (0, 0, 3, 5)))
    image, mask, *_ = run(0)
    assert mask.shape[1:] == image.shape[1:3] and torch.equal(mask, torch.ones(1, 6, 8))


def named_profile(base: Path) -> None:
    profiles.create_profile(base, "my cats", "id1")
    pool.add_image(base, "id1", pictures.png(1))


def test_what_cannot_be_run_is_an_error_that_names_the_pool(base: Path) -> None:
    named_profile(base)
    pool.remove_slot(base, "id1", 0)
    with pytest.raises(EmptyPool, match=r"'my cats' \(id1\) is empty"):
        run(profile="id1")
    with pytest.raises(UnknownPool, match="nobody-made-this"):
        run(pool_id="nobody-made-this")
    with pytest.raises(UnknownPool, match="default"):
        run(pool_id="default")
    assert not (base / "nobody-made-this").exists() and not (base / "default").exists()


def test_missing_means_neither_registered_nor_on_disk(base: Path) -> None:
    profiles.create_profile(base, "my cats", "id1")
    (base / "id1" / "profile.json").unlink()
    (base / "id1").rmdir()
    with pytest.raises(EmptyPool, match="my cats"):
        run(profile="id1")
    (base / "unregistered").mkdir()
    with pytest.raises(EmptyPool, match="unregistered"):
        run(pool_id="unregistered")


def test_a_profile_in_the_trash_or_purged_is_an_error_that_names_it(base: Path) -> None:
    named_profile(base)
    profiles.delete_profile(base, "id1")
    with pytest.raises(PoolInTrash, match="id1"):
        run(profile="id1")
    profiles.purge_profile(base, "id1")
    with pytest.raises(PoolPurged, match="id1"):
        run(profile="id1")


@pytest.mark.parametrize("name", ["img_0001.png", "img_0001.mask.png"])
def test_a_file_that_is_gone_is_an_error_that_names_it_and_the_pool(base: Path, name: str) -> None:
    pool.set_mask(base, P, 0, pictures.painted())
    (base / P / name).unlink()
    with pytest.raises(ImageGone, match=f"{name} of image pool {P} is gone"):
        run(0)
    assert run(1)[4] == "label 2"


def test_an_image_deleted_while_it_runs_still_comes_out(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = pool.read_manifest

    def late(*args: Any) -> Any:
        manifest = real(*args)
        monkeypatch.setattr(pool, "read_manifest", real)
        pool.remove_slots(base, P, [0, 1, 2])
        return manifest

    monkeypatch.setattr(pool, "read_manifest", late)
    assert run(0)[4] == "label 1"


@pytest.mark.parametrize("pool_id", CLIMBING)
def test_a_workflow_names_no_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pool_id: str) -> None:
    place = enclosed(tmp_path)
    monkeypatch.setattr(node, "_grid_pool_base", lambda: str(place.base))
    for ask in (run, key):
        with pytest.raises(BadId):
            ask(pool_id=pool_id)
        if pool_id:
            with pytest.raises(BadId):
                ask(profile=pool_id)
    with pytest.raises(BadId):
        run(pool_id=place.absolute())
    assert place.untouched() and inside(place.base) == {}


def upload(base: Path) -> staging.Staged:
    return staging.stage_bytes(base, pictures.png(99), None, Limits())


def touched(path: Path) -> None:
    """Other pixels of the same number of bytes, a moment later."""
    status = path.stat()
    path.write_bytes(path.read_bytes()[:-1] + b"\x82")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1))


# Each changes what the slot at position 0 puts out (the pool's active slot is that at 1).
VISIBLE: dict[str, Callable[[Path], object]] = {
    "label": lambda base: pool.set_label(base, P, 0, "new"),
    "mask painted": lambda base: pool.set_mask(base, P, 0, pictures.painted()),
    "image replaced": lambda base: pool.replace_image(base, P, 0, upload(base), 5),
    "image added": lambda base: pool.add_image(base, P, pictures.png(50)),
    "image removed": lambda base: pool.remove_slot(base, P, 2),
    "reordered": lambda base: pool.reorder(base, P, [1, 0, 2]),
    "file changed in place": lambda base: touched(base / P / "img_0001.png"),
    "file gone": lambda base: (base / P / "img_0001.png").unlink(),
}


@pytest.mark.parametrize("change", VISIBLE)
@pytest.mark.parametrize("index", [0, -1, None])
def test_a_key_changes_with_whatever_comes_out(base: Path, change: str, index: int | None) -> None:
    if index == -1:
        pool.set_active(base, P, 0)
    before = key(index)
    assert key(index) == before
    VISIBLE[change](base)
    after = key(index)
    if change == "reordered" and index == -1:
        assert run(-1)[2] == 1  # the same image, at another position, which is an output
    assert after != before and key(index) == after


def test_a_key_follows_mask_changes_back_and_forth(base: Path) -> None:
    seen = [key(0)]
    for box in ((0, 0, 1, 1), (0, 0, 2, 2)):
        pool.set_mask(base, P, 0, pictures.painted(box=box))
        seen.append(key(0))
    assert len(set(seen)) == 3
    pool.clear_mask(base, P, 0)
    assert key(0) == seen[0]


def test_the_active_image_counts_only_where_it_comes_out(base: Path) -> None:
    forced, active, linked = key(0), key(-1), key(None)
    pool.set_active(base, P, 2)
    assert key(0) == forced and key(-1) != active and key(None) != linked


def test_nothing_that_stays_unseen_changes_a_key(base: Path) -> None:
    keys = [key(0), key(-1), key(None)]
    pool.set_label(base, P, 1, "other")
    pool.set_label(base, P, 1, "label 2")
    item = pool.remove_slot(base, P, 2).trash[-1]
    pool_trash.restore(base, P, item.id, 0)
    time.sleep(0.01)
    assert [key(0), key(-1), key(None)] == keys
    pool.set_label(base, P, 2, "another image's label")
    assert [key(0), key(-1)] == keys[:2] and key(None) != keys[2]


def test_two_slots_of_one_moment_have_keys_of_their_own(base: Path) -> None:
    for n in (1, 2, 3):
        os.utime(base / P / f"img_000{n}.png", ns=(10**18, 10**18))
        pool.set_label(base, P, n - 1, "")
    first = key(0)
    assert len({key(0), key(1), key(2)}) == 3
    pool.reorder(base, P, [2, 1, 0])
    assert key(0) != first


def test_linked_inputs_come_as_none_and_only_a_linked_pool_id_runs_always(base: Path) -> None:
    assert isinstance(key(None), str) and isinstance(key(profile=None), str)
    unknown = key(pool_id=None)
    assert isinstance(unknown, float) and math.isnan(unknown)


def test_a_linked_profile_is_keyed_by_the_node_before(base: Path) -> None:
    profiles.create_profile(base, "cats", "id1")
    before = ""
    changes: list[Callable[[], object]] = [
        lambda: pool.add_image(base, "id1", pictures.png(1)),
        lambda: pool.set_label(base, "id1", 0, "x"),
        lambda: pool.set_mask(base, "id1", 0, pictures.painted()),
        lambda: pool.add_image(base, "id1", pictures.png(2)),
        lambda: pool.set_active(base, "id1", 1),
    ]
    for change in changes:
        change()
        found = profile_node.PoolProfile.IS_CHANGED(profile="cats", profile_id="id1")
        assert found != before and found == profile_node.PoolProfile.IS_CHANGED("cats", "id1")
        before = str(found)


def test_a_key_of_a_pool_that_is_not_there_changes_when_it_comes(base: Path) -> None:
    before = key(pool_id="later")
    assert key(pool_id="later") == before and not (base / "later").exists()
    pool.add_image(base, "later", pictures.png())
    assert key(pool_id="later") != before
