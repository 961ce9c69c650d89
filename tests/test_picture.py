"""What an uploaded file is, and what is made of it."""

from __future__ import annotations

import hashlib
import io
import warnings
import zlib
from pathlib import Path

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from gates import picture
from gates.errors import GatesError, ImageGone, NotAnImage, TooManyBytes, TooManyPixels
from gates.limits import Limits
from tests import pictures

LIMITS = Limits()


def put(folder: Path, data: bytes) -> Path:
    path = folder / "upload.part"
    path.write_bytes(data)
    return path


def decoded(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def greys(data: bytes) -> numpy.typing.NDArray[numpy.uint8]:
    image = decoded(data)
    assert image.mode == "L"
    return numpy.asarray(image)


@pytest.mark.parametrize("kind", pictures.taken())
def test_every_kind_is_measured_by_its_content(tmp_path: Path, kind: str) -> None:
    known = pictures.taken()[kind]
    path = put(tmp_path, known.data)
    found = picture.inspect(path, "a.png", LIMITS)
    assert (found.suffix, (found.width, found.height), found.has_alpha) == known[1:]
    assert found.size == len(known.data)
    assert found.sha256 == hashlib.sha256(known.data).hexdigest() == picture.sha256_of(known.data)
    assert found.crc32 == zlib.crc32(known.data)
    assert path.read_bytes() == known.data
    assert picture.is_image(path)


@pytest.mark.parametrize("kind", pictures.refused())
def test_what_is_no_image_is_refused_by_the_name_the_person_gave(tmp_path: Path, kind: str) -> None:
    path = put(tmp_path, pictures.refused()[kind])
    with pytest.raises(NotAnImage, match="holiday.png cannot be decoded"):
        picture.inspect(path, "holiday.png", LIMITS)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_sizes_are_as_shown(tmp_path: Path, orientation: int) -> None:
    found = picture.inspect(put(tmp_path, pictures.turned(orientation)), "a", LIMITS)
    assert (found.width, found.height) == ((40, 20) if orientation < 5 else (20, 40))


def test_limits_are_said(tmp_path: Path) -> None:
    path = put(tmp_path, pictures.png(1, (100, 100)))
    with pytest.raises(TooManyPixels, match="DATASET_GATES_MAX_MEGAPIXELS"):
        picture.inspect(path, "a", Limits(pixels=9_999))
    with pytest.raises(TooManyBytes, match="DATASET_GATES_MAX_FILE_MB"):
        picture.inspect(path, "a", Limits(file_bytes=10))
    assert picture.inspect(path, "a", Limits(pixels=10_000)).width == 100


@pytest.mark.parametrize("size", [(12_000, 8_000), (30_000, 30_000), (2**31 - 1, 2**31 - 1)])
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_bomb_is_refused_before_it_is_decoded(tmp_path: Path, size: tuple[int, int]) -> None:
    path = put(tmp_path, pictures.bomb(*size))
    assert path.stat().st_size < 2000
    with pytest.raises(TooManyPixels):
        picture.inspect(path, "a", LIMITS)


def test_settings_come_from_the_environment_and_nonsense_is_not_obeyed() -> None:
    names = ("MAX_FILE_MB", "MAX_MEGAPIXELS", "MAX_ARCHIVE_MB", "MAX_SLOTS")
    given_all = Limits.from_environ({f"DATASET_GATES_{name}": " 2 " for name in names})
    assert given_all == Limits(2 * 2**20, 2_000_000, 2 * 2**20, 2)
    for nonsense in ("", "0", "-1", "1e3", "lots", "٣", "1.5"):
        assert Limits.from_environ({f"DATASET_GATES_{name}": nonsense for name in names}) == Limits()


def damaged(data: bytes, cut: int | None, changes: list[tuple[int, int]]) -> bytes:
    copy = bytearray(data[: cut and cut % len(data)])
    for at, value in changes:
        if copy:
            copy[at % len(copy)] = value
    return bytes(copy)


@settings(deadline=None, derandomize=True, max_examples=150)
@given(
    st.sampled_from(sorted(pictures.taken())),
    st.none() | st.integers(1, 5000),
    st.lists(st.tuples(st.integers(0, 300), st.integers(0, 255)), max_size=6),
)
def test_no_damage_gets_past_our_own_errors(
    tmp_path_factory: pytest.TempPathFactory, kind: str, cut: int | None, changes: list[tuple[int, int]]
) -> None:
    path = put(tmp_path_factory.getbasetemp(), damaged(pictures.taken()[kind].data, cut, changes))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for look in (
            lambda: picture.inspect(path, "a", LIMITS),
            lambda: picture.thumbnail(path, 128),
            lambda: picture.mask_png(path, (8, 6), LIMITS),
            lambda: picture.alpha_mask_png(path, LIMITS),
        ):
            try:
                look()
            except GatesError as error:
                assert error.code in ("not_an_image", "too_many_pixels")


@pytest.mark.parametrize("kind", pictures.taken())
def test_every_kind_has_a_thumbnail(tmp_path: Path, kind: str) -> None:
    known = pictures.taken()[kind]
    small = decoded(picture.thumbnail(put(tmp_path, known.data), 128))
    assert small.format == "WEBP" and small.size == known.size
    assert (small.mode == "RGBA") == known.has_alpha


def test_thumbnails_are_small_turned_and_in_proportion(tmp_path: Path) -> None:
    made = picture.thumbnail(put(tmp_path, pictures.turned(6, (1200, 600))), 256)
    assert decoded(made).size == (128, 256) and len(made) < 20_000


def test_a_thumbnail_of_16_bits_shows_the_same_shades(tmp_path: Path) -> None:
    small = decoded(picture.thumbnail(put(tmp_path, pictures.grey16()), 128)).convert("L")
    shades = numpy.asarray(small).mean(axis=1)
    assert shades[0] < 8 and shades[-1] > 247 and abs(shades[32] - 128) < 8


@pytest.mark.parametrize(
    ("wanted", "made"), [(-1, 128), (1, 128), (128, 128), (129, 256), (512, 512), (10**9, 512)]
)
def test_only_three_sizes_are_made(wanted: int, made: int) -> None:
    assert picture.thumbnail_size(wanted) == made


def test_a_thumbnail_of_a_file_that_is_gone_says_so(tmp_path: Path) -> None:
    with pytest.raises(ImageGone):
        picture.thumbnail(tmp_path / "gone.png", 128)
    assert picture.file_stamp(tmp_path / "gone.png") is None


def test_a_mask_comes_out_in_the_size_of_its_image(tmp_path: Path) -> None:
    mask = greys(picture.mask_png(put(tmp_path, pictures.painted((4, 3), (0, 0, 2, 3))), (8, 6), LIMITS))
    assert mask.shape == (6, 8) and mask[:, 0].min() == 255 and mask[:, -1].max() == 0


def test_a_mask_of_the_right_size_is_kept_to_the_bit(tmp_path: Path) -> None:
    shades = numpy.arange(48, dtype=numpy.uint8).reshape(6, 8) * 5
    path = put(tmp_path, pictures.encoded(Image.fromarray(shades), "PNG"))
    assert (greys(picture.mask_png(path, (8, 6), LIMITS)) == shades).all()


@pytest.mark.parametrize("data", [pictures.grey16(), pictures.floats()], ids=["16 bits", "floats"])
def test_a_deep_mask_keeps_its_shades(tmp_path: Path, data: bytes) -> None:
    mask = greys(picture.mask_png(put(tmp_path, data), (64, 64), LIMITS))
    assert mask[0].max() <= 1 and mask[-1].min() >= 254 and abs(int(mask[32, 0]) - 130) <= 2


def test_a_mask_counts_by_how_bright_and_opaque_it_is(tmp_path: Path) -> None:
    image = Image.new("RGBA", (3, 1))
    for at, color in enumerate([(255, 255, 255, 255), (255, 255, 255, 0), (0, 0, 0, 255)]):
        image.putpixel((at, 0), color)
    path = put(tmp_path, pictures.encoded(image, "PNG"))
    assert greys(picture.mask_png(path, (3, 1), LIMITS)).tolist() == [[255, 0, 0]]


def test_a_turned_mask_is_turned(tmp_path: Path) -> None:
    path = put(tmp_path, pictures.turned(6, (40, 20), "PNG"))
    assert greys(picture.mask_png(path, (20, 40), LIMITS)).shape == (40, 20)


def test_a_mask_is_held_to_the_limits(tmp_path: Path) -> None:
    path = put(tmp_path, pictures.painted((100, 100)))
    with pytest.raises(TooManyPixels):
        picture.mask_png(path, (8, 6), Limits(pixels=100))
    with pytest.raises(NotAnImage):
        picture.mask_png(put(tmp_path, b"no mask"), (8, 6), LIMITS)


@pytest.mark.parametrize("kind", ["png with alpha", "png grey with alpha", "webp with alpha"])
def test_transparency_becomes_a_mask_white_where_clear(tmp_path: Path, kind: str) -> None:
    data = picture.alpha_mask_png(put(tmp_path, pictures.taken()[kind].data), LIMITS)
    assert data is not None
    mask = greys(data)
    assert (mask[:, :4] == 0).all() and (mask[:, 4:] == 255).all()


def test_a_clear_color_of_a_palette_becomes_a_mask(tmp_path: Path) -> None:
    data = picture.alpha_mask_png(put(tmp_path, pictures.palette(transparent=True)), LIMITS)
    assert data is not None and greys(data)[0, 0] == 255 and greys(data)[5, 7] == 0


def test_an_image_without_transparency_gives_no_mask(tmp_path: Path) -> None:
    sixteen = Image.open(io.BytesIO(pictures.grey16((8, 6))))
    clear_shade = pictures.encoded(sixteen, "PNG", transparency=65535)
    for data in (pictures.png(), pictures.grey16(), clear_shade):
        path = put(tmp_path, data)
        assert picture.alpha_mask_png(path, LIMITS) is None
        assert not picture.inspect(path, "a", LIMITS).has_alpha
        assert picture.thumbnail(path, 128)
