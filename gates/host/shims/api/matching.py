"""Sockets of more than one type."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from typing import Any

from ...running.types_match import ANY, MATCHED_BY_THE_FRONTEND
from . import sockets
from .sockets import ComfyType, ComfyTypeIO, Input, WidgetInput, comfytype


@comfytype(io_type="COMFY_MULTITYPED_V3")
class MultiType(ComfyTypeIO):
    class Input(sockets.Input):
        """Takes any of `types`; an input in place of the name is the widget that is shown."""

        def __init__(
            self,
            id: str | Input,
            types: Sequence[Any],
            display_name: str | None = None,
            optional: bool = False,
            tooltip: str | None = None,
            lazy: bool | None = None,
            extra_dict: dict[str, Any] | None = None,
            raw_link: bool | None = None,
            advanced: bool | None = None,
        ) -> None:
            self.input_override: Any = None
            if not isinstance(id, str):
                shown = self.input_override = copy.copy(id)
                optional = shown.optional or optional
                tooltip = tooltip if shown.tooltip is None else shown.tooltip
                display_name = display_name if shown.display_name is None else shown.display_name
                lazy = lazy if shown.lazy is None else shown.lazy
                id = shown.id
                if isinstance(shown, WidgetInput):
                    shown.widget_type = shown.get_io_type()
            super().__init__(id, display_name, optional, tooltip, lazy, extra_dict, raw_link, advanced)
            self._io_types = types

        @property
        def io_types(self) -> list[Any]:
            return [each if isinstance(each, type) else type(each) for each in self._io_types]

        def get_io_type(self) -> str:
            names = [each.io_type for each in self.io_types]
            if self.input_override is not None:
                names.insert(0, self.input_override.get_io_type())
            return ",".join(dict.fromkeys(names))

        def as_dict(self) -> dict[str, Any]:
            shown = {} if self.input_override is None else self.input_override.as_dict()
            return {**shown, **super().as_dict()}


class AnyOf(ComfyTypeIO):
    io_type = ANY


class Template:
    """Inputs and outputs of one template have one type, whichever of `allowed_types` is linked first."""

    def __init__(self, template_id: str, allowed_types: Any = AnyOf) -> None:
        types = list(allowed_types) if isinstance(allowed_types, Iterable) else [allowed_types]
        for each in types:
            if not issubclass(each if isinstance(each, type) else type(each), ComfyType):
                raise ValueError(
                    f"the template {template_id!r} allows {each!r}, which is no type of comfy_api"
                )
        self.template_id = template_id
        self.allowed_types = types

    def as_dict(self) -> dict[str, Any]:
        names = ",".join(each.io_type for each in self.allowed_types)
        return {"template_id": self.template_id, "allowed_types": names}


@comfytype(io_type=MATCHED_BY_THE_FRONTEND)
class MatchType(ComfyTypeIO):
    Template = Template

    class Input(sockets.Input):
        def __init__(
            self,
            id: str,
            template: Template,
            display_name: str | None = None,
            optional: bool = False,
            tooltip: str | None = None,
            lazy: bool | None = None,
            extra_dict: dict[str, Any] | None = None,
            raw_link: bool | None = None,
            advanced: bool | None = None,
        ) -> None:
            super().__init__(id, display_name, optional, tooltip, lazy, extra_dict, raw_link, advanced)
            self.template = template

        def as_dict(self) -> dict[str, Any]:
            return {**super().as_dict(), "template": self.template.as_dict()}

    class Output(sockets.Output):
        def __init__(
            self,
            template: Template,
            id: str | None = None,
            display_name: str | None = None,
            tooltip: str | None = None,
            is_output_list: bool = False,
        ) -> None:
            super().__init__(id, display_name or (None if id else "MATCHTYPE"), tooltip, is_output_list)
            self.template = template

        def as_dict(self) -> dict[str, Any]:
            return {**super().as_dict(), "template": self.template.as_dict()}
