"""`gates run WORKFLOW`: one job, on one server or several."""

import argparse
import asyncio
import os
import signal
import sys
import uuid
from collections.abc import Sequence
from pathlib import Path

from ..errors import BadField
from ..fleet.alone import run_alone as run_job
from ..fleet.book import Book
from ..fleet.errand import Rules
from ..fleet.fields import DEFAULT_PATTERN
from ..fleet.naming import read_pattern
from ..fleet.order import (
    DEFAULT_USER,
    Order,
    batch_id,
    check_job,
    check_user,
    derived_id,
    digest_of,
    fresh_id,
    fresh_job,
    person,
)
from ..fleet.records import Record, as_dict
from ..fleet.sources import read_input, read_workflow
from ..workflow import apply, is_api
from .result import Problem, Result, remark
from .run import DEFAULT_SERVER
from .run_view import View, view_of

TICK_SECONDS = 0.5


def run_alone(args: argparse.Namespace) -> Result:
    batch = batch_id(f"jobs by name of {person()}") if args.job is not None else None
    order = order_of(args, batch)
    book = Book(order, read_pattern(args.out or DEFAULT_PATTERN, Path.cwd()), batch, args.overwrite)
    rules = Rules(patience=args.patience, headers=headers_of(args.headers))
    view = view_of(order.job, order.workflow, args.json)
    try:
        record = asyncio.run(attended(book, args.servers or [DEFAULT_SERVER], view, rules))
    finally:
        view.close()
    if not args.json:
        tell_rest(record)
    return answer(record, book.path)


def order_of(args: argparse.Namespace, batch: uuid.UUID | None) -> Order:
    """The order that the options ask for. Raises leaves of BadInput, OSError."""
    workflow = read_workflow(args.workflow)
    settings = tuple(args.settings)
    if is_api(workflow):
        apply(workflow, settings)  # what is wrong with it is told before a server is asked
    inputs = tuple(read_input(text, Path.cwd()) for text in args.inputs)
    user = check_user(args.user if args.user is not None else DEFAULT_USER)
    digest = digest_of(workflow, settings, inputs, user)
    job = fresh_job() if args.job is None else check_job(args.job)
    return Order(
        job=job,
        workflow=workflow,
        prompt_id=fresh_id() if batch is None else derived_id(batch, job, digest),
        digest=digest,
        user=user,
        source=str(args.workflow),
        settings=settings,
        inputs=inputs,
        partial=args.partial,
        timeout=args.timeout,
    )


def headers_of(lines: Sequence[str]) -> dict[str, str]:
    """Raises BadField."""
    found = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            raise BadField(f"--header wants NAME:VALUE, not {line!r}.")
        found[name.strip()] = value.strip()
    return found


async def attended(book: Book, servers: Sequence[str], view: View, rules: Rules) -> Record:
    """Run the job; the first Ctrl-C or SIGTERM cancels it, the second one ends the program."""
    stop_with_signals(asyncio.current_task())
    clock = asyncio.create_task(ticking(view))
    try:
        return await run_job(book, servers, view.tell, rules)
    finally:
        clock.cancel()
        await asyncio.gather(clock, return_exceptions=True)


def stop_with_signals(task: "asyncio.Task[Record] | None") -> None:
    """Where the loop takes no handlers (Windows), `asyncio.run` itself cancels the task on Ctrl-C."""
    if task is None or sys.platform == "win32":
        return
    loop = asyncio.get_running_loop()

    def stop(number: signal.Signals) -> None:
        loop.remove_signal_handler(number)
        task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop, number)


async def ticking(view: View) -> None:
    while True:
        await asyncio.sleep(TICK_SECONDS)
        view.tick()


def tell_rest(record: Record) -> None:
    """What stands beside the paths of the files: texts, and whether anything was rendered at all."""
    for one in record.outputs:
        if one.text is not None:
            remark(f"node {one.node}: {one.text}")
    if record.exit_code == 0 and not record.outputs:
        remark("The run ended and put nothing out.")
    if record.cached:
        remark("Every file is an old one: the server had it from an earlier run.")


def answer(record: Record, path: Path) -> Result:
    """The paths of the files for people, the whole record for programs."""
    files = tuple(os.path.relpath(path.parent / one.path) for one in record.outputs if one.path is not None)
    errors = (Problem(record.error["code"], record.error["message"]),) if record.error else ()
    data = {"record": str(path), **as_dict(record)}
    return Result("run", record.exit_code or 0, files, data, errors)
