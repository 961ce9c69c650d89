"""What a V3 node says of itself, and how `/object_info` tells it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from .dynamic import DynamicInput
from .hidden import Hidden
from .matching import MatchType
from .prices import PriceBadge
from .sockets import Input, Output, create_input_dict_v1

FOR_API_NODES = (Hidden.auth_token_comfy_org, Hidden.api_key_comfy_org, Hidden.comfy_usage_source)
FOR_OUTPUT_NODES = (Hidden.prompt, Hidden.extra_pnginfo)


@dataclass
class NodeInfoV1:
    """The keys of `/object_info`, in their order."""

    input: dict[str, Any] | None = None
    input_order: dict[str, list[str]] | None = None
    is_input_list: bool | None = None
    output: list[str] | None = None
    output_is_list: list[bool] | None = None
    output_name: list[str] | None = None
    output_tooltips: list[str | None] | None = None
    output_matchtypes: list[str | None] | None = None
    name: str | None = None
    display_name: str | None = None
    description: str | None = None
    python_module: Any = None
    category: str | None = None
    output_node: bool | None = None
    deprecated: bool | None = None
    experimental: bool | None = None
    dev_only: bool | None = None
    api_node: bool | None = None
    price_badge: dict[str, Any] | None = None
    search_aliases: list[str] | None = None
    essentials_category: str | None = None
    has_intermediate_output: bool | None = None


@dataclass
class Schema:
    node_id: str
    display_name: str | None = None
    category: str = "sd"
    inputs: list[Any] = field(default_factory=list)
    outputs: list[Any] = field(default_factory=list)
    hidden: list[Hidden] = field(default_factory=list)
    description: str = ""
    search_aliases: list[str] = field(default_factory=list)
    is_input_list: bool = False
    is_output_node: bool = False
    is_deprecated: bool = False
    is_experimental: bool = False
    is_dev_only: bool = False
    is_api_node: bool = False
    price_badge: PriceBadge | None = None
    not_idempotent: bool = False
    enable_expand: bool = False
    accept_all_inputs: bool = False
    essentials_category: str | None = None
    has_intermediate_output: bool = False

    def validate(self) -> None:
        """Raises ValueError where two inputs, or two outputs, have one name."""
        inputs = [
            one.id for each in self.inputs if not isinstance(each, DynamicInput) for one in each.get_all()
        ]
        outputs = [each.id for each in self.outputs]
        for side, names in (("inputs", inputs), ("outputs", outputs)):
            twice = [name for name, count in Counter(names).items() if count > 1]
            if twice:
                raise ValueError(f"{self.node_id}: the {side} {twice} are declared more than once")
        for socket in (*self.inputs, *self.outputs):
            socket.validate()
        if self.price_badge is not None:
            self.price_badge.validate()

    def finalize(self) -> None:
        """Add what its kind of node gets hidden, and a name to each output that has none."""
        self.inputs = self.inputs or []
        self.outputs = self.outputs or []
        self.hidden = list(self.hidden or [])
        wanted = (*FOR_API_NODES,) * bool(self.is_api_node) + (*FOR_OUTPUT_NODES,) * bool(self.is_output_node)
        self.hidden += [each for each in wanted if each not in self.hidden]
        for index, output in enumerate(self.outputs):
            if output.id is None:
                output.id = f"_{index}_{output.io_type}_"

    def input_types(self) -> dict[str, Any]:
        """What V1 calls INPUT_TYPES."""
        declared = create_input_dict_v1(self.inputs)
        if self.hidden:
            declared["hidden"] = {each.name: (each.value,) for each in self.hidden}
        return declared

    def get_v1_info(self, cls: Any) -> NodeInfoV1:
        declared = self.input_types()
        return NodeInfoV1(
            input=declared,
            input_order={category: list(names) for category, names in declared.items()},
            is_input_list=self.is_input_list,
            output=[each.io_type for each in self.outputs],
            output_is_list=[each.is_output_list for each in self.outputs],
            output_name=output_names(self.outputs),
            output_tooltips=[each.tooltip or None for each in self.outputs],
            output_matchtypes=_templates(self.outputs),
            name=self.node_id,
            display_name=self.display_name,
            description=self.description,
            python_module=getattr(cls, "RELATIVE_PYTHON_MODULE", "nodes"),
            category=self.category,
            output_node=self.is_output_node,
            deprecated=self.is_deprecated,
            experimental=self.is_experimental,
            dev_only=self.is_dev_only,
            api_node=self.is_api_node,
            price_badge=None if self.price_badge is None else self.price_badge.as_dict(self.inputs),
            search_aliases=self.search_aliases or None,
            essentials_category=self.essentials_category,
            has_intermediate_output=self.has_intermediate_output,
        )


def output_names(outputs: Iterable[Output]) -> list[str]:
    return [each.display_name or each.io_type for each in outputs]


def _templates(outputs: Iterable[Any]) -> list[str | None] | None:
    found = [each.template.template_id if isinstance(each, MatchType.Output) else None for each in outputs]
    return found if any(each is not None for each in found) else None


__all__ = ["Input", "NodeInfoV1", "Schema", "output_names"]
