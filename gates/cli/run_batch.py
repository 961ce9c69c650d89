"""`gates run --batch JOBS.jsonl`: a file of jobs on many servers, with Ray."""

import argparse
import signal
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from ..errors import ClusterFailed
from ..fleet.batch import Batch, Crew
from ..fleet.book import FAILED_CODE, INTERRUPTED_CODE, Book
from ..fleet.errand import Rules
from ..fleet.job_file import Defaults, read_jobs
from ..fleet.lock import only_run
from ..fleet.naming import read_pattern
from ..fleet.order import DEFAULT_USER, batch_id, check_user, person
from ..fleet.ray_door import Cluster, open_cluster
from ..fleet.records import Record
from ..fleet.started import start_comfyui, start_command
from .result import OK, Problem, Result
from .run import DEFAULT_SERVER
from .run_alone import headers_of
from .run_view import BatchView


def run_batch(args: argparse.Namespace) -> Result:
    name = args.batch_id or f"{person()}:{args.batch.resolve()}"
    batch = batch_id(f"batch {name}")
    lines = read_jobs(args.batch, batch, defaults_of(args))
    rules = Rules(patience=args.patience, headers=headers_of(args.headers))
    view = BatchView(len(lines), args.json)
    with only_run(batch), stopped_by_signals() as stop:
        books = [Book(line.order, line.pattern, batch, args.overwrite) for line in lines]
        try:
            if all(book.is_done for book in books):
                records = tuple(book.done_before(view.tell) for book in books)
            else:
                with open_cluster(args.cluster, starts(args)) as cluster:
                    crew = crew_of(args, cluster)
                    records = Batch(cluster, crew, rules, view.tell, stop).run(books)
        finally:
            view.close()
    return answer(str(batch), books, records, stop.is_set())


def defaults_of(args: argparse.Namespace) -> Defaults:
    return Defaults(
        user=check_user(args.user if args.user is not None else DEFAULT_USER),
        out=None if args.out is None else read_pattern(args.out, Path.cwd()),
        partial=args.partial,
        timeout=args.timeout,
    )


def starts(args: argparse.Namespace) -> bool:
    return bool(args.start or args.comfyui)


def crew_of(args: argparse.Namespace, cluster: Cluster) -> Crew:
    """Raises ClusterFailed where the cluster has not the GPUs that are asked for."""
    if not starts(args):
        return Crew(servers=tuple(dict.fromkeys(args.servers or [DEFAULT_SERVER])))
    each = 1.0 if args.gpus is None else args.gpus
    start = start_comfyui(args.comfyui, each > 0) if args.comfyui else start_command(args.start)
    there = cluster.gpus
    count = args.count if args.count is not None else (int(there / each) if each else 1)
    if count < 1 or each * count > there:
        raise ClusterFailed(
            f"{max(count, 1)} with {each:g} GPU each are asked for, and the cluster has {there:g} GPU. "
            "Say --count N, or --gpus 0 to start without."
        )
    return Crew(start=start, count=count, gpus=each)


@contextmanager
def stopped_by_signals() -> Iterator[threading.Event]:
    """The first Ctrl-C or SIGTERM sets the event; the next one does what it always does."""
    stop = threading.Event()
    before: dict[signal.Signals, object] = {}

    def note(number: int, frame: FrameType | None) -> None:
        stop.set()
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)

    for number in (signal.SIGINT, signal.SIGTERM):
        before[number] = signal.signal(number, note)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]


def answer(batch: str, books: Sequence[Book], records: Sequence[Record], stopped: bool) -> Result:
    """How many ended how; the records have the rest."""
    paths = {book.order.job: str(book.path) for book in books}
    jobs = [
        {
            "job": record.job,
            "status": record.status,
            "exit_code": record.exit_code,
            "server": record.server,
            "cached": record.cached,
            "record": paths[record.job],
            "error": record.error,
        }
        for record in records
    ]
    counts = Counter(record.status for record in records)
    counts["not_started"] = len(books) - len(records)
    told = ", ".join(f"{count} {status.replace('_', ' ')}" for status, count in counts.items() if count)
    errors = tuple(
        Problem(record.error["code"], f"{record.job}: {record.error['message']}")
        for record in records
        if record.error is not None
    )
    data = {"batch": batch, "counts": dict(counts), "jobs": jobs}
    return Result("run", exit_code(records, stopped), (told,), data, errors)


def exit_code(records: Sequence[Record], stopped: bool) -> int:
    """That of the jobs where all the bad ones have the same, else 1."""
    if stopped:
        return INTERRUPTED_CODE
    codes = {record.exit_code or OK for record in records} - {OK}
    return OK if not codes else codes.pop() if len(codes) == 1 else FAILED_CODE
