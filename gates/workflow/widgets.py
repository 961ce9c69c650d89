"""The widgets of a saved node, with the values that the page would load into them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from .class_info import CHOOSING, ClassInfo
from .page import PageNode
from .values import UNSET, as_text
from .widget_kinds import Widget, option, widgets_of, widgets_of_choice

CONTROLS = ("control_after_generate", "control_filter_list")
OLD_SAMPLER = "sample_"  # what the names of samplers began with in the first workflows


def restored(info: ClassInfo, node: PageNode) -> list[Widget]:
    """Values go by position. They go by name where the file has names and they are not those of the class:

    then either the class changed since, or a script of its pack added widgets, and both are right by name.
    """
    fresh = widgets_of(info)
    if node.named is None:
        return _finished(info, _by_position(fresh, _without_sockets(info, fresh, node.values)))
    by_position = _by_position(fresh, node.values)
    names = _numbered([widget.name for widget in by_position if widget.kept])
    if names == list(node.named) and len(names) == len(node.values):
        return _finished(info, by_position)
    return _finished(info, _by_name(fresh, node.named))


def _numbered(names: Sequence[str]) -> list[str]:
    """The page tells widgets of one name apart: `seed`, `seed#1`."""
    found: list[str] = []
    for name in names:
        number, unique = 0, name
        while unique in found:
            number += 1
            unique = f"{name}#{number}"
        found.append(unique)
    return found


def _by_position(fresh: Sequence[Widget], values: Sequence[Any]) -> list[Widget]:
    left, done, at = list(fresh), list[Widget](), 0
    while left:
        widget = left.pop(0)
        if widget.kept and at < len(values):
            widget = replace(widget, value=_loaded(widget, values[at]))
            left = _followers(widget, left)
        at += widget.kept
        done.append(widget)
    return done


def _by_name(fresh: Sequence[Widget], named: Mapping[str, Any]) -> list[Widget]:
    left, done = list(fresh), list[Widget]()
    while left:
        widget = left.pop(0)
        if widget.kept and widget.name in named:
            widget = replace(widget, value=_loaded(widget, named[widget.name]))
            left = _followers(widget, left)
        done.append(widget)
    known = {widget.name for widget in done}
    added = [
        Widget(name, "ADDED", value, socket=False)
        for name, value in named.items()
        if name not in known and value is not None and not name.partition("#")[0].endswith(CONTROLS)
    ]
    return [*done, *added]


def _followers(widget: Widget, left: list[Widget]) -> list[Widget]:
    """The widgets behind one that was just set."""
    if widget.kind == CHOOSING and widget.spec is not None:
        others = [one for one in left if not one.name.startswith(f"{widget.name}.")]
        return [*widgets_of_choice(widget.spec, widget.value), *others]
    if widget.kind == "OPTION" and widget.value:
        return [*left, option(int(widget.name.removeprefix("option")) + 1)]
    return left


def _loaded(widget: Widget, value: Any) -> Any:
    """A text field holds text, whatever was saved."""
    multiline = widget.spec is not None and widget.spec.options.get("multiline")
    is_field = widget.kind == "MARKDOWN" or (widget.kind == "STRING" and multiline)
    return as_text(value) if is_field and not isinstance(value, str) else value


def _without_sockets(info: ClassInfo, fresh: Sequence[Widget], values: Sequence[Any]) -> Sequence[Any]:
    """Old pages kept values of inputs that are sockets alone; leave them out where they can be told."""
    names, kept = {widget.name for widget in fresh}, {widget.name for widget in fresh if widget.kept}
    flags: list[bool] = []
    for spec in info.specs:
        if spec.only_socket or (spec.name in names and spec.name in kept):
            flags.append(spec.only_socket)
            if spec.options.get("control_after_generate"):
                flags.append(False)
    if True not in flags and len(values) == len(kept):
        return values
    compact = [value for at, value in enumerate(values) if at >= len(fresh) or fresh[at].kept]
    aligned = compact if len(compact) == len(flags) else values
    if len(aligned) != len(flags):
        return values
    return [value for value, socket in zip(aligned, flags, strict=True) if not socket]


def _finished(info: ClassInfo, widgets: Sequence[Widget]) -> list[Widget]:
    """What the page repairs after loading: a drop-down without a value, and old names of samplers."""
    done: list[Widget] = []
    for widget in widgets:
        if widget.value in (None, UNSET) and widget.choices:
            widget = replace(widget, value=widget.choices[0])
            done.append(widget)
            if widget.kind == CHOOSING and widget.spec is not None:
                done += widgets_of_choice(widget.spec, widget.value)
            continue
        if widget.name == "sampler_name" and info.name in ("KSampler", "KSamplerAdvanced"):
            value = widget.value
            widget = replace(
                widget, value=value.removeprefix(OLD_SAMPLER) if isinstance(value, str) else value
            )
        done.append(widget)
    return done
