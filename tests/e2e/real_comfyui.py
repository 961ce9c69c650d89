"""A real ComfyUI in the place of the stand-in, so that the same browser tests play on both.

    export GATES_COMFYUI=/path/to/ComfyUI GATES_COMFYUI_PYTHON=/its/python
    python3 dev.py test tests/e2e/test_pool_story.py

It runs on the CPU, from a base directory of the test's own, with a link to this pack and no other.
"""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

from gates.host.frontend import front_end_directory
from gates.host.packs import THIS_PACK
from gates.host.process import HostProcess


def chosen() -> Path | None:
    """The checkout that was named, None for the stand-in."""
    named = os.environ.get("GATES_COMFYUI")
    return Path(named) if named else None


class RealComfyUI(HostProcess):
    """As HostProcess, of a ComfyUI checkout. `front_end_root` None is the installed frontend."""

    def __init__(self, checkout: Path, base: Path, front_end_root: Path | None) -> None:
        super().__init__(base, front_end_root=front_end_directory(front_end_root))
        self._checkout = checkout
        packs = base / "custom_nodes"
        packs.mkdir(parents=True)
        (packs / "dataset_gates").symlink_to(THIS_PACK, target_is_directory=True)

    def _command(self) -> list[str]:
        python = os.environ.get("GATES_COMFYUI_PYTHON", sys.executable)
        port = self.url.rsplit(":", 1)[-1] if self.url else str(_free_port())
        # Without the nodes that call other servers, ComfyUI also keeps its page from leaving the host.
        fixed = ["--cpu", "--disable-api-nodes", "--listen", "127.0.0.1", "--port", port]
        places = ["--base-directory", str(self.base), "--front-end-root", str(self._front_end_root)]
        return [python, "-B", str(self._checkout / "main.py"), *fixed, *places]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
