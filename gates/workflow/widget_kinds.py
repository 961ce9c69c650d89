"""Which widgets the page makes for a declared input, and what stands in them at first.

`kept` widgets have a place among the saved values, `sent` ones go into the prompt. Buttons and previews
that the page adds of its own are often one of the two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .class_info import CHOOSING, GROWING, ClassInfo, Spec, read_spec, specs_of
from .values import UNSET

SEEDS = ("seed", "noise_seed")
BOX = {"x": 0, "y": 0, "width": 512, "height": 512}
CURVE = {"points": [[0, 0], [1, 1]], "interpolation": "monotone_cubic"}
UPLOADS = ("image_upload", "animated_image_upload", "video_upload")
WITH_PREVIEW_OF_TEXT = ("PreviewAny", "SaveText")
WITH_PREVIEW_OF_SHAPE = ("Preview3D", "SaveGLB")
SOUNDS = ("LoadAudio", "SaveAudio", "PreviewAudio", "SaveAudioMP3", "SaveAudioOpus", "SaveAudioAdvanced")


@dataclass(frozen=True)
class Widget:
    name: str
    kind: str
    value: Any  # UNSET: none
    kept: bool = True
    sent: bool = True
    spec: Spec | None = None
    socket: bool = True  # has an input slot of the same name

    @property
    def choices(self) -> list[Any]:
        """What a drop-down offers; empty for other widgets."""
        if self.spec is None or self.kind not in ("COMBO", CHOOSING):
            return []
        return choices_of(self.spec)


def choices_of(spec: Spec) -> list[Any]:
    offered = spec.options.get("options")
    if not isinstance(offered, list):
        return []
    if spec.type != CHOOSING:
        return offered
    return [one.get("key") for one in offered if isinstance(one, Mapping)]


def widgets_of(info: ClassInfo) -> list[Widget]:
    """The widgets of a fresh node, in the page's order."""
    if info.name == "CustomCombo":
        return _own_choices()
    found = [widget for spec in info.specs for widget in widgets_for(spec)]
    return [*found, *_added_by_class(info)]


def widgets_for(spec: Spec) -> Iterator[Widget]:
    """None for an input that is a socket alone."""
    kind = spec.widget_type
    if kind == GROWING:
        yield from _grown(spec)
    elif kind in FIRST and not spec.only_socket:
        socket = not spec.options.get("socketless") and kind not in WITHOUT_SOCKET
        value = FIRST[kind](spec)
        yield Widget(spec.name, kind, value, kept=kind not in NOT_KEPT, spec=spec, socket=socket)
        yield from _companions(spec, kind)
        if kind == CHOOSING:
            yield from widgets_of_choice(spec, value)


def widgets_of_choice(spec: Spec, key: Any) -> Iterator[Widget]:
    """What one choice of a dynamic drop-down brings."""
    offered = spec.options.get("options")
    for one in offered if isinstance(offered, list) else ():
        if isinstance(one, Mapping) and one.get("key") == key and key:
            for inner in specs_of(one.get("inputs"), f"{spec.name}."):
                yield from widgets_for(inner)


def _grown(spec: Spec) -> Iterator[Widget]:
    """The first rows of a growing input, where a row is a widget."""
    template = spec.options.get("template")
    if not isinstance(template, Mapping):
        return
    rows = list(specs_of(template.get("input")))
    names, least = template.get("names"), template.get("min", 1)
    count = (least if isinstance(least, int) else 1) + 1
    most = len(names) if isinstance(names, list) else template.get("max", 100)
    for at in range(max(0, min(count, most if isinstance(most, int) else 100, 100))):
        for inner in rows:
            stem = template.get("prefix", "") if len(rows) == 1 else inner.name
            base = names[at] if isinstance(names, list) else f"{stem}{at}"
            yield from widgets_for(Spec(f"{spec.name}.{base}", inner.type, inner.options))


def _companions(spec: Spec, kind: str) -> Iterator[Widget]:
    """Widgets that stand behind another: what happens to a seed after a run, the sides of a box."""
    control = spec.options.get("control_after_generate")
    if kind == "INT" and control is None:
        control = spec.name in SEEDS
    if kind in ("INT", "FLOAT", "COMBO") and control:
        prefix = spec.options.get("control_prefix")
        stem = f"{prefix} " if isinstance(prefix, str) else ""
        yield Widget(f"{stem}control_after_generate", "CONTROL", "fixed", sent=False, socket=False)
        if kind == "COMBO":
            yield Widget(f"{stem}control_filter_list", "CONTROL", "", sent=False, socket=False)
    remote = spec.options.get("remote")
    if kind == "COMBO" and isinstance(remote, Mapping) and remote.get("refresh_button"):
        yield Widget("Auto-refresh after generation", "BOOLEAN", False, sent=False, socket=False)
        yield Widget("refresh", "BUTTON", "refresh", socket=False)
    if kind == "BOUNDING_BOX":
        for side in BOX:
            yield Widget(side, "INT", 0, sent=False, socket=False)


def _added_by_class(info: ClassInfo) -> Iterator[Widget]:
    uploads = [spec for spec in info.specs if spec.type == "COMBO" and any(map(spec.options.get, UPLOADS))]
    sounds = info.name in SOUNDS or any(spec.options.get("audio_upload") for spec in info.specs)
    if sounds:
        yield Widget("audioUI", "AUDIO_UI", "", kept=False, sent=False, socket=False)
    if uploads or any(spec.options.get("audio_upload") for spec in info.specs):
        yield Widget("upload", "BUTTON", "image", sent=False, socket=False)
    if info.name in WITH_PREVIEW_OF_SHAPE:
        yield Widget("image", "PREVIEW_3D", "", socket=False)
    if info.name in WITH_PREVIEW_OF_TEXT:
        yield Widget("preview_text", "TEXT_PREVIEW", "", kept=False, sent=False, socket=False)
        yield Widget("preview_mode", "BOOLEAN", False, kept=False, sent=False, socket=False)


def _own_choices() -> list[Widget]:
    """A drop-down whose choices stand in the node: `option1`, and one more behind each that is filled."""
    choice = Widget("choice", "COMBO", "", spec=read_spec("choice", ["COMBO", {}]))
    return [choice, Widget("index", "INDEX", UNSET, socket=False), option(1)]


def option(number: int) -> Widget:
    return Widget(f"option{number}", "OPTION", "", socket=False)


def _default(fallback: Any) -> Callable[[Spec], Any]:
    def first(spec: Spec) -> Any:
        declared = spec.options.get("default")
        return fallback if declared is None else declared

    return first


def _first_choice(spec: Spec) -> Any:
    if spec.options.get("multi_select"):
        return []
    if spec.options.get("default") and spec.type != CHOOSING:
        return spec.options["default"]
    offered = choices_of(spec)
    if offered:
        return offered[0]
    return "Loading..." if spec.options.get("remote") else UNSET


FIRST: Mapping[str, Callable[[Spec], Any]] = {
    "INT": _default(0),
    "FLOAT": _default(0),
    "BOOLEAN": _default(False),
    "STRING": _default(""),
    "MARKDOWN": _default(""),
    "TEXTAREA": _default(""),
    "COMBO": _first_choice,
    CHOOSING: _first_choice,
    "COLOR": _default("#000000"),
    "COLORS": _default([]),
    "BOUNDING_BOX": _default(BOX),
    "BOUNDING_BOXES": _default([]),
    "CURVE": _default(CURVE),
    "RANGE": _default({"min": 0, "max": 1}),
    "PAINTER": _default(UNSET),
    "IMAGECOMPARE": lambda spec: ["", ""],
    "LOAD_3D": _default(""),
}
NOT_KEPT = ("IMAGECOMPARE",)
WITHOUT_SOCKET = ("LOAD_3D",)
