"""Starting a host, serving until it is told to stop, and leaving nothing behind."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import mimetypes
import shutil
import signal
import sys
from pathlib import Path

from aiohttp import web

from .builtin_nodes import add_builtin_nodes
from .folders import Folders
from .frontend import front_end_directory
from .interrupts import Interrupts
from .log_buffer import LogBuffer, set_up_logging
from .options import HostOptions
from .packs import load_packs, packs_to_load, run_prestartup_scripts
from .prompt_server import PromptServer
from .registry import NodeRegistry
from .routes import add_all
from .running.progress import ProgressBoard
from .runtime import Runtime
from .shims import install_shims
from .web_app import complete_app
from .worker import Worker

logger = logging.getLogger("gates.host")

OWN_WEB_DIRECTORY = Path(__file__).with_name("web")
OWN_WEB_NAME = "gates_stand_in"
SECONDS_TO_STOP = 5.0


def serve(options: HostOptions) -> None:
    """Serve until Ctrl-C or SIGTERM. Raises RuntimeError where two packs take the same address."""
    runtime = make_runtime(options)
    with contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError):
        asyncio.run(_serve(runtime))


def make_runtime(options: HostOptions) -> Runtime:
    """Log, folders and tables of a host that is about to start, its base directory made."""
    # A pack's folder is the pack's: the host writes below its base directory alone.
    sys.dont_write_bytecode = True
    mimetypes.add_type("application/javascript", ".js")
    mimetypes.add_type("application/javascript", ".mjs")
    mimetypes.add_type("image/webp", ".webp")
    logs = LogBuffer()
    set_up_logging(logs)
    folders = Folders(options.base_directory)
    shutil.rmtree(folders.get_temp_directory(), ignore_errors=True)
    folders.make_standard_directories()
    front_end = front_end_directory(options.front_end_root)
    nodes = NodeRegistry()
    return Runtime(options, front_end, folders, nodes, Interrupts(), ProgressBoard(), logs)


async def _serve(runtime: Runtime) -> None:
    logger.info("This is the stand-in host of Dataset Gates, not ComfyUI: it runs no models.")
    server = PromptServer(asyncio.get_running_loop(), runtime)
    runtime.logs.send_with(server.send_sync)
    add_builtin_nodes(
        runtime.nodes, runtime.folders, server.send_progress_text
    )  # first: packs import them from `nodes`
    install_shims(server)
    await _load_nodes(runtime, server)
    complete_app(server)
    worker = Worker(server)
    publisher = asyncio.create_task(server.publish_loop())
    runner = web.AppRunner(server.app, access_log=None, shutdown_timeout=SECONDS_TO_STOP)
    _stop_on_sigterm()
    try:
        await runner.setup()
        await _listen(runner, server)
        worker.start()
        await asyncio.Event().wait()
    finally:
        await server.connections.close_all()
        await runner.cleanup()
        await asyncio.to_thread(worker.stop, SECONDS_TO_STOP)
        publisher.cancel()
        shutil.rmtree(runtime.folders.get_temp_directory(), ignore_errors=True)


async def _load_nodes(runtime: Runtime, server: PromptServer) -> None:
    add_all(server)
    runtime.nodes.web_directories[OWN_WEB_NAME] = str(OWN_WEB_DIRECTORY)
    custom_nodes = Path(runtime.folders.get_folder_paths("custom_nodes")[0])
    options = runtime.options
    packs = packs_to_load(options.packs, custom_nodes, not options.only_named_packs)
    run_prestartup_scripts(packs)
    await load_packs(packs, runtime.nodes)


async def _listen(runner: web.AppRunner, server: PromptServer) -> None:
    options = server.runtime.options
    site = web.TCPSite(runner, options.listen, options.port)
    try:
        await site.start()
    except OSError as error:
        raise SystemExit(
            f"cannot listen on {options.listen}:{options.port}: {error.strerror or error}. "
            "Close what runs there, or choose another --port."
        ) from error
    server.port = runner.addresses[0][1]
    shown = f"[{options.listen}]" if ":" in options.listen else options.listen
    logger.info("To see the GUI go to: http://%s:%s", shown, server.port)


def _stop_on_sigterm() -> None:
    task = asyncio.current_task()
    if task is not None and sys.platform != "win32":
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
