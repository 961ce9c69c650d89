"""From what the page saves to what it sends."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from ..errors import BrokenGraph, NotAWorkflow, PageOnlyNode, UnknownNodeClass
from .class_info import ClassInfo
from .formats import NEITHER, TOO_DEEP, is_api, is_link, is_ui
from .ids import with_unique_ids
from .known import Known
from .page import PageNode
from .placing import Placed, place_all
from .primitives import PRIMITIVE, apply_primitives
from .reading import read_page
from .texts import Choose, with_choices, with_values
from .tracing import Given, Output, Tracer
from .values import UNSET, as_sent, as_text
from .widget_kinds import Widget

SAVING = (  # their `filename_prefix` may name dates and widgets
    "SaveImage",
    "SaveImageAdvanced",
    "SaveSVGNode",
    "SaveVideo",
    "SaveAnimatedWEBP",
    "SaveAnimatedPNG",
    "SaveWEBM",
    "SaveAudio",
    "SaveAudioMP3",
    "SaveAudioOpus",
    "SaveAudioAdvanced",
    "SaveGLB",
    "Save3DAdvanced",
    "SaveGaussianSplat",
    "SavePointCloud",
    "CLIPSave",
    "VAESave",
    "ModelSave",
    "LoraSave",
    "SaveLatent",
)
IN_THE_PAGE = {
    "Load3D": "takes pictures of its scene in the page",
    "WebcamCapture": "takes a picture with the browser's camera",
    "RecordAudio": "records with the browser's microphone",
}
BY_SCRIPTS = ("SetNode", "GetNode")  # no server has them: scripts of several packs resolve them
GROUP_NODES = ("workflow>", "workflow/")
ADVICE = "in the page choose Export (API) and use that file"
PACK = ("cnr_id", "aux_id", "ver")  # which pack a node is from
Now = Callable[[], datetime]


def to_api(
    workflow: Mapping[str, Any],
    node_info: Mapping[str, Any],
    *,
    choose: Choose = random.choice,
    now: Now = datetime.now,
) -> dict[str, Any]:
    """The prompt that the page would send for `workflow`; one in API format comes back as a copy.

    `node_info` is the answer of `/object_info`: of all classes, or of those that the workflow uses.
    `choose` picks from `{a|b}` in prompts, `now` is the time for `%date:…%` in names of files.
    Raises a leaf of BadWorkflow.
    """
    try:
        if is_ui(workflow):
            return _Conversion(workflow, node_info, choose, now).prompt()
        if is_api(workflow):
            return copy.deepcopy(dict(workflow))
    except RecursionError:
        raise NotAWorkflow(TOO_DEEP) from None
    raise NotAWorkflow(NEITHER)


class _Conversion:
    def __init__(
        self, workflow: Mapping[str, Any], node_info: Mapping[str, Any], choose: Choose, now: Now
    ) -> None:
        page = with_unique_ids(read_page(workflow))
        self._known = Known(page, node_info)
        self._choose = choose
        self._time = now()
        self._placed = place_all(self._known)
        apply_primitives(self._known, self._replaced)
        self._tracer = Tracer(self._known, self._placed)

    def prompt(self) -> dict[str, Any]:
        running = {
            id: (placed, self._class_of(placed))
            for id, placed in self._placed.items()
            if not placed.node.silent and not self._known.is_virtual(placed.node)
        }
        found = {id: self._node(placed, info) for id, (placed, info) in running.items()}
        for node in found.values():
            inputs = node["inputs"]
            lost = [name for name, value in inputs.items() if is_link(value) and value[0] not in found]
            for name in lost:
                del inputs[name]
        return found

    def _class_of(self, placed: Placed) -> ClassInfo:
        node = placed.node
        info = self._known.class_of(node)
        label = _label(placed)
        why = IN_THE_PAGE.get(node.type)
        if info is None and node.type in BY_SCRIPTS:
            why = "is resolved by a script of its pack"
        if why:
            raise PageOnlyNode(f"{label} {why}: {ADVICE}", node=placed.id, class_type=node.type)
        if info is not None:
            return info
        if node.type.startswith(GROUP_NODES):
            raise PageOnlyNode(
                f"{label} is a group of an old page; open and save it in a new one, then it is a subgraph",
                node=placed.id,
                class_type=node.type,
            )
        if node.seems_subgraph:
            raise BrokenGraph(f"{label} is a subgraph that the file does not have; save it again in the page")
        raise UnknownNodeClass(
            f"{label} cannot run: the server has no such class. Install its pack there, or bypass the node "
            f"in the page; if a script of the page resolves it, {ADVICE}",
            node=placed.id,
            class_type=node.type,
        )

    def _node(self, placed: Placed, info: ClassInfo) -> dict[str, Any]:
        node = placed.node
        pack = {key: node.properties[key] for key in PACK if _is_text(node.properties.get(key))}
        return {
            "inputs": self._inputs(placed, info),
            "class_type": info.name,
            "_meta": {"title": self._known.title(node), **pack},
        }

    def _inputs(self, placed: Placed, info: ClassInfo) -> dict[str, Any]:
        widgets = self._known.widgets(placed.sheet, placed.node)
        found = {
            widget.name: as_sent(copy.deepcopy(self._text(widget, info)), widget.kind)
            for widget in widgets
            if widget.sent and widget.name
        }
        for at, slot in enumerate(self._known.inputs(placed.sheet, placed.node)):
            answer = self._tracer.trace(placed, at)
            if isinstance(answer, Output):
                found[slot.name] = [answer.id, answer.slot]
            elif isinstance(answer, Given):
                found[slot.name] = as_sent(copy.deepcopy(answer.value))
        for widget in widgets:
            if widget.kind == "INDEX":
                found[widget.name] = _index_of(found.get("choice"), widgets)
        return {name: value for name, value in found.items() if value is not UNSET}

    def _text(self, widget: Widget, info: ClassInfo) -> Any:
        value = widget.value
        if not isinstance(value, str):
            return value
        if widget.spec is not None and widget.spec.options.get("dynamicPrompts") is True:
            return with_choices(value, self._choose)
        if widget.name == "filename_prefix" and info.name in SAVING:
            return self._replaced(value)
        return value

    def _replaced(self, text: str) -> str:
        return with_values(text, self._time, self._value_of)

    def _value_of(self, name: str, widget: str) -> str | None:
        """The text of a widget, of the first node that is called so."""
        everywhere = list(self._placed.values())
        named = [one for one in everywhere if self._search_name(one.node) == name]
        for placed in named or [one for one in everywhere if self._known.title(one.node) == name]:
            if placed.node.type == PRIMITIVE and widget == "value" and placed.node.values:
                return as_text(placed.node.values[0])
            found = self._known.widget(placed.sheet, placed.node, widget)
            return None if found is None else as_text(found.value)
        return None

    def _search_name(self, node: PageNode) -> Any:
        """The name for use in file names: the class, unless somebody gave another."""
        named = self._known.class_of(node) is not None and node.type not in SAVING
        return node.properties.get("Node name for S&R", node.type if named else None)


def _label(placed: Placed) -> str:
    label = placed.label
    return label[0].upper() + label[1:]


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _index_of(choice: Any, widgets: Sequence[Widget]) -> int:
    """The place of what was chosen among the choices that stand in the node, -1 for none."""
    options = [widget.value for widget in widgets if widget.kind == "OPTION"]
    return options.index(choice) if choice in options else -1
