"""What nodes put out, as `/history` and `executed` messages tell it, made into outputs. No I/O."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from .values import Output

THREE_D = (".obj", ".fbx", ".gltf", ".glb", ".usdz", ".stl", ".ply")
TYPES = ("output", "temp", "input")


def read_outputs(nodes: Mapping[str, Any], server: str, cached: Collection[str] = ()) -> tuple[Output, ...]:
    """`{node: {kind: [item, …]}}` as outputs, in the server's order; what is no list of items is left out."""
    return tuple(
        output
        for node, kinds in nodes.items()
        for output in node_outputs(str(node), kinds, server, node in cached)
    )


def node_outputs(node: str, kinds: Any, server: str, cached: bool = False) -> Iterator[Output]:
    for kind, items in kinds.items() if isinstance(kinds, Mapping) else ():
        for item in items if isinstance(items, list) and kind != "animated" else ():
            output = _output(node, str(kind), item, server, cached)
            if output is not None:
                yield output


def _output(node: str, kind: str, item: Any, server: str, cached: bool) -> Output | None:
    if isinstance(item, Mapping) and isinstance(item.get("filename"), str) and item["filename"]:
        return _file(node, kind, item, server, cached)
    if isinstance(item, str) and kind != "text" and item.lower().endswith(THREE_D):
        subfolder, _, name = item.rpartition("/")  # 3D nodes name their file in a bare string
        return _file(node, "3d", {"filename": name, "subfolder": subfolder}, server, cached)
    if item is None:
        return None
    return Output(node, kind, cached=cached, text=item if isinstance(item, str) else json.dumps(item))


def _file(node: str, kind: str, item: Mapping[str, Any], server: str, cached: bool) -> Output:
    subfolder = item.get("subfolder")
    place = {
        "filename": item["filename"],
        "subfolder": subfolder if isinstance(subfolder, str) else "",
        "type": item.get("type") if item.get("type") in TYPES else "output",
    }
    return Output(node, kind, **place, url=f"{server}/view?{view_query(place)}", cached=cached)


def view_query(place: Mapping[str, str]) -> str:
    """The query of `/view`; `?` stands for what no URL can say, such as half a surrogate pair."""
    return urlencode(place, errors="replace")
