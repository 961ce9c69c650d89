"""Every file of gates/ imports what docs/house.md lets its room import, and does nothing at import."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
GATES = ROOT / "gates"
FILES = sorted(path.relative_to(GATES).as_posix() for path in GATES.rglob("*.py"))

COMFYUI = {
    "app",
    "comfy",
    "comfy_aimdo",
    "comfy_api",
    "comfy_execution",
    "comfyui_version",
    "execution",
    "folder_paths",
    "latent_preview",
    "node_helpers",
    "nodes",
    "server",
}
COMPAT = "gates_compat.py"


@dataclass(frozen=True)
class Room:
    name: str
    files: tuple[str, ...]
    rooms: tuple[str, ...]
    packages: tuple[str, ...]

    def holds(self, file: str) -> int:
        """How closely: the length of the longest pattern that matches, 0 for none."""
        return max((len(pattern) for pattern in self.files if _matches(file, pattern)), default=0)


@dataclass(frozen=True)
class Import:
    line: int
    target: str  # a file of ours as in FILES, or the top name of a package
    ours: bool
    absolute_ours: bool
    in_function: bool


def _matches(file: str, pattern: str) -> bool:
    if pattern.endswith("/**"):
        return file.startswith(pattern[:-2])
    return file.count("/") == pattern.count("/") and fnmatch(file, pattern)


def read_rooms() -> list[Room]:
    rows = re.findall(r"^\| *([a-z]+) *\|(.*)\|(.*)\|(.*)\|$", _house(), re.M)
    return [Room(name, *(tuple(re.findall("`(.+?)`", cell)) for cell in cells)) for name, *cells in rows]


def _house() -> str:
    text = (ROOT / "docs" / "house.md").read_text("utf-8")
    return "\n".join(line for line in text.splitlines() if not line.startswith("| room |"))


ROOMS = read_rooms()


def room_of(file: str) -> Room:
    closest = max(room.holds(file) for room in ROOMS)
    found = [room for room in ROOMS if closest and room.holds(file) == closest]
    assert len(found) == 1, f"gates/{file} belongs to {[room.name for room in found] or 'no room'}"
    return found[0]


def imports_of(file: str, source: str) -> Iterator[Import]:
    tree = ast.parse(source)
    inside = _nodes_in_functions(tree)
    for node in ast.walk(tree):
        within = node in inside
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.split(".")[0]
                yield Import(node.lineno, top, False, top == "gates", within)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            top = (node.module or "").split(".")[0]
            yield Import(node.lineno, top, False, top == "gates", within)
        elif isinstance(node, ast.ImportFrom):
            for target in _relative_targets(file, node):
                yield Import(node.lineno, target, True, False, within)


def _nodes_in_functions(tree: ast.AST) -> set[ast.AST]:
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    return {inner for function in functions for inner in ast.walk(function)}


def _relative_targets(file: str, node: ast.ImportFrom) -> list[str]:
    """The files that a relative import reaches; `from . import a` reaches a.py, or the package's own file."""
    package = ["gates", *file.split("/")[:-1]]
    package = package[: len(package) - node.level + 1]
    assert package, f"gates/{file}:{node.lineno} leaves gates/"
    base = [*package[1:], *(node.module.split(".") if node.module else [])]
    if node.module and _file_of(base) is not None and not _is_package(base):
        return [str(_file_of(base))]
    named = [_file_of([*base, alias.name]) or _file_of(base) for alias in node.names]
    assert all(named), f"gates/{file}:{node.lineno} imports what is not there"
    return [str(target) for target in named]


def _file_of(parts: list[str]) -> str | None:
    name = "/".join(parts)
    candidates = [f"{name}.py" if name else "", f"{name}/__init__.py" if name else "__init__.py"]
    return next((file for file in candidates if file in FILES), None)


def _is_package(parts: list[str]) -> bool:
    return (_file_of(parts) or "").endswith("__init__.py")


def complaints(file: str, source: str) -> list[str]:
    room = room_of(file)
    found = []
    for one in imports_of(file, source):
        if one.absolute_ours:
            found.append(f"{file}:{one.line}: import gates by a relative name")
        elif one.ours:
            target = room_of(one.target).name
            if target != room.name and target not in room.rooms:
                found.append(f"{file}:{one.line}: {room.name} may not import {target}")
        elif one.target in COMFYUI:
            if file != COMPAT or not one.in_function:
                found.append(f"{file}:{one.line}: only functions of {COMPAT} name {one.target}")
        elif one.target not in sys.stdlib_module_names and one.target not in room.packages:
            found.append(f"{file}:{one.line}: {room.name} may not import {one.target}")
    return found


@pytest.mark.parametrize("file", FILES)
def test_imports_keep_to_the_table(file: str) -> None:
    assert complaints(file, (GATES / file).read_text("utf-8")) == []


def test_the_table_speaks_of_rooms_and_files_that_are_there() -> None:
    names = {room.name for room in ROOMS}
    assert len(ROOMS) > 10
    for room in ROOMS:
        assert set(room.rooms) <= names, room.name
        for pattern in room.files:
            assert any(_matches(file, pattern) for file in FILES), f"{room.name}: {pattern}"


@pytest.mark.parametrize(
    ("file", "source", "complaint"),
    [
        ("pool.py", "import aiohttp", "pools may not import aiohttp"),
        ("pool.py", "from .node import GridImagePool", "pools may not import nodes"),
        ("pool.py", "from . import extension", "pools may not import extension"),
        ("pool.py", "def f():\n    import folder_paths", "only functions of gates_compat.py"),
        ("pool.py", "from gates import errors", "by a relative name"),
        ("gates_compat.py", "import server", "only functions of gates_compat.py"),
        ("host/options.py", "from ..pool import add_image", "host may not import pools"),
        ("host/testing/server.py", "import pytest", "host may not import pytest"),
        ("host/pytest_plugin.py", "import aiohttp", "plugin may not import aiohttp"),
        ("errors.py", "from . import pool", "errors may not import pools"),
    ],
)
def test_the_check_sees_what_breaks_the_table(file: str, source: str, complaint: str) -> None:
    assert any(complaint in one for one in complaints(file, source))


def happenings(source: str) -> list[int]:
    """Lines of statements at the top of a module that do more than define and import."""
    quiet = (
        ast.Import,
        ast.ImportFrom,
        ast.FunctionDef,
        ast.AsyncFunctionDef,
        ast.ClassDef,
        ast.Assign,
        ast.AnnAssign,
    )
    found = []
    for node in ast.parse(source).body:
        docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if not isinstance(node, quiet) and not docstring and not _is_guard(node):
            found.append(node.lineno)
    return found


def _is_guard(node: ast.stmt) -> bool:
    """`if TYPE_CHECKING`, `if __name__ == "__main__"`, and a choice by system or version."""
    allowed = ("TYPE_CHECKING", "__name__", "sys.", "os.name")
    return isinstance(node, ast.If) and any(word in ast.unparse(node.test) for word in allowed)


@pytest.mark.parametrize("file", FILES)
def test_nothing_happens_at_import(file: str) -> None:
    source = (GATES / file).read_text("utf-8")
    assert happenings(source) == []
    assert not [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Global)]


def test_the_check_sees_what_happens_at_import() -> None:
    assert happenings('"""A."""\nimport os\nos.makedirs("x")\nfor a in b: pass') == [3, 4]


@pytest.mark.parametrize("file", FILES)
def test_log_names_are_written_out(file: str) -> None:
    for node in ast.walk(ast.parse((GATES / file).read_text("utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("getLogger") and node.args:
            name = node.args[0]
            assert isinstance(name, ast.Constant), f"{file}:{node.lineno}"
            assert str(name.value).startswith("gates"), f"{file}:{node.lineno}"
