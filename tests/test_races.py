"""Twenty threads and two processes at once: nothing that was acknowledged is lost, nothing is used twice."""

from __future__ import annotations

import importlib
import importlib.util
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from gates import ledger, pool, profiles
from gates.errors import GatesError
from tests import pictures
from tests.race_worker import KINDS, OURS, POOL, Store

ROOT = Path(__file__).resolve().parents[1]
THREADS, PROCESSES = 20, 2
Done = list[dict[str, Any]]


@contextmanager
def second_copy() -> Iterator[Store]:
    """The package under another name in this process, as ComfyUI loads it beside the tests."""
    name = "a second copy of gates"
    init = ROOT / "gates" / "__init__.py"
    spec = importlib.util.spec_from_file_location(name, init, submodule_search_locations=[str(init.parent)])
    assert spec is not None and spec.loader is not None
    sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        parts = ("pool", "pool_trash", "profiles")
        yield Store(*(importlib.import_module(f"{name}.{part}") for part in parts))
    finally:
        for loaded in [one for one in sys.modules if one.split(".")[0] == name]:
            del sys.modules[loaded]


def race(base: Path, kind: str, small_pool: int, stores: list[Store]) -> Done:
    """Let them all begin at one moment; what each was acknowledged."""
    others = [_process(base, kind, small_pool, THREADS + n) for n in range(PROCESSES)]
    together = threading.Barrier(THREADS + 1)

    def begin(name: int) -> dict[str, Any]:
        together.wait()
        return KINDS[kind](stores[name % len(stores)], base, name)

    with ThreadPoolExecutor(THREADS) as threads:
        running = [threads.submit(begin, name) for name in range(THREADS)]
        for process in others:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        together.wait()
        done = [one.result() for one in running]
    for process in others:
        out, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        done.append(json.loads(out))
    return done


def _process(base: Path, kind: str, small_pool: int, name: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.race_worker"]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    order = {"base": str(base), "kind": kind, "name": name, "small_pool": small_pool}
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(json.dumps(order) + "\n")
    process.stdin.flush()
    assert process.stdout.readline() == "ready\n"
    return process


def check_pool(base: Path, done: Done) -> None:
    manifest, folder = pool.read_manifest(base, POOL), base / POOL
    used = [one for each in done for one in each["used"]]
    assert len(set(used)) == len(used), "an id was used twice"
    stay = {key: value for each in done for key, value in each["stay"].items()}
    assert {slot.id for slot in manifest.slots} == {*stay}
    for slot in manifest.slots:
        number, label, masked = stay[slot.id]
        assert (folder / slot.image).read_bytes() == pictures.png(number)
        assert slot.label == label and (slot.mask is not None) == masked
        assert slot.mask is None or (folder / slot.mask).exists()
    assert {item.slot.id for item in manifest.trash} == {one for each in done for one in each["gone"]}
    assert all(ledger.locate(folder, item.slot.image).exists() for item in manifest.trash)
    assert manifest.revision == sum(each["changes"] for each in done)
    assert not [*base.rglob("*damaged*")]


@pytest.mark.parametrize("small_pool", [0, 256], ids=["journal", "snapshots"])
def test_many_writers_of_one_pool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_pool: int) -> None:
    monkeypatch.setattr(ledger, "SMALL_POOL", small_pool)
    done = race(tmp_path, "pool", small_pool, [OURS])
    check_pool(tmp_path, done)
    monkeypatch.setattr(ledger, "_MEMORY", ledger.Memory())
    check_pool(tmp_path, done)


def test_two_copies_of_the_package_in_one_process_write_one_pool(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with second_copy() as other:
        assert other.pool is not pool
        done = race(tmp_path, "pool", 256, [OURS, other])
        check_pool(tmp_path, done)
        theirs = other.pool.read_manifest(tmp_path, POOL)
        assert theirs.revision == pool.read_manifest(tmp_path, POOL).revision


def test_many_makers_of_profiles(tmp_path: Path) -> None:
    with second_copy() as other:
        done = race(tmp_path, "profiles", 256, [OURS, other])
    winners = [each["wanted"] for each in done if each["wanted"]]
    assert len(winners) == 1
    expected = {key: name for each in done for key, name in each["stay"].items()}
    expected[winners[0]] = "Wanted by all"
    registry = profiles.read_registry(tmp_path)["profiles"]
    assert {entry["id"]: entry["name"] for entry in registry} == expected and len(registry) == len(expected)
    gone = {one for each in done for one in each["gone"]}
    assert {one["id"] for one in profiles.list_trash(tmp_path)} == gone
    for name in range(THREADS + PROCESSES):
        for pid in (f"id{name}a", f"id{name}c"):
            (slot,) = pool.read_manifest(tmp_path, pid).slots
            assert (tmp_path / pid / slot.image).read_bytes() == pictures.png(name)
    assert {path.parent.name for path in tmp_path.glob("*/profile.json")} == {*expected}
    assert [*(tmp_path / ".staging").iterdir()] == []


def test_one_id_is_given_to_one_maker(tmp_path: Path) -> None:
    together = threading.Barrier(THREADS)

    def make(number: int) -> str:
        together.wait()
        try:
            return profiles.create_profile(tmp_path, f"name {number}", "id1" if number % 2 else "ID1")["name"]
        except GatesError as error:
            return error.code

    with ThreadPoolExecutor(THREADS) as threads:
        answers = [*threads.map(make, range(THREADS))]
    made = [one for one in answers if one.startswith("name")]
    assert len(made) == 1 and set(answers) - {*made} == {"duplicate_id"}
    assert [entry["name"] for entry in profiles.read_registry(tmp_path)["profiles"]] == made


def test_readers_never_see_half_a_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "SMALL_POOL", 2)
    for n in range(4):
        pool.add_image(tmp_path, POOL, pictures.png(n))
    over, wrong = threading.Event(), []

    def read() -> None:
        last = 0
        while not over.is_set():
            manifest = pool.read_manifest(tmp_path, POOL)
            if manifest.revision < last or len({slot.label for slot in manifest.slots[:1]}) != 1:
                wrong.append(manifest.revision)
            if manifest.slots[0].label not in ("", str(manifest.revision)):
                wrong.append(manifest.revision)
            last = manifest.revision

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for turn in range(60):
        revision = pool.read_manifest(tmp_path, POOL).revision
        pool.set_label(tmp_path, POOL, 0, str(revision + 1))
        if turn % 10 == 0:
            monkeypatch.setattr(ledger, "_MEMORY", ledger.Memory())
    over.set()
    for reader in readers:
        reader.join()
    assert wrong == []
