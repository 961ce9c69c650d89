"""The figures of the stand-in host: `python3 dev.py bench host [--quick]`.

Start-up, what a trivial node costs, prompts in a second. With COMFYUI_URL=http://… the last two are measured
by turns with that server; where it has the pack in tests/data/rules_pack, the nodes of that one are run. The
exit code is 1 where a bound is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median

from gates.host.process import HostProcess

from .lab.figures import Figure, table
from .lab.talking import Talker, chain, shared_kind, talking

RULES_PACK = Path(__file__).parents[1] / "tests/data/rules_pack"
LONG, SHORT = 100, 2  # nodes in a chain
SECONDS_TO_START = 2.0
MOST_OF_REAL = 0.5
WITNESS = """
import sys
from aiohttp import web
from server import PromptServer

@PromptServer.instance.routes.get("/bench/torch")
async def torch(request):
    return web.json_response("torch" in sys.modules)

NODE_CLASS_MAPPINGS = {}
"""


def main(argv: Sequence[str]) -> int:
    args = _arguments(argv)
    with tempfile.TemporaryDirectory(prefix="dataset-gates-bench-") as folder:
        figures = list(_figures(Path(folder), args.quick, os.environ.get("COMFYUI_URL")))
    print(table(figures))
    return 0 if all(figure.met for figure in figures) else 1


def _figures(folder: Path, quick: bool, real: str | None) -> Iterator[Figure]:
    witness = folder / "witness"
    witness.mkdir()
    (witness / "__init__.py").write_text(WITNESS)
    packs = (RULES_PACK, witness)
    starts = [_start(folder / f"start{turn}", packs) for turn in range(2 if quick else 5)]
    seconds = median(seconds for seconds, _ in starts)
    yield Figure("ready with this pack and two more", seconds, " s", at_most=SECONDS_TO_START)
    yield Figure("torch imported by then", float(any(torch for _, torch in starts)), at_most=0)
    with HostProcess(folder / "host", packs) as host:
        urls = [host.url, *([real.rstrip("/")] if real else [])]
        yield from asyncio.run(_compared(urls, rounds=4 if quick else 15, prompts=30 if quick else 150))


def _start(base: Path, packs: Sequence[Path]) -> tuple[float, bool]:
    """Seconds from starting the process to its first answer, and whether torch was imported."""
    began = time.perf_counter()
    with HostProcess(base, packs) as host:
        seconds = time.perf_counter() - began
        return seconds, bool(host.get("/bench/torch").json())


async def _compared(urls: Sequence[str], rounds: int, prompts: int) -> list[Figure]:
    fresh = itertools.count(time.time_ns() % 1_000_000_000)
    async with AsyncExitStack() as stack:
        talkers = [await stack.enter_async_context(talking(url)) for url in urls]
        kind = await shared_kind(talkers)
        for talker in talkers:  # the first run imports what nodes need
            await talker.seconds(chain(kind, SHORT, next(fresh)))
        costs: list[list[float]] = [[] for _ in talkers]
        for _ in range(rounds):
            for at, talker in enumerate(talkers):
                long = await talker.seconds(chain(kind, LONG, next(fresh)))
                short = await talker.seconds(chain(kind, SHORT, next(fresh)))
                costs[at].append((long - short) / (LONG - SHORT))
        rates = [await _rate(talker, kind, prompts, fresh) for talker in talkers]
    return _told(kind, [1000 * median(cost) for cost in costs], rates)


async def _rate(talker: Talker, kind: str, prompts: int, fresh: Iterator[int]) -> float:
    """Prompts in a second, all queued at once."""
    began = time.perf_counter()
    ids = [await talker.submit(chain(kind, SHORT, next(fresh))) for _ in range(prompts)]
    for prompt_id in ids:
        await talker.ended(prompt_id)
    return prompts / (time.perf_counter() - began)


def _told(kind: str, costs: Sequence[float], rates: Sequence[float]) -> list[Figure]:
    figures = [
        Figure(f"a {kind} in a chain of {LONG}", costs[0], " ms"),
        Figure("prompts in a second", rates[0]),
    ]
    if len(costs) > 1:
        figures += [
            Figure(
                "cost of a node over that of COMFYUI_URL",
                costs[0] / costs[1],
                at_most=MOST_OF_REAL,
                detail=f"{costs[0]:.3f} ms and {costs[1]:.3f} ms",
            ),
            Figure(
                "prompts in a second over those of COMFYUI_URL",
                rates[0] / rates[1],
                at_least=1.0,
                detail=f"{rates[0]:.0f} and {rates[1]:.0f}",
            ),
        ]
    return figures


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    summary, _, rest = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(prog="dev.py bench host", description=summary, epilog=rest)
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
