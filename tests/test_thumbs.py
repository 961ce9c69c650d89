"""Thumbnails: made once for each content, kept in the pool's folder."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from PIL import Image

from gates import picture, pool, thumbs
from gates.errors import ImageGone, NotAnImage, PathOutside
from tests import pictures
from tests.enclosure import CLIMBING, enclosed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    pool.add_image(tmp_path, "p1", pictures.png(1, (900, 300)))
    pool.set_mask(tmp_path, "p1", 0, pictures.painted())
    return tmp_path / "p1"


def test_a_thumbnail_is_made_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = thumbs.thumbnail(folder, "img_0001.png", 256)
    assert Image.open(io.BytesIO(first)).size == (256, 85)
    monkeypatch.setattr(picture, "thumbnail", lambda *_: pytest.fail("made again"))
    assert thumbs.thumbnail(folder, "img_0001.png", 200) == first
    assert len(os.listdir(folder / ".thumbs")) == 1


def test_another_content_gets_another_one(folder: Path) -> None:
    first = thumbs.thumbnail(folder, "img_0001.png", 128)
    (folder / "img_0001.png").write_bytes(pictures.encoded(pictures.photo((300, 300)), "PNG"))
    assert thumbs.thumbnail(folder, "img_0001.png", 128) != first


def test_masks_and_what_lies_in_the_trash_have_them_too(folder: Path) -> None:
    assert thumbs.thumbnail(folder, "img_0001.mask.png", 128)
    pool.remove_slot(folder.parent, "p1", 0)
    assert thumbs.thumbnail(folder, "img_0001.png", 128)


def test_a_file_that_is_gone_or_no_image_has_none(folder: Path) -> None:
    (folder / "img_0002.png").write_bytes(b"no image")
    with pytest.raises(NotAnImage):
        thumbs.thumbnail(folder, "img_0002.png", 128)
    with pytest.raises(ImageGone):
        thumbs.thumbnail(folder, "img_0003.png", 128)


def test_a_name_reaches_nothing_outside(tmp_path: Path) -> None:
    place = enclosed(tmp_path)
    (place.base / "p1").mkdir()
    for name in (*CLIMBING, place.absolute()):
        with pytest.raises((PathOutside, ImageGone)):
            thumbs.thumbnail(place.base / "p1", name, 128)
    assert place.untouched()


def test_only_thumbnails_of_the_files_named_are_forgotten(folder: Path) -> None:
    pool.add_image(folder.parent, "p1", pictures.png(2))
    for name in ("img_0001.png", "img_0001.mask.png", "img_0002.png"):
        for size in (128, 256):
            thumbs.thumbnail(folder, name, size)
    thumbs.forget(folder, {"img_0001.png"})
    left = {name.rsplit(".", 3)[0] for name in os.listdir(folder / ".thumbs")}
    assert left == {"img_0001.mask.png", "img_0002.png"}
    thumbs.forget(folder / "absent", {"img_0001.png"})
