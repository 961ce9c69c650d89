"""Inputs that bring others along."""

from __future__ import annotations

import copy
from typing import Any

from ...running.dynamic_inputs import CHOICE, GROWING, SLOT
from .options import given
from .sockets import (
    ComfyTypeI,
    Input,
    WidgetInput,
    comfytype,
    create_input_dict_v1,
)

MOST_NAMES = 100


class DynamicInput(Input):
    """An input whose names depend on what a prompt sends."""


class GrowingTemplate:
    """One input, repeated under each of `names`; the first `min` of them are required."""

    def __init__(self, input: Input, names: list[str], min: int) -> None:
        if isinstance(input, DynamicInput) or min < 0:
            raise ValueError("a growing input repeats an ordinary input, at least 0 times")
        self.input = copy.copy(input)
        if isinstance(self.input, WidgetInput):
            self.input.force_input = True
        self.names = names
        self.min = min

    def get_all(self) -> list[Input]:
        return [self._named(name) for name in self.names]

    def _named(self, name: str) -> Input:
        one = copy.copy(self.input)
        one.id = name
        return one

    def validate(self) -> None:
        self.input.validate()

    def as_dict(self) -> dict[str, Any]:
        return {"input": create_input_dict_v1([self.input])}


class TemplatePrefix(GrowingTemplate):
    def __init__(self, input: Input, prefix: str, min: int = 1, max: int = 10) -> None:
        if not 1 <= max <= MOST_NAMES:
            raise ValueError(f"an input grows to between 1 and {MOST_NAMES}, not to {max}")
        super().__init__(input, [f"{prefix}{index}" for index in range(max)], min)
        self.prefix = prefix
        self.max = max

    def as_dict(self) -> dict[str, Any]:
        return {**super().as_dict(), **given(prefix=self.prefix, min=self.min, max=self.max)}


class TemplateNames(GrowingTemplate):
    def __init__(self, input: Input, names: list[str], min: int = 1) -> None:
        super().__init__(input, names[:MOST_NAMES], min)

    def as_dict(self) -> dict[str, Any]:
        return {**super().as_dict(), "names": self.names, "min": self.min}


@comfytype(io_type=GROWING)
class Autogrow(ComfyTypeI):
    Type = dict[str, Any]
    TemplatePrefix = TemplatePrefix
    TemplateNames = TemplateNames

    class Input(DynamicInput):
        def __init__(
            self,
            id: str,
            template: GrowingTemplate,
            display_name: str | None = None,
            optional: bool = False,
            tooltip: str | None = None,
            lazy: bool | None = None,
            extra_dict: dict[str, Any] | None = None,
        ) -> None:
            super().__init__(id, display_name, optional, tooltip, lazy, extra_dict)
            self.template = template

        def as_dict(self) -> dict[str, Any]:
            return {**super().as_dict(), "template": self.template.as_dict()}

        def get_all(self) -> list[Input]:
            return [self, *self.template.get_all()]

        def validate(self) -> None:
            self.template.validate()


class Option:
    """A choice, and the inputs that it brings along."""

    def __init__(self, key: str, inputs: list[Input]) -> None:
        self.key = key
        self.inputs = inputs

    def as_dict(self) -> dict[str, Any]:
        return {"key": self.key, "inputs": create_input_dict_v1(self.inputs)}


@comfytype(io_type=CHOICE)
class DynamicCombo(ComfyTypeI):
    Type = dict[str, Any]
    Option = Option

    class Input(DynamicInput):
        def __init__(
            self,
            id: str,
            options: list[Option],
            display_name: str | None = None,
            optional: bool = False,
            tooltip: str | None = None,
            lazy: bool | None = None,
            extra_dict: dict[str, Any] | None = None,
        ) -> None:
            super().__init__(id, display_name, optional, tooltip, lazy, extra_dict)
            self.options = options

        def as_dict(self) -> dict[str, Any]:
            return {**super().as_dict(), "options": [option.as_dict() for option in self.options]}

        def get_all(self) -> list[Input]:
            return [self, *(each for option in self.options for each in option.inputs)]

        def validate(self) -> None:
            for each in self.get_all()[1:]:
                each.validate()


@comfytype(io_type=SLOT)
class DynamicSlot(ComfyTypeI):
    Type = dict[str, Any]

    class Input(DynamicInput):
        """Once `slot` has something, `inputs` are there too."""

        def __init__(
            self,
            slot: Input,
            inputs: list[Input],
            display_name: str | None = None,
            tooltip: str | None = None,
            lazy: bool | None = None,
            extra_dict: dict[str, Any] | None = None,
        ) -> None:
            if isinstance(slot, DynamicInput):
                raise ValueError("the slot of a DynamicSlot is an ordinary input")
            self.slot = one = copy.copy(slot)
            one.display_name = display_name if slot.display_name is None else slot.display_name
            one.tooltip = tooltip if slot.tooltip is None else slot.tooltip
            one.lazy = lazy if slot.lazy is None else slot.lazy
            super().__init__(one.id, one.display_name, True, one.tooltip, one.lazy, one.extra_dict)
            self.inputs = inputs
            self.force_input = True if isinstance(one, WidgetInput) else None
            if isinstance(one, WidgetInput):
                one.force_input = True

        def as_dict(self) -> dict[str, Any]:
            own = given(
                slotType=self.slot.get_io_type(),
                inputs=create_input_dict_v1(self.inputs),
                forceInput=self.force_input,
            )
            return {**super().as_dict(), **own}

        def get_all(self) -> list[Input]:
            return [self.slot, *self.inputs]

        def validate(self) -> None:
            for each in self.get_all():
                each.validate()
