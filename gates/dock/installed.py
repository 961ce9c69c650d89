"""What the dock itself put into an environment: so it never takes away what somebody else did."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from .. import atomic
from ..errors import BadManifest
from .journal import optional, rows, table, text, texts

MOST = 50  # lists of one pack that are remembered


@dataclass(frozen=True)
class InstalledNode:
    """`version` as the manifest has it; `digest` of its files when it was put there;
    `scripts_ran` once somebody allowed its install script; `asked` what its list held last."""

    name: str
    version: str | None
    source: str
    digest: str | None = None
    scripts_ran: bool = False
    asked: tuple[str, ...] | None = None


@dataclass(frozen=True)
class InstalledCore:
    """What the manifest called ComfyUI when it was last made real: so an edit of one of the two is seen."""

    version: str | None
    commit: str | None


@dataclass(frozen=True)
class Installed:
    nodes: dict[str, InstalledNode] = field(default_factory=dict)  # by key
    packages: tuple[str, ...] = ()  # canonical names
    replaced: dict[str, str] = field(default_factory=dict)  # of others, by name: the requirement as it was
    core: InstalledCore | None = None
    # What packs ever asked for, by key, newest last: a group that holds one of these nobody wrote.
    lists: dict[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)

    def with_node(self, key: str, node: InstalledNode) -> Installed:
        seen = self.lists.get(key, ())
        lists = (
            *(one for one in seen if one != node.asked),
            *([node.asked] if node.asked is not None else ()),
        )[-MOST:]
        kept = {**self.lists, key: lists} if lists else self.lists
        return replace(self, nodes={**self.nodes, key: node}, lists=kept)

    def without_node(self, key: str) -> Installed:
        return replace(self, nodes={k: node for k, node in self.nodes.items() if k != key})

    def with_packages(self, added: set[str], removed: set[str]) -> Installed:
        kept = {name: line for name, line in self.replaced.items() if name not in added}
        return replace(self, packages=tuple(sorted((set(self.packages) | added) - removed)), replaced=kept)

    def with_replaced(self, lines: Mapping[str, str], back: Iterable[str]) -> Installed:
        kept = {**lines, **self.replaced}
        return replace(self, replaced={name: line for name, line in kept.items() if name not in {*back}})


def read_installed(file: Path) -> Installed:
    """Raises BadManifest where the file is damaged: guessing would remove what is not ours."""
    try:
        data = table(json.loads(file.read_text("utf-8")))
        nodes = {key: _node(table(fields)) for key, fields in table(data["nodes"]).items()}
        replaced = {name: text(line) for name, line in table(data.get("replaced", {})).items()}
        lists = {key: _lists(listed) for key, listed in table(data.get("lists", {})).items()}
        core = _core(data.get("core"))
        return Installed(nodes, tuple(texts(data["packages"])), replaced, core, lists)
    except FileNotFoundError:
        return Installed()
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadManifest(
            f"{file} is damaged ({type(error).__name__}). Remove it: then nothing counts as installed "
            "by dock, and nothing is taken away."
        ) from None


def _node(fields: dict[str, Any]) -> InstalledNode:
    name = text(fields["name"])
    if not atomic.is_plain_name(name):
        raise ValueError("no name of a folder")
    version, digest = (optional(fields.get(key)) for key in ("version", "digest"))
    asked = tuple(texts(fields["asked"])) if fields.get("asked") is not None else None
    ran = fields.get("scripts_ran") is True
    return InstalledNode(name, version, text(fields["source"]), digest, ran, asked)


def _lists(listed: Any) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(texts(row)) for row in rows(listed))


def _core(fields: Any) -> InstalledCore | None:
    if fields is None:
        return None
    return InstalledCore(optional(table(fields)["version"]), optional(fields["commit"]))


def write_installed(file: Path, installed: Installed) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    atomic.write_bytes(file, json.dumps(asdict(installed), indent=1).encode("utf-8"))
