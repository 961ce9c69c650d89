"""Pools, registries and zips as the first public Image Pool wrote them open unchanged.

The data is made here in its layout: slots of four keys, times in milliseconds, bytes of any format named
`.png`, no registry cards, no backup.
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from gates import ledger, node, pool, profiles
from gates.node import GridImagePool
from tests import pictures
from tests.enclosure import inside

UUID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
ADDED = 1_750_000_000_123
KINDS = ("jpeg", "webp", "png with alpha", "gif", "bmp")


def slot(number: int, mask: str | None = None, label: Any = "") -> dict[str, Any]:
    return {"image": f"img_{number:04d}.png", "mask": mask, "label": label, "added": ADDED + number}


def manifest_bytes(active: int = 2) -> bytes:
    slots = [slot(n, "img_0002.mask.png" if n == 2 else None, f"label {n}") for n in range(1, 6)]
    return json.dumps({"active": active, "slots": slots, "next_seq": 9}, indent=2).encode()


def original(base: Path, pool_id: str = UUID, manifest: bytes | None = None) -> Path:
    folder = base / pool_id
    folder.mkdir(parents=True)
    for number, kind in enumerate(KINDS, 1):
        (folder / f"img_{number:04d}.png").write_bytes(pictures.taken()[kind].data)
    (folder / "img_0002.mask.png").write_bytes(pictures.painted((8, 6)))
    if manifest is not None:
        (folder / "manifest.json").write_bytes(manifest)
    return folder


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = tmp_path / "input" / "grid_pool"
    made.mkdir(parents=True)
    monkeypatch.setattr(node, "_grid_pool_base", lambda: str(made))
    monkeypatch.setattr(ledger, "_MEMORY", ledger.Memory())
    return made


def test_reading_and_running_changes_no_byte(base: Path) -> None:
    original(base, manifest=manifest_bytes())
    before = inside(base)
    manifest = pool.read_manifest(base, UUID)
    assert [one.label for one in manifest.slots] == [f"label {n}" for n in range(1, 6)]
    assert (manifest.active, manifest.next_seq) == (2, 9)
    assert manifest.slots[0].added == ADDED // 1000 and manifest.slots[0].sha256 is None
    for index in range(-1, 5):
        image, mask, at, count, label = GridImagePool().run(index=index, pool_id=UUID)
        assert image.shape == (1, 6, 8, 3) and count == 5 and label == f"label {at + 1}"
        assert float(mask.max()) == (1.0 if at == 1 else 0.0)
        GridImagePool.IS_CHANGED(index=index, pool_id=UUID)
    assert inside(base) == before


def test_every_change_works_and_old_images_keep_their_bytes(base: Path) -> None:
    folder = original(base, manifest=manifest_bytes())
    images = {path.name: path.read_bytes() for path in folder.glob("img_*.png")}
    pool.set_label(base, UUID, 0, "new")
    pool.set_mask(base, UUID, 0, pictures.painted((100, 100)))
    pool.set_mask(base, UUID, 1, pictures.painted())
    pool.reorder(base, UUID, [4, 3, 2, 1, 0])
    added = pool.add_image(base, UUID, pictures.png(50)).slots[-1]
    assert added.id == "img_0010"  # next_seq was 9, which the replaced mask took for its place in the trash
    pool.remove_slot(base, UUID, "img_0003")
    everywhere = {path.name: path.read_bytes() for path in folder.rglob("img_*.png")}
    assert {name: everywhere[name] for name in images} == images
    raw = json.loads((folder / "manifest.json").read_bytes())
    assert {"image", "mask", "label", "added"} <= raw["slots"][0].keys() and raw["active"] == 2


@pytest.mark.parametrize("manifest", [None, b"", b"{ not json", b'{"slots": null}', b'{"slots": [{}]}'])
def test_without_a_manifest_the_files_make_the_pool(base: Path, manifest: bytes | None) -> None:
    folder = original(base, manifest=manifest)
    images = {path.name: path.read_bytes() for path in folder.glob("img_*.png")}
    found = pool.read_manifest(base, UUID)
    assert [one.image for one in found.slots] == [f"img_{n:04d}.png" for n in range(1, 6)]
    assert found.slots[1].mask == "img_0002.mask.png" and found.next_seq == 6
    assert pool.add_image(base, UUID, pictures.png(50)).slots[-1].image == "img_0006.png"
    assert {path.name: path.read_bytes() for path in folder.glob("img_*.png")}.items() >= images.items()


def test_nulls_and_fields_that_are_not_there_are_no_damage(base: Path) -> None:
    slots = [{"image": "img_0001.png"}, {"image": "img_0002.png", "mask": None, "label": None, "added": None}]
    raw = json.dumps({"active": None, "slots": slots}).encode()
    folder = original(base, manifest=raw)
    found = pool.read_manifest(base, UUID)
    assert len(found.slots) == 2 and found.active == 0 and (folder / "manifest.json").read_bytes() == raw
    assert pool.add_image(base, UUID, pictures.png(50)).slots[-1].image == "img_0006.png"


def test_profiles_of_the_original_are_used_renamed_and_deleted(base: Path) -> None:
    named = [(UUID, "characters_A"), ("b" * 32, "B")]
    entries = [{"id": pid, "name": name, "created": 0} for pid, name in named]
    (base / "profiles.json").write_text(json.dumps({"profiles": entries}, indent=2))
    original(base, manifest=manifest_bytes())
    before = inside(base)
    assert profiles.read_registry(base) == {"profiles": entries}
    assert inside(base) == before
    assert profiles.duplicate_profile(base, UUID, None, "id3")["name"] == "characters_A (2)"
    assert len(pool.read_manifest(base, "id3").slots) == 5
    assert profiles.rename_profile(base, UUID, "characters")["name"] == "characters"
    profiles.delete_profile(base, UUID, 5)
    assert profiles.list_trash(base)[0]["name"] == "characters"
    profiles.delete_profile(base, "b" * 32)
    assert profiles.restore_profile(base, UUID)["id"] == UUID


def archive_of(path: Path, folder: Path, name: str = "characters_A") -> Path:
    """What the original's export writes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("profile_meta.json", json.dumps({"name": name}))
        for file in folder.rglob("*"):
            if file.is_file():
                out.write(file, arcname=str(Path("pool") / file.relative_to(folder)))
    return path


@pytest.mark.parametrize("manifest", [manifest_bytes(), None, b"{"], ids=["whole", "missing", "damaged"])
def test_zips_of_the_original_are_imported(base: Path, tmp_path: Path, manifest: bytes | None) -> None:
    folder = original(tmp_path / "elsewhere", manifest=manifest)
    (folder / "manifest.json.tmp").write_bytes(b"left by a crash")
    source = archive_of(tmp_path / "characters_A.zip", folder)
    entry = profiles.import_profile(base, str(source), "id9", ts=5)
    assert entry == {"id": "id9", "name": "characters_A", "created": 5}
    found = pool.read_manifest(base, "id9")
    assert [one.image for one in found.slots] == [f"img_{n:04d}.png" for n in range(1, 6)]
    assert found.slots[1].mask == "img_0002.mask.png"
    assert found.slots[0].label == ("label 1" if manifest == manifest_bytes() else "")
    for number, kind in enumerate(KINDS, 1):
        assert (base / "id9" / f"img_{number:04d}.png").read_bytes() == pictures.taken()[kind].data
    assert GridImagePool().run(index=1, pool_id="id9")[1].max() == 1


def test_our_archives_have_the_layout_that_the_original_reads(base: Path, tmp_path: Path) -> None:
    original(base, manifest=manifest_bytes())
    (base / "profiles.json").write_text(json.dumps({"profiles": [{"id": UUID, "name": "A", "created": 0}]}))
    profiles.export_profile(base, UUID, str(tmp_path / "out.zip"))
    with zipfile.ZipFile(tmp_path / "out.zip") as opened:
        assert json.loads(opened.read("profile_meta.json"))["name"] == "A"
        inner = json.loads(opened.read("pool/manifest.json"))
        assert {name for name in opened.namelist() if not name.startswith("pool/")} == {"profile_meta.json"}
    assert {"active", "slots", "next_seq"} <= inner.keys()
    assert [one["image"] for one in inner["slots"]] == [f"img_{n:04d}.png" for n in range(1, 6)]
