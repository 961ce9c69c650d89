"""Inputs that come and go with what a prompt sends: growing lists, choices and slots that bring inputs along.

A node declares one entry; the prompt names what it brings by paths, as `texts.text0` or `kind.width`. For
one prompt the entry turns into ordinary inputs, and before a call these turn into nested dictionaries.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

GROWING = "COMFY_AUTOGROW_V3"
CHOICE = "COMFY_DYNAMICCOMBO_V3"
SLOT = "COMFY_DYNAMICSLOT_V3"

Declared = dict[str, dict[str, Any]]
Entry = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Dynamic:
    """`paths`: where each input goes, dots between levels; `empty`: those that are `{}` without a value."""

    paths: Mapping[str, str] = field(default_factory=dict)
    empty: frozenset[str] = frozenset()


class Expansion:
    """Turns what a class declares into what it takes from the inputs at hand."""

    def __init__(self, live: Mapping[str, Any]) -> None:
        self._live = live
        self.declared: Declared = {"required": {}, "optional": {}}
        self.paths: dict[str, str] = {}
        self.empty: set[str] = set()

    def add(self, declared: Mapping[str, Mapping[str, Any]], prefix: str = "") -> None:
        for category, entries in declared.items():
            for name, entry in entries.items():
                path = f"{prefix}.{name}" if prefix else name
                rule = RULES.get(entry[0]) if isinstance(entry[0], str) else None
                if rule is not None:
                    rule(self, entry, category, path)
                    continue
                self.declared[category][path] = entry
                if prefix:
                    self.paths[path] = path

    def grow(self, entry: Entry, category: str, path: str) -> None:
        template = entry[1]["template"]
        inner_category, inner = _only_input(template["input"])
        names = template.get("names") or [f"{template['prefix']}{each}" for each in range(template["max"])]
        sent: Declared = {}
        for index, name in enumerate(names):
            needed = inner_category == "required" and index < template["min"]
            where = "required" if needed else "optional"
            self.declared[where][f"{path}.{name}"] = inner
            if f"{path}.{name}" in self._live:
                sent.setdefault(where, {})[name] = inner
        if not sent:
            self.paths[path] = path
            self.empty.add(path)
        self.add(sent, path)

    def choose(self, entry: Entry, category: str, path: str) -> None:
        chosen = self._live.get(path)
        for option in entry[1]["options"]:
            if path in self._live and option["key"] == chosen:
                self._bring(option["inputs"], entry, category, path)
                return

    def fill(self, entry: Entry, category: str, path: str) -> None:
        if path in self._live:
            self._bring(entry[1]["inputs"], entry, category, path)

    def _bring(self, inputs: Declared, entry: Entry, category: str, path: str) -> None:
        self.add(inputs, path)
        self.declared[category][path] = entry
        self.paths[path] = f"{path}.{path.rsplit('.', 1)[-1]}"


RULES: Mapping[str, Callable[[Expansion, Entry, str, str], None]] = {
    GROWING: Expansion.grow,
    CHOICE: Expansion.choose,
    SLOT: Expansion.fill,
}


def _only_input(template: Declared) -> tuple[str, Any]:
    for category, entries in template.items():
        for entry in entries.values():
            return category, entry
    raise ValueError("a growing input has a template without an input")


def expanded(declared: Mapping[str, Mapping[str, Any]], live: Mapping[str, Any]) -> tuple[Declared, Dynamic]:
    """What a V3 class takes, hidden inputs aside, where a prompt sends `live`."""
    expansion = Expansion(live)
    expansion.add({category: entries for category, entries in declared.items() if category != "hidden"})
    return expansion.declared, Dynamic(expansion.paths, frozenset(expansion.empty))


def nested(values: Mapping[str, Any], dynamic: Dynamic, with_names: bool = False) -> dict[str, Any]:
    """Values by path as nested dictionaries; `with_names` makes each leaf a pair with its input's name."""
    rest = dict(values)
    tree: dict[str, Any] = {}
    for name, path in dynamic.paths.items():
        value = rest.pop(name, None)
        if value is None and name in dynamic.empty:
            value = {}
        *parents, last = path.split(".")
        place = tree
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = (value, name) if with_names else value
    return {**rest, **tree}
