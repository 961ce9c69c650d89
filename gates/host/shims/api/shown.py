"""What nodes show: the names of `comfy_api.latest.ui`."""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping
from typing import Any, ClassVar

from ...folders import Folders
from .options import FolderType
from .outcome import UIOutput
from .pictures import PictureSaver, SavedResult, temporary_prefix


class SavedImages(UIOutput):
    def __init__(self, results: list[SavedResult], is_animated: bool = False) -> None:
        self.results = results
        self.is_animated = is_animated

    def as_dict(self) -> dict[str, Any]:
        return {"images": self.results, **({"animated": (True,)} if self.is_animated else {})}


class SavedAudios(UIOutput):
    def __init__(self, results: list[SavedResult]) -> None:
        self.results = results

    def as_dict(self) -> dict[str, Any]:
        return {"audio": self.results}


class PreviewText(UIOutput):
    def __init__(self, value: str, **kwargs: Any) -> None:
        self.value = value

    def as_dict(self) -> dict[str, Any]:
        return {"text": (self.value,)}


class PreviewVideo(UIOutput):
    def __init__(self, values: list[Any], **kwargs: Any) -> None:
        self.values = values

    def as_dict(self) -> dict[str, Any]:
        return {"images": self.values, "animated": (True,)}


class PreviewUI3DAdvanced(UIOutput):
    def __init__(self, model_file: Any, camera_info: Any, model_3d_info: Any) -> None:
        self.values = [model_file, camera_info, model_3d_info]

    def as_dict(self) -> dict[str, Any]:
        return {"result": self.values}


class PreviewImages(UIOutput):
    """Saves pictures among the temporary files; each host has subclasses that know its folders."""

    saver: ClassVar[PictureSaver]

    def __init__(self, image: Any, animated: bool = False, cls: Any = None, **kwargs: Any) -> None:
        prefix = temporary_prefix()
        self.values = self.saver.save_images(image, prefix, FolderType.temp, cls, compress_level=1)
        self.animated = animated

    def as_dict(self) -> dict[str, Any]:
        return {"images": self.values, "animated": (self.animated,)}


def three_channels(mask: Any) -> Any:
    """Masks [..., H, W] as grey pictures [B, H, W, 3]."""
    height, width = mask.shape[-2:]
    return mask.reshape((-1, height, width, 1)).expand(-1, -1, -1, 3)


def save_helper(saver: PictureSaver) -> type[Any]:
    """`ImageSaveHelper`: save, and say what to show."""

    class ImageSaveHelper:
        save_images = staticmethod(saver.save_images)
        save_animated_png = staticmethod(saver.save_animated_png)
        save_animated_webp = staticmethod(saver.save_animated_webp)

        @staticmethod
        def get_save_images_ui(
            images: Any, filename_prefix: str, cls: Any, compress_level: int = 4
        ) -> SavedImages:
            kind = FolderType.output
            return SavedImages(saver.save_images(images, filename_prefix, kind, cls, compress_level))

        @staticmethod
        def get_save_animated_png_ui(
            images: Any, filename_prefix: str, cls: Any, fps: float, compress_level: int
        ) -> SavedImages:
            kind = FolderType.output
            saved = saver.save_animated_png(images, filename_prefix, kind, cls, fps, compress_level)
            return SavedImages([saved], is_animated=len(images) > 1)

        @staticmethod
        def get_save_animated_webp_ui(
            images: Any,
            filename_prefix: str,
            cls: Any,
            fps: float,
            lossless: bool,
            quality: int,
            method: int,
        ) -> SavedImages:
            kind = FolderType.output
            saved = saver.save_animated_webp(
                images, filename_prefix, kind, cls, fps, lossless, quality, method
            )
            return SavedImages([saved], is_animated=len(images) > 1)

    return ImageSaveHelper


def ui_names(folders: Folders) -> Mapping[str, Any]:
    own_saver = PictureSaver(folders)

    class PreviewImage(PreviewImages):
        saver = own_saver

    class PreviewMask(PreviewImage):
        def __init__(self, mask: Any, animated: bool = False, cls: Any = None, **kwargs: Any) -> None:
            super().__init__(three_channels(mask), animated, cls, **kwargs)

    class PreviewUI3D(UIOutput):
        def __init__(self, model_file: Any, camera_info: Any, bg_image: Any = None, **kwargs: Any) -> None:
            self.values = [model_file, camera_info, None]
            if bg_image is not None:
                name = f"bg_{uuid.uuid4().hex}.png"
                own_saver.save_one(bg_image[0], os.path.join(folders.get_temp_directory(), name))
                self.values[2] = f"temp/{name}"

        def as_dict(self) -> dict[str, Any]:
            return {"result": self.values}

    fixed = (SavedResult, SavedImages, SavedAudios, PreviewText, PreviewVideo, PreviewUI3DAdvanced)
    return {
        **{each.__name__: each for each in (*fixed, PreviewImage, PreviewMask, PreviewUI3D)},
        "ImageSaveHelper": save_helper(own_saver),
        "_UIOutput": UIOutput,
    }
