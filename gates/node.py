"""The node Image Pool (Grid): one image of a pool, with its mask and label."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import gates_compat, pool
from .errors import EmptyPool, ImageGone, UnknownPool
from .ledger import locate
from .manifest import Manifest
from .profiles import find_by_id, read_registry

if TYPE_CHECKING:
    import torch

UNSET = (None, "", "default")  # what an unset Pool Profile hands over


def _grid_pool_base() -> str:
    return gates_compat.grid_pool_base()


class GridImagePool:
    """Puts out a slot of a pool: `image` [1, H, W, 3], `mask` [1, H, W], its `index`, `count` and `label`."""

    CATEGORY = "Dataset Gates"
    FUNCTION = "run"
    RETURN_TYPES = ("IMAGE", "MASK", "INT", "INT", "STRING")
    RETURN_NAMES = ("image", "mask", "index", "count", "label")
    OUTPUT_TOOLTIPS = (
        "The chosen image.",
        "Its mask in the image's size; empty where nothing was painted.",
        "The position that was used.",
        "How many images the pool holds.",
        "The label of the chosen image.",
    )
    DESCRIPTION = (
        "A set of images in the graph: paste, drop or upload them, paint masks, write labels, pick one."
    )
    SEARCH_ALIASES = ("image set", "image list", "gallery", "load images", "dataset")

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        index = {
            "default": -1,
            "min": -1,
            "max": 9999,
            "tooltip": "-1 uses the active image; a number uses the image at that position (0 is the first).",
        }
        own = {"default": "default", "hidden": True, "socketless": True}
        profile = {"tooltip": "Connect a Pool Profile to use its images instead of this node's own."}
        return {
            "required": {"index": ("INT", index), "pool_id": ("STRING", own)},
            "optional": {"profile": ("POOL_PROFILE", profile)},
        }

    def run(
        self, index: int, pool_id: str = "default", profile: str | None = None
    ) -> tuple[torch.Tensor, torch.Tensor, int, int, str]:
        """Load the slot. Raises UnknownPool, EmptyPool, ImageGone, each naming the pool."""
        from . import imaging

        base, effective = _grid_pool_base(), effective_id(pool_id, profile)
        manifest = _filled(base, effective)
        at = pool.resolve_slot(manifest, index)
        slot, folder = manifest.slots[at], pool.pool_dir(base, effective)
        image = imaging.load_image_tensor(_file(base, effective, folder, slot.image))
        mask_file = _file(base, effective, folder, slot.mask) if slot.mask else None
        mask = imaging.load_mask_tensor(mask_file, image.shape[1], image.shape[2])
        return image, mask, at, len(manifest.slots), slot.label

    @classmethod
    def IS_CHANGED(
        cls, index: int | None, pool_id: str | None = "default", profile: str | None = None, **kwargs: Any
    ) -> str | float:
        """A key over everything that `run` would put out.

        ComfyUI hands None for a linked input. A linked profile is keyed by the Pool Profile before us, a
        linked index by the whole pool, and a linked pool id by nothing that can be known: NaN, always run.
        """
        from . import imaging

        if pool_id is None:
            return float("nan")
        base, effective = _grid_pool_base(), effective_id(pool_id, profile)
        manifest = pool.read_manifest(base, effective)
        at = pool.resolve_slot(manifest, index) if index is not None else -1
        if at < 0:
            return imaging.change_hash(effective, "any", [pool.fingerprint(base, effective)])
        folder = pool.pool_dir(base, effective)
        key = pool.slot_key(folder, manifest.slots[at])
        return imaging.change_hash(effective, at, [len(manifest.slots), *key])


def effective_id(pool_id: str, profile: str | None) -> str:
    """The pool that is meant: a connected profile before the node's own; an unset profile is none."""
    return pool_id if profile in UNSET else str(profile)


def _name(base: str, pool_id: str) -> str:
    entry = find_by_id(read_registry(base), pool_id)
    return f"{entry['name']!r} ({pool_id})" if entry else pool_id


def _filled(base: str, pool_id: str) -> Manifest:
    manifest = pool.read_manifest(base, pool_id)
    if manifest.slots:
        return manifest
    if not pool.exists(base, pool_id) and find_by_id(read_registry(base), pool_id) is None:
        raise UnknownPool(
            f"Neither an image pool nor a profile {pool_id} exists here. Add an image to the node, choose "
            "another profile, or import the profile that this workflow was made with."
        )
    raise EmptyPool(f"Image pool {_name(base, pool_id)} is empty. Add an image to it, then run again.")


def _file(base: str, pool_id: str, folder: Path, name: str) -> Path:
    path = locate(folder, name)  # deleted since the manifest was read, it still lies in the trash
    if not os.path.isfile(path):
        raise ImageGone(
            f"{name} of image pool {_name(base, pool_id)} is gone from the disk. "
            "Bring the file back or remove the image from the pool."
        )
    return path


NODE_CLASS_MAPPINGS = {"GridImagePool": GridImagePool}
NODE_DISPLAY_NAME_MAPPINGS = {"GridImagePool": "Image Pool (Grid)"}
