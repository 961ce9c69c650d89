"""Comments above the tables of a TOML file stay there, whichever tables come and go."""

from __future__ import annotations

import re

from .toml_reading import read_toml

HEAD = re.compile(r"[ \t]*\[\[?[ \t]*[\w\"'][^\[\]]*\]\]?[ \t]*(?:#.*)?")
MARK = "#@head-"


class Heads:
    """Comments above the head of a table, which tomlkit counts to the table before.

    While a document is edited they are kept here, and each head carries a mark that says where they belong:
    nothing is written between them, and they stay when one of the tables goes.
    """

    def __init__(self) -> None:
        self._above: list[str] = []
        self._tail = ""

    def marked(self, text: str) -> str:
        out: list[str] = []
        for line in text.split("\n"):
            head = line.removesuffix("\r")
            if HEAD.fullmatch(head):
                self._above.append(_cut(out))
                line = f"{head}{MARK}{len(self._above) - 1}@{line[len(head) :]}"
            out.append(line)
        self._tail = _cut(out).removesuffix("\n")
        marked = "\n".join([*out, ""] if self._tail else out)
        if MARK not in text and read_toml(marked, "") == read_toml(text, ""):
            return marked
        self._above, self._tail = [], ""  # a text in quotes looks like a head
        return text

    def unmarked(self, text: str) -> str:
        if not self._above and not self._tail:
            return text
        lines, done = text.split("\n"), 0
        marks = {at: mark for at, line in enumerate(lines) if (mark := re.search(rf"{MARK}(\d+)@", line))}
        own = {mark[1]: at for at, mark in marks.items()}  # a table made around another one repeats its mark
        for at, mark in marks.items():
            here = int(mark[1]) + 1 if own[mark[1]] == at else 0
            lines[at] = "".join(self._above[done:here]) + lines[at].replace(mark[0], "")
            done = max(done, here)
        return "\n".join(lines) + "".join(self._above[done:]) + self._tail


def _cut(lines: list[str]) -> str:
    """Take the comments off the end that stand apart from what is before them."""
    at = len(lines)
    while at and not lines[at - 1].split("#")[0].strip():
        at -= 1
    if at and any(not line.strip() for line in lines[at:-1]):
        while lines[at].strip():  # right below the last key: of that table
            at += 1
    while at < len(lines) and not lines[at].strip():
        at += 1
    above = "".join(f"{line}\n" for line in lines[at:])
    del lines[at:]
    return above
