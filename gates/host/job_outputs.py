"""What a job made: how many files, and the one to show for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

SHOWABLE_KINDS = frozenset({"images", "video", "audio", "3d", "text"})
MODELS_3D = (".obj", ".fbx", ".gltf", ".glb", ".usdz")
SHOWABLE_FILES = (*MODELS_3D, ".txt", ".md", ".json")
LONGEST_TEXT = 1_024


def summary(outputs: Mapping[str, Any]) -> tuple[int, dict[str, Any] | None]:
    """Files that were made, and a preview: a saved file before a temporary one before a text."""
    items = list(_items(outputs))
    files = [(node, kind, file) for node, kind, item in items if (file := as_file(item)) is not None]
    showable = [
        {**file, "nodeId": node, "mediaType": file.get("mediaType", kind)}
        for node, kind, file in files
        if _showable(kind, file)
    ]
    saved = next((file for file in showable if file.get("type") == "output"), None)
    first = _first_showable(items)
    return len(files), saved or first


def normalised(outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Outputs with 3D file names turned into files and empty entries left out."""
    return {node: _tidy(shown) if isinstance(shown, dict) else shown for node, shown in outputs.items()}


def as_file(item: Any) -> dict[str, Any] | None:
    if isinstance(item, dict):
        return item
    if isinstance(item, str) and item.lower().endswith(MODELS_3D):
        return {"filename": item, "type": "output", "subfolder": "", "mediaType": "3d"}
    return None


def _tidy(shown: Mapping[str, Any]) -> dict[str, Any]:
    return {
        kind: [as_file(item) or item for item in items if item is not None]
        if isinstance(items, list) and kind != "animated"
        else items
        for kind, items in shown.items()
    }


def _items(outputs: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    for node, shown in outputs.items():
        for kind, items in shown.items() if isinstance(shown, dict) else ():
            if kind != "animated" and isinstance(items, list):
                yield from ((node, kind, item) for item in items)


def _first_showable(items: list[tuple[str, str, Any]]) -> dict[str, Any] | None:
    for node, kind, item in items:
        file = as_file(item)
        if file is not None and _showable(kind, file):
            return {**file, "nodeId": node, "mediaType": file.get("mediaType", kind)}
        if file is None and kind == "text" and item is not None:
            return {**_text_preview(item), "nodeId": node, "mediaType": kind}
    return None


def _showable(kind: str, file: Mapping[str, Any]) -> bool:
    form = str(file.get("format") or "")
    name = str(file.get("filename") or "").lower()
    return kind in SHOWABLE_KINDS or form.startswith(("video/", "audio/")) or name.endswith(SHOWABLE_FILES)


def _text_preview(item: Any) -> dict[str, Any]:
    text = str((item[0] if item else "") if isinstance(item, tuple) else item)
    if len(text) <= LONGEST_TEXT:
        return {"content": text}
    return {"content": text[:LONGEST_TEXT], "truncated": True}
