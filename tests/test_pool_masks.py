"""Masks of a pool: always greyscale, in the image's size, under names never used twice."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy
import pytest
from PIL import Image

from gates import ledger, pool, pool_trash
from gates.errors import ImageGone, NotAnImage, TooManyPixels
from gates.limits import Limits
from tests import pictures
from tests.enclosure import inside

P = "p1"


@pytest.fixture
def base(tmp_path: Path) -> Path:
    made = tmp_path / "input" / "grid_pool"
    pool.add_image(made, P, pictures.png(1), name="cat.png")
    pool.add_image(made, P, pictures.encoded(pictures.see_through(), "PNG"), name="clear.png")
    return made


def mask_of(base: Path, at: int) -> Image.Image | None:
    name = pool.read_manifest(base, P).slots[at].mask
    return Image.open(io.BytesIO((base / P / name).read_bytes())) if name else None


def test_a_mask_of_any_size_and_kind_becomes_greyscale_in_the_images_size(base: Path) -> None:
    for data in (
        pictures.painted(),
        pictures.painted((3, 5), (0, 0, 3, 5)),
        pictures.painted((800, 600), (0, 0, 400, 600)),
        pictures.encoded(pictures.see_through((16, 12)), "PNG"),
        pictures.encoded(pictures.photo(), "JPEG"),
    ):
        manifest = pool.set_mask(base, P, 0, data)
        found = mask_of(base, 0)
        assert found is not None and found.size == (8, 6) and found.mode == "L"
        assert manifest.slots[0].image == "img_0001.png"
    assert (base / P / "img_0001.png").read_bytes() == pictures.png(1)


def test_a_mask_of_a_turned_image_is_as_the_image_is_shown(base: Path) -> None:
    pool.add_image(base, P, pictures.turned(6))
    pool.set_mask(base, P, 2, pictures.painted((20, 40), (0, 0, 20, 20)))
    found = mask_of(base, 2)
    assert found is not None and found.size == (20, 40)
    assert numpy.asarray(found)[:20].min() == 255 and numpy.asarray(found)[20:].max() == 0


def test_an_image_that_was_never_measured_is_measured_for_its_mask(base: Path) -> None:
    raw = {"slots": [{"image": "img_0001.png"}], "active": 0}
    pool.write_manifest(base, P, raw)
    pool.set_mask(base, P, 0, pictures.painted((100, 100)))
    found = mask_of(base, 0)
    assert found is not None and found.size == (8, 6)


def test_each_mask_has_a_name_of_its_own_and_the_one_before_waits_in_the_trash(
    base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    for turn in range(4):
        manifest = pool.set_mask(base, P, 0, pictures.painted(box=(0, 0, turn + 1, 6)), 50 + turn)
        seen.append(manifest.slots[0].mask)
        monkeypatch.setattr(ledger, "_MEMORY", ledger.Memory())
    manifest = pool.clear_mask(base, P, 0, 99)
    assert seen == ["img_0001.mask.png", *(f"img_0001.mask.{n}.png" for n in (2, 3, 4))]
    assert manifest.slots[0].mask is None
    assert [item.slot.mask for item in manifest.trash] == seen
    assert [item.deleted for item in manifest.trash] == [51, 52, 53, 99]
    pool_trash.purge(base, P)
    assert pool.set_mask(base, P, 0, pictures.painted()).slots[0].mask == "img_0001.mask.5.png"


def test_clearing_where_there_is_no_mask_trashes_nothing(base: Path) -> None:
    assert pool.clear_mask(base, P, 0).trash == ()


def test_what_is_no_mask_is_refused_and_changes_nothing(base: Path) -> None:
    pool.set_mask(base, P, 0, pictures.painted())
    before = inside(base)
    for data in pictures.refused().values():
        with pytest.raises(NotAnImage):
            pool.set_mask(base, P, 0, data)
    with pytest.raises(TooManyPixels):
        pool.set_mask(base, P, 0, pictures.painted((30, 30)), limits=Limits(pixels=100))
    assert inside(base) == before and os.listdir(base / ".staging") == []


def test_transparency_becomes_the_mask_on_request(base: Path) -> None:
    change = pool.mask_from_alpha(base, P, "img_0002", 5)
    assert change.slots[0].mask == "img_0002.mask.png"
    found = mask_of(base, 1)
    assert found is not None
    shades = numpy.asarray(found)
    assert (shades[:, :4] == 0).all() and (shades[:, 4:] == 255).all()
    with pytest.raises(NotAnImage, match="cat.png has no transparency"):
        pool.mask_from_alpha(base, P, 0, 5)


def test_a_mask_file_put_there_by_hand_is_not_overwritten(base: Path) -> None:
    (base / P / "img_0001.mask.png").write_bytes(b"by hand")
    assert pool.set_mask(base, P, 0, pictures.painted()).slots[0].mask == "img_0001.mask.2.png"
    assert (base / P / "img_0001.mask.png").read_bytes() == b"by hand"


def test_a_mask_of_an_image_that_is_gone_says_so(base: Path) -> None:
    pool.write_manifest(base, P, {"slots": [{"image": "img_0001.png"}], "active": 0})
    (base / P / "img_0001.png").unlink()
    with pytest.raises(ImageGone):
        pool.set_mask(base, P, 0, pictures.painted())


@pytest.mark.parametrize("masks", [10**11, 2**62, 999_999])
def test_a_count_of_masks_that_was_made_up_loses_no_mask(
    base: Path, monkeypatch: pytest.MonkeyPatch, masks: int
) -> None:
    pool.write_manifest(base, P, {"slots": [{"image": "img_0001.png", "label": "x", "masks": masks}]})
    pool.set_mask(base, P, 0, pictures.painted())
    monkeypatch.setattr(ledger, "_MEMORY", ledger.Memory())
    found = pool.read_manifest(base, P)
    assert found.slots[0].label == "x" and mask_of(base, 0) is not None
    assert list((base / P).glob("*damaged*")) == []
