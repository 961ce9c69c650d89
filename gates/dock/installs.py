"""A ComfyUI that the dock did not make: where it lies, and which Python is its own."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import NoComfyUI, NoPython
from .tools import on_path

LOOKED_FOR = "a portable, Desktop, venv or git install"
BESIDE_MAIN = ("comfy", "custom_nodes", "folder_paths.py", "comfyui_version.py")
EMBEDDED = ("python_embeded", "python_embedded")  # the first as the portable build spells it
VENVS = (".venv", "venv")
PORTABLE = "ComfyUI_windows_portable"
STANDALONE = "standalone-env"  # of newer Desktops, beside ComfyUI


@dataclass(frozen=True)
class Install:
    """`root` holds custom_nodes and user; `core` is where main.py lies, None where that is not known.

    `layout` is portable, desktop, venv or git; `python_from` says in words how the interpreter was found.
    """

    root: Path
    python: Path
    layout: str
    custom_nodes: Path
    user: Path
    core: Path | None = None
    python_from: str = ""


def find_install(
    path: Path | None,
    cwd: Path,
    environ: Mapping[str, str],
    *,
    python: Path | None = None,
    system: str = os.name,
    own: Path = Path(sys.prefix),
) -> Install:
    """The ComfyUI in `path`, else the one that `cwd` lies in. Nothing of it is run.

    `own` is the environment of this program, which is never taken for ComfyUI's. Raises NoComfyUI, NoPython.
    """
    place = _given(cwd / path.expanduser(), system) if path is not None else _around(cwd, system)
    if place is None:
        where = f"in {path}" if path is not None else f"in {cwd}, nor in a folder above it"
        raise NoComfyUI(f"There is no ComfyUI {where}: {LOOKED_FOR} is looked for. Name it: --comfyui DIR")
    core = place if _is_core(place) else _desktop_core(environ, system)
    if python is not None:
        layout, found, said = _layout(place), cwd / python.expanduser(), "as given"
    else:
        layout, found, said = _python(place, environ, system, own)
    if not found.is_file():
        raise NoPython(f"{found} is no Python.")
    return Install(place, found, layout, place / "custom_nodes", place / "user", core, said)


def _given(folder: Path, system: str) -> Path | None:
    candidates = (folder, folder / "ComfyUI", folder / PORTABLE / "ComfyUI")
    return next((Path(os.path.abspath(one)) for one in candidates if _is_install(one, system)), None)


def _around(cwd: Path, system: str) -> Path | None:
    above = (folder for folder in cwd.parents if _is_install(folder, system))
    return _given(cwd, system) or next(above, None)


def _is_install(folder: Path, system: str) -> bool:
    return _is_core(folder) or _is_base(folder, system)


def _is_core(folder: Path) -> bool:
    return (folder / "main.py").is_file() and any((folder / name).exists() for name in BESIDE_MAIN)


def _is_base(folder: Path, system: str) -> bool:
    """What Desktop calls its base path: everything but the program."""
    has_folders = (folder / "custom_nodes").is_dir() and (folder / "user").is_dir()
    return has_folders and _interpreter(folder / ".venv", system).is_file()


def _layout(place: Path) -> str:
    if not _is_core(place) or (place.parent / STANDALONE).is_dir():
        return "desktop"
    if any((place.parent / name).is_dir() for name in EMBEDDED):
        return "portable"
    return "venv" if any((place / name).is_dir() for name in VENVS) else "git"


def _python(place: Path, environ: Mapping[str, str], system: str, own: Path) -> tuple[str, Path, str]:
    for layout, candidate, said in _candidates(place, environ, system, own):
        if candidate.is_file():
            return layout, candidate, said
    if any((place.parent / name).is_dir() for name in EMBEDDED):
        raise NoPython(f"{place.parent} is a portable ComfyUI for Windows, and its Python runs there alone.")
    raise NoPython(
        f"The ComfyUI in {place} has no Python of its own. Activate the virtual environment that it runs in, "
        "then try again."
    )


def _candidates(
    place: Path, environ: Mapping[str, str], system: str, own: Path
) -> Iterator[tuple[str, Path, str]]:
    parent = place.parent
    if system == "nt":
        for name in EMBEDDED:
            yield "portable", parent / name / "python.exe", "the one that the portable build brings"
    desktop = _layout(place) == "desktop"
    for name in VENVS:
        yield ("desktop" if desktop else "venv"), _interpreter(place / name, system), f"{name} in its folder"
    if desktop:
        yield "desktop", _interpreter(parent / "envs" / "default", system), "envs/default beside it"
        yield "desktop", _base_interpreter(parent / STANDALONE, system), f"{STANDALONE} beside it"
    for name in VENVS:
        yield "venv", _interpreter(parent / name, system), f"{name} beside its folder"
    for name in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        yield from _active(name, environ, system, own)
    for name in ("python3", "python"):
        found = on_path(name, environ)
        if found is not None:
            yield "git", Path(found), f"{name} on the PATH"


def _active(name: str, environ: Mapping[str, str], system: str, own: Path) -> Iterator[tuple[str, Path, str]]:
    folder = environ.get(name)
    if folder and os.path.realpath(folder) != os.path.realpath(own):
        yield "git", _interpreter(Path(folder), system), f"the active environment, {name}"
        yield "git", _base_interpreter(Path(folder), system), f"the active environment, {name}"


def _interpreter(venv: Path, system: str) -> Path:
    return venv / "Scripts" / "python.exe" if system == "nt" else venv / "bin" / "python"


def _base_interpreter(folder: Path, system: str) -> Path:
    """Of an environment that is no virtual one: conda's, Desktop's own."""
    return folder / "python.exe" if system == "nt" else folder / "bin" / "python3"


def _desktop_core(environ: Mapping[str, str], system: str) -> Path | None:
    """Where the Desktop application keeps the ComfyUI that works on a base path."""
    if system == "nt":
        local = environ.get("LOCALAPPDATA", "")
        program = Path(local, "Programs", "@comfyorgcomfyui-electron", "resources", "ComfyUI")
        return program if local and _is_core(program) else None
    inside = Path("Applications", "ComfyUI.app", "Contents", "Resources", "ComfyUI")
    places = (Path(environ.get("HOME", os.sep), inside), Path(os.sep, inside))
    return next((place for place in places if _is_core(place)), None)
