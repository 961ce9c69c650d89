"""What an earlier command left that was killed: it is undone, or ended where it was committed already."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

from .. import atomic
from ..errors import NoEnvironment
from .creating import discard
from .crew import Crew
from .git import Git
from .operation import Operation, sweep
from .packs import head_of
from .places import EnvironmentPlaces, Programs
from .undoing import Undoing


@dataclass(frozen=True)
class Recovered:
    """`lines` say what was interrupted, what became of it, and what could not be brought back."""

    kind: str
    sentence: str
    is_undone: bool
    notes: tuple[str, ...] = ()

    @property
    def lines(self) -> list[str]:
        end = "and is undone" if self.is_undone else "when all of it was done"
        return [f"{self.sentence!r} was interrupted {end}.", *self.notes]


def recover(places: EnvironmentPlaces, crew: Crew, programs: Programs) -> Recovered | None:
    """By who holds the environment; None where nothing was interrupted. Raises BadManifest, DockBusy."""
    operation = Operation(places, crew.step)
    sweep(places.staging)
    if not operation.load():
        return None
    programs.wait()
    for folder in (places.cec, places.core):
        crew.git.unlock(folder)
    journal = operation.journal
    head = crew.git.head(places.cec) if places.cec.is_dir() else None
    if journal.kind == "create" and head is None:
        return Recovered(journal.kind, journal.sentence, True, discard(places, crew, operation))
    # Without a repository nothing says that it was done.
    is_undone = places.cec.is_dir() and head in (journal.head, None)
    notes = Undoing(places, operation, crew).undo() if is_undone else ()
    operation.forget()
    return Recovered(journal.kind, journal.sentence, is_undone, notes)


def require_repository(places: EnvironmentPlaces, git: Git) -> None:
    """Raises NoEnvironment, with the command that helps."""
    if not places.cec.is_dir():
        raise NoEnvironment(
            f"There is no environment {places.name!r} any more. `gates dock create {places.name}` makes it."
        )
    if head_of(places.cec) is None and not git.is_repository(places.cec):
        raise NoEnvironment(
            f"{places.name} has lost its repository: {places.cec} is none. `gates dock repair` makes it one."
        )


def find_repository_again(places: EnvironmentPlaces, git: Git) -> list[str]:
    """A manifest whose repository is gone or broken gets a new one; what was done, one line each."""
    if not places.manifest.is_file() or git.is_repository(places.cec):
        return []
    done = ["the repository of the environment was made anew: what there was before is not in its log"]
    broken = places.cec / ".git"
    if os.path.lexists(broken):
        kept = places.aside / f"git-{time.time_ns()}"
        kept.parent.mkdir(parents=True, exist_ok=True)
        atomic.move_new(broken, kept)
        done.append(f"what it had for a repository is kept: {kept}")
    git.init(places.cec)
    git.commit_all(places.cec, "Found again")
    return done
