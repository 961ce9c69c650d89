"""The hosts of one test session: one for each set of packs, kept until the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..process import HostFailed, HostProcess
from .server import ServerUnderTest

PackPaths = tuple[Path, ...]


@dataclass(frozen=True)
class HostRequest:
    """Which host a test wants; `packs` alone are loaded."""

    packs: PackPaths
    front_end_root: Path | None = None


class MissingPack(FileNotFoundError):
    """A pack that a marker or the ini file names and that is not there."""


def found_packs(named: Sequence[str | Path], base: Path) -> PackPaths:
    """The packs as whole paths, relative ones from `base`. Raises MissingPack."""
    paths = tuple((base / name).resolve() for name in named)
    for path in paths:
        if not (path / "__init__.py").is_file() and path.suffix != ".py":
            raise MissingPack(f"{path} is no node pack: it has no __init__.py")
    return paths


class Hosts:
    """`new_base` makes an empty folder for each host. `real_url` replaces all of them by one server."""

    def __init__(self, new_base: Callable[[], Path], real_url: str | None = None) -> None:
        self._new_base = new_base
        self._real = ServerUnderTest(real_url) if real_url else None
        self._shared: dict[HostRequest, ServerUnderTest] = {}

    @property
    def is_real(self) -> bool:
        return self._real is not None

    def shared(self, wanted: HostRequest) -> ServerUnderTest:
        """The host with these packs, started at the first call. Raises HostFailed."""
        if self._real is not None:
            return self._real
        if wanted not in self._shared:
            self._shared[wanted] = self.fresh(wanted)
        return self._shared[wanted]

    def fresh(self, wanted: HostRequest) -> ServerUnderTest:
        """A host of its own; whoever asked stops its process. Raises HostFailed, also where a pack fails."""
        base = self._new_base() / "comfy"
        process = HostProcess(base, wanted.packs, wanted.front_end_root, only_named_packs=True)
        try:
            process.start()
            _check_packs(wanted.packs, process.log)
        except BaseException:
            process.stop()
            raise
        return ServerUnderTest(process.url, process)

    def stop(self) -> None:
        for server in self._shared.values():
            if server.process is not None:
                server.process.stop()
        self._shared.clear()


def _check_packs(packs: PackPaths, log: str) -> None:
    """A server goes on without a pack that cannot be imported; its tests have nothing to say then."""
    lines = log.splitlines()
    for pack in packs:
        if any(line.endswith(f" (IMPORT FAILED): {pack}") for line in lines):
            raise HostFailed(f"{pack} could not be imported", log)
