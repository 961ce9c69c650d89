"""The answer of a verb of `gates dock`: lines for people, and the same as plain JSON for programs."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, is_dataclass, replace
from pathlib import Path
from typing import Any

from .result import Problem, Result, printable


def result(lines: Sequence[str], exit_code: int = 0, problems: Sequence[Problem] = (), **data: Any) -> Result:
    shown = tuple(printable(line) for line in lines)
    return Result("dock", exit_code, shown, plain(data), tuple(problems))


def with_notes(answer: Result, notes: Sequence[str]) -> Result:
    """What was found on the way stands first."""
    if not notes:
        return answer
    said = tuple(printable(note) for note in notes)
    known = answer.data.get("notes")
    data = {**answer.data, "notes": [*notes, *(known if isinstance(known, list) else [])]}
    return replace(answer, lines=(*said, *answer.lines), data=data)


def plain(value: Any) -> Any:
    """As JSON has it."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return str(value) if isinstance(value, Path) else value
