"""The model index: a model is its whole content, read once, and found wherever it goes."""

from __future__ import annotations

import itertools
import os
import shutil
import sqlite3
import sys
import threading
from dataclasses import dataclass, field, replace
from pathlib import Path

import blake3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gates.dock import content, hashing, model_files
from gates.dock.content import content_id
from gates.dock.hashing import Hashing, Progress
from gates.dock.model_files import ModelFile
from gates.dock.model_index import ModelIndex
from gates.dock.records import ModelInfo
from gates.errors import ModelChanged, NoModels, ToolMissing

EMPTY = (
    "blake3:af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"  # of BLAKE3's own test vectors
)
MB = 1_000_000
TIMES = itertools.count(1)
NOW = 1_800_000_000.0


@dataclass
class Shelf:
    """A folder of models with an index of it, some levels deep in a temporary folder."""

    base: Path
    now: float = NOW
    notes: list[str] = field(default_factory=list)
    read: list[int] = field(default_factory=list)  # files of each reading

    @property
    def models(self) -> Path:
        return self.base / "models"

    @property
    def database(self) -> Path:
        return self.base / "ws" / "model_index.db"

    @property
    def index(self) -> ModelIndex:
        return ModelIndex(self.database, [self.models], lambda: self.now, self.notes.append, self._told)

    def _told(self, done: Progress) -> None:
        if done.files == done.of_files:
            self.read.append(done.files)

    def put(self, name: str, data: bytes = b"one") -> Path:
        path = self.models / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    def scan(self) -> list[ModelInfo]:
        return self.index.scan_directory(self.models)

    def files_read(self) -> int:
        """By the next scan."""
        self.read.clear()
        self.scan()
        return sum(self.read)


def look(path: Path) -> ModelFile:
    return model_files.look(str(path))


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    shelf = Shelf(tmp_path / "a" / "b")
    shelf.models.mkdir(parents=True)
    return shelf


# --- what a model is


def test_the_content_id_is_that_of_comfyuis_assets(shelf: Shelf) -> None:
    assert content_id(look(shelf.put("none.safetensors", b""))) == EMPTY
    data = os.urandom(3 * MB)
    assert (
        content_id(look(shelf.put("some.safetensors", data))) == f"blake3:{blake3.blake3(data).hexdigest()}"
    )


def test_a_byte_anywhere_makes_another_model(shelf: Shelf) -> None:
    """Ids that are sampled from a few places take a broken download for the whole file."""
    whole = bytearray(os.urandom(20 * MB))
    shelf.put("whole.safetensors", bytes(whole))
    whole[9 * MB] ^= 1
    shelf.put("broken.safetensors", bytes(whole))
    assert len({model.hash for model in shelf.scan()}) == 2


def test_a_file_that_changes_while_it_is_read_is_not_kept(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    growing = shelf.put("growing.safetensors", b"12345678")
    shelf.put("whole.safetensors", b"whole")
    assert len(shelf.scan()) == 2
    growing.write_bytes(b"123456789")

    def grown(file: ModelFile, read: content.Read) -> str:
        def more(_: int) -> None:
            with growing.open("ab") as out:
                out.write(b"more")

        return content_id(file, more)

    monkeypatch.setattr(
        hashing, "content_id", lambda f, r: (grown if f.path == str(growing) else content_id)(f, r)
    )
    assert [model.name for model in shelf.scan()] == ["whole.safetensors"]
    assert [model.name for model in shelf.index.list_models()] == ["whole.safetensors"]
    assert "growing.safetensors was written to while it was read" in shelf.notes[0]
    with pytest.raises(ModelChanged):
        shelf.index.register_model(growing)


def test_a_file_that_is_replaced_while_it_is_read_is_noticed(shelf: Shelf) -> None:
    path = shelf.put("one.safetensors", b"12345678")
    other = shelf.put("other.safetensors", b"abcdefgh")
    with pytest.raises(ModelChanged):
        content_id(look(path), lambda _: os.replace(other, path))


# --- what is read, and what is not


def test_what_was_read_is_not_read_again(shelf: Shelf) -> None:
    for number in range(5):
        shelf.put(f"loras/{number}.safetensors", bytes([number]))
    assert shelf.files_read() == 5
    assert shelf.files_read() == 0
    shelf.put("loras/new.safetensors", b"new")
    assert shelf.files_read() == 1
    assert len(shelf.index.scan_directory(shelf.models, again=True)) == 6 and shelf.read[-1] == 6


@pytest.mark.parametrize("data", [b"two", b"longer"], ids=["of the same size", "of another size"])
def test_a_replaced_file_is_read_though_its_time_is_the_same(shelf: Shelf, data: bytes) -> None:
    path = shelf.put("one.safetensors")
    before = path.stat()
    first = shelf.scan()[0]
    fresh = shelf.put("fresh.tmp", data)
    os.utime(fresh, ns=(before.st_atime_ns, before.st_mtime_ns))
    os.replace(fresh, path)
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert shelf.files_read() == 1
    second = shelf.scan()[0]
    assert second.hash != first.hash
    gone = shelf.index.resolve_by_hash(first.hash)
    assert gone is not None and gone.paths == () and gone.name == "one.safetensors"


def test_a_file_that_was_just_written_is_read_once_more(shelf: Shelf) -> None:
    """On a disk with coarse times it may be written again, and look the same."""
    path = shelf.put("one.safetensors", b"one")
    before = path.stat()
    shelf.now = before.st_mtime + 1
    shelf.scan()
    path.write_bytes(b"two")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert look(path).identity == (3, before.st_mtime_ns, before.st_ino, before.st_dev)
    shelf.now += 10
    assert shelf.files_read() == 1
    assert shelf.files_read() == 0


def test_a_file_that_moves_is_known_without_reading(shelf: Shelf) -> None:
    path = shelf.put("downloads/x (1).safetensors")
    first = shelf.scan()[0]
    target = shelf.models / "loras" / "x.safetensors"
    target.parent.mkdir()
    path.rename(target)
    assert shelf.files_read() == 0
    found = shelf.index.resolve_by_hash(first.hash)
    assert found is not None
    assert (found.name, found.paths, found.original_name) == ("x.safetensors", (target,), "x (1).safetensors")


def test_a_file_that_went_and_came_back_is_known_without_reading(shelf: Shelf) -> None:
    path = shelf.put("one.safetensors")
    shelf.scan()
    away = shelf.base / "another disk"
    path.rename(away)
    assert shelf.scan() == [] and shelf.index.list_models() == []
    away.rename(path)
    assert shelf.files_read() == 0
    assert [model.paths for model in shelf.index.list_models()] == [(path,)]


def test_links_are_one_file_and_copies_are_more(shelf: Shelf) -> None:
    one = shelf.put("checkpoints/one.safetensors")
    os.link(one, shelf.models / "hard.safetensors")
    (shelf.models / "soft.safetensors").symlink_to(one)
    assert shelf.files_read() == 1
    (model,) = shelf.index.list_models()
    assert (len(model.paths), model.copies) == (3, 1)
    shutil.copy(one, shelf.models / "copy.safetensors")
    (model,) = shelf.scan()
    assert (len(model.paths), model.copies) == (4, 2)


def test_without_inodes_a_path_alone_tells(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some disks have none: two files of one size and time are no less two files."""
    seen = model_files._seen
    monkeypatch.setattr(
        model_files, "_seen", lambda path, found: replace(seen(path, found), inode=0, device=0)
    )
    for name in ("a", "b"):
        os.utime(shelf.put(f"{name}.safetensors", name.encode()), ns=(int(NOW), int(NOW)))
    assert len({model.hash for model in shelf.scan()}) == 2
    assert shelf.files_read() == 0
    (shelf.models / "b.safetensors").rename(shelf.models / "c.safetensors")
    assert shelf.files_read() == 1
    shutil.copyfile(shelf.models / "c.safetensors", shelf.models / "d.safetensors")
    assert max(model.copies for model in shelf.scan()) == 2


def test_a_scan_that_is_stopped_keeps_what_it_read(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        shelf.put(f"{number}.safetensors", bytes([number]))
    monkeypatch.setattr(hashing, "WORKERS", 1)

    def stop(done: Progress) -> None:
        if done.files == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ModelIndex(shelf.database, clock=lambda: NOW, tell=stop).scan_directory(shelf.models)
    assert len(shelf.index.list_models()) == 2
    assert shelf.files_read() == 2


def test_a_reading_that_nobody_waits_for_ends(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content, "CHUNK", 1)
    shelf.put("small.safetensors", b"1")
    shelf.put("large.safetensors", os.urandom(MB))  # a million reads: it is not at its end when it is left
    files = [look(path) for path in sorted(shelf.models.iterdir(), reverse=True)]
    outcomes = Hashing(files).outcomes()
    assert next(outcomes)[0].path.endswith("small.safetensors")
    outcomes.close()
    assert not [one for one in threading.enumerate() if one.name.startswith("gates-dock-hash")]


def test_without_blake3_it_is_said_once(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "blake3", None)
    assert shelf.scan() == []
    for number in range(3):
        shelf.put(f"{number}.safetensors")
    with pytest.raises(ToolMissing, match=r"blake3.*\[dock\]"):
        shelf.scan()


# --- what lies where


def test_it_finds_what_comfyui_finds(shelf: Shelf) -> None:
    for name in (
        "a.safetensors",
        "b/c.CKPT",
        "b/d/e.gguf",
        "f.onnx",
        "put_models_here",
        "g.txt",
        ".git/h.pt",
    ):
        shelf.put(name, name.encode())
    (shelf.models / "b" / "round").symlink_to(shelf.models, target_is_directory=True)
    (shelf.models / "i.pt").mkdir()
    outside = shelf.base / "disk" / "loras"
    outside.mkdir(parents=True)
    (outside / "j.safetensors").write_bytes(b"j")
    (shelf.models / "linked").symlink_to(outside, target_is_directory=True)
    assert sorted(model.name for model in shelf.scan()) == [
        "a.safetensors",
        "c.CKPT",
        "e.gguf",
        "f.onnx",
        "j.safetensors",
    ]
    assert [model.name for model in shelf.index.scan_directory(shelf.models, recursive=False)] == [
        "a.safetensors",
        "f.onnx",
    ]
    assert len(shelf.index.list_models()) == 5  # a look at the top alone loses nothing below


def test_what_cannot_be_read_is_named_and_the_rest_is_kept(shelf: Shelf) -> None:
    shelf.put("good.safetensors")
    (shelf.models / "dangling.safetensors").symlink_to(shelf.base / "gone")
    odd = os.fsencode(shelf.models) + b"/\xff.safetensors"
    if os.name == "posix" and sys.platform != "darwin":
        Path(os.fsdecode(odd)).write_bytes(b"odd")
    assert [model.name for model in shelf.scan()] == ["good.safetensors"]
    assert any("dangling.safetensors cannot be read" in note for note in shelf.notes)
    assert sys.platform != "linux" or any("its name is no text" in note for note in shelf.notes)


def test_a_folder_that_is_not_there_is_named(shelf: Shelf) -> None:
    with pytest.raises(NoModels, match="There is no folder .*nowhere"):
        shelf.index.scan_directory(shelf.models / "nowhere")
    with pytest.raises(NoModels, match="There is no file .*nowhere"):
        shelf.index.register_model(shelf.models / "nowhere")


def test_standard_locations_that_are_not_there_are_no_error(shelf: Shelf) -> None:
    shelf.put("one.safetensors")
    index = ModelIndex(shelf.database, [shelf.base / "unplugged", shelf.models])
    assert [model.name for model in index.scan_standard_locations()] == ["one.safetensors"]


def test_what_lay_in_a_folder_that_is_gone_is_not_listed(shelf: Shelf) -> None:
    """Or the one copy that is left is deleted, for the list names another."""
    shelf.put("one.safetensors")
    environment = shelf.base / "environments" / "one" / "models"
    environment.mkdir(parents=True)
    shutil.copy(shelf.models / "one.safetensors", environment)
    index = ModelIndex(shelf.database, [shelf.models, environment], clock=lambda: NOW)
    assert [model.copies for model in index.scan_standard_locations()] == [2]
    environment.rename(environment.with_name("away"))
    assert [model.copies for model in index.scan_standard_locations()] == [1]
    environment.with_name("away").rename(environment)
    assert [model.copies for model in index.scan_standard_locations()] == [2]


def test_one_file_is_registered_with_what_is_said_of_it(shelf: Shelf) -> None:
    outside = shelf.base / "Downloads" / "one.safetensors"
    outside.parent.mkdir()
    outside.write_bytes(b"one")
    (outside.parent / "private.safetensors").write_bytes(b"not asked for")
    shelf.index.register_model(outside, {"url": "https://example.com/one"})
    model = shelf.index.register_model(outside, {"title": "One"})
    assert model.metadata == {"url": "https://example.com/one", "title": "One"}
    shelf.index.update_index()
    assert [one.name for one in shelf.index.list_models()] == ["one.safetensors"]
    outside.unlink()
    shelf.index.update_index()
    assert shelf.index.list_models() == []


def test_the_index_is_brought_up_to_date_everywhere(shelf: Shelf) -> None:
    shelf.put("loras/a.safetensors", b"a")
    other = shelf.base / "other"
    other.mkdir()
    (other / "b.safetensors").write_bytes(b"b")
    for folder in (shelf.models / "loras", shelf.models, other):
        shelf.index.scan_directory(folder)
    shelf.put("loras/c.safetensors", b"c")
    shutil.rmtree(other)
    shelf.read.clear()
    shelf.index.update_index()
    assert [one.name for one in shelf.index.list_models()] == ["a.safetensors", "c.safetensors"]
    assert sum(shelf.read) == 1


# --- the database


def test_any_hash_finds_its_model_with_one_query(shelf: Shelf) -> None:
    shelf.put("one.safetensors")
    shutil.copy(shelf.models / "one.safetensors", shelf.models / "two.safetensors")
    (model,) = shelf.scan()
    with sqlite3.connect(shelf.database) as conn:
        conn.execute("INSERT INTO model_hashes SELECT id, 'sha256', ? FROM models", ("ab" * 32,))
        query = "SELECT m.* FROM models m JOIN model_hashes h ON m.id = h.model_id WHERE h.hash_value = ?"
        (row,) = conn.execute(query, ("ab" * 32,)).fetchall()
    conn.close()
    assert row[1:4] == ("one.safetensors", 3, str(shelf.models / "one.safetensors"))
    for asked in ("ab" * 32, "SHA256:" + "AB" * 32, model.hash, model.hash.partition(":")[2]):
        found = shelf.index.resolve_by_hash(asked)
        assert found is not None and found.hash == model.hash
    for asked in ("", "sha256:" + model.hash.partition(":")[2], "zz" * 32, "blake3:", "ab" * 31, "%" * 64):
        assert shelf.index.resolve_by_hash(asked) is None


def test_a_damaged_index_is_set_aside_and_made_anew(shelf: Shelf, caplog: pytest.LogCaptureFixture) -> None:
    shelf.put("one.safetensors")
    shelf.scan()
    shelf.database.write_bytes(b"this is no database, and long enough to be read as one" * 100)
    assert [model.name for model in shelf.scan()] == ["one.safetensors"]
    assert [one.name for one in shelf.database.parent.glob("model_index.db.damaged-*")]
    assert "set aside" in caplog.text


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3), st.integers(0, 3)), max_size=12))
@settings(deadline=None, max_examples=60)
def test_the_index_says_what_is_on_the_disk_after_any_history(
    tmp_path_factory: pytest.TempPathFactory, history: list[tuple[int, int, int]]
) -> None:
    shelf = Shelf(tmp_path_factory.mktemp("shelf") / "a" / "b")
    shelf.models.mkdir(parents=True)
    for what, one, other in history:
        _step(shelf, what, shelf.models / f"{one}.pt", shelf.models / f"{other}.pt")
    shelf.scan()
    indexed = {str(path): model.hash for model in shelf.index.list_models() for path in model.paths}
    assert indexed == {
        str(path): f"blake3:{blake3.blake3(path.read_bytes()).hexdigest()}" for path in shelf.models.iterdir()
    }


def _step(shelf: Shelf, what: int, one: Path, other: Path) -> None:
    if what == 0:
        shelf.scan()
    elif what == 1:
        one.write_bytes(str(other).encode())
        os.utime(one, ns=(0, next(TIMES)))
    elif what == 2:
        one.unlink(missing_ok=True)
    elif one.exists() and one != other and what == 3:
        os.replace(one, other)
    elif one.exists() and one != other:
        shutil.copy2(one, other)


# --- which model is meant


@pytest.fixture
def named(shelf: Shelf) -> Shelf:
    for name in (
        "checkpoints/sd_v1.safetensors",
        "checkpoints/SDXL/sdxv1.safetensors",
        "loras/sd_v1.safetensors",
        "loras/100%.safetensors",
        "loras/100x.safetensors",
        "vae/Café.safetensors",
    ):
        shelf.put(name, name.encode())
    shelf.scan()
    return shelf


@pytest.mark.parametrize(
    ("name", "folders"),
    [
        ("sd_v1.safetensors", ["checkpoints", "loras"]),
        ("loras/sd_v1.safetensors", ["loras", "checkpoints"]),
        ("loras\\SD_V1.safetensors", ["loras", "checkpoints"]),
        ("sub/sd_v1.safetensors", ["checkpoints", "loras"]),
        ("sdxl/SDXV1.safetensors", ["SDXL"]),
        ("Cafe\u0301.safetensors", ["vae"]),
        ("v1.safetensors", []),
        ("", []),
        ("/", []),
    ],
)
def test_a_name_finds_its_models_the_closest_first(named: Shelf, name: str, folders: list[str]) -> None:
    assert [model.paths[0].parent.name for model in named.index.resolve_by_name(name)] == folders


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("sd_v1", ["sd_v1.safetensors", "sd_v1.safetensors"]),
        ("100%", ["100%.safetensors"]),
        ("_", ["sd_v1.safetensors", "sd_v1.safetensors"]),
        ("SDXL v1", ["sdxv1.safetensors"]),
        ("cafe\u0301", ["Café.safetensors"]),
        ("nothing like it", []),
        ("  ", []),
    ],
)
def test_letters_of_a_query_are_letters(named: Shelf, query: str, names: list[str]) -> None:
    assert [model.name for model in named.index.search_models(query)] == names


def test_the_beginning_of_a_hash_finds_its_model(named: Shelf) -> None:
    model = named.index.resolve_by_name("100x.safetensors")[0]
    digits = model.hash.partition(":")[2]
    for asked in (digits[:10], f"blake3:{digits[:8]}", digits[:12].upper()):
        assert named.index.search_models(asked) == [model]
    assert named.index.search_models(f"sha256:{digits[:10]}") == []


def test_an_identifier_that_means_two_models_means_none(named: Shelf) -> None:
    index = named.index
    model = index.get_model_info("Café.safetensors")
    assert model is not None
    assert index.get_model_info(model.hash) == index.get_model_info(str(model.paths[0])) == model
    assert index.get_model_info("sd_v1.safetensors") is None
    assert index.get_model_info("") is None
