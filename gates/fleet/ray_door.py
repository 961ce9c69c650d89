"""The one door to Ray: a cluster for the time of a batch, actors on it, and a pool that gives them work.

Ray is imported when the door opens. It reports nothing home, opens no dashboard and writes nothing to our
terminal; a cluster that was started here ends here, and its folder is removed.
"""

from __future__ import annotations

import logging
import os
import shutil
import socket
import tempfile
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import ClusterFailed, ClusterMissing

SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_DEDUP_LOGS_SKIP_REGEX": "(?s).*",  # what the daemons have to say is in their logs
    "RAY_worker_niceness": "0",  # our actors wait for servers; they must not wait for the processor too
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}
OBJECT_STORE = 80 * 2**20  # bytes: on one machine, files stay on its disk
INSTALL = "pip install 'comfyui-dataset-gates[cluster]'"
SECONDS_TO_CONNECT = 10.0
RESTARTS = 3  # of an actor's process, and of the task that it had: Ray's own
PACKAGE = Path(__file__).parents[1]


@contextmanager
def open_cluster(address: str | None, gpus: bool) -> Iterator[Cluster]:
    """Join the cluster at `address`, or start one on this machine. Raises ClusterMissing, ClusterFailed."""
    os.environ.update(SETTINGS)
    try:
        import ray
    except ImportError as error:
        raise ClusterMissing(f"A batch runs on Ray, which is not installed: {INSTALL}") from error
    if ray.is_initialized():
        raise ClusterFailed("Ray runs in this process already.")
    if address:
        check_address(address)
    folder = None if address else ray_folder()
    try:
        try:
            ray.init(**(joining(address) if address else starting(folder, gpus)))
        except (ConnectionError, RuntimeError, ValueError, TimeoutError, OSError) as error:
            raise ClusterFailed(f"Ray does not start, or is not at {address}: {error}") from error
        yield Cluster(ray)
    finally:
        ray.shutdown()
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def check_address(address: str) -> None:
    """Raise ClusterFailed where nobody answers at HOST:PORT: Ray itself would try for many minutes."""
    host, _, port = address.rpartition("://")[2].rpartition(":")
    if not port.isdecimal():
        return  # such as `auto`, which Ray looks up at once
    try:
        socket.create_connection((host, int(port)), SECONDS_TO_CONNECT).close()
    except (OSError, OverflowError) as error:
        raise ClusterFailed(f"There is no Ray cluster at {address}: {error}") from error


def quiet() -> dict[str, Any]:
    return {"log_to_driver": False, "logging_level": logging.ERROR, "namespace": f"gates-{uuid.uuid4().hex}"}


def starting(folder: str | None, gpus: bool) -> dict[str, Any]:
    """A cluster of this machine alone; its actors only wait, so that one processor is enough."""
    own = {"num_cpus": 1, "include_dashboard": False, "object_store_memory": OBJECT_STORE}
    return {**quiet(), **own, "_temp_dir": folder, **({} if gpus else {"num_gpus": 0})}


def joining(address: str) -> dict[str, Any]:
    """Machines of a cluster get this package from here; they need aiohttp, and Ray of the same version."""
    return {**quiet(), "address": address, "runtime_env": {"py_modules": [str(PACKAGE)]}}


def ray_folder() -> str:
    """A short path: the names of Unix sockets may have 103 characters."""
    return tempfile.mkdtemp(prefix="gates-ray-", dir="/tmp" if os.path.isdir("/tmp") else None)


class Cluster:
    """What the batch needs of Ray. A handle is what `actor` returned; a ref stands for an answer to come."""

    def __init__(self, ray: Any) -> None:
        self._ray = ray

    @property
    def gpus(self) -> float:
        return float(self._ray.cluster_resources().get("GPU", 0))

    @property
    def node(self) -> str:
        return this_node()

    def actor(self, kind: type[Any], *arguments: Any, gpus: float = 0.0) -> Any:
        """An actor in a process of its own; when that dies, Ray starts it again with the task that it had."""
        options = {"num_cpus": 0, "max_restarts": RESTARTS, "max_task_retries": RESTARTS}
        return self._ray.remote(**options, num_gpus=gpus)(kind).remote(*arguments)

    def answers(self, refs: Sequence[Any], seconds: float | None) -> list[Any | None]:
        """The answer of each ref, in order; None for what did not come in time, or whose actor is gone."""
        ready, _ = self._ray.wait(list(refs), num_returns=len(refs), timeout=seconds)
        return [self._answer(ref) if ref in ready else None for ref in refs]

    def _answer(self, ref: Any) -> Any | None:
        try:
            return self._ray.get(ref)
        except self._ray.exceptions.RayError:
            return None

    def first(self, ref: Any, seconds: float) -> Any | None:
        """One answer; None when it did not come in time. Raises what the actor raised, or ClusterFailed."""
        try:
            return self._ray.get(ref, timeout=seconds)
        except self._ray.exceptions.GetTimeoutError:
            return None
        except self._ray.exceptions.RayTaskError as error:
            raise error.cause from error
        except self._ray.exceptions.RayError as error:
            raise ClusterFailed(f"Ray gave an actor up: {error}") from error

    def pool(self, handles: Sequence[Any]) -> Pool:
        return Pool(self._ray, handles)

    def end(self, handles: Sequence[Any]) -> None:
        for handle in handles:
            self._ray.kill(handle)


class Pool:
    """Ray's own pool: whichever actor is free gets the next piece of work."""

    def __init__(self, ray: Any, handles: Sequence[Any]) -> None:
        from ray.util import ActorPool

        self._ray = ray
        self._pool = ActorPool(list(handles))

    def give(self, call: Callable[[Any, Any], Any], value: Any) -> None:
        """`call(handle, value)` returns a ref; it is called when an actor is free."""
        self._pool.submit(call, value)

    @property
    def works(self) -> bool:
        return bool(self._pool.has_next())

    def next(self, seconds: float) -> Any | None:
        """The next answer, of whichever actor; None when none came in time, or its actor is gone for good."""
        try:
            return self._pool.get_next_unordered(timeout=seconds)
        except (TimeoutError, self._ray.exceptions.RayError):
            return None


def this_node() -> str:
    """The machine that this runs on, as Ray names it: asked by an actor, or by who made it."""
    import ray

    return str(ray.get_runtime_context().get_node_id())
