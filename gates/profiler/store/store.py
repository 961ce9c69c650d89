"""The measured runs of one user: written by one thread, read by any."""

from __future__ import annotations

import concurrent.futures
import queue
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from ...errors import StoreBusy
from ..export import ImportBounds, parse_json
from ..records import Recording, Run, Series, Step
from ..snapshot import Snapshot
from . import bounds as keeping
from . import checks, groups, importing, opening, pages, runs, snapshots, trash
from . import settings as choosing
from .bounds import Bounds, Purge
from .groups import COLOR, Group
from .health import DISK, MEMORY, UNOPENED, Health, size_of
from .importing import DatabaseBounds, Imported
from .pages import Filters, RunPage
from .place import Place
from .readers import Readers
from .rows import Cell
from .settings import Settings
from .trash import Trashed
from .writer import Writer

QUEUE = 1000  # jobs that may wait


class ProfilerStore:
    """Nothing is made on disk, and no thread runs, before there is something to keep.

    What writes waits until it is written, up to `patience` seconds, and raises StorageFailed or StoreBusy;
    `begin` and `extend` alone do not wait. Where the file cannot be written, runs are kept in memory and
    `health` says so. Everything here may be called from any thread, but not from an event loop.
    """

    def __init__(
        self,
        path: Path,
        clock: Callable[[], float],
        *,
        patience: float = 30.0,
        lock_patience: float = 5.0,
        capacity: int = QUEUE,
        idle: float = 10.0,
        retry: float = 10.0,
    ) -> None:
        self.path = Path(path)
        self._clock = clock  # s since 1970
        self._patience = patience
        self._place = Place(self.path, clock, lock_patience, retry)
        self._writer = Writer(self._place, capacity, idle)
        self._readers = Readers(self._place)
        self._dropped = 0
        self._bounds: Bounds | None = None
        self._purge: Purge | None = None

    # --- runs as they are recorded ---

    def begin(self, run: Run) -> bool:
        """Put a run that has just begun into the list; False when it was dropped. Never waits."""
        token = self._owner
        return self._hand_over(lambda conn: runs.begin(conn, run, token()))

    def extend(self, prompt_id: str, steps: Iterable[Step]) -> bool:
        """Write steps of a run that was begun, each over what was there of it; False when dropped."""
        token, kept = self._owner, tuple(steps)
        return self._hand_over(lambda conn: runs.extend(conn, prompt_id, token(), kept))

    def save(self, recording: Recording) -> int:
        """Write a run that has ended, over the one that was begun for its prompt; its number."""
        token = self._owner
        run_id: int = self._write(lambda conn: runs.save(conn, recording, token()), keep=True)
        self._hand_over(lambda conn: self._enforce(conn, run_id), keep=False)
        return run_id

    def _owner(self) -> str | None:
        return self._place.token

    def _enforce(self, conn: sqlite3.Connection, newest: int | None) -> None:
        limits = self._bounds or self.settings().bounds
        done = keeping.enforce(conn, limits, newest, self._clock())
        self._purge = done or self._purge or keeping.last_purge(conn)

    # --- runs as they are looked at ---

    def runs(self, limit: int = 50, offset: int = 0, filters: Filters | None = None) -> RunPage:
        return self._readers.ask(lambda conn: pages.page(conn, limit, offset, filters or Filters()))

    def run(self, run_id: int) -> Run:
        return self._readers.ask(lambda conn: runs.run(conn, run_id))

    def steps(self, run_id: int, since_seq: int | None = None) -> tuple[Step, ...]:
        return self._readers.ask(lambda conn: runs.steps(conn, run_id, since_seq))

    def step(self, step_id: int) -> Step:
        """Raises UnknownStep."""
        return self._readers.ask(lambda conn: runs.step(conn, step_id))

    def series(self, run_id: int) -> tuple[Series, ...]:
        return self._readers.ask(lambda conn: runs.series(conn, run_id))

    def recording(self, run_id: int) -> Recording:
        return self._readers.ask(lambda conn: runs.recording(conn, run_id))

    def set_run(self, run_id: int, *, name: Any = None, comment: Any = None) -> None:
        """None leaves it. Raises BadField or UnknownRun."""
        changes: dict[str, Cell] = {}
        if name is not None:
            changes["name"] = checks.text("name", name, checks.LONGEST_NAME)
        if comment is not None:
            changes["global_comment"] = checks.text("comment", comment, checks.LONGEST_COMMENT)
        self._write(lambda conn: runs.set_run(conn, run_id, changes))

    def set_step_comment(self, step_id: int, comment: Any) -> None:
        """Raises BadField or UnknownStep."""
        words = checks.text("comment", comment, checks.LONGEST_COMMENT)
        self._write(lambda conn: runs.set_step_comment(conn, step_id, words))

    # --- groups ---

    def groups(self, workflow_hash: str | None = None) -> tuple[Group, ...]:
        return self._readers.ask(lambda conn: groups.groups(conn, workflow_hash))

    def create_group(
        self,
        name: Any,
        color: Any = COLOR,
        description: Any = "",
        workflow_hash: Any = None,
        members: Any = (),
    ) -> int:
        """Raises BadField."""
        words = {"name": name, "color": color, "description": description}
        cells = checks.group_cells(**words, workflow_hash=workflow_hash)
        ids = checks.node_ids("members", members)
        return int(self._write(lambda conn: groups.create(conn, cells, ids)))

    def set_group(self, group_id: int, **changes: Any) -> None:
        """Change `name`, `color`, `description`, `workflow_hash`. Raises BadField or UnknownGroup."""
        cells = checks.group_cells(**changes)
        self._write(lambda conn: groups.change(conn, group_id, cells))

    def set_members(self, group_id: int, add: Any = (), remove: Any = ()) -> tuple[str, ...]:
        """Who is in the group afterwards. Raises BadField or UnknownGroup."""
        coming, going = checks.node_ids("add", add), checks.node_ids("remove", remove)
        members: tuple[str, ...] = self._write(lambda conn: groups.set_members(conn, group_id, coming, going))
        return members

    # --- trash ---

    def delete_run(self, run_id: int) -> None:
        now = self._clock()
        self._write(lambda conn: trash.put(conn, "run", run_id, now))

    def delete_runs(self) -> int:
        """Every run that is over; how many."""
        now = self._clock()
        return int(self._write(lambda conn: trash.put_all_runs(conn, now)))

    def delete_group(self, group_id: int) -> None:
        now = self._clock()
        self._write(lambda conn: trash.put(conn, "group", group_id, now))

    def trash(self) -> tuple[Trashed, ...]:
        return self._readers.ask(trash.listed)

    def restore(self, kind: str, number: int) -> None:
        """Raises UnknownItem."""
        self._write(lambda conn: trash.restore(conn, kind, number))

    def purge(self, kind: str | None = None, number: int | None = None) -> int:
        """One thing in the trash, or all of it, for good; how many. Raises UnknownItem."""
        return int(self._write(lambda conn: trash.purge(conn, kind, number)))

    # --- references ---

    def set_reference(
        self, snapshot: Snapshot, scope: str = "", workflow: Mapping[str, Any] | None = None
    ) -> int:
        """Make it what runs are held against; `scope` tells the references of several people apart."""
        now, words = self._clock(), checks.text("scope", scope, snapshots.LONGEST_SCOPE)
        return int(self._write(lambda conn: snapshots.refer(conn, snapshot, words, workflow, now)))

    def reference(self, scope: str = "") -> tuple[int, Snapshot] | None:
        """Its number and itself; None where none was taken."""
        return self._readers.ask(lambda conn: snapshots.reference(conn, scope))

    def snapshot(self, number: int) -> Snapshot:
        return self._readers.ask(lambda conn: snapshots.get(conn, number))

    # --- from elsewhere ---

    def import_json(self, data: bytes, limits: ImportBounds | None = None) -> tuple[int, bool]:
        """Number of the run, and whether it is new. Raises BadRecording or TooManyBytes."""
        return self._put(parse_json(data, limits))

    def import_database(self, path: Path, limits: DatabaseBounds | None = None) -> Imported:
        """Runs and groups of a database that a profiler wrote. Raises BadRecording or TooManyBytes.

        What was written before an error stays.
        """
        within = limits or DatabaseBounds()
        with importing.open_foreign(Path(path), within) as foreign:
            found = importing.foreign_groups(foreign, within)
            done = [self._put(recording) for recording in importing.recordings(foreign, within)]
        new_groups = [self._put_group(group) for group in found]
        self._hand_over(lambda conn: self._enforce(conn, None), keep=False)
        new = tuple(number for number, is_new in done if is_new)
        return Imported(new, len(done) - len(new), sum(new_groups))

    def _put(self, recording: Recording) -> tuple[int, bool]:
        number, is_new = self._write(lambda conn: importing.put(conn, recording), keep=True)
        return int(number), bool(is_new)

    def _put_group(self, group: Group) -> bool:
        return bool(self._write(lambda conn: importing.put_group(conn, group)))

    # --- the store itself ---

    def settings(self) -> Settings:
        return choosing.read(self._settings_file)[0]

    def set_settings(self, changes: Mapping[str, Any]) -> Settings:
        """Raises BadField or StorageFailed."""
        return choosing.change(self._settings_file, changes, self._clock())

    @property
    def _settings_file(self) -> Path:
        return self.path.with_name(choosing.NAME)

    def bounds(self, bounds: Bounds | None) -> None:
        """Keep within these from the next run on; None: within those of the settings."""
        self._bounds = bounds

    def health(self) -> Health:
        where = MEMORY if self._place.in_memory else DISK if self._place.is_open else UNOPENED
        return Health(
            str(self.path),
            where,
            self._place.trouble,
            opening.set_aside_before(self.path),
            self._dropped,
            self._writer.waiting,
            size_of(self.path),
            self._purge,
        )

    def close(self, patience: float = 10.0) -> bool:
        """Write what waits, and let go of everything; False when that took too long."""
        self._readers.close()  # first, so that the writer is the last and sqlite clears up behind it
        done = self._writer.close(patience)
        if done:
            self._place.close()
        return done

    def _write(self, job: Callable[[sqlite3.Connection], Any], keep: bool = False) -> Any:
        try:
            return self._writer.put(job, keep=keep, patience=self._patience).result(self._patience)
        except (queue.Full, concurrent.futures.TimeoutError) as error:
            if isinstance(error, StoreBusy):
                raise
            self._dropped += isinstance(error, queue.Full) and keep
            raise StoreBusy("The disk does not keep up with the profiler. Try again.") from error

    def _hand_over(self, job: Callable[[sqlite3.Connection], Any], keep: bool = True) -> bool:
        try:
            self._writer.put(job, keep=keep)
        except queue.Full:
            self._dropped += keep
            return False
        return True
