"""Small workflows as the page would save them, for tests of one rule each."""

from __future__ import annotations

from typing import Any

IMAGE, MASK, ANY = "IMAGE", "MASK", "*"


def class_info(
    required: dict[str, Any] | None = None, output: list[str] | None = None, **more: Any
) -> dict[str, Any]:
    """One value of `/object_info`."""
    return {
        "input": {"required": required or {}, "optional": more.pop("optional", {})},
        "output": output or [],
        **more,
    }


NODE_INFO: dict[str, Any] = {
    "Make": class_info({"width": ["INT", {"default": 8}], "seed": ["INT", {"default": 1}]}, [IMAGE]),
    "Turn": class_info({"image": [IMAGE], "mask": [MASK]}, [IMAGE, MASK]),
    "Keep": class_info({"images": [IMAGE], "name": ["STRING", {"default": "kept"}]}, display_name="Keep it"),
}


class SavedGraph:
    """`node` puts a node down, `link` connects; `json` is the file, in version 0.4."""

    def __init__(self) -> None:
        self.nodes: list[dict[str, Any]] = []
        self.links: list[list[Any]] = []
        self.subgraphs: list[dict[str, Any]] = []

    def node(self, type: str, widgets: Any = None, **more: Any) -> int:
        node = {"id": len(self.nodes) + 1, "type": type, "mode": 0, "inputs": [], "outputs": [], **more}
        if widgets is not None:
            node["widgets_values"] = widgets
        self.nodes.append(node)
        return int(node["id"])

    def link(self, source: int, slot: int, target: int, name: str, type: str = IMAGE) -> None:
        id = len(self.links) + 1
        inputs = next(node["inputs"] for node in self.nodes if node["id"] == target)
        inputs.append({"name": name, "type": type, "link": id})
        self.links.append([id, source, slot, target, len(inputs) - 1, type])

    def json(self) -> dict[str, Any]:
        definitions = {"definitions": {"subgraphs": self.subgraphs}} if self.subgraphs else {}
        last = {"last_node_id": len(self.nodes), "last_link_id": len(self.links)}
        return {**last, "nodes": self.nodes, "links": self.links, "version": 0.4, **definitions}


def subgraph(id: str, graph: SavedGraph, name: str = "Part") -> dict[str, Any]:
    """A graph as the definition of a subgraph without inputs and outputs."""
    links = [
        {
            "id": id,
            "origin_id": source,
            "origin_slot": slot,
            "target_id": target,
            "target_slot": at,
            "type": type,
        }
        for id, source, slot, target, at, type in graph.links
    ]
    return {"id": id, "name": name, "nodes": graph.nodes, "links": links, "inputs": [], "outputs": []}
