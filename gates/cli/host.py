"""`gates host`: run the stand-in host until it is stopped."""

import argparse
from typing import TYPE_CHECKING

from ..host.options import HostOptions, add_arguments, from_arguments
from .result import FAILED, Problem, Result

if TYPE_CHECKING:
    Nouns = argparse._SubParsersAction[argparse.ArgumentParser]


def add_parser(nouns: "Nouns") -> None:
    text = "run the stand-in host, which answers like ComfyUI and needs no GPU"
    parser = nouns.add_parser("host", help=text, description=text)
    add_arguments(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> Result:
    return serve_until_stopped("host", from_arguments(args))


def serve_until_stopped(command: str, options: HostOptions) -> Result:
    # The server brings aiohttp and numpy, which no other command needs.
    from ..host.frontend import FrontendMissing
    from ..host.server import serve

    try:
        serve(options)
    except FrontendMissing as error:
        return Result(command, FAILED, errors=(Problem("frontend_missing", str(error)),))
    return Result(command)
