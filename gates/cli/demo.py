"""`gates demo`: the stand-in host with example images and a workflow that uses them."""

import argparse
import os
import shutil
import socket
import threading
import time
import urllib.request
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.error import URLError

from ..host.options import DEFAULT_LISTEN, DEFAULT_PORT, HostOptions
from .host import serve_until_stopped
from .result import FAILED, Problem, Result, announce

if TYPE_CHECKING:
    Nouns = argparse._SubParsersAction[argparse.ArgumentParser]

PACK: Final = Path(__file__).with_name("demo_pack")
POLL_SECONDS: Final = 0.2


def add_parser(nouns: "Nouns") -> None:
    text = "run the stand-in host with example images and an example workflow"
    parser = nouns.add_parser("demo", help=text, description=text)
    add = parser.add_argument
    add("--base-directory", type=Path, required=True, metavar="DIR", help="where all data lies")
    add("--port", type=int, default=DEFAULT_PORT, help="port to listen on, 0 for a free one")
    add("--front-end-root", type=Path, metavar="DIR", help="serve this frontend build")
    add("--no-browser", action="store_true", help="open no browser")
    add("--reset", action="store_true", help="set the data aside and start afresh")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> Result:
    port = free_port(args.port)
    if port is None:
        message = f"Port {args.port} is in use. Stop what runs there, or name another: --port N"
        return Result("demo", FAILED, errors=(Problem("port_in_use", message),))
    base: Path = args.base_directory.resolve()
    if args.reset:
        set_aside(base)
    if not base.exists():
        make_base(base)
    options = HostOptions(base_directory=base, port=port, packs=(PACK,), front_end_root=args.front_end_root)
    return serve_and_announce(options, open_browser=not args.no_browser)


def free_port(wanted: int) -> int | None:
    """The port itself if nothing listens there, a free one for 0, None for a taken one."""
    with socket.socket() as probe:
        if os.name != "nt":  # there it would let two servers share a port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((DEFAULT_LISTEN, wanted))
        except OSError:
            return None
        port: int = probe.getsockname()[1]
        return port


def set_aside(base: Path) -> None:
    """Rename the data of earlier demos, so that nothing that somebody made there is lost."""
    if not base.exists():
        return
    stem = f"{base.name}-{time.strftime('%Y%m%d-%H%M%S')}"
    aside = base.with_name(stem)
    count = 2
    while aside.exists():
        aside = base.with_name(f"{stem}-{count}")
        count += 1
    base.rename(aside)
    announce(f"The data so far lies in {aside}")


def make_base(base: Path) -> None:
    """Fill a new base directory beside its place, then rename it: it is whole or absent."""
    # Pillow and the pools are of no use to `gates host`.
    from .demo_data import fill

    partial = base.with_name(base.name + ".part")
    shutil.rmtree(partial, ignore_errors=True)
    fill(partial, now=int(time.time()))
    partial.rename(base)


def serve_and_announce(options: HostOptions, *, open_browser: bool) -> Result:
    address = f"http://{options.listen}:{options.port}/"
    stopped = threading.Event()
    herald = threading.Thread(
        target=announce_when_ready,
        args=(address, stopped, open_browser),
        name="gates-demo-herald",
        daemon=True,
    )
    herald.start()
    try:
        return serve_until_stopped("demo", options)
    finally:
        stopped.set()
        herald.join()


def announce_when_ready(address: str, stopped: threading.Event, open_browser: bool) -> None:
    while not is_ready(address):
        if stopped.wait(POLL_SECONDS):
            return
    announce(f"\nDataset Gates demo: {address}\nStop it with Ctrl+C.\n")
    if open_browser:
        webbrowser.open(address)


def is_ready(address: str) -> bool:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(address + "api/system_stats", timeout=5) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False
