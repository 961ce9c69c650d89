"""Videos, as far as they need neither a decoder nor an encoder."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import IO, Any

from ..lacking import lacks
from .values import AudioInput


class VideoCodec(str, Enum):
    AUTO = "auto"
    H264 = "h264"

    @classmethod
    def as_input(cls) -> list[str]:
        return [member.value for member in cls]


class VideoContainer(str, Enum):
    AUTO = "auto"
    MP4 = "mp4"

    @classmethod
    def as_input(cls) -> list[str]:
        return [member.value for member in cls]

    @classmethod
    def get_extension(cls, value: str | VideoContainer) -> str:
        return "mp4" if cls(value) in (cls.MP4, cls.AUTO) else ""


@dataclass
class VideoComponents:
    images: Any  # [frames, H, W, C]
    frame_rate: Fraction  # frames per second
    audio: AudioInput | None = None
    metadata: dict[str, Any] | None = None
    alpha: Any = None


class VideoInput:
    """A video; what would need a decoder or an encoder is not here, and says so."""

    def get_components(self) -> VideoComponents:
        raise NotImplementedError(lacks("decoder for video"))

    def save_to(self, path: Any, **options: Any) -> None:
        raise NotImplementedError(lacks("encoder for video"))

    def as_trimmed(
        self, start_time: float | None = None, duration: float | None = None, strict_duration: bool = False
    ) -> VideoInput | None:
        raise NotImplementedError(lacks("decoder for video"))

    def get_dimensions(self) -> tuple[int, int]:
        """Width and height in pixels."""
        images = self.get_components().images
        return images.shape[2], images.shape[1]

    def get_frame_count(self) -> int:
        return int(self.get_components().images.shape[0])

    def get_frame_rate(self) -> Fraction:
        return self.get_components().frame_rate

    def get_duration(self) -> float:
        """Seconds."""
        return float(self.get_frame_count() / self.get_frame_rate())

    def get_bit_depth(self) -> int:
        return 8


class VideoFromComponents(VideoInput):
    """A video that is held as its frames."""

    def __init__(self, components: VideoComponents, bit_depth: int = 8) -> None:
        self._components = components
        self._bit_depth = bit_depth

    def get_components(self) -> VideoComponents:
        return self._components

    def get_bit_depth(self) -> int:
        return self._bit_depth


class VideoFromFile(VideoInput):
    """A video file that is passed on as it is."""

    def __init__(self, file: str | IO[bytes], **options: Any) -> None:
        self._file = file

    def get_stream_source(self) -> str | IO[bytes]:
        if not isinstance(self._file, str):
            self._file.seek(0)
        return self._file
