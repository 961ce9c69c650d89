"""Types whose widget is a picture of its value: colours, boxes, curves, ranges."""

from __future__ import annotations

from typing import Any

from .options import given
from .sockets import ComfyTypeI, ComfyTypeIO, WidgetInput, comfytype


class Picker(WidgetInput):
    """Without a socket unless told otherwise; `BLANK` is what it starts from without a default."""

    BLANK: Any = None

    def __init__(
        self,
        id: str,
        display_name: str | None = None,
        optional: bool = False,
        tooltip: str | None = None,
        socketless: bool | None = True,
        default: Any = None,
        advanced: bool | None = None,
    ) -> None:
        every = (id, display_name, optional, tooltip, None)
        start = self.blank() if default is None else default
        super().__init__(*every, start, socketless, advanced=advanced)

    def blank(self) -> Any:
        return self.BLANK


class PlainPicker(Picker):
    """Takes its last two arguments the other way round."""

    def __init__(
        self,
        id: str,
        display_name: str | None = None,
        optional: bool = False,
        tooltip: str | None = None,
        socketless: bool | None = True,
        advanced: bool | None = None,
        default: Any = None,
    ) -> None:
        super().__init__(id, display_name, optional, tooltip, socketless, default, advanced)


class ListPicker(Picker):
    def blank(self) -> Any:
        return []


@comfytype(io_type="IMAGECOMPARE")
class ImageCompare(ComfyTypeI):
    Type = dict

    class Input(PlainPicker):
        pass


@comfytype(io_type="COLOR")
class Color(ComfyTypeIO):
    Type = str

    class Input(PlainPicker):
        BLANK = "#ffffff"


@comfytype(io_type="COLORS")
class Colors(ComfyTypeIO):
    Type = list[str]

    class Input(ListPicker):
        pass


@comfytype(io_type="BOUNDING_BOX")
class BoundingBox(ComfyTypeIO):
    Type = BoundingBoxDict = dict

    class Input(Picker):
        """Pixels from the upper left corner."""

        def __init__(
            self,
            id: str,
            display_name: str | None = None,
            optional: bool = False,
            tooltip: str | None = None,
            socketless: bool | None = True,
            default: dict[str, int] | None = None,
            component: str | None = None,
            force_input: bool | None = None,
        ) -> None:
            super().__init__(id, display_name, optional, tooltip, socketless, default)
            self.component = component
            self.force_input = force_input

        def blank(self) -> Any:
            return {"x": 0, "y": 0, "width": 512, "height": 512}

        def as_dict(self) -> dict[str, Any]:
            # In ComfyUI forceInput stands after component, if both are there.
            own = given(component=self.component or None, forceInput=self.force_input)
            rest = {name: value for name, value in super().as_dict().items() if name not in own}
            return {**rest, **own}


@comfytype(io_type="BOUNDING_BOXES")
class BoundingBoxes(ComfyTypeIO):
    Type = list
    BoundingBoxWithMetadata = dict

    class Input(ListPicker):
        pass


@comfytype(io_type="CURVE")
class Curve(ComfyTypeIO):
    Type = Any
    CurvePoint = tuple[float, float]

    class Input(Picker):
        def blank(self) -> Any:
            return [(0.0, 0.0), (1.0, 1.0)]

        def as_dict(self) -> dict[str, Any]:
            points = [list(point) for point in self.default]
            return {**super().as_dict(), "default": {"points": points, "interpolation": "monotone_cubic"}}


@comfytype(io_type="RANGE")
class Range(ComfyTypeIO):
    Type = Any

    class Input(Picker):
        def __init__(
            self,
            id: str,
            display_name: str | None = None,
            optional: bool = False,
            tooltip: str | None = None,
            socketless: bool | None = True,
            default: dict[str, float] | None = None,
            display: str | None = None,
            gradient_stops: list[Any] | None = None,
            show_midpoint: bool | None = None,
            midpoint_scale: str | None = None,
            value_min: float | None = None,
            value_max: float | None = None,
            advanced: bool | None = None,
        ) -> None:
            super().__init__(id, display_name, optional, tooltip, socketless, default, advanced)
            self.own = given(
                display=display,
                gradient_stops=gradient_stops,
                show_midpoint=show_midpoint,
                midpoint_scale=midpoint_scale,
                value_min=value_min,
                value_max=value_max,
            )

        def blank(self) -> Any:
            return {"min": 0.0, "max": 1.0}

        def as_dict(self) -> dict[str, Any]:
            return {**super().as_dict(), **self.own}


@comfytype(io_type="WEBCAM")
class Webcam(ComfyTypeIO):
    Type = str

    class Input(WidgetInput):
        Type = str

        def __init__(
            self,
            id: str,
            display_name: str | None = None,
            optional: bool = False,
            tooltip: str | None = None,
            lazy: bool | None = None,
            default: str | None = None,
            socketless: bool | None = None,
            extra_dict: dict[str, Any] | None = None,
            raw_link: bool | None = None,
            advanced: bool | None = None,
        ) -> None:
            every = (id, display_name, optional, tooltip, lazy)
            super().__init__(*every, default, socketless, None, None, extra_dict, raw_link, advanced)
