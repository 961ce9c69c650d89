"""Nodes of plain values: numbers, texts, what an image measures, anything shown as text."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from .simple import Input, SimpleNode, Tensor, image

MODULE = "comfy_extras.nodes_primitive"
MOST = 2**63 - 1

SendText = Callable[[str, str], None]


def same(value: Any) -> tuple[Any]:
    return (value,)


def as_text(source: Any = None) -> dict[str, Any]:
    shown = _text(source)
    return {"ui": {"text": (shown,)}, "result": (shown,)}


def _text(source: Any) -> str:
    if isinstance(source, (str, int, float)) or source is None:
        return str(source)
    try:
        return json.dumps(source, indent=4)
    except (TypeError, ValueError):
        return str(source)


def joined(string_a: str, string_b: str, delimiter: str) -> tuple[str]:
    return (f"{string_a}{delimiter}{string_b}",)


def size_node(send_text: SendText) -> SimpleNode:
    def measure(image: Tensor, unique_id: str | None = None) -> tuple[int, int, int]:
        count, height, width = image.shape[:3]
        if unique_id:
            send_text(f"width: {width}, height: {height}\n batch size: {count}", unique_id)
        return width, height, count

    return SimpleNode(
        "GetImageSize",
        "Get Image Size",
        "image",
        {"image": image()},
        ("INT", "INT", "INT"),
        measure,
        "comfy_extras.nodes_images",
        hidden={"unique_id": "UNIQUE_ID"},
        marks={"RETURN_NAMES": ("width", "height", "batch_size")},
    )


def _primitive(name: str, display_name: str, kind: str, **options: Any) -> SimpleNode:
    inputs: dict[str, Input] = {"value": (kind, options)}
    return SimpleNode(name, display_name, "utilities/primitive", inputs, (kind,), same, MODULE)


NODES = (
    _primitive("PrimitiveInt", "Int", "INT", min=-MOST, max=MOST, control_after_generate="fixed"),
    _primitive("PrimitiveFloat", "Float", "FLOAT", min=-MOST, max=MOST, step=0.1),
    _primitive("PrimitiveString", "Text", "STRING", multiline=False),
    _primitive("PrimitiveStringMultiline", "Text (Multiline)", "STRING", multiline=True),
    _primitive("PrimitiveBoolean", "Boolean", "BOOLEAN"),
    SimpleNode(
        "StringConcatenate",
        "Concatenate Text",
        "text",
        {
            "string_a": ("STRING", {"multiline": True}),
            "string_b": ("STRING", {"multiline": True}),
            "delimiter": ("STRING", {"default": "", "multiline": False}),
        },
        ("STRING",),
        joined,
        "comfy_extras.nodes_string",
    ),
    SimpleNode(
        "PreviewAny",
        "Preview as Text",
        "utilities",
        {"source": ("*", {})},
        ("STRING",),
        as_text,
        "comfy_extras.nodes_preview_any",
        marks={"OUTPUT_NODE": True},
    ),
)
