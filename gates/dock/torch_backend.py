"""Which build of PyTorch an environment takes: its index, and the constraint that holds it in place."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from ..errors import BadConfig, CommandTimedOut
from .comfyui import BACKEND, TORCH_INDEX, TORCH_PACKAGES
from .crew import Crew
from .processes import Command, basic_environment
from .pyproject import PyprojectManager
from .tools import library, on_path

CUDA_BUILDS = ("cu130", "cu129", "cu128", "cu126", "cu124", "cu121", "cu118")
DRIVER = re.compile(r"CUDA\s+(?:UMD\s+)?Version\s*:\s*(\d{1,3})\.(\d{1,3})\b")  # UMD: drivers from 610 on


def set_torch(manifest: PyprojectManager, wanted: str, crew: Crew) -> None:
    """Write the index for `cpu`, `cuXXX` or what `auto` finds here. Raises BadConfig."""
    backend = detected(crew) if wanted == "auto" else wanted
    if not BACKEND.fullmatch(backend):
        raise BadConfig(f"--torch takes cpu, auto or a build such as {CUDA_BUILDS[2]}, not {wanted[:40]!r}.")
    manifest.set_index("pytorch", f"{TORCH_INDEX}/{backend}", TORCH_PACKAGES)
    manifest.set_settings(torch_backend=backend)


def hold_torch(manifest: PyprojectManager, locked: dict[str, str]) -> None:
    """Constrain what the lock has chosen, so that no pack can move it."""
    pins = {name: f"{name}=={locked[name]}" for name in TORCH_PACKAGES if name in locked}
    others = [line for line in manifest.constraints() if _package(line) not in pins]
    manifest.set_constraints([*others, *pins.values()])


def _package(line: str) -> str:
    """Whose constraint this is, however it is spelled."""
    name = re.match(r"\s*([\w.-]*)", line)
    return str(library("packaging.utils").canonicalize_name(name[1] if name else ""))


def detected(crew: Crew) -> str:
    """The newest CUDA build that the driver here can run; `cpu` without one. Raises CommandTimedOut."""
    program = on_path("nvidia-smi", crew.outside)
    if program is None or sys.platform == "darwin":
        return "cpu"
    try:
        done = crew.runner.run(Command((program,), Path.cwd(), basic_environment(crew.outside)))
    except CommandTimedOut:
        raise CommandTimedOut(
            f"nvidia-smi does not answer. Name the build of PyTorch: --torch {CUDA_BUILDS[2]} or --torch cpu."
        ) from None
    found = DRIVER.search(done.out)
    most = (int(found[1]), int(found[2])) if found else (0, 0)
    return next((build for build in CUDA_BUILDS if (int(build[2:-1]), int(build[-1])) <= most), "cpu")
