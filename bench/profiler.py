"""The figures of the profiler: `python3 dev.py bench profiler [--quick] [--only NAME ...]`.

`cost` has measured and unmeasured runs by turns on the stand-in, with what chance alone makes of two that are
not measured; with COMFYUI_URL=http://… on that server too, where this pack is installed. `store` makes a
database of 10,000 runs of 200 steps and looks at it. The exit code is 1 where a bound is missed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from .lab import profiler_cost, profiler_store
from .lab.figures import Figure, table

Measure = Callable[[Path, bool], Iterator[Figure]]
MEASURES: Mapping[str, Measure] = MappingProxyType(
    {"cost": profiler_cost.measure, "store": profiler_store.measure}
)


def main(argv: Sequence[str]) -> int:
    args = _arguments(argv)
    figures: list[Figure] = []
    for name in args.only or MEASURES:
        print(f"measuring: {name}", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory(prefix="dataset-gates-bench-") as folder:
            figures += MEASURES[name](Path(folder), args.quick)
    print(table(figures))
    return 0 if all(figure.met for figure in figures) else 1


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    summary, _, rest = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(prog="dev.py bench profiler", description=summary, epilog=rest)
    parser.add_argument("--quick", action="store_true", help="smaller data and fewer rounds")
    parser.add_argument("--only", action="append", choices=list(MEASURES), help="one part; may be repeated")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
