"""Many prompts on one stand-in host: `python3 dev.py bench soak [--quick]`.

A thousand in a row, then two hundred at once from twenty clients: none may be lost, and the memory after
the thousandth is held against that after the two hundredth. Loopback only; the exit code is 1 where a bound
is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from gates.host.process import HostProcess

from .lab.figures import Figure, table
from .lab.talking import PLAIN, Talker, chain, talking

CLIENTS, EACH = 20, 10
IN_A_ROW, FIRST = 1_000, 200
NODES = 5
MOST_GROWTH = 1.1
SECONDS_IN_ALL = 300.0
KILOBYTES = 1024
LAST_EVENTS = ["execution_success", "executing"]


@dataclass(frozen=True)
class Soaked:
    """Kilobytes are of resident memory, None where the system does not tell."""

    first_kilobytes: float | None
    last_kilobytes: float | None
    lost_in_a_row: int
    lost_at_once: int
    seconds: float


def main(argv: Sequence[str]) -> int:
    args = _arguments(argv)
    row, first = (200, 40) if args.quick else (IN_A_ROW, FIRST)
    with (
        tempfile.TemporaryDirectory(prefix="dataset-gates-bench-") as folder,
        HostProcess(Path(folder) / "host") as host,
    ):
        soaked = asyncio.run(asyncio.wait_for(_soak(host, row, first), SECONDS_IN_ALL))
    figures = list(_told(soaked, row, first))
    print(table(figures))
    return 0 if all(figure.met for figure in figures) else 1


async def _soak(host: HostProcess, row: int, first: int) -> Soaked:
    began = time.perf_counter()
    fresh = itertools.count(1)
    async with AsyncExitStack() as stack:
        talkers = [await stack.enter_async_context(talking(host.url)) for _ in range(CLIENTS)]
        one = talkers[0]
        ids = await _in_a_row(one, first, fresh)
        before = _kilobytes(host.pid)
        ids += await _in_a_row(one, row - first, fresh)
        after = _kilobytes(host.pid)
        lost = await _lost(one, ids)
        at_once = await asyncio.gather(*(_at_once(talker, fresh) for talker in talkers))
    return Soaked(before, after, lost, sum(at_once), time.perf_counter() - began)


async def _in_a_row(talker: Talker, count: int, fresh: Iterator[int]) -> list[str]:
    ids = []
    for _ in range(count):
        ids.append(await talker.submit(chain(PLAIN, NODES, next(fresh))))
        await talker.ended(ids[-1])
    return ids


async def _at_once(talker: Talker, fresh: Iterator[int]) -> int:
    """How many of one client's prompts were lost, all of them sent before the first has ended."""
    ids = await asyncio.gather(*(talker.submit(chain(PLAIN, NODES, next(fresh))) for _ in range(EACH)))
    await asyncio.gather(*(talker.ended(prompt_id) for prompt_id in ids))
    return await _lost(talker, ids)


async def _lost(talker: Talker, ids: Sequence[str]) -> int:
    """Those without a good end in the history, or whose messages did not all arrive."""
    history = await talker.get("/history")
    good = [
        prompt_id
        for prompt_id in ids
        if history.get(prompt_id, {}).get("status", {}).get("completed")
        and talker.events[prompt_id][-2:] == LAST_EVENTS
        and talker.events[prompt_id].count("executing") == NODES + 2
    ]
    return len(ids) - len(good)


def _kilobytes(pid: int | None) -> float | None:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    return next(float(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))


def _told(soaked: Soaked, row: int, first: int) -> Iterator[Figure]:
    yield Figure(f"lost of {row} in a row", soaked.lost_in_a_row, at_most=0)
    yield Figure(f"lost of {CLIENTS * EACH} at once from {CLIENTS} clients", soaked.lost_at_once, at_most=0)
    name = f"memory after {row} over that after {first}"
    if soaked.first_kilobytes is None or soaked.last_kilobytes is None:
        yield Figure(name, None, detail="this system has no /proc")
    else:
        pair = [value / KILOBYTES for value in (soaked.last_kilobytes, soaked.first_kilobytes)]
        ratio = soaked.last_kilobytes / soaked.first_kilobytes
        yield Figure(name, ratio, at_most=MOST_GROWTH, detail=f"{pair[0]:.1f} MB and {pair[1]:.1f} MB")
    yield Figure(
        "all of it", soaked.seconds, " s", detail=f"{row + CLIENTS * EACH} prompts of {NODES + 1} nodes"
    )


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    summary, _, rest = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(prog="dev.py bench soak", description=summary, epilog=rest)
    parser.add_argument("--quick", action="store_true", help="a fifth of it")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
