"""What a host is told when it starts, and how a command line says it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

DEFAULT_LISTEN = "127.0.0.1"
DEFAULT_PORT = 8188


@dataclass(frozen=True)
class HostOptions:
    """Everything that a host needs to know.

    `base_directory` holds input, output, temp, user, models and custom_nodes; it is made where it is missing.
    `packs` are loaded beside this pack; with `only_named_packs` this pack stays out, unless it is named or
    installed below the base directory. `front_end_root` replaces the installed frontend package. Port 0
    picks a free one; the log names it.
    """

    base_directory: Path
    listen: str = DEFAULT_LISTEN
    port: int = DEFAULT_PORT
    packs: tuple[Path, ...] = ()
    front_end_root: Path | None = None
    multi_user: bool = False
    only_named_packs: bool = False


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--listen", metavar="ADDRESS", default=DEFAULT_LISTEN, help="address to listen on")
    add("--port", type=int, default=DEFAULT_PORT, help="port to listen on, 0 for a free one")
    add("--base-directory", type=Path, required=True, metavar="DIR", help="where all data lies")
    add("--pack", type=Path, action="append", default=[], metavar="DIR", help="load this pack too")
    add("--only-named-packs", action="store_true", help="do not load this pack by itself")
    add("--front-end-root", type=Path, metavar="DIR", help="serve this frontend build")
    add("--multi-user", action="store_true", help="settings and workflows for each user")


def from_arguments(values: argparse.Namespace) -> HostOptions:
    return HostOptions(
        base_directory=values.base_directory,
        listen=values.listen,
        port=values.port,
        packs=tuple(values.pack),
        front_end_root=values.front_end_root,
        multi_user=values.multi_user,
        only_named_packs=values.only_named_packs,
    )


def parse(arguments: Sequence[str] | None = None) -> HostOptions:
    parser = argparse.ArgumentParser(
        prog="python -m gates.host",
        description="A stand-in for ComfyUI that loads node packs, runs graphs and serves the real frontend.",
    )
    add_arguments(parser)
    return from_arguments(parser.parse_args(arguments))
