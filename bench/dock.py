"""The figures of the dock: `python3 dev.py bench dock [--quick]`.

create, adding a pack and a sync that has nothing to do, each by turns with the bare `uv` and `git` commands
that do the same, on a small ComfyUI, with packages from a folder of wheels; scanning models by turns with
reading their bytes alone; how long the command line takes to start. The exit code is 1 where one is missed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median

from gates.dock.content import CHUNK
from gates.dock.model_index import ModelIndex
from gates.dock.tools import uv_program
from tests.dock_rig import GIT, Rig

from .lab.figures import Figure, table
from .lab.pairs import Pairs, by_turns

ROOT = Path(__file__).resolve().parents[1]
TIMES, PLUS = 1.3, 1.0  # of the bare commands, and so many seconds more
PACKS = 100
MODELS, MODEL_SIZE = 8, 128 << 20
MANY = 10_000


def main(argv: Sequence[str]) -> int:
    summary, _, rest = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(prog="dev.py bench dock", description=summary, epilog=rest)
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    rounds = 2 if parser.parse_args(argv).quick else 7
    with tempfile.TemporaryDirectory(prefix="dataset-gates-bench-") as folder:
        base = Path(folder) / "a" / "b"
        base.mkdir(parents=True)
        figures = list(_measured(Rig(base).furnish(), rounds))
    print(table(figures))
    return 0 if all(figure.met for figure in figures) else 1


def _measured(rig: Rig, rounds: int) -> Iterator[Figure]:
    bare = Bare(rig)
    yield from _pair("create", by_turns(_creating(rig), bare.create, rounds), at_most_s=30)
    yield from _pair("node add", by_turns(_adding(rig), bare.add, rounds), at_most_s=10)
    yield from _pair("sync with nothing to do", by_turns(_syncing(rig), bare.sync, rounds))
    yield from _scanning(rig, rounds)
    yield from _starting(rig, rounds)


def _pair(name: str, pairs: Pairs, at_most_s: float | None = None) -> Iterator[Figure]:
    ours, theirs = pairs.medians
    detail = f"bare commands {theirs:.2f} s, ratio {pairs.ratio:.2f}"
    yield Figure(f"{name}, over the bare commands", ours, " s", at_most=theirs * TIMES + PLUS, detail=detail)
    if at_most_s is not None:
        yield Figure(f"{name}, whole", ours, " s", at_most=at_most_s, detail="with a warm cache")


def _timed(call: Callable[[], object]) -> float:
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def _creating(rig: Rig) -> Callable[[int], float]:
    workspace = rig.workspace()
    source = f"{rig.comfyui}@v0.1.0"
    return lambda turn: _timed(lambda: workspace.create_environment(f"made-{turn}", comfyui=source))


def _adding(rig: Rig) -> Callable[[int], float]:
    environment = rig.environment("adding")

    def add(turn: int) -> float:
        if turn:
            environment.remove_node("good")
        return _timed(lambda: environment.add_node("good@v1"))

    return add


def _syncing(rig: Rig) -> Callable[[int], float]:
    environment = rig.environment("syncing")
    environment.add_node("good@v1")
    return lambda turn: _timed(environment.sync)


class Bare:
    """The same by hand: what somebody would type who needs no undo."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self._uv = uv_program(rig.outside)
        self._cache = rig.base / "workspace" / "uv_cache"

    def _run(self, folder: Path, *words: str) -> None:
        cache = {"UV_CACHE_DIR": str(self._cache), "UV_LINK_MODE": "clone"}
        environment = {**os.environ, **GIT, **self._rig.outside, **cache}
        subprocess.run(words, cwd=folder, env=environment, capture_output=True, check=True)

    def _make(self, folder: Path, requirements: str) -> None:
        folder.mkdir(parents=True)
        self._run(folder, "git", "clone", "--quiet", "--branch", "v0.1.0", str(self._rig.comfyui), "ComfyUI")
        listed = f'dependencies = ["{requirements}"]\n'
        head = '[project]\nname = "x"\nversion = "0.1.0"\nrequires-python = ">=3.10"\n'
        (folder / "pyproject.toml").write_text(f"{head}{listed}[tool.uv]\npackage = false\n")
        self._run(folder, self._uv, "venv", "--quiet", "--python", sys.executable)
        self._run(folder, self._uv, "lock", "--quiet")
        self._run(folder, self._uv, "sync", "--quiet", "--frozen")
        for words in (
            ("init", "--quiet"),
            ("add", "pyproject.toml", "uv.lock"),
            ("commit", "--quiet", "-m", "a"),
        ):
            self._run(folder, "git", *words)

    def create(self, turn: int) -> float:
        return _timed(lambda: self._make(self._rig.base / "bare" / f"made-{turn}", "core-lib==1.0"))

    def add(self, turn: int) -> float:
        folder = self._rig.base / "bare" / f"adding-{turn}"
        self._make(folder, "core-lib==1.0")

        def add() -> None:
            pack = (self._rig.packs / "good").as_uri()
            self._run(folder, "git", "clone", "--quiet", pack, "ComfyUI/custom_nodes/good")
            self._run(folder, self._uv, "add", "--quiet", "--group", "good", "extra-lib>=1")
            self._run(folder, "git", "commit", "--quiet", "--all", "-m", "b")

        return _timed(add)

    def sync(self, turn: int) -> float:
        folder = self._rig.base / "bare" / "syncing"
        if not folder.exists():
            self._make(folder, "core-lib==1.0")
        return _timed(lambda: self._run(folder, self._uv, "sync", "--quiet"))


def _scanning(rig: Rig, rounds: int) -> Iterator[Figure]:
    """Files that the system has in its memory: what is measured is the hashing, not the disk."""
    folder = rig.base / "models"
    folder.mkdir()
    for number in range(MODELS):
        (folder / f"{number}.safetensors").write_bytes(os.urandom(MODEL_SIZE))
    gigabytes = MODELS * MODEL_SIZE / 1e9
    index = ModelIndex(rig.base / "model_index.db")
    pairs = by_turns(
        lambda _: _timed(lambda: index.scan_directory(folder, again=True)),
        lambda _: _timed(lambda: _read_all(folder)),
        rounds,
    )
    ours, bare = pairs.medians
    detail = f"reading alone {bare / gigabytes:.2f} s, ratio {pairs.ratio:.2f}"
    yield Figure("model scan, each GB", ours / gigabytes, " s", at_most=1.0, detail=detail)
    for number in range(MANY):
        (folder / f"{number % 100}").mkdir(exist_ok=True)
        (folder / f"{number % 100}" / f"{number}.safetensors").write_bytes(b"%d" % number)
    long_ago = ModelIndex(index_file := rig.base / "many_index.db", clock=lambda: time.time() + 60)
    long_ago.scan_directory(folder)
    again = ModelIndex(index_file)
    taken = median(_timed(lambda: again.scan_directory(folder)) for _ in range(rounds))
    yield Figure(f"scan of {MANY} models as they were", taken, " s", at_most=1.0)


def _read_all(folder: Path) -> None:
    buffer = bytearray(CHUNK)
    for path in folder.iterdir():
        with open(path, "rb", buffering=0) as opened:
            while opened.readinto(buffer):
                pass


def _starting(rig: Rig, rounds: int) -> Iterator[Figure]:
    environment = rig.environment("many")
    manifest = environment.places.manifest
    packs = [
        f'\n[tool.comfydock.nodes.pack-{n}]\nname = "pack-{n}"\nsource = "local"\npath = "{rig.base}"\n'
        for n in range(PACKS)
    ]
    manifest.write_text(manifest.read_text("utf-8") + "".join(packs), "utf-8")
    status = ("dock", "--workspace", str(rig.base / "workspace"), "--env", "many", "status")
    for name, words, bound in (
        ("gates --version", ("--version",), 0.15),
        (f"status of {PACKS} packs", status, 0.3),
    ):
        yield Figure(name, median(_started(words) for _ in range(rounds + 2)), " s", at_most=bound)


def _started(words: Sequence[str]) -> float:
    command = [sys.executable, "-m", "gates", *words]
    return _timed(lambda: subprocess.run(command, cwd=ROOT, capture_output=True, check=True))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
