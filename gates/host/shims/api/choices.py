"""Types whose widget offers choices."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any

from . import sockets
from .options import FolderType, RemoteOptions, UploadType, given
from .sockets import ComfyTypeI, ComfyTypeIO, WidgetInput, comfytype

Options = Any  # a list of texts or numbers, or an Enum whose values are meant


@comfytype(io_type="COMBO")
class Combo(ComfyTypeIO):
    Type = str

    class Input(WidgetInput):
        Type = str

        def __init__(
            self,
            id: str,
            options: Options = None,
            display_name: str | None = None,
            optional: bool = False,
            tooltip: str | None = None,
            lazy: bool | None = None,
            default: Any = None,
            control_after_generate: Any = None,
            upload: UploadType | None = None,
            image_folder: FolderType | None = None,
            remote: RemoteOptions | None = None,
            socketless: bool | None = None,
            extra_dict: dict[str, Any] | None = None,
            raw_link: bool | None = None,
            advanced: bool | None = None,
        ) -> None:
            if isinstance(options, type) and issubclass(options, Enum):
                options = [member.value for member in options]
            if isinstance(default, Enum):
                default = default.value
            every = (id, display_name, optional, tooltip, lazy)
            super().__init__(*every, default, socketless, None, None, extra_dict, raw_link, advanced)
            self.multiselect = False
            self.options = options
            self.control_after_generate = control_after_generate
            self.upload = upload
            self.image_folder = image_folder
            self.remote = remote

        def as_dict(self) -> dict[str, Any]:
            own = given(
                multiselect=self.multiselect,
                options=self.options,
                control_after_generate=self.control_after_generate,
                **({self.upload.value: True} if self.upload is not None else {}),
                image_folder=self.image_folder.value if self.image_folder else None,
                remote=self.remote.as_dict() if self.remote else None,
            )
            return {**super().as_dict(), **own}

    class Output(sockets.Output):
        def __init__(
            self,
            id: str | None = None,
            display_name: str | None = None,
            options: Sequence[str] | None = None,
            tooltip: str | None = None,
            is_output_list: bool = False,
        ) -> None:
            super().__init__(id, display_name, tooltip, is_output_list)
            self.options = options if options is not None else []


@comfytype(io_type="COMBO")
class MultiCombo(ComfyTypeI):
    """More than one of the choices."""

    Type = list[str]

    class Input(Combo.Input):
        def __init__(
            self,
            id: str,
            options: Options,
            display_name: str | None = None,
            optional: bool = False,
            tooltip: str | None = None,
            lazy: bool | None = None,
            default: list[str] | None = None,
            placeholder: str | None = None,
            chip: bool | None = None,
            control_after_generate: Any = None,
            socketless: bool | None = None,
            extra_dict: dict[str, Any] | None = None,
            raw_link: bool | None = None,
            advanced: bool | None = None,
        ) -> None:
            super().__init__(
                id,
                options,
                display_name,
                optional,
                tooltip,
                lazy,
                default,
                control_after_generate,
                socketless=socketless,
                extra_dict=extra_dict,
                raw_link=raw_link,
                advanced=advanced,
            )
            self.multiselect = True
            self.placeholder = placeholder
            self.chip = chip

        def as_dict(self) -> dict[str, Any]:
            # Both keys are read: `multiselect` by old pages and validation, `multi_select` by new pages.
            return {**super().as_dict(), "multi_select": given(placeholder=self.placeholder, chip=self.chip)}
