"""`gates NOUN …`: reads the arguments, runs the noun's command, prints what it answers."""

import argparse
import sys
import traceback
from collections.abc import Sequence
from typing import NoReturn

from .. import __version__
from ..errors import GatesError
from . import demo, dock, host, profile, run
from .result import FAILED, INTERRUPTED, USAGE, Problem, Result, failure, prepare_streams, show


class _Misused(Exception):
    def __init__(self, parser: argparse.ArgumentParser, message: str) -> None:
        super().__init__(message)
        self.parser = parser


class _Parser(argparse.ArgumentParser):
    """Raises what argparse would print: whoever asked for JSON gets it for this too."""

    def error(self, message: str) -> NoReturn:
        raise _Misused(self, message)


def build_parser() -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = _Parser(prog="gates", description="Dataset Gates for ComfyUI")
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
    prepare_streams()
    words = sys.argv[1:] if argv is None else [*argv]
    try:
        args = build_parser().parse_args(words)
    except _Misused as misused:
        return _misused(misused, words)
    return show(_run(args), args.json)


def _misused(misused: _Misused, words: Sequence[str]) -> int:
    ours = words[: words.index("--")] if "--" in words else words
    if "--json" not in ours:
        argparse.ArgumentParser.error(misused.parser, str(misused))
    noun = next((word for word in ours if not word.startswith("-")), "gates")
    return show(Result(noun, USAGE, errors=(Problem("usage", str(misused)),)), as_json=True)


def _run(args: argparse.Namespace) -> Result:
    try:
        result: Result = args.run(args)
    except (GatesError, OSError) as error:
        return failure(args.noun, error)
    except (KeyboardInterrupt, EOFError):
        return Result(args.noun, INTERRUPTED, errors=(Problem("interrupted", "Stopped."),))
    except Exception as error:
        traceback.print_exc()
        said = f"This should not have happened ({type(error).__name__}). Please report the lines above."
        return Result(args.noun, FAILED, errors=(Problem("internal_error", said),))
    return result
