"""A base with one profile in it, for tests of profiles."""

from __future__ import annotations

from pathlib import Path

from gates import pool, profiles
from tests import pictures


def make_profile(made: Path) -> Path:
    """One profile, cats (id1), of three images, the second with a mask, a fourth in its trash."""
    profiles.create_profile(made, "cats", "id1", 100)
    for n in (1, 2, 3, 4):
        pool.add_image(made, "id1", pictures.png(n), n, name=f"{n}.png")
        pool.set_label(made, "id1", n - 1, f"label {n}")
    pool.set_mask(made, "id1", 1, pictures.painted())
    pool.remove_slot(made, "id1", 3)
    return made


def names(base: Path) -> dict[str, str]:
    return {entry["id"]: entry["name"] for entry in profiles.read_registry(base)["profiles"]}


Kept = tuple[str, bytes | None, bytes | None]


def content(base: Path, pid: str) -> list[Kept]:
    """Label, image and mask of each slot, as bytes."""
    folder = pool.pool_dir(base, pid)

    def data(name: str | None) -> bytes | None:
        return (folder / name).read_bytes() if name else None

    return [(slot.label, data(slot.image), data(slot.mask)) for slot in pool.read_manifest(base, pid).slots]
