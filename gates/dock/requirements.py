"""What a ComfyUI or a node pack asks to be installed: read, and never run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import BadManifest, BadRequirement
from .processes import redacted
from .toml_reading import read_toml
from .tools import library

MOST_BYTES = 1 << 20
MOST_DEPTH = 5
# What its author wrote; a copy of the pack that is linked to can be changed.
MENDED = "Mend it in a copy of the pack, then: gates dock node add ./COPY"
NAMELESS = re.compile(r"(?:\w+\+)?\w+://\S")
INSTALL_SCRIPTS = ("install.py", "install.sh", "install.bat", "setup.py")


@dataclass(frozen=True)
class Wanted:
    """`lines` are requirements as PEP 508 has them, each once; `notes` what could not be taken over."""

    lines: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def scan(folder: Path) -> Wanted:
    """The requirements of a pack: those of requirements.txt, else those of [project] in its pyproject.toml.

    A pack that has both names the same packages in both: the installers of ComfyUI read the first.
    Raises BadRequirement for a line that is none, with file and line.
    """
    text_file = folder / "requirements.txt"
    if text_file.is_file():
        return read_requirements(text_file, folder)
    return read_project(folder / "pyproject.toml")


def read_project(file: Path) -> Wanted:
    if not file.is_file():
        return Wanted()
    if not file.resolve().is_relative_to(file.parent.resolve()):
        raise BadRequirement(
            f"{file.parent.name}/{file.name} is a link to outside of the pack. Nothing is read."
        )
    text = _text(file)
    try:
        project = read_toml(text, f"{file.parent.name}/{file.name}").get("project", {})
    except BadManifest as error:
        raise BadRequirement(f"{str(error).partition(' Mend it')[0]} {MENDED}") from None
    listed = project.get("dependencies", []) if isinstance(project, dict) else []
    lines = [checked(str(one), f"{file.parent.name}/{file.name}") for one in listed if isinstance(one, str)]
    return Wanted(tuple(dict.fromkeys(lines)))


def read_requirements(file: Path, base: Path) -> Wanted:
    """A requirements.txt with the files that it includes below `base`; options are noted, not obeyed."""
    reading = _Reading(base.resolve())
    reading.read(file.resolve(), ())
    return Wanted(tuple(dict.fromkeys(reading.lines)), tuple(dict.fromkeys(reading.notes)))


@dataclass
class _Reading:
    base: Path
    lines: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seen: set[Path] = field(default_factory=set)

    def read(self, file: Path, within: tuple[Path, ...]) -> None:
        shown = f"{self.base.name}/{file.name}"
        if file in within or len(within) > MOST_DEPTH:
            raise BadRequirement(f"{shown} includes itself, or lies more than {MOST_DEPTH} includes deep.")
        if not file.is_relative_to(self.base):
            raise BadRequirement(f"{shown} is a link to outside of the pack. Nothing is read.")
        if file in self.seen:
            return
        self.seen.add(file)
        for number, line in _logical_lines(_text(file)):
            self._take(line, f"{shown} line {number}", file, within)

    def _take(self, line: str, where: str, file: Path, within: tuple[Path, ...]) -> None:
        included = re.fullmatch(r"(?:-r|--requirement)[\s=]*(\S.*)", line)
        if included:
            name = included[1].strip("'\"")
            target = _file_below(self.base, file.parent, name)
            if target is None:
                raise BadRequirement(f"{where} includes {name[:120]!r}, which is not in the pack.")
            self.read(target, (*within, file))
        elif line.startswith("-"):
            self.notes.append(f"{where}: the option {re.split(r'[ =]', line)[0]} is not taken over")
        else:
            self.lines.append(checked(line, where))


def _file_below(base: Path, folder: Path, name: str) -> Path | None:
    """The file of this name, links followed; None where there is none, or where it lies outside of `base`."""
    try:
        target = (folder / name).resolve()
        return target if target.is_relative_to(base) and target.is_file() else None
    except (OSError, ValueError, RuntimeError):  # too long, a NUL, links in a ring
        return None


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    parts: list[str] = []
    first = 0
    for number, raw in enumerate([*text.splitlines(), ""], 1):
        first = first if parts else number
        part = re.sub(r"(^|\s)#.*$", "", raw).rstrip()
        parts.append(part.removesuffix("\\"))
        if part.endswith("\\"):
            continue
        line = re.sub(r"\s--(hash|global-option|config-settings)[=\s].*$", "", "".join(parts).strip())
        if line:
            yield first, line
        parts = []


def checked(line: str, where: str) -> str:
    """A requirement in its usual form. Raises BadRequirement."""
    requirements = library("packaging.requirements")
    if NAMELESS.match(line.strip()) and _named_first(line.strip()) == line.strip():
        raise BadRequirement(
            f"{where}: {redacted(line.strip())[:120]!r} is no requirement: it has no name, "
            f"such as NAME @ URL. {MENDED}"
        )
    try:
        return str(requirements.Requirement(_named_first(line.strip())))
    except requirements.InvalidRequirement as error:
        raise BadRequirement(
            f"{where}: {redacted(line)[:120]!r} is no requirement ({str(error).splitlines()[0]})."
        ) from None


def _named_first(line: str) -> str:
    """`URL#egg=NAME&subdirectory=FOLDER; MARKER` as PEP 508 writes it; any other line as it is."""
    found = re.fullmatch(r"((?:\w+\+)?\w+:/[^\s#]+)#([^\s;]+)\s*(;.*)?", line)
    parts = found[2].split("&") if found else []
    egg = next((re.match(r"egg=([\w.-]+(?:\[[\w.,-]*\])?)", one) for one in parts if one[:4] == "egg="), None)
    if found is None or egg is None:
        return line
    rest = "&".join(one for one in parts if not one.startswith("egg="))
    return f"{egg[1]} @ {found[1]}{'#' if rest else ''}{rest} {found[3] or ''}".rstrip()


def name_of(line: str) -> str:
    """The package that a requirement is of, by canonical name."""
    requirement = library("packaging.requirements").Requirement(line)
    return str(library("packaging.utils").canonicalize_name(requirement.name))


def added_by_hand(lines: Sequence[str], before: Wanted, after: Wanted) -> list[str]:
    """Of what is asked for, what neither the old nor the new list of the same source speaks of."""
    named = {name_of(line) for line in (*before.lines, *after.lines)}
    return [line for line in lines if name_of(line) not in named]


def scripts_of(folder: Path) -> tuple[str, ...]:
    """Scripts that other installers would run when the pack is installed."""
    return tuple(name for name in INSTALL_SCRIPTS if name != "setup.py" and (folder / name).is_file())


def is_run(script: str) -> bool:
    """Those of Python, in the environment's own. One of a shell would take whatever pip it finds."""
    return script.endswith(".py")


def _text(file: Path) -> str:
    try:
        with open(file, "rb") as source:
            data = source.read(MOST_BYTES + 1)
    except OSError as error:
        raise BadRequirement(f"{file.name} cannot be read: {error.strerror}.") from None
    if len(data) > MOST_BYTES:
        raise BadRequirement(f"{file.parent.name}/{file.name} is larger than a list of requirements can be.")
    for encoding in ("utf-8-sig", "utf-16") if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig",):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")
