"""The file that is the environment: read and edited without losing a comment or a table of others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .. import atomic
from ..errors import BadManifest
from .heads import Heads
from .records import NodeInfo, node_key
from .toml_reading import read_toml
from .tools import library

TOOL = "comfydock"
GROUPS = "dependency-groups"
SCHEMA = "1.0.0"
# Of [tool.comfydock]; a version that is written without quotes is a number in TOML.
TEXTS = ("comfyui_repository", "comfyui_version", "comfyui_commit", "python_version", "torch_backend")
NODE_KEYS = ("name", "source", "registry_id", "version", "repository", "ref", "path", "sha256")


class PyprojectManager:
    """One pyproject.toml. Edits are made in memory and written by `save`, which replaces the file."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._text: str | None = None
        self._document: Any = None
        self._heads = Heads()

    @property
    def text(self) -> str:
        if self._text is None:
            try:
                self._text = self.file.read_bytes().decode("utf-8-sig")  # line ends as they are
            except FileNotFoundError:
                raise BadManifest(
                    f"{self.file} is not there. `gates dock rollback` brings it back."
                ) from None
            except (OSError, UnicodeDecodeError) as error:
                raise BadManifest(f"{self.file} cannot be read: {error}.") from None
        return self._text

    @text.setter
    def text(self, text: str) -> None:
        self._text, self._document = text, None

    def values(self) -> dict[str, Any]:
        return read_toml(self.text, str(self.file))

    def save(self) -> None:
        atomic.write_bytes(self.file, self.text.encode("utf-8"))

    # --- reading

    def require_whole(self) -> None:
        """What is no environment any more must not be made real: all would be taken away."""
        if not (self._at("project") and self._at("tool", TOOL)):
            raise BadManifest(
                f"{self.file} has no [project] or no [tool.{TOOL}]: nothing is taken away for that. "
                "`gates dock rollback` brings the last state back."
            )

    def settings(self) -> dict[str, Any]:
        """[tool.comfydock] without its tables. Raises BadManifest."""
        own = self._at("tool", TOOL)
        wrong = [key for key in TEXTS if key in own and not isinstance(own[key], str)]
        if wrong:
            raise BadManifest(f"{self.file}: {wrong[0]} of [tool.{TOOL}] is no text. Put it in quotes.")
        return {key: value for key, value in own.items() if not isinstance(value, dict)}

    def _at(self, *path: str) -> dict[str, Any]:
        """The table at `path`, empty where there is none. Raises BadManifest."""
        here = self.values()
        for depth, key in enumerate(path, 1):
            here = here.get(key, {})
            if not isinstance(here, dict):
                raise BadManifest(f"{self.file}: [{'.'.join(path[:depth])}] is no table.")
        return here

    def _lines(self, *path: str) -> list[str]:
        lines = self._at(*path[:-1]).get(path[-1], [])
        if not isinstance(lines, list):
            raise BadManifest(f"{self.file}: {'.'.join(path)} is no list.")
        return [line for line in lines if isinstance(line, str)]

    def nodes(self) -> dict[str, NodeInfo]:
        """The packs of the manifest by their key, however their tables are called. Raises BadManifest."""
        found: dict[str, NodeInfo] = {}
        for name, table in self._at("tool", TOOL, "nodes").items():
            info = self._node(name, table)
            if info.key in found:
                raise BadManifest(
                    f"{self.file}: {found[info.key].name} and {info.name} are one folder to us."
                )
            found[info.key] = info
        return found

    def _node(self, key: str, table: Any) -> NodeInfo:
        where = f"{self.file}: [tool.{TOOL}.nodes.{key}]"
        if not isinstance(table, dict):
            raise BadManifest(f"{where} is no table.")
        fields = {name: table[name] for name in NODE_KEYS if name in table}
        wrong = [name for name, value in fields.items() if not isinstance(value, str)]
        if wrong:
            raise BadManifest(f"{where}: {wrong[0]} is no text.")
        fields.setdefault("name", key)
        source = fields.setdefault("source", "registry" if "registry_id" in fields else "git")
        if not _is_folder_name(fields["name"]):
            raise BadManifest(f"{where}: {fields['name'][:80]!r} is no plain name of a folder.")
        needs = {"registry": "registry_id", "git": "repository", "local": "path"}.get(source)
        if needs is None or needs not in fields:
            raise BadManifest(
                f"{where}: a pack comes from registry (registry_id), git (repository) or local (path)."
            )
        return NodeInfo(**fields)

    def dependencies(self) -> list[str]:
        return self._lines("project", "dependencies")

    def groups(self) -> dict[str, list[str]]:
        """What each pack asks for, by its key: to uv `my_pack` and `my-pack` are one group."""
        return {node_key(name): self._lines(GROUPS, name) for name in self._at(GROUPS)}

    def constraints(self) -> list[str]:
        return self._lines("tool", "uv", "constraint-dependencies")

    # --- editing

    def _edited(self) -> Any:
        if self._document is None:
            self.values()  # what is no TOML is said here, with its place
            self._heads = Heads()
            self._document = library("tomlkit").parse(self._heads.marked(self.text))
        return self._document

    def _done(self) -> None:
        self._text = self._heads.unmarked(library("tomlkit").dumps(self._document))

    def _table(self, *path: str) -> Any:
        """The table at `path`, made where it is not there; those in between get no head of their own."""
        tomlkit = library("tomlkit")
        here = self._edited()
        for depth, key in enumerate(path, 1):
            if key not in here:
                inline = isinstance(here, tomlkit.items.InlineTable)
                made = tomlkit.inline_table() if inline else tomlkit.table(is_super_table=depth < len(path))
                here[key] = made
            here = here[key]
            if not isinstance(here, (dict, Mapping)):
                raise BadManifest(f"{self.file}: [{'.'.join(path[:depth])}] is no table.")
        return here

    def set_settings(self, **values: str | None) -> None:
        """Keys of [tool.comfydock]; None takes one away."""
        self._set(("tool", TOOL), values)

    def set_project(self, **values: Any) -> None:
        self._set(("project",), {key.replace("_", "-"): value for key, value in values.items()})

    def _set(self, path: Sequence[str], values: Mapping[str, Any]) -> None:
        table = self._table(*path)
        for key, value in values.items():
            if value is None:
                table.pop(key, None)
            else:
                table[key] = value
        self._done()

    def set_dependencies(self, lines: Sequence[str]) -> None:
        """What is there already stays where it stands, with its comment."""
        self._lines("project", "dependencies")
        project = self._table("project")
        _fill(project, "dependencies", lines, sort=False)
        self._done()

    def set_node(self, info: NodeInfo, requirements: Sequence[str]) -> None:
        """Name a pack and what it asks for; an edit of an existing table keeps the comments in it."""
        tables = self._table("tool", TOOL, "nodes")
        table = self._table("tool", TOOL, "nodes", _named(tables, info.key) or info.key)
        for name in NODE_KEYS:
            value = getattr(info, name)
            if value is not None:
                table[name] = value
            else:
                table.pop(name, None)
        self._set_group(info.key, requirements)
        self._done()

    def _set_group(self, key: str, requirements: Sequence[str]) -> None:
        if not requirements and not self._at(GROUPS):
            return
        groups = self._table(GROUPS)
        name = next((name for name in groups if node_key(name) == key), key)
        if requirements:
            _fill(groups, name, requirements, sort=True)
        else:
            groups.pop(name, None)

    def remove_node(self, key: str) -> None:
        ended = self.text.endswith("\n\n")
        tables = self._table("tool", TOOL, "nodes")
        tables.pop(_named(tables, key) or key)
        self._set_group(key, ())
        self._done()
        if not ended and self.text.endswith("\n\n"):  # the empty line that was before the last table
            self.text = self.text.rstrip("\n") + "\n"

    def set_constraints(self, lines: Sequence[str]) -> None:
        self._lines("tool", "uv", "constraint-dependencies")
        uv = self._table("tool", "uv")
        if lines:
            _fill(uv, "constraint-dependencies", lines, sort=False)
        else:
            uv.pop("constraint-dependencies", None)
        self._done()

    def set_index(self, name: str, url: str, packages: Sequence[str]) -> None:
        """An explicit index of this name, and that these packages come from it."""
        tomlkit = library("tomlkit")
        uv = self._table("tool", "uv")
        indexes = uv.get("index")
        if indexes is None:
            indexes = uv["index"] = tomlkit.aot()
        if not isinstance(indexes, list) or not all(isinstance(one, dict) for one in indexes):
            raise BadManifest(f"{self.file}: tool.uv.index is no list of tables.")
        at = next((at for at, one in enumerate(indexes) if one.get("name") == name), None)
        kept = indexes[at] if at is not None else _new_entry(indexes)
        kept["name"], kept["url"], kept["explicit"] = name, url, True
        if at is None:
            indexes.append(kept)
        sources = self._table("tool", "uv", "sources")
        for package in packages:
            entry = tomlkit.inline_table()
            entry["index"] = name
            sources[package] = entry
        self._done()

    def has_environments(self) -> bool:
        return bool(self._at("tool", "uv").get("environments"))

    def set_environments(self, markers: Sequence[str]) -> None:
        """Solve for these platforms alone; none means all."""
        self._set(("tool", "uv"), {"environments": _array(markers) if markers else None})


def _named(tables: Any, key: str) -> str | None:
    """What the table of a pack is called in this file."""
    return next((str(name) for name, one in tables.items() if node_key(one.get("name", name)) == key), None)


def _is_folder_name(name: str) -> bool:
    return atomic.is_plain_name(name) and not name.startswith((".", "-")) and bool(node_key(name))


def _new_entry(tables: Any) -> Any:
    tomlkit = library("tomlkit")
    return tomlkit.table() if isinstance(tables, tomlkit.items.AoT) else tomlkit.inline_table()


def _fill(table: Any, key: str, lines: Sequence[str], sort: bool) -> None:
    """Make the list of this name hold these lines; those that are there stay as they are, with comments.

    With `sort` they stand in the order of `lines`, else new ones come last.
    """
    there = table.get(key)
    old = [one for one in there if isinstance(one, str)] if isinstance(there, list) else []
    kept = [line for line in old if line in lines]
    wanted = [*lines] if sort else [*kept, *(line for line in lines if line not in kept)]
    commented = isinstance(there, list) and "#" in str(library("tomlkit").item(there).as_string())
    if not (old or commented) or [line for line in wanted if line in kept] != kept:
        table[key] = _array(wanted)
        return
    _drop(there, {*old} - {*kept})
    for at, line in enumerate(wanted):
        if line not in kept:
            there.insert(list(there).index(wanted[at - 1]) + 1 if at else 0, line)


def _drop(array: Any, lines: set[str]) -> None:
    for at in reversed(range(len(array))):
        if isinstance(array[at], str) and str(array[at]) in lines:
            del array[at]


def _array(lines: Sequence[str]) -> Any:
    array = library("tomlkit").array()
    array.extend(lines)
    return array.multiline(len(lines) > 3)


def new_manifest(name: str, python: str) -> str:
    """The manifest of a new environment. `python` is a version such as 3.12."""
    return (
        "# This file is the environment: `gates dock sync` makes it real, git keeps every state of it.\n\n"
        "[project]\n"
        f'name = "{name}"\n'
        'version = "0.1.0"\n'
        f'requires-python = "=={python}.*"\n'
        "dependencies = []\n\n"
        "[dependency-groups]\n\n"
        "[tool.uv]\n"
        "package = false\n\n"
        f"[tool.{TOOL}]\n"
        f'version = "{SCHEMA}"\n'
        f'python_version = "{python}"\n'
    )
