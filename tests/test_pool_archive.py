"""A pool as an archive, and a pool from one: what belongs to it, what is checked, what is left out."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gates import archive, atomic, pool, pool_trash, profiles, thumbs
from gates.errors import BadArchive, DiskFull, GatesError, HostileArchive, ImageGone, TooManyBytes
from gates.limits import Limits
from gates.picture import sha256_of as sha256
from gates.profiles import Imported
from tests import pictures
from tests.enclosure import CLIMBING, Enclosure, enclosed, inside


@pytest.fixture
def place(tmp_path: Path) -> Enclosure:
    """One profile (id1) with three images: JPEG, PNG with a mask, WebP; one more in its trash."""
    made = enclosed(tmp_path)
    profiles.create_profile(made.base, "Süße Katzen", "id1", 100)
    for n, kind in enumerate(("jpeg", "png", "webp", "gif")):
        pool.add_image(made.base, "id1", pictures.taken()[kind].data, n, name=f"{kind}.orig")
        pool.set_label(made.base, "id1", n, f"label {n}\nline")
    pool.set_mask(made.base, "id1", 1, pictures.painted())
    pool.set_active(made.base, "id1", 2)
    pool.remove_slot(made.base, "id1", 3)
    return made


def exported(place: Enclosure) -> Path:
    target = place.base / ".staging" / "out.zip"
    profiles.export_profile(place.base, "id1", str(target))
    return target


def members_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as opened:
        return {info.filename: opened.read(info) for info in opened.infolist()}


def zipped(place: Enclosure, members: dict[str, bytes]) -> Path:
    target = place.base / ".staging" / "in.zip"
    with zipfile.ZipFile(target, "w") as out:
        for name, data in members.items():
            out.writestr(name, data)
    return target


def imported(place: Enclosure, source: Path, pid: str = "id2", limits: Limits | None = None) -> Imported:
    return profiles.import_archive(place.base, source, pid, None, 200, limits=limits or Limits())


def facts(place: Enclosure, pid: str) -> list[tuple[Any, ...]]:
    folder = pool.pool_dir(place.base, pid)
    slots = pool.read_manifest(place.base, pid).slots
    kept = [(slot.id, slot.label, slot.name, slot.added, slot.sha256, slot.width) for slot in slots]
    masks = [(folder / slot.mask).read_bytes() if slot.mask else None for slot in slots]
    return [*zip(kept, [(folder / slot.image).read_bytes() for slot in slots], masks, strict=True)]


def test_an_archive_is_stored_and_says_what_is_in_it(place: Enclosure) -> None:
    (place.base / "id1" / "notes.txt").write_bytes(b"beside")
    (place.base / "id1" / "manifest.json.tmp").write_bytes(b"left by a crash")
    thumbs.thumbnail(place.base / "id1", "img_0001.jpg", 128)
    target = exported(place)
    with zipfile.ZipFile(target) as opened:
        assert all(info.compress_type == zipfile.ZIP_STORED for info in opened.infolist())
    members = members_of(target)
    meta = json.loads(members.pop("profile_meta.json"))
    assert (meta["name"], meta["format"], meta["version"]) == ("Süße Katzen", "dataset-gates-profile", 1)
    assert meta["files"] == {
        name: {"size": len(data), "sha256": sha256(data)} for name, data in members.items()
    }
    images = ["img_0001.jpg", "img_0002.mask.png", "img_0002.png", "img_0003.webp"]
    assert sorted(members) == [f"pool/{name}" for name in (*images, "manifest.json", "notes.txt")]
    assert json.loads(members["pool/manifest.json"])["trash"] == []


def test_what_was_exported_comes_back_the_same(place: Enclosure) -> None:
    (place.base / "id1" / "notes.txt").write_bytes(b"beside")
    done = imported(place, exported(place))
    assert done.entry == {"id": "id2", "name": "Süße Katzen (2)", "created": 200}
    assert facts(place, "id2") == facts(place, "id1")
    manifest = pool.read_manifest(place.base, "id2")
    assert manifest.active == 2 and manifest.trash == () and manifest.revision == 1
    assert [one.name for one in done.contents.carried] == ["notes.txt"] and done.contents.slots == 3
    assert (place.base / "id2" / "notes.txt").read_bytes() == b"beside"
    assert pool.add_image(place.base, "id2", pictures.png()).slots[-1].id == "img_0004"
    assert place.untouched()


@settings(deadline=None, derandomize=True, max_examples=15)
@given(st.data())
def test_any_pool_survives_the_trip(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    place = enclosed(tmp_path_factory.mktemp("trip"))
    profiles.create_profile(place.base, "p", "id1")
    for _ in range(data.draw(st.integers(0, 5))):
        kind = data.draw(st.sampled_from(sorted(pictures.taken())))
        at = len(pool.add_image(place.base, "id1", pictures.taken()[kind].data).slots)
        pool.set_label(place.base, "id1", at - 1, data.draw(st.text(max_size=20)))
        if data.draw(st.booleans()):
            pool.set_mask(place.base, "id1", at - 1, pictures.painted())
    count = len(pool.read_manifest(place.base, "id1").slots)
    if count:
        pool.reorder(place.base, "id1", data.draw(st.permutations(range(count))))
        pool.set_active(place.base, "id1", data.draw(st.integers(0, count - 1)))
    imported(place, exported(place))
    assert facts(place, "id2") == facts(place, "id1")
    assert pool.read_manifest(place.base, "id2").active == pool.read_manifest(place.base, "id1").active


def test_a_file_changed_behind_our_back_is_measured_again(place: Enclosure) -> None:
    (place.base / "id1" / "img_0002.png").write_bytes(pictures.png(77))
    done = imported(place, exported(place))
    assert done.contents.slots == 3
    assert pool.read_manifest(place.base, "id2").slots[1].sha256 == sha256(pictures.png(77))


def test_an_image_that_is_gone_is_said_before_anything_is_sent(place: Enclosure) -> None:
    (place.base / "id1" / "img_0002.mask.png").unlink()
    with pytest.raises(ImageGone, match="img_0002.mask.png"):
        profiles.export_pieces(place.base, "id1")


def test_an_image_deleted_while_it_is_exported_is_in_the_archive(place: Enclosure, tmp_path: Path) -> None:
    pieces = profiles.export_pieces(place.base, "id1")[1]
    before = facts(place, "id1")
    pool.remove_slots(place.base, "id1", [0, 1, 2])
    archive.write(pieces, place.base / ".staging" / "out.zip")
    imported(place, place.base / ".staging" / "out.zip")
    assert facts(place, "id2") == before
    pool_trash.purge(place.base, "id1")
    with pytest.raises(BadArchive, match="was deleted"):
        archive.write(pieces, place.base / ".staging" / "again.zip")


IMAGE = {"pool/img_0001.png": pictures.png(1)}
META = {"profile_meta.json": b'{"name": "n"}'}


def refused(place: Enclosure, source: Path, kind: type[GatesError], limits: Limits | None = None) -> None:
    before = inside(place.base)
    with pytest.raises(kind):
        imported(place, source, limits=limits)
    assert inside(place.base) == before and place.untouched()
    assert not (place.base / "id2").exists() and not (place.base / ".staging" / "id2").exists()


# Not those that are plain in an archive, nor those that zipfile does not write.
LEAVING = [name for name in CLIMBING if name not in ("", "a/b", "a/", "a\0.png", "\ud800")]


@pytest.mark.parametrize("name", LEAVING)
def test_a_member_that_leaves_the_pool_refuses_the_archive_whole(place: Enclosure, name: str) -> None:
    refused(place, zipped(place, {**META, **IMAGE, f"pool/{name}": b"x"}), HostileArchive)


def test_an_absolute_member_refuses_the_archive_whole(place: Enclosure) -> None:
    for name in (place.absolute(), f"pool/{place.absolute()}"):
        refused(place, zipped(place, {**META, **IMAGE, name: b"x"}), HostileArchive)


@pytest.mark.parametrize("key", ["image", "mask"])
def test_a_manifest_that_names_what_is_outside_refuses_the_archive_whole(place: Enclosure, key: str) -> None:
    for name in ("../../kept.png", "..\\kept.png", "a/b.png", place.absolute(), "", "a\0.png"):
        slot = {"image": "img_0001.png", **{key: name}}
        inner = json.dumps({"slots": [slot], "active": 0, "next_seq": 2}).encode()
        refused(place, zipped(place, {**META, **IMAGE, "pool/manifest.json": inner}), HostileArchive)


def test_a_folder_inside_the_pool_is_refused(place: Enclosure) -> None:
    refused(place, zipped(place, {**META, "pool/a/b.png": pictures.png()}), BadArchive)


@pytest.mark.parametrize(
    "inner",
    [
        b"",
        b"{ not json",
        b"null",
        b'{"slots": null}',
        b'{"slots": [{}, 1, {"image": "img_0009.png"}, {"image": "kept.png"}]}',
        b"[" * 100_000,
    ],
)
def test_a_manifest_that_is_merely_damaged_is_rebuilt_with_its_masks(place: Enclosure, inner: bytes) -> None:
    mask = {"pool/img_0001.mask.png": pictures.painted(), "pool/img_0001.mask.2.png": pictures.painted()}
    done = imported(place, zipped(place, {**META, **IMAGE, **mask, "pool/manifest.json": inner}))
    slots = pool.read_manifest(place.base, "id2").slots
    assert [(slot.image, slot.mask) for slot in slots] == [("img_0001.png", "img_0001.mask.2.png")]
    assert [one.name for one in done.contents.carried] == ["img_0001.mask.png"]


def test_a_manifest_that_lies_about_files_is_held_against_them(place: Enclosure) -> None:
    slot = {"image": "img_0001.png", "sha256": "0" * 64, "size": 1, "width": 9999, "label": "kept"}
    inner = json.dumps({"slots": [slot, {"image": "img_0002.png"}, slot], "active": 7}).encode()
    imported(place, zipped(place, {**META, **IMAGE, "pool/manifest.json": inner}))
    manifest = pool.read_manifest(place.base, "id2")
    (one,) = manifest.slots
    assert (one.id, one.label, one.width, one.sha256) == ("img_0001", "kept", 8, sha256(pictures.png(1)))
    assert one.size == len(pictures.png(1)) and manifest.active == 0


def test_what_is_no_image_comes_along_and_is_named(place: Enclosure) -> None:
    members = {
        "pool/img_0002.png": b"hello",
        "pool/notes.txt": b"text",
        "pool/holiday.jpg": pictures.png(3),
        "pool/.hidden": b"x",
        "pool/profile.json": b'{"name": "other"}',
        "pool/manifest.json.bak": b"x",
        "pool/x.tmp": b"x",
        "readme.txt": b"not of the pool",
    }
    done = imported(place, zipped(place, {**META, **IMAGE, **members}))
    assert {one.name: one.reason for one in done.contents.carried}.keys() == {
        "img_0002.png",
        "notes.txt",
        "holiday.jpg",
        ".hidden",
        "profile.json",
        "manifest.json.bak",
        "x.tmp",
    }
    folder = place.base / "id2"
    assert (folder / "img_0002.png").read_bytes() == b"hello" and (folder / "notes.txt").exists()
    kept = {"holiday.jpg", "img_0001.png", "img_0002.png", "notes.txt"}
    assert set(os.listdir(folder)) == {*kept, "manifest.json", "manifest.json.bak", "profile.json"}
    assert json.loads((folder / "profile.json").read_bytes())["name"] == "n"
    assert len(pool.read_manifest(place.base, "id2").slots) == 1
    assert pool.add_image(place.base, "id2", pictures.png(9)).slots[-1].id == "img_0003"


@pytest.mark.parametrize("change", ["altered", "missing", "added", "sum of no shape"])
def test_sums_are_checked(place: Enclosure, change: str) -> None:
    members = members_of(exported(place))
    if change == "altered":
        members["pool/img_0002.png"] = pictures.png(99)
    elif change == "missing":
        del members["pool/img_0002.png"]
    elif change == "added":
        members["pool/img_0009.png"] = pictures.png(99)
    else:
        meta = json.loads(members["profile_meta.json"])
        meta["files"]["pool/img_0002.png"] = None
        members["profile_meta.json"] = json.dumps(meta).encode()
    refused(place, zipped(place, members), BadArchive)


def test_a_damaged_manifest_in_an_archive_with_sums_is_still_rebuilt(place: Enclosure) -> None:
    members = members_of(exported(place))
    members["pool/manifest.json"] = b"{ not json"
    assert imported(place, zipped(place, members)).contents.slots == 3
    assert pool.read_manifest(place.base, "id2").slots[1].mask == "img_0002.mask.png"


def test_an_archive_of_a_newer_version_is_refused(place: Enclosure) -> None:
    meta = json.dumps({"name": "n", "format": "dataset-gates-profile", "version": 2}).encode()
    refused(place, zipped(place, {"profile_meta.json": meta, **IMAGE}), BadArchive)


def test_limits_and_space_are_asked_first(place: Enclosure, monkeypatch: pytest.MonkeyPatch) -> None:
    source = zipped(place, {**META, **IMAGE})
    refused(place, source, TooManyBytes, Limits(file_bytes=10))
    refused(place, source, TooManyBytes, Limits(archive_bytes=20))

    def full(*_: object) -> None:
        raise DiskFull("full")

    monkeypatch.setattr(atomic, "require_space", full)
    refused(place, source, DiskFull)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_an_image_with_too_many_pixels_is_carried_and_no_slot(place: Enclosure) -> None:
    members = {**META, **IMAGE, "pool/img_0002.png": pictures.bomb(12_000, 8_000)}
    done = imported(place, zipped(place, members))
    assert done.contents.slots == 1 and "megapixels" in done.contents.carried[0].reason


@pytest.mark.parametrize("members", [{}, {"readme.txt": b"x"}, {"manifest.json": b"{}"}])
def test_a_zip_that_holds_no_pool_is_refused(place: Enclosure, members: dict[str, bytes]) -> None:
    refused(place, zipped(place, members), BadArchive)


def test_an_empty_profile_travels_too(place: Enclosure) -> None:
    profiles.create_profile(place.base, "empty", "id5")
    target = str(place.base / ".staging" / "out.zip")
    profiles.export_profile(place.base, "id5", target)
    done = imported(place, Path(target))
    assert done.entry["name"] == "empty (2)" and done.contents.slots == 0


def test_files_that_differ_in_their_ending_alone_become_slots_of_their_own(place: Enclosure) -> None:
    members = {**META, **IMAGE, "pool/img_0001.jpg": pictures.taken()["jpeg"].data}
    assert imported(place, zipped(place, members)).contents.slots == 2
    slots = pool.read_manifest(place.base, "id2").slots
    assert {slot.id for slot in slots} == {"img_0001", "img_0002"}
