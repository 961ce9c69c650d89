"""The figures of the pools: `python3 dev.py bench pools [--quick] [--only NAME ...]`.

What is compared is measured by turns in this one run, in a temporary folder that is removed at the end.
The exit code is 1 where a bound is missed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from .lab import paint, slots, transfer
from .lab.figures import Figure, table

Measure = Callable[[Path, bool], Iterator[Figure]]
MEASURES: Mapping[str, Measure] = MappingProxyType(
    {"slots": slots.measure, "transfer": transfer.measure, "paint": paint.measure}
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
    parser = argparse.ArgumentParser(prog="dev.py bench pools", description=summary, epilog=rest)
    parser.add_argument("--quick", action="store_true", help="smaller data and fewer rounds")
    parser.add_argument("--only", action="append", choices=list(MEASURES), help="one part; may be repeated")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
