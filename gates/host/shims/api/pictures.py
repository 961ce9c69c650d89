"""Pictures on disk, as nodes save them through `ui`."""

from __future__ import annotations

import json
import os
import random
import string
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from ...folders import Folders
from .options import FolderType

# EXIF's tags for model and make: where ComfyUI puts the prompt and, counting down, the rest.
EXIF_MODEL = 0x0110
EXIF_MAKE = 0x010F
TEMPORARY_PREFIX = "ComfyUI_temp_"


class SavedResult(dict[str, str]):
    """Where a file is, in the words of `/view`."""

    def __init__(self, filename: str, subfolder: str, type: FolderType) -> None:
        super().__init__(filename=filename, subfolder=subfolder, type=type.value)

    @property
    def filename(self) -> str:
        return self["filename"]

    @property
    def subfolder(self) -> str:
        return self["subfolder"]

    @property
    def type(self) -> FolderType:
        return FolderType(self["type"])


def temporary_prefix() -> str:
    return TEMPORARY_PREFIX + "".join(random.choices(string.ascii_lowercase, k=5))


def texts_of(cls: Any) -> dict[str, str]:
    """What a node knows of the prompt that it runs in, as texts by name."""
    hidden = getattr(cls, "hidden", None)
    if not hidden:
        return {}
    known = {"prompt": hidden.prompt, **(hidden.extra_pnginfo or {})}
    if not hidden.prompt:
        del known["prompt"]
    return {name: json.dumps(value) for name, value in known.items()}


class PictureSaver:
    """`images` are [B, H, W, C], values 0 to 1; `cls` is the node, whose prompt is kept in the files."""

    def __init__(self, folders: Folders) -> None:
        self._folders = folders

    def save_images(
        self, images: Any, filename_prefix: str, folder_type: FolderType, cls: Any, compress_level: int = 4
    ) -> list[SavedResult]:
        folder, stem, counter, subfolder = self._place(filename_prefix, folder_type, images)
        metadata = PngInfo() if texts_of(cls) else None
        for name, text in texts_of(cls).items():
            metadata.add_text(name, text)  # type: ignore[union-attr]
        saved = []
        for index, image in enumerate(images):
            name = f"{stem.replace('%batch_num%', str(index))}_{counter + index:05}_.png"
            path = os.path.join(folder, name)
            _picture(image).save(path, pnginfo=metadata, compress_level=compress_level)
            saved.append(SavedResult(name, subfolder, folder_type))
        return saved

    def save_animated_png(
        self,
        images: Any,
        filename_prefix: str,
        folder_type: FolderType,
        cls: Any,
        fps: float,
        compress_level: int,
    ) -> SavedResult:
        metadata = PngInfo()
        for name, text in texts_of(cls).items():
            metadata.add(b"comf", name.encode("latin-1") + b"\0" + text.encode("latin-1"), after_idat=True)
        options = {"pnginfo": metadata, "compress_level": compress_level}
        return self._animated(images, filename_prefix, folder_type, "png", fps, options)

    def save_animated_webp(
        self,
        images: Any,
        filename_prefix: str,
        folder_type: FolderType,
        cls: Any,
        fps: float,
        lossless: bool,
        quality: int,
        method: int,
    ) -> SavedResult:
        exif = Image.Exif()
        texts = texts_of(cls)
        if "prompt" in texts:
            exif[EXIF_MODEL] = f"prompt:{texts.pop('prompt')}"
        for tag, (name, text) in zip(range(EXIF_MAKE, 0, -1), texts.items(), strict=False):
            exif[tag] = f"{name}:{text}"
        options = {"exif": exif, "lossless": lossless, "quality": quality, "method": method}
        return self._animated(images, filename_prefix, folder_type, "webp", fps, options)

    @staticmethod
    def save_one(image: Any, path: str) -> None:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        _picture(image).save(path, compress_level=1)

    def _animated(
        self,
        images: Any,
        prefix: str,
        folder_type: FolderType,
        suffix: str,
        fps: float,
        options: dict[str, Any],
    ) -> SavedResult:
        folder, stem, counter, subfolder = self._place(prefix, folder_type, images)
        first, *others = [_picture(image) for image in images]
        name = f"{stem}_{counter:05}_.{suffix}"
        duration = int(1000.0 / fps)  # milliseconds a frame
        first.save(
            os.path.join(folder, name), save_all=True, duration=duration, append_images=others, **options
        )
        return SavedResult(name, subfolder, folder_type)

    def _place(self, prefix: str, folder_type: FolderType, images: Any) -> tuple[str, str, int, str]:
        folders = self._folders
        directory = {
            FolderType.input: folders.get_input_directory,
            FolderType.output: folders.get_output_directory,
        }.get(folder_type, folders.get_temp_directory)()
        height, width = images[0].shape[0], images[0].shape[1]
        return folders.get_save_image_path(prefix, directory, width, height)[:4]


def _picture(image: Any) -> Image.Image:
    import numpy as np  # here, since a host that saves nothing never needs it

    return Image.fromarray(np.clip(255.0 * image.cpu().numpy(), 0, 255).astype(np.uint8))
