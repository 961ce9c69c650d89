"""What the page fills into texts that it sends: `{one|another}`, `%date:yyyy-MM-dd%`, `%Node.widget%`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime

COMMENT = re.compile(r"/\*.*?\*/|//[^\n\r\u2028\u2029]*", re.S)
REPLACED = re.compile(r"%([^%]+)%")
PART_OF_DATE = re.compile(r"dd?|MM?|hh?|mm?|ss?|yyy?y?")
NOT_IN_FILE_NAMES = re.compile(r'[/?<>\\:*|"\x00-\x1F\x7F]')
Choose = Callable[[Sequence[str]], str]
Lookup = Callable[[str, str], str | None]  # node and widget -> the widget's text


def with_choices(text: str, choose: Choose) -> str:
    """Each `{a|b}` becomes one of its choices, from the inside too; comments go; `\\{` is a plain brace."""
    return re.sub(r"\\([{}|])", r"\1", _chosen(text, choose))


def _chosen(text: str, choose: Choose) -> str:
    text, out, at = COMMENT.sub("", text), "", 0
    while at < len(text):
        letter = text[at]
        if letter == "{":
            choices, at = _choices(text, at + 1)
            out += with_choices(choose(choices), choose)
            continue
        step = 2 if letter == "\\" else 1
        out += text[at : at + step]
        at += step
    return out


def _choices(text: str, at: int) -> tuple[list[str], int]:
    """The choices of a block that begins at `at`, and where it ends; a block may stay open."""
    choices, depth = [""], 0
    while at < len(text):
        letter, at = text[at], at + 1
        if letter == "\\":
            choices[-1] += text[at - 1 : at + 1]
            at += 1
            continue
        if letter == "}" and depth == 0:
            break
        if letter == "|" and depth == 0:
            choices.append("")
            continue
        depth += {"{": 1, "}": -1}.get(letter, 0)
        choices[-1] += letter
    return choices, at


def with_values(text: str, now: datetime, lookup: Lookup) -> str:
    """File names with dates and widgets in them; what is not known stays as it is."""

    def value(match: re.Match[str]) -> str:
        parts = match[1].split(".")
        if len(parts) == 2:
            found = lookup(parts[0], parts[1])
            return match[0] if found is None else NOT_IN_FILE_NAMES.sub("_", found)
        if parts[0].startswith("date:"):
            return with_date(parts[0].removeprefix("date:"), now)
        return match[0]

    return REPLACED.sub(value, text)


def with_date(pattern: str, now: datetime) -> str:
    """`yyyy-MM-dd hh:mm:ss`; a single letter has no zero in front, `yy` is the year of the century."""
    numbers = {"d": now.day, "M": now.month, "h": now.hour, "m": now.minute, "s": now.second}

    def part(match: re.Match[str]) -> str:
        letters = match[0]
        if letters[0] == "y":
            return {"yyyy": str(now.year), "yy": str(now.year)[2:]}.get(letters, letters)
        return str(numbers[letters[0]]).rjust(len(letters), "0")

    return PART_OF_DATE.sub(part, pattern)
