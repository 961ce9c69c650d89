"""What is kept of the registry: answers for a day, packs for good, and what becomes of a damaged file."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from gates.dock.api_cache import FRESH, KEPT, ApiCache
from gates.dock.databases import Database
from gates.dock.node_index import NodeIndex
from gates.dock.registry_answers import PublishedNode
from gates.errors import NodeBanned, RegistryFailed, UnknownNode
from tests.dock_registry_rig import NOW, PACK, Rig, served
from tests.registry_server import Reply, json_reply

NODE = "/nodes/my-pack"


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with served(tmp_path) as one:
        yield one


def test_an_answer_is_asked_for_once_a_day(rig: Rig) -> None:
    for _ in range(3):
        rig.fresh().get_node("my-pack")
    rig.now += FRESH - 1
    rig.registry.get_node("my-pack")
    assert rig.server.calls == [NODE]
    rig.now += 1
    rig.registry.get_node("my-pack")
    assert rig.server.calls == [NODE, NODE]


def test_a_clock_that_was_set_back_keeps_nothing_fresh(rig: Rig) -> None:
    rig.registry.get_node("my-pack")
    rig.now -= 5
    rig.registry.get_node("my-pack")
    assert len(rig.server.calls) == 2


@pytest.mark.parametrize("trouble", [Reply(500), Reply(429), Reply(200, {}, b"<html>"), json_reply([])])
def test_an_old_answer_serves_while_the_registry_has_trouble(rig: Rig, trouble: Reply) -> None:
    rig.registry.get_node("my-pack")
    rig.now += 3 * FRESH
    rig.server.always(NODE, trouble)
    assert rig.registry.get_node("my-pack").version == "1.0.0"
    assert len(rig.notes) == 1
    assert rig.notes[0].endswith("What 127.0.0.1 said on 2027-01-15 is used.")


def test_without_an_old_answer_the_trouble_is_said(rig: Rig) -> None:
    rig.server.always(NODE, Reply(500))
    with pytest.raises(RegistryFailed):
        rig.registry.get_node("my-pack")


@pytest.mark.parametrize(("status", "error"), [(403, NodeBanned), (404, UnknownNode)])
def test_an_old_answer_does_not_outlive_a_refusal(rig: Rig, status: int, error: type[Exception]) -> None:
    rig.registry.get_node("my-pack")
    rig.now += 2 * FRESH
    rig.server.script(NODE, json_reply({}, status))
    with pytest.raises(error):
        rig.registry.get_node("my-pack")
    rig.server.always(NODE, Reply(500))
    with pytest.raises(RegistryFailed):
        rig.registry.get_node("my-pack")


def test_nonsense_is_not_kept(rig: Rig) -> None:
    rig.server.script(NODE, json_reply({"id": "other"}))
    with pytest.raises(RegistryFailed):
        rig.registry.get_node("my-pack")
    assert rig.registry.get_node("my-pack").version == "1.0.0"


def test_what_nobody_asks_for_is_forgotten(tmp_path: Path) -> None:
    now = [NOW]
    cache = ApiCache(tmp_path / "deep" / "er" / "api_cache.db", lambda: now[0])
    assert cache.find("a") is None
    assert not (tmp_path / "deep").exists()
    cache.keep("a", {"x": 1})
    now[0] += KEPT + 1
    kept = cache.find("a")
    assert kept is not None and not kept.fresh
    cache.keep("b", 2)
    assert cache.find("a") is None
    cache.forget("b")
    assert cache.find("b") is None


# --- damaged files


@pytest.mark.parametrize("damage", ["text", "zeros", "other", "cut", "row"])
def test_a_damaged_database_is_set_aside_and_made_anew(rig: Rig, damage: str) -> None:
    rig.registry.get_node("my-pack")
    rig.registry.search_nodes("my")
    file = rig.metadata / "api_cache.db"
    _damage(file, damage)
    assert rig.registry.get_node("my-pack").version == "1.0.0"
    rig.registry.get_node("my-pack")
    assert rig.server.calls.count(NODE) == 2
    aside = [path.name for path in rig.metadata.iterdir() if "damaged" in path.name]
    assert len(aside) == (0 if damage == "row" else 1)


def _damage(file: Path, how: str) -> None:
    data = file.read_bytes()
    if how == "text":
        file.write_bytes(b"no database " * 100)
    elif how == "zeros":
        file.write_bytes(b"SQLite format 3\0" + bytes(len(data)))
    elif how == "cut":
        file.write_bytes(data[: len(data) // 2 - 100])
    elif how == "other":
        file.unlink()
        with sqlite3.connect(file) as conn:
            conn.execute("CREATE TABLE answers (something TEXT)")
        conn.close()
    else:
        with sqlite3.connect(file) as conn:
            conn.execute("UPDATE answers SET body = '{'")
        conn.close()


def test_the_index_is_made_anew_too(rig: Rig) -> None:
    rig.registry.get_node("my-pack")
    (rig.metadata / "node_index.db").write_bytes(b"damaged" * 1000)
    offline = rig.fresh("http://127.0.0.1:9")
    assert offline.search_nodes("my") == []
    rig.registry.search_nodes("my")
    assert [info.name for info in offline.search_nodes("my")] == ["my-pack"]


def test_a_database_that_cannot_be_made_stops_nothing(rig: Rig) -> None:
    (rig.metadata / "api_cache.db").mkdir(parents=True)
    (rig.metadata / "node_index.db").mkdir()
    assert rig.registry.get_node("my-pack").version == "1.0.0"
    assert [info.name for info in rig.registry.search_nodes("my")] == ["my-pack"]


def test_a_metadata_folder_that_is_a_file_stops_nothing(rig: Rig) -> None:
    rig.metadata.parent.mkdir(parents=True)
    rig.metadata.write_text("", "utf-8")
    assert rig.registry.get_node("my-pack").version == "1.0.0"


def test_many_at_once_lose_nothing(tmp_path: Path) -> None:
    file = tmp_path / "a" / "api_cache.db"

    def kept(number: int) -> None:
        for one in range(10):
            ApiCache(file, lambda: NOW).keep(f"{number}/{one}", one)

    threads = [threading.Thread(target=kept, args=(number,), name=f"kept {number}") for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cache = ApiCache(file, lambda: NOW)
    assert all(cache.find(f"{number}/{one}") is not None for number in range(6) for one in range(10))
    conn = sqlite3.connect(file)
    assert conn.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    conn.close()


def test_a_database_that_another_program_holds_is_not_waited_for_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gates.dock.databases.BUSY", 0.05)
    database = Database(tmp_path / "x.db", "CREATE TABLE IF NOT EXISTS t (a TEXT)", 1)
    database.write(lambda conn: None)
    other = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        database.write(_one_more)
    finally:
        other.execute("ROLLBACK")
        other.close()
    assert database.read(lambda conn: conn.execute("SELECT count(*) FROM t").fetchone()[0], -1) == 0
    assert not [path for path in tmp_path.iterdir() if "damaged" in path.name]


def _one_more(conn: sqlite3.Connection) -> None:
    conn.execute("INSERT INTO t VALUES ('1')")


# --- the index


def indexed(file: Path, *nodes: tuple[str, str, str]) -> NodeIndex:
    index = NodeIndex(file, lambda: NOW)
    published = [PublishedNode(one, name, said, None, "active", None) for one, name, said in nodes]
    index.remember(published)
    return index


def test_the_index_ranks_the_id_then_beginnings_then_words(tmp_path: Path) -> None:
    index = indexed(
        tmp_path / "i.db",
        ("zzz", "Other", "can mask"),
        ("re-mask", "Re", ""),
        ("mask", "Mask it", ""),
        ("abc", "Mask things", ""),
        ("mask-more", "More", ""),
    )
    found = [info.name for info in index.search("MASK", 10)]
    assert found == ["mask", "mask-more", "abc", "re-mask", "zzz"]
    assert [info.name for info in index.search("mask", 2)] == ["mask", "mask-more"]


def test_wildcards_are_letters(tmp_path: Path) -> None:
    index = indexed(tmp_path / "i.db", ("a_b", "100% sure", "back\\slash"), ("axb", "100 sure", ""))
    for query in ("a_b", "100%", "k\\s"):
        assert [info.name for info in index.search(query, 10)] == ["a_b"]
    assert index.search("%", 10) != index.search("", 10) == []


def test_a_pack_is_there_once_and_as_it_was_last(tmp_path: Path) -> None:
    indexed(tmp_path / "i.db", ("my-pack", "Old", "old"))
    index = indexed(tmp_path / "i.db", ("My-Pack", "New", "new"))
    assert [info.description for info in index.search("pack", 10)] == ["new"]
    assert index.search("old", 10) == []


def test_packs_of_a_search_are_remembered(rig: Rig) -> None:
    rig.server.add("other", "1.2.0", PACK)
    rig.registry.search_nodes("other")
    info = rig.fresh("http://127.0.0.1:9").search_nodes("other")[0]
    assert (info.registry_id, info.version, info.source) == ("other", "1.2.0", "registry")
