"""`gates NOUN …`: reads the arguments, runs the noun's command, prints what it answers."""

import argparse
from collections.abc import Sequence

from .. import __version__
from ..errors import GatesError
from . import demo, dock, host, profile, run
from .result import INTERRUPTED, Result, failure, show


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="gates", description="Dataset Gates for ComfyUI")
    parser.add_argument("--version", action="version", version=f"gates {__version__}")
    parser.add_argument("--json", action="store_true", help="answer as one JSON object")
    nouns = parser.add_subparsers(dest="noun", required=True, metavar="NOUN")
    host.add_parser(nouns)
    demo.add_parser(nouns)
    run.add_parser(nouns)
    profile.add_parser(nouns)
    dock.add_parser(nouns)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    args = build_parser().parse_args(argv)
    return show(_run(args), args.json)


def _run(args: argparse.Namespace) -> Result:
    try:
        result: Result = args.run(args)
    except (GatesError, OSError) as error:
        return failure(args.noun, error)
    except KeyboardInterrupt:
        return Result(args.noun, INTERRUPTED)
    return result
