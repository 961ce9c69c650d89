"""Values set from outside: `NODE.INPUT=VALUE`."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from ..errors import BadSetting, NotAWorkflow
from .access import Node, nodes
from .formats import NEITHER, TOO_DEEP, is_api, is_link

MOST_NAMED = 12  # as many names as a sentence can hold
LONGEST_SETTING = 100  # characters of it that a sentence repeats


@dataclass(frozen=True)
class _Place:
    node: str
    input: str
    value: str


def apply(prompt: Mapping[str, Any], settings: Iterable[str]) -> dict[str, Any]:
    """A copy of a prompt in API format with each `NODE.INPUT=VALUE` set, in their order.

    NODE is an id, or a title or class that one node alone has. Where a text stands, VALUE is that text;
    elsewhere it is read as JSON, and as text where it is none. A link goes when a value takes its place.
    Raises BadSetting, NotAWorkflow.
    """
    if not is_api(prompt):
        raise NotAWorkflow(NEITHER)
    try:
        found = copy.deepcopy(dict(prompt))
    except RecursionError:
        raise NotAWorkflow(TOO_DEEP) from None
    there = nodes(found)
    for setting in settings:
        place = _place(setting, found, there)
        inputs = found[place.node]["inputs"]
        inputs[place.input] = _value(place.value, inputs[place.input], found)
    return found


def _place(setting: str, prompt: Mapping[str, Any], there: tuple[Node, ...]) -> _Place:
    """The one way to read a setting: titles and inputs may have dots in them, titles an equals sign."""
    for name, input, value in _splits(setting):
        ids = _called(name, there)
        if len(ids) == 1 and input in prompt[ids[0]]["inputs"]:
            return _Place(ids[0], input, value)
    _complain(setting, prompt, there)


def _splits(setting: str) -> Iterator[tuple[str, str, str]]:
    for equals in (at for at, letter in enumerate(setting) if letter == "="):
        left = setting[:equals]
        for dot in (at for at, letter in enumerate(left) if letter == "."):
            yield left[:dot], left[dot + 1 :], setting[equals + 1 :]


def _called(name: str, there: tuple[Node, ...]) -> list[str]:
    """Ids of the nodes of this id; else of this title; else of this class."""
    for key in ("id", "title", "class_type"):
        ids = [node.id for node in there if getattr(node, key) == name]
        if ids:
            return ids
    return []


def _complain(setting: str, prompt: Mapping[str, Any], there: tuple[Node, ...]) -> NoReturn:
    shown = setting if len(setting) <= LONGEST_SETTING else f"{setting[:LONGEST_SETTING]}…"
    splits = list(_splits(setting))
    if not splits:
        raise BadSetting(f"“{shown}” is not NODE.INPUT=VALUE, as in 3.seed=7", setting=setting)
    for name, input, _ in splits:
        ids = _called(name, there)
        if len(ids) > 1:
            raise BadSetting(
                f"“{shown}”: {len(ids)} nodes are called {name}; name one by its id: {_listed(ids)}",
                setting=setting,
            )
        if ids:
            raise BadSetting(
                f"“{shown}”: node {ids[0]} has no input {input}; it has {_listed(prompt[ids[0]]['inputs'])}",
                setting=setting,
            )
    ways = [f"{node.id} ({node.title or node.class_type})" for node in there]
    raise BadSetting(
        f"“{shown}”: there is no node {splits[0][0]}; there are {_listed(ways)}", setting=setting
    )


def _listed(names: Iterable[str]) -> str:
    all_names = list(names)
    more = len(all_names) - MOST_NAMED
    text = ", ".join(all_names[:MOST_NAMED]) or "none"
    return f"{text} and {more} more" if more > 0 else text


def _value(text: str, present: Any, prompt: Mapping[str, Any]) -> Any:
    if isinstance(present, str):
        return text
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return text
    if isinstance(value, list) and not (is_link(value) and value[0] in prompt):
        return {"__value__": value}
    return value


def _no_constant(name: str) -> NoReturn:
    """NaN and the infinities are no JSON, and no server takes them."""
    raise ValueError(name)
