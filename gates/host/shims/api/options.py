"""Small values that inputs are described with."""

from __future__ import annotations

from enum import Enum
from typing import Any


class FolderType(str, Enum):
    input = "input"
    output = "output"
    temp = "temp"


class UploadType(str, Enum):
    image = "image_upload"
    audio = "audio_upload"
    video = "video_upload"
    model = "file_upload"


class NumberDisplay(str, Enum):
    number = "number"
    slider = "slider"
    gradient_slider = "gradientslider"


class ControlAfterGenerate(str, Enum):
    fixed = "fixed"
    increment = "increment"
    decrement = "decrement"
    randomize = "randomize"


def given(**options: Any) -> dict[str, Any]:
    """The options that are not None, in their order."""
    return prune_dict(options)


def prune_dict(d: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in d.items() if value is not None}


class RemoteOptions:
    """Choices that the page fetches from a route; times in milliseconds."""

    def __init__(
        self,
        route: str,
        refresh_button: bool,
        control_after_refresh: str = "first",
        timeout: int | None = None,
        max_retries: int | None = None,
        refresh: int | None = None,
    ) -> None:
        self.route = route
        self.refresh_button = refresh_button
        self.control_after_refresh = control_after_refresh
        self.timeout = timeout
        self.max_retries = max_retries
        self.refresh = refresh

    def as_dict(self) -> dict[str, Any]:
        return given(
            route=self.route,
            refresh_button=self.refresh_button,
            control_after_refresh=self.control_after_refresh,
            timeout=self.timeout,
            max_retries=self.max_retries,
            refresh=self.refresh,
        )
