"""The journal of a change: what is about to be done, in a file that outlives a killed process.

It names places below the environment and below its state, never whole paths: so an undoing finds them also
where the workspace was moved since, or is reached through a link.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from .. import atomic
from ..errors import BadManifest
from .git import COMMIT
from .places import EnvironmentPlaces


class Move(NamedTuple):
    """`mark` is the commit, or the digest, of a folder that was brought in."""

    source: str
    target: str
    mark: str | None = None


@dataclass
class Journal:
    kind: str
    sentence: str
    head: str | None  # the last commit before it
    moves: list[Move] = field(default_factory=list)
    links: list[str] = field(default_factory=list)  # links made
    packages: bool = False  # whether the virtual environment was touched
    replaced: list[str] = field(default_factory=list)  # requirements of others that were there instead
    core: str | None = None  # commit of ComfyUI before it was changed
    added: list[str] = field(default_factory=list)  # packages that were not there before
    stashes: list[tuple[str, str]] = field(default_factory=list)  # (folder, message) of work set aside
    tree: bool = False  # whether the files of .cec were made those of another commit
    target: str | None = None  # that commit
    written: dict[str, list[str]] = field(default_factory=dict)  # file of the manifest: sha256 of what it got
    notes: list[str] = field(default_factory=list)  # what an undoing could not bring back, or kept


def reference(places: EnvironmentPlaces, path: Path) -> str:
    """A path of the environment or of its state as the journal has it. Raises ValueError for any other."""
    for tag, base in _bases(places).items():
        if path.is_relative_to(base):
            return f"{tag}:{path.relative_to(base).as_posix()}"
    raise ValueError(f"{path} is no place of {places.name}.")


def place(places: EnvironmentPlaces, named: str) -> Path:
    """Where that is now. Raises ValueError."""
    tag, _, rest = named.partition(":")
    parts = rest.split("/")
    base = _bases(places).get(tag)
    if base is None or not all(atomic.is_plain_name(part) for part in parts):
        raise ValueError(f"{named[:200]!r} is no place of {places.name}.")
    return base.joinpath(*parts)


def _bases(places: EnvironmentPlaces) -> Mapping[str, Path]:
    return {"environment": places.root, "state": places.state}


def write_journal(places: EnvironmentPlaces, journal: Journal) -> None:
    places.operation.parent.mkdir(parents=True, exist_ok=True)
    atomic.write_bytes(places.operation, json.dumps(asdict(journal), indent=1).encode())


def interrupted(places: EnvironmentPlaces) -> Journal | None:
    """The journal of an operation that did not end. Raises BadManifest where it cannot be read."""
    try:
        return _Reading(places, json.loads(places.operation.read_text("utf-8"))).journal()
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise BadManifest(
            f"{places.operation}, which says what was interrupted, is damaged ({type(error).__name__}). "
            "Remove it by hand, then `gates dock repair` makes the disk what the manifest says."
        ) from None


class _Reading:
    """Nobody but us writes the journal; it is not believed all the same. Raises ValueError, TypeError."""

    def __init__(self, places: EnvironmentPlaces, data: Any) -> None:
        if not isinstance(data, dict):
            raise TypeError("no table")
        self._places = places
        self._data: dict[str, Any] = data
        self._notes = self._texts("notes")

    def journal(self) -> Journal:
        data = self._data
        head, target = (self._commit(key) for key in ("head", "target"))
        return Journal(
            kind=text(data["kind"]),
            sentence=text(data["sentence"]),
            head=head,
            moves=self._moves(),
            links=self._links(),
            packages=data["packages"] is True,
            replaced=self._texts("replaced"),
            core=optional(data.get("core")),
            added=self._texts("added"),
            stashes=self._stashes(),
            tree=data["tree"] is True,
            target=target,
            written={text(name): texts(sums) for name, sums in table(data.get("written", {})).items()},
            notes=self._notes,
        )

    def _texts(self, key: str) -> list[str]:
        """Never an option of a program."""
        found = texts(self._data.get(key, []))
        if any(one.startswith("-") for one in found):
            raise ValueError(key)
        return found

    def _commit(self, key: str) -> str | None:
        found = optional(self._data.get(key))
        if found is not None and not COMMIT.fullmatch(found):
            raise ValueError(key)
        return found

    def _moves(self) -> list[Move]:
        found = []
        for source, target, *mark in rows(self._data["moves"]):
            named = self._believed(source), self._believed(target)
            if named[0] is None or named[1] is None:
                self._doubt(f"{target} is not moved back to {source}")
            else:
                found.append(Move(named[0], named[1], optional(mark[0]) if mark else None))
        return found

    def _links(self) -> list[str]:
        named = {link: self._believed(link) for link in texts(self._data["links"])}
        for link in (one for one, there in named.items() if there is None):
            self._doubt(f"the link {link} is not taken away")
        return [there for there in named.values() if there is not None]

    def _stashes(self) -> list[tuple[str, str]]:
        found = []
        for folder, message in rows(self._data["stashes"]):
            named = self._believed(folder)
            if named is None:
                self._doubt(f"what is in the stash of {folder} as {text(message)} stays there")
            else:
                found.append((named, text(message)))
        return found

    def _doubt(self, what: str) -> None:
        self._notes.append(f"{what}: that is no place of {self._places.name}")

    def _believed(self, named: Any) -> str | None:
        """A place as we name it; also where an older dock wrote a whole path."""
        try:
            place(self._places, text(named))
            return str(named)
        except ValueError:
            path = Path(named)
        resolved = Path(os.path.realpath(path.parent), path.name)  # a link at the end is meant itself
        for tag, base in _bases(self._places).items():
            for one, below in ((path, base), (resolved, Path(os.path.realpath(base)))):
                if one.is_absolute() and one.is_relative_to(below):
                    return self._checked(f"{tag}:{one.relative_to(below).as_posix()}")
        return None

    def _checked(self, named: str) -> str | None:
        try:
            place(self._places, named)
        except ValueError:
            return None
        return named


# --- values of a file of our own, which somebody may have edited all the same; each raises TypeError


def text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value


def optional(value: Any) -> str | None:
    return None if value is None else text(value)


def texts(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise TypeError("no list")
    return [text(one) for one in value]


def table(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("no table")
    return value


def rows(value: Any) -> list[list[Any]]:
    if not isinstance(value, list) or not all(isinstance(row, list) for row in value):
        raise TypeError("no rows")
    return value
