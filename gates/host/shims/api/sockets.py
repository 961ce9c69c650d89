"""Types, and the inputs and outputs that nodes declare of them.

The order of parameters is ComfyUI's, since packs pass them by position too; the order of keys in `as_dict`
is what `/object_info` shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .options import given, prune_dict


class ComfyType:
    """`io_type` is the name under which links match; `Type` is for annotations."""

    Type: Any = Any
    io_type: str = ""


class Socket:
    """What inputs and outputs share: the type that they belong to."""

    Parent: type[ComfyType] = ComfyType

    @property
    def io_type(self) -> str:
        return self.Parent.io_type

    @property
    def Type(self) -> Any:
        return self.Parent.Type

    def get_io_type(self) -> str:
        return self.io_type

    def validate(self) -> None:
        """Raise ValueError where this cannot be; most always can."""


class Input(Socket):
    def __init__(
        self,
        id: str,
        display_name: str | None = None,
        optional: bool = False,
        tooltip: str | None = None,
        lazy: bool | None = None,
        extra_dict: dict[str, Any] | None = None,
        raw_link: bool | None = None,
        advanced: bool | None = None,
    ) -> None:
        self.id = id
        self.display_name = display_name
        self.optional = optional
        self.tooltip = tooltip
        self.lazy = lazy
        self.extra_dict = extra_dict or {}
        self.rawLink = raw_link
        self.advanced = advanced

    def as_dict(self) -> dict[str, Any]:
        own = given(
            display_name=self.display_name,
            optional=self.optional,
            tooltip=self.tooltip,
            lazy=self.lazy,
            rawLink=self.rawLink,
            advanced=self.advanced,
        )
        return {**own, **prune_dict(self.extra_dict)}

    def get_all(self) -> list[Input]:
        """This one and those that it may bring along."""
        return [self]


class WidgetInput(Input):
    """An input that the page shows as a widget."""

    def __init__(
        self,
        id: str,
        display_name: str | None = None,
        optional: bool = False,
        tooltip: str | None = None,
        lazy: bool | None = None,
        default: Any = None,
        socketless: bool | None = None,
        widget_type: str | None = None,
        force_input: bool | None = None,
        extra_dict: dict[str, Any] | None = None,
        raw_link: bool | None = None,
        advanced: bool | None = None,
    ) -> None:
        super().__init__(id, display_name, optional, tooltip, lazy, extra_dict, raw_link, advanced)
        self.default = default
        self.socketless = socketless
        self.widget_type = widget_type
        self.force_input = force_input

    def as_dict(self) -> dict[str, Any]:
        own = given(
            default=self.default,
            socketless=self.socketless,
            widgetType=self.widget_type,
            forceInput=self.force_input,
        )
        return {**super().as_dict(), **own}

    def get_io_type(self) -> str:
        return super().get_io_type() if self.widget_type is None else self.widget_type


class Output(Socket):
    def __init__(
        self,
        id: str | None = None,
        display_name: str | None = None,
        tooltip: str | None = None,
        is_output_list: bool = False,
    ) -> None:
        self.id = id
        self.display_name = display_name or id
        self.tooltip = tooltip
        self.is_output_list = is_output_list

    def as_dict(self) -> dict[str, Any]:
        return given(
            display_name=self.display_name or self.id,
            tooltip=self.tooltip,
            is_output_list=self.is_output_list,
        )


class ComfyTypeI(ComfyType):
    """A type that is only ever an input."""

    class Input(Input):
        pass


class ComfyTypeIO(ComfyTypeI):
    class Output(Output):
        pass


def comfytype(io_type: str, **kwargs: Any) -> Callable[[type[Any]], type[Any]]:
    """Make a class a type of this name, with an Input and an Output of its own."""

    def mark(cls: type[Any]) -> type[Any]:
        if not issubclass(cls, ComfyType):
            cls = type(
                cls.__name__, (cls, ComfyTypeIO), {"__module__": cls.__module__, "__doc__": cls.__doc__}
            )
        cls.io_type = io_type
        for side in ("Input", "Output"):
            inner = getattr(cls, side, None)
            if inner is not None:
                names = {"__module__": inner.__module__, "__doc__": inner.__doc__, "Parent": cls}
                setattr(cls, side, type(inner.__name__, (inner,), names))
        return cls

    return mark


def Custom(io_type: str) -> type[Any]:
    """A type of a pack's own."""
    return named_type("CustomComfyType", io_type)


def named_type(name: str, io_type: str, annotation: Any = Any) -> type[Any]:
    """A type with a plain input and output."""
    return comfytype(io_type)(type(name, (ComfyTypeIO,), {"Type": annotation}))


def add_to_dict_v1(i: Input, d: dict[str, Any]) -> None:
    """Add an input to what INPUT_TYPES answers."""
    options = i.as_dict()
    options.pop("optional", None)
    d.setdefault("optional" if i.optional else "required", {})[i.id] = (i.get_io_type(), options)


def create_input_dict_v1(inputs: Iterable[Input]) -> dict[str, Any]:
    declared: dict[str, Any] = {"required": {}}
    for each in inputs:
        add_to_dict_v1(each, declared)
    return declared
