"""Files as tensors: what a run gets."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from gates import imaging
from gates.errors import ImageGone, NotAnImage
from tests import pictures


def put(folder: Path, data: bytes) -> Path:
    path = folder / "img_0001.png"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("kind", pictures.taken())
def test_every_kind_becomes_floats_of_three_channels(tmp_path: Path, kind: str) -> None:
    known = pictures.taken()[kind]
    image = imaging.load_image_tensor(put(tmp_path, known.data))
    assert image.shape == (1, known.size[1], known.size[0], 3) and image.dtype == torch.float32
    assert float(image.min()) >= 0 and float(image.max()) <= 1


def test_the_first_frame_counts(tmp_path: Path) -> None:
    for kind in ("PNG", "WEBP", "GIF"):
        image = imaging.load_image_tensor(str(put(tmp_path, pictures.animated(kind))))
        assert image[0, 3, 3].tolist() == [1.0, 0.0, 0.0]


def test_transparency_is_dropped_and_not_painted(tmp_path: Path) -> None:
    image = imaging.load_image_tensor(put(tmp_path, pictures.encoded(pictures.see_through(), "PNG")))
    assert torch.equal(image[:, :, 0], image[:, :, -1])


def test_an_image_is_turned_as_its_exif_says(tmp_path: Path) -> None:
    flat = imaging.load_image_tensor(put(tmp_path, pictures.turned(1, kind="PNG")))
    turned = imaging.load_image_tensor(put(tmp_path, pictures.turned(6, kind="PNG")))
    assert turned.shape == (1, 40, 20, 3)
    assert torch.equal(turned[0], torch.rot90(flat[0], -1, (0, 1)))


@pytest.mark.parametrize("data", [pictures.grey16(), pictures.floats()], ids=["16 bits", "floats"])
def test_deep_greys_keep_their_shades(tmp_path: Path, data: bytes) -> None:
    image = imaging.load_image_tensor(put(tmp_path, data))
    assert float(image[0, 0].max()) == 0 and float(image[0, -1].min()) == 1
    assert abs(float(image[0, 32, 0, 0]) - 32 / 63) < 1e-4
    mask = imaging.load_mask_tensor(put(tmp_path, data), 64, 64)
    assert float(mask[0, 0].max()) < 0.01 and abs(float(mask[0, 32, 0]) - 32 / 63) < 0.01


def test_a_mask_is_as_large_as_the_image_it_is_for(tmp_path: Path) -> None:
    path = put(tmp_path, pictures.painted((4, 3), (0, 0, 2, 3)))
    for height, width in ((3, 4), (6, 8), (100, 50)):
        mask = imaging.load_mask_tensor(path, height, width)
        assert mask.shape == (1, height, width) and mask.dtype == torch.float32
        assert float(mask[0, :, 0].min()) == 1 and float(mask[0, :, -1].max()) == 0


def test_no_mask_is_all_zero() -> None:
    mask = imaging.load_mask_tensor(None, 6, 8)
    assert mask.shape == (1, 6, 8) and float(mask.max()) == 0


def test_what_is_gone_or_no_image_is_said(tmp_path: Path) -> None:
    for load in (imaging.load_image_tensor, lambda path: imaging.load_mask_tensor(path, 6, 8)):
        with pytest.raises(ImageGone, match="gone.png"):
            load(tmp_path / "gone.png")
        with pytest.raises(NotAnImage, match="img_0001.png"):
            load(put(tmp_path, b"hello"))


def test_a_hash_changes_with_each_of_its_parts_and_with_nothing_else() -> None:
    parts: list[tuple[str, object, list[int]]] = [("a", 1, [1, 2]), ("b", 1, [1, 2]), ("a", 2, [1, 2])]
    parts += [("a", 1, [2, 1]), ("a", 1, [12]), ("a", "1", [1, 2])]
    hashes = [imaging.change_hash(pool_id, index, stamps) for pool_id, index, stamps in parts]
    assert len(set(hashes)) == len(parts)
    assert hashes[0] == imaging.change_hash("a", 1, iter([1, 2]))
