"""Where outputs go: a pattern such as `{user}/{job}/{filename}`, filled with what a server says.

Every value is data. The folders before the first field are the caller's own words; from there on each part
must be a plain file name, and the path must stay below them (`atomic.confined`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..atomic import confined, is_plain_name
from ..client import Output
from ..errors import BadPattern, HostileName, PathOutside
from .fields import FIELDS, STEADY

FIELD = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class Pattern:
    """A pattern that was read: `base` holds no field, each of `parts` is one folder or the file."""

    text: str
    base: Path
    parts: tuple[str, ...]

    def folder_of_record(self, values: Mapping[str, str]) -> Path:
        """The folder of a job's record: as deep as the pattern goes without what only a run tells."""
        parts = []
        for part in self.parts[:-1]:
            if not set(FIELD.findall(part)) <= STEADY:
                break
            parts.append(filled(part, values))
        return joined(self.base, parts)

    def record(self, values: Mapping[str, str]) -> Path:
        return self.folder_of_record(values) / f"{values['job']}.json"

    def fixed_file(self, values: Mapping[str, str]) -> Path | None:
        """The one file that every output would get, where the pattern does not tell outputs apart."""
        fields = set(FIELD.findall("/".join(self.parts)))
        if fields - STEADY:
            return None
        return joined(self.base, [filled(part, values) for part in self.parts])

    def path(self, values: Mapping[str, str]) -> Path:
        """The file of one output. Raises HostileName where a value leads out of its folder."""
        return joined(self.base, [filled(part, values) for part in self.parts])


def read_pattern(text: str, root: Path) -> Pattern:
    """Read `--out`; relative to `root`. A folder gets `{filename}` below it. Raises BadPattern."""
    whole = text.replace("\\", "/") if "\\" in text and "/" not in text else text
    check_fields(whole)
    if whole.strip() and not FIELD.search(whole) and (whole.endswith("/") or (root / whole).is_dir()):
        whole = whole.rstrip("/") + "/{filename}"
    if not whole.strip() or whole.endswith("/"):
        raise BadPattern(f"--out {text!r} names no file: end it with a file name such as {{filename}}.")
    parts = whole.split("/")
    first = next((at for at, part in enumerate(parts) if FIELD.search(part)), len(parts) - 1)
    below = [part for part in parts[first:] if part not in ("", ".")]
    if ".." in below:
        raise BadPattern(f"--out {text!r} goes up with '..' after a field.")
    above = "/".join(parts[:first]) or ("/" if whole.startswith("/") else "")
    return Pattern(text, root / Path(above).expanduser(), tuple(below))


def check_fields(text: str) -> None:
    unknown = sorted(set(FIELD.findall(text)) - set(FIELDS))
    left = FIELD.sub("", text)
    if unknown or "{" in left or "}" in left:
        what = f"{{{unknown[0]}}}" if unknown else "a brace that is not closed"
        raise BadPattern(f"--out {text!r} has {what}. The fields are: {', '.join(sorted(FIELDS))}.")


def filled(part: str, values: Mapping[str, str]) -> str:
    return FIELD.sub(lambda found: values[found.group(1)], part)


def joined(base: Path, parts: list[str]) -> Path:
    try:
        return confined(base, *parts)
    except PathOutside as error:
        raise HostileName(f"An output cannot be kept under the name that it was given: {error}") from error


def job_values(user: str, job: str, prompt_id: str, date: str) -> dict[str, str]:
    return {"user": user, "job": job, "prompt_id": prompt_id, "date": date}


def output_values(output: Output, n: int) -> dict[str, str]:
    """The fields of one output. Raises HostileName for a name that is no plain file name."""
    if not is_plain_name(output.filename):
        raise HostileName(f"The server names a file {output.filename!r}, which is no plain file name.")
    stem, dot, ext = output.filename.rpartition(".")
    return {
        "filename": output.filename,
        "stem": stem if dot and stem else output.filename,
        "ext": ext if dot and stem else "bin",
        "node": output.node.replace(":", "-"),  # the colon of subgraphs is no letter of a file name
        "kind": output.kind,
        "n": str(n),
    }


def names(path: Path) -> Iterator[Path]:
    """`path`, then the same with -2, -3… before the ending: for two outputs with one name."""
    yield path
    count = 2
    while True:
        yield path.with_name(f"{path.stem}-{count}{path.suffix}")
        count += 1
