"""A ComfyUI that the dock did not make: where it lies, and which Python is its own."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import NoComfyUI, NoPython
from .operation import is_link

LOOKED_FOR = "a portable, Desktop, venv or git install"
BESIDE_MAIN = ("comfy", "custom_nodes", "folder_paths.py", "comfyui_version.py")
EMBEDDED = ("python_embeded", "python_embedded")  # the first as the portable build spells it
VENVS = (".venv", "venv")
PORTABLE = "ComfyUI_windows_portable"
STANDALONE = "standalone-env"  # of newer Desktops, beside ComfyUI


@dataclass(frozen=True)
class Place:
    """`root` holds custom_nodes and user; `core` is where main.py lies, None where that is not known.

    `layout` is portable, desktop, venv or git.
    """

    root: Path
    layout: str
    custom_nodes: Path
    user: Path
    core: Path | None = None


@dataclass(frozen=True)
class Install(Place):
    """A ComfyUI with the interpreter that runs it; `python_from` says in words how that was found.

    `is_sure`: it was named, or is a part of this ComfyUI. One that was merely activated may be another's.
    """

    python: Path = field(kw_only=True)
    python_from: str = field(default="", kw_only=True)
    is_sure: bool = field(default=False, kw_only=True)


@dataclass(frozen=True)
class _Candidate:
    """An interpreter that may be ComfyUI's; `is_there`: its environment is, whether it runs here or not."""

    path: Path
    said: str
    is_there: bool
    is_part: bool = False


def find_place(path: Path | None, cwd: Path, environ: Mapping[str, str], *, system: str = os.name) -> Place:
    """The ComfyUI in `path`, else the one that `cwd` lies in, whatever runs it. Raises NoComfyUI."""
    place = _given(cwd / path.expanduser()) if path is not None else _around(cwd)
    if place is None:
        where = f"in {path}" if path is not None else f"in {cwd}, nor in a folder above it"
        raise NoComfyUI(f"There is no ComfyUI {where}: {LOOKED_FOR} is looked for. Name it: --comfyui DIR")
    core = place if _is_core(place) else _desktop_core(environ, system)
    return Place(place, _layout(place), place / "custom_nodes", place / "user", core)


def find_install(
    path: Path | None,
    cwd: Path,
    environ: Mapping[str, str],
    *,
    python: Path | None = None,
    system: str = os.name,
    own: Path = Path(sys.prefix),
) -> Install:
    """`find_place`, and the Python of that ComfyUI: `python`, else its own, else an activated one.

    Nothing of it is run. `own` is the environment of this program, which is never taken for ComfyUI's; nor is
    an interpreter that only happens to be on the PATH. Raises NoComfyUI, NoPython.
    """
    place = find_place(path, cwd, environ, system=system)
    if python is not None:
        found, said, is_sure = _named(cwd / python.expanduser()), "as given", True
    else:
        one = _candidate(place.root, environ, system, own)
        found, said, is_sure = one.path, one.said, one.is_part
    return Install(**vars(place), python=found, python_from=said, is_sure=is_sure)


def _named(python: Path) -> Path:
    """A link to an interpreter is not followed: behind it lies another environment."""
    if not python.is_file():
        raise NoPython(f"{python} is no Python. Name the program itself, such as VENV/bin/python.")
    return Path(os.path.abspath(python))


def _given(folder: Path) -> Path | None:
    candidates = (folder, folder / "ComfyUI", folder / PORTABLE / "ComfyUI")
    return next((Path(os.path.abspath(one)) for one in candidates if _is_install(one)), None)


def _around(cwd: Path) -> Path | None:
    above = (folder for folder in cwd.parents if _is_install(folder))
    return _given(cwd) or next(above, None)


def _is_install(folder: Path) -> bool:
    return _is_core(folder) or _is_base(folder)


def _is_core(folder: Path) -> bool:
    return (folder / "main.py").is_file() and any((folder / name).exists() for name in BESIDE_MAIN)


def _is_base(folder: Path) -> bool:
    """What Desktop calls its base path: everything but the program."""
    has_folders = (folder / "custom_nodes").is_dir() and (folder / "user").is_dir()
    return has_folders and _is_environment(folder / ".venv")


def _layout(place: Path) -> str:
    if not _is_core(place) or (place.parent / STANDALONE).is_dir():
        return "desktop"
    if any((place.parent / name).is_dir() for name in EMBEDDED):
        return "portable"
    folders = (parent / name for parent in (place, place.parent) for name in VENVS)
    return "venv" if any(_is_environment(folder) for folder in folders) else "git"


def _is_environment(folder: Path) -> bool:
    """Whether it is, or was meant to be, a virtual environment; a link that leads nowhere was."""
    marks = ("pyvenv.cfg", "bin", "Scripts")
    return any((folder / mark).exists() for mark in marks) or (is_link(folder) and not folder.exists())


def _candidate(place: Path, environ: Mapping[str, str], system: str, own: Path) -> _Candidate:
    """The first whose environment is there. One that does not run here is not passed over for the next."""
    candidates = (*_part_or_beside(place, system), *_active(environ, system, own))
    found = next((one for one in candidates if one.is_there), None)
    if found is None:
        raise NoPython(
            f"The ComfyUI in {place} has no Python of its own. Activate the environment that runs it, "
            "or name its Python: --python PATH."
        )
    wrong = _what_is_wrong(found.path, system)
    if wrong is not None:
        raise NoPython(
            f"The Python of the ComfyUI in {place}, {found.said}, cannot be run here: {found.path} {wrong}. "
            "Name the one that runs it: --python PATH."
        )
    return found


def _what_is_wrong(path: Path, system: str) -> str | None:
    if path.suffix == ".exe" and system != "nt":
        return "is for Windows"
    if path.is_file():
        return None
    if os.path.lexists(path):
        return "is a link that leads nowhere"
    of_windows = system != "nt" and (path.parent.parent / "Scripts").is_dir()
    return "is not there, for it was made on Windows" if of_windows else "is not there"


def _part_or_beside(place: Path, system: str) -> Iterator[_Candidate]:
    parent = place.parent
    for name in EMBEDDED:
        folder = parent / name
        yield _Candidate(folder / "python.exe", "that of the portable build", folder.is_dir(), True)
    for name in VENVS:
        yield _venv(place / name, f"{name} in its folder", system, True)
    if _layout(place) == "desktop":
        yield _venv(parent / "envs" / "default", "envs/default beside it", system, True)
        base = parent / STANDALONE
        yield _Candidate(_base_interpreter(base, system), f"{STANDALONE} beside it", base.is_dir(), True)
    for name in VENVS:
        yield _venv(parent / name, f"{name} beside its folder", system, False)


def _venv(folder: Path, said: str, system: str, is_part: bool) -> _Candidate:
    """What is a link to a folder elsewhere is no part of this ComfyUI: others may share it."""
    part = is_part and not is_link(folder)
    return _Candidate(_interpreter(folder, system), said, _is_environment(folder), part)


def _active(environ: Mapping[str, str], system: str, own: Path) -> Iterator[_Candidate]:
    for name in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        folder = environ.get(name)
        if folder and os.path.realpath(folder) != os.path.realpath(own):
            path = Path(os.path.abspath(folder))
            programs = (_interpreter(path, system), _base_interpreter(path, system))
            found = next((one for one in programs if one.is_file()), programs[0])
            yield _Candidate(found, f"the active environment, {name}", True)


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
