"""Figures with their bounds, and the table that a person reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One measured value. Without a bound it is there for information alone."""

    name: str
    value: float | None  # None: it could not be measured, `detail` says why
    unit: str = ""
    at_most: float | None = None
    at_least: float | None = None
    detail: str = ""

    @property
    def met(self) -> bool:
        if self.value is None:
            return True
        too_much = self.at_most is not None and self.value > self.at_most
        too_little = self.at_least is not None and self.value < self.at_least
        return not (too_much or too_little)

    @property
    def bound(self) -> str:
        if self.at_most is not None:
            return f"at most {self.at_most:g}{self.unit}"
        return "" if self.at_least is None else f"at least {self.at_least:g}{self.unit}"

    def row(self) -> tuple[str, ...]:
        met = "" if not self.bound or self.value is None else "yes" if self.met else "NO"
        return self.name, self._shown(), self.bound, met, self.detail

    def _shown(self) -> str:
        if self.value is None:
            return "–"
        digits = 0 if self.value >= 100 or self.value == int(self.value) else 1 if self.value >= 10 else 2
        return f"{self.value:.{digits}f}{self.unit}"


HEAD = ("", "measured", "bound", "met", "")


def table(figures: Sequence[Figure]) -> str:
    rows = [HEAD, *(figure.row() for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    return "\n".join(_line(row, widths) for row in rows)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    name, value, *rest = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
    return "  ".join([name, value.strip().rjust(widths[1]), *rest]).rstrip()
