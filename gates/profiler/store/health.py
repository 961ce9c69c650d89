"""How the store is: where runs are kept, and what was lost, set aside or taken away."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .bounds import Purge

UNOPENED, DISK, MEMORY = "unopened", "disk", "memory"


@dataclass(frozen=True)
class Health:
    """`sentences` says to a person what is not as it should be; nothing when all is well."""

    path: str
    where: str  # unopened, disk or memory
    trouble: str | None  # why runs are kept in memory
    set_aside: tuple[str, ...]  # names of damaged databases beside this one
    dropped: int  # pieces of runs that were not written because the disk did not keep up
    waiting: int  # jobs that are not written yet
    size: int | None  # bytes of the file
    purge: Purge | None  # the last one

    @property
    def sentences(self) -> tuple[str, ...]:
        return tuple(filter(None, (self._memory(), self._aside(), self._dropped(), self._purged())))

    def _memory(self) -> str:
        if self.where != MEMORY:
            return ""
        return (
            f"{self.path} cannot be used ({self.trouble}). Runs are kept in memory until it can be, at most "
            "until ComfyUI ends; export those that matter. Earlier runs are not shown meanwhile."
        )

    def _aside(self) -> str:
        if not self.set_aside:
            return ""
        names = ", ".join(self.set_aside)
        return f"The database was damaged and is kept under another name beside the new one: {names}."

    def _dropped(self) -> str:
        return f"The disk did not keep up: {self.dropped} pieces were not written." if self.dropped else ""

    def _purged(self) -> str:
        if self.purge is None:
            return ""
        one = self.purge
        counts = ((one.trashed, "from the trash"), (one.unnamed, "unnamed"), (one.named, "named"))
        said = ", ".join(f"{count} {kind}" for count, kind in counts if count)
        bound = "the number of runs" if one.reason == "runs" else "the size of the database"
        return f"To keep {bound} within its bound, the oldest runs were removed: {said}."


def size_of(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None
