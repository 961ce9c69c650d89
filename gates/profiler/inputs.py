"""Inputs as they ran: by name, links as links, big things by what they are, secrets never."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MOST_BYTES = 16 * 1024  # of one node's inputs, as JSON
LONGEST_TEXT = 4096  # characters of one value
MOST_ITEMS = 64  # of one list or mapping
DEEPEST = 6
LEFT_OUT = "(left out: may be secret)"
SHORTEST_SECRET = 6  # shorter ones would blot out ordinary words

_SECRET = re.compile(
    r"(^|[_\W])(api_?keys?|(auth|access|refresh|bearer|hf|civitai|github)_?tokens?|secrets?|passwords?|passwd"
    r"|pwd|passphrase|credentials?|authorization|cookies?|private_?key)($|[_\W])|(^|[_\W])token$",
    re.IGNORECASE,
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
# Names that ComfyUI fills in by itself, for inputs that a node declares as hidden.
_HIDDEN = frozenset({"prompt", "extra_pnginfo", "dynprompt", "unique_id"})
_VOLATILE = frozenset({"control_after_generate", "control_before_generate"})


def is_secret(name: str) -> bool:
    """Whether an input, option or variable of this name may hold a secret."""
    return _SECRET.search(_CAMEL.sub("_", name).replace("-", "_")) is not None


@dataclass
class Redactor:
    """Leaves secrets out of whatever passes, and remembers them to find them elsewhere too."""

    secrets: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, prompt: Mapping[str, Any], extra_data: Mapping[str, Any]) -> Redactor:
        found = cls()
        for name, value in extra_data.items():
            if is_secret(name):
                found.learn(value)
        for node in prompt.values():
            for name, value in _inputs(node).items():
                if is_secret(name):
                    found.learn(value)
        return found

    def learn(self, value: Any) -> None:
        if isinstance(value, str) and len(value) >= SHORTEST_SECRET:
            self.secrets.add(value)

    def clean(self, value: Any) -> Any:
        """A copy of a JSON value in which no secret stands."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(str(k)): self.named(str(k), v) for k, v in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.clean(item) for item in value]
        return value

    def named(self, name: str, value: Any) -> Any:
        """The value of an input; a link stays a link whatever its name is."""
        if is_secret(name) and not is_link(value) and value not in (None, "", False, True):
            return LEFT_OUT
        return self.clean(value)

    def text(self, value: str) -> str:
        for secret in self.secrets:
            if secret in value:
                value = value.replace(secret, LEFT_OUT)
        return value


def is_link(value: Any) -> bool:
    """[id of the source, number of its output]"""
    return (
        isinstance(value, list)
        and len(value) == 2
        and isinstance(value[0], str)
        and isinstance(value[1], (int, float))
        and not isinstance(value[1], bool)
    )


def described(value: Any, depth: int = 0) -> Any:
    """A small JSON value that says what this is; tensors by shape, type and device, never by content."""
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else repr(value)
    if isinstance(value, str):
        return value if len(value) <= LONGEST_TEXT else value[:LONGEST_TEXT] + "…"
    if is_link(value):
        return value
    if depth >= DEEPEST:
        return f"<{type(value).__name__}>"
    if isinstance(value, Mapping):
        shown = list(value.items())[:MOST_ITEMS]
        rest = {"…": len(value) - MOST_ITEMS} if len(value) > MOST_ITEMS else {}
        return {**{str(key)[:256]: described(item, depth + 1) for key, item in shown}, **rest}
    if isinstance(value, (list, tuple)):
        more = [f"… {len(value) - MOST_ITEMS} more"] if len(value) > MOST_ITEMS else []
        return [*(described(item, depth + 1) for item in value[:MOST_ITEMS]), *more]
    return _thing(value)


def _thing(value: Any) -> Any:
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple):
        about: dict[str, Any] = {"type": type(value).__name__, "shape": [int(size) for size in shape]}
        for name in ("dtype", "device"):
            if hasattr(value, name):
                about[name] = str(getattr(value, name))
        return about
    return f"<{type(value).__name__}>"


def inputs_json(inputs: Mapping[str, Any], redactor: Redactor) -> str:
    """At most 16 KiB of JSON; where that is too little, the biggest are left out: `"truncated": true`."""
    shown = {
        name: redactor.named(name, described(value)) for name, value in inputs.items() if name not in _HIDDEN
    }
    text = _dump(shown)
    if len(text.encode()) <= MOST_BYTES:
        return text
    sizes = {name: len(_dump({name: value}).encode()) for name, value in shown.items()}
    room = MOST_BYTES - len(_dump({"truncated": True}).encode()) - 2
    kept: dict[str, Any] = {}
    for name in sorted(shown, key=lambda each: sizes[each]):
        if sizes[name] <= room:
            kept[name] = shown[name]
            room -= sizes[name]
    return _dump({**{name: kept[name] for name in shown if name in kept}, "truncated": True})


def inputs_hash(prompt: Mapping[str, Any]) -> str:
    """64 hex digits over the values of all inputs, but for secrets and for what only says how a value changes
    between runs."""
    values = {
        node_id: {
            name: value
            for name, value in _inputs(node).items()
            if name not in _VOLATILE and (is_link(value) or not is_secret(name))
        }
        for node_id, node in prompt.items()
    }
    return hashlib.sha256(_dump(values, sort=True).encode()).hexdigest()


def _inputs(node: Any) -> Mapping[str, Any]:
    inputs = node.get("inputs") if isinstance(node, Mapping) else None
    return inputs if isinstance(inputs, Mapping) else {}


def _dump(value: Any, sort: bool = False) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=sort, default=described)
    # Lone surrogates are legal in a prompt and cannot be written as UTF-8.
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
