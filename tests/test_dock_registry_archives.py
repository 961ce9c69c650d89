"""Archives of the registry: unpacked, pinned, kept for the next environment, refused when hostile."""

from __future__ import annotations

import random
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gates.dock import tracking
from gates.dock.node_store import hash_of
from gates.dock.records import NodeInfo
from gates.errors import (
    ArchiveChanged,
    BadArchive,
    BadNodeName,
    BadRequirement,
    HostileArchive,
    NodeExists,
    RegistryFailed,
)
from tests.dock_registry_rig import PACK, PROJECT, Rig, served
from tests.registry_server import Files, json_reply, packs_in, zip_of

ARCHIVE = "/archives/my-pack/1.0.0/node.zip"


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with served(tmp_path) as one:
        yield one


def installed(rig: Rig, identifier: str = "my-pack", name: str = "my-pack") -> NodeInfo:
    return rig.registry.download_node(rig.registry.get_node(identifier), rig.target(name))


def test_a_pack_is_installed_as_the_archive_has_it(rig: Rig) -> None:
    info = installed(rig)
    target = rig.target("my-pack")
    assert (target / "pyproject.toml").read_text("utf-8") == PROJECT
    assert (target / "js" / "a.js").read_text("utf-8") == "1"
    archive = rig.server.archives[ARCHIVE]
    kept = rig.store / f"{info.sha256}.zip"
    assert kept.read_bytes() == archive
    assert hash_of(kept) == info.sha256
    assert (info.name, info.version) == ("my-pack", "1.0.0")


def test_what_manager_reads_is_there(rig: Rig) -> None:
    installed(rig)
    text = (rig.target("my-pack") / ".tracking").read_text("utf-8")
    assert text.split("\n") == ["__init__.py", "js/a.js", "pyproject.toml"]
    assert tracking.read(rig.target("my-pack")) == ("__init__.py", "js/a.js", "pyproject.toml")
    assert tracking.read(rig.root) is None


def test_a_single_folder_at_the_top_is_left_away(rig: Rig) -> None:
    rig.server.add("my-pack", "1.0.0", {f"My-Pack-1.0.0/{name}": data for name, data in PACK.items()})
    installed(rig)
    assert (rig.target("my-pack") / "__init__.py").is_file()
    assert tracking.read(rig.target("my-pack")) == ("__init__.py", "js/a.js", "pyproject.toml")


def test_an_archive_may_bring_its_own_list(rig: Rig) -> None:
    rig.server.add("my-pack", "1.0.0", {**PACK, ".tracking": "/etc/passwd"})
    installed(rig)
    assert tracking.read(rig.target("my-pack")) == ("__init__.py", "js/a.js", "pyproject.toml")


def test_a_large_file_comes_whole(rig: Rig) -> None:
    data = random.Random(1).randbytes(5 * 2**20)
    archive = zip_of({**PACK, "model.bin": data})
    rig.server.add("my-pack", "1.0.0", archive)
    installed(rig)
    assert (rig.target("my-pack") / "model.bin").read_bytes() == data


# --- pinned, and kept


def test_a_second_environment_needs_no_network(rig: Rig) -> None:
    info = installed(rig)
    calls = list(rig.server.calls)
    offline = rig.fresh("http://127.0.0.1:9")
    again = offline.download_node(replace(info, download_url=None), rig.target("second"))
    assert again.sha256 == info.sha256
    assert (rig.target("second") / "__init__.py").is_file()
    assert rig.server.calls == calls


def test_a_pin_is_known_to_the_next_look_up(rig: Rig) -> None:
    assert rig.registry.get_node("my-pack").sha256 is None
    info = installed(rig)
    assert rig.fresh().get_node("my-pack@1.0.0").sha256 == info.sha256


def test_a_manifest_alone_is_enough(rig: Rig) -> None:
    bare = NodeInfo("my-pack", "registry", registry_id="my-pack", version="1.0.0")
    assert rig.registry.download_node(bare, rig.target("my-pack")).sha256 is not None
    assert rig.server.asked("/versions/1.0.0")


def test_another_archive_of_the_same_version_is_refused(rig: Rig) -> None:
    first = installed(rig)
    (rig.store / f"{first.sha256}.zip").unlink()
    rig.server.add("my-pack", "1.0.0", {**PACK, "evil.py": ""})
    with pytest.raises(ArchiveChanged) as caught:
        installed(rig, name="second")
    assert str(caught.value).count(str(first.sha256)) == 1
    assert caught.value.data["expected"] == first.sha256
    assert str(caught.value.data["found"]) in str(caught.value)
    assert not rig.target("second").exists()
    assert [name for name in rig.files() if name.endswith(".zip")] == []


def test_the_pin_of_the_manifest_counts_where_nothing_was_seen(rig: Rig) -> None:
    info = replace(rig.registry.get_node("my-pack"), sha256="0" * 64)
    with pytest.raises(ArchiveChanged, match=f"pinned is sha256 {'0' * 64}"):
        rig.registry.download_node(info, rig.target("my-pack"))
    assert rig.files() == []


def test_manifest_and_store_that_disagree_are_said(rig: Rig) -> None:
    info = installed(rig)
    with pytest.raises(ArchiveChanged, match=str(info.sha256)):
        rig.registry.download_node(replace(info, sha256="1" * 64), rig.target("second"))


def test_a_damaged_archive_in_the_store_is_fetched_again(rig: Rig) -> None:
    info = installed(rig)
    kept = rig.store / f"{info.sha256}.zip"
    kept.write_bytes(b"damaged")
    rig.registry.download_node(info, rig.target("second"))
    assert hash_of(kept) == info.sha256


def test_a_damaged_pin_is_none(rig: Rig) -> None:
    info = installed(rig)
    pin = rig.store / "pins" / "my-pack@1.0.0"
    assert pin.read_text("utf-8") == f"{info.sha256}\n"
    pin.write_bytes(b"\xff\x00")
    assert rig.registry.download_node(replace(info, sha256=None), rig.target("second")).sha256 == info.sha256


@pytest.mark.parametrize("sha256", ["../../x", "A" * 64, "", "0" * 63])
def test_a_hash_of_a_manifest_that_is_none(rig: Rig, sha256: str) -> None:
    info = replace(rig.registry.get_node("my-pack"), sha256=sha256)
    with pytest.raises(BadNodeName, match="no sha256"):
        rig.registry.download_node(info, rig.target("my-pack"))


# --- refused, with nothing left behind

ESCAPES = ["../evil", "/etc/evil", "a/../../evil", "C:/evil", "a\\..\\evil", "con", "a/nul.txt", "a./b"]
REPOSITORIES = [".git/config", "sub/.GIT/hooks/x", "git~1/config", ".g\u200cit/config"]


@pytest.mark.parametrize("name", [*ESCAPES, *REPOSITORIES])
def test_a_member_that_leads_elsewhere(rig: Rig, name: str) -> None:
    rig.server.add("my-pack", "1.0.0", {**PACK, name: "x"})
    with pytest.raises(HostileArchive, match=r"my-pack@1\.0\.0 is refused"):
        installed(rig)
    assert rig.files() == []
    assert not rig.target("my-pack").exists()


def test_a_member_that_is_a_link(rig: Rig, tmp_path: Path) -> None:
    made = tmp_path / "made.zip"
    with zipfile.ZipFile(made, "w") as archive:
        link = zipfile.ZipInfo("link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    data = made.read_bytes()
    made.unlink()
    rig.server.add("my-pack", "1.0.0", data)
    with pytest.raises(HostileArchive, match="link"):
        installed(rig)
    assert rig.files() == []


@pytest.mark.parametrize(
    ("files", "error"),
    [
        ({"a": "1", "A": "2"}, HostileArchive),
        ({"a": "1", "a/b": "2"}, HostileArchive),
        ({"bomb": b"\0" * (8 * 2**20)}, HostileArchive),
        ({}, BadArchive),
        ({"empty/": ""}, BadArchive),
        (b"no zip", BadArchive),
        (zip_of(PACK)[:-30], BadArchive),
    ],
)
def test_an_archive_that_is_refused(rig: Rig, files: Files | bytes, error: type[Exception]) -> None:
    rig.server.add("my-pack", "1.0.0", files)
    with pytest.raises(error):
        installed(rig)
    assert rig.files() == []
    assert not rig.target("my-pack").exists()


def test_a_member_with_another_checksum(rig: Rig) -> None:
    stored = zip_of({"a": "x" * 3})
    damaged = bytearray(stored)
    at = stored.index(b"a", 26) + 1
    damaged[at] ^= 0xFF
    rig.server.add("my-pack", "1.0.0", bytes(damaged))
    with pytest.raises(BadArchive):
        installed(rig)
    assert not rig.target("my-pack").exists()


def test_a_refused_archive_is_not_pinned(rig: Rig) -> None:
    rig.server.add("my-pack", "1.0.0", b"no zip")
    with pytest.raises(BadArchive):
        installed(rig)
    rig.server.add("my-pack", "1.0.0", PACK)
    assert installed(rig).sha256 is not None


def test_a_version_without_an_archive(rig: Rig) -> None:
    rig.server.versions["my-pack"]["1.0.0"]["downloadUrl"] = ""
    with pytest.raises(RegistryFailed, match=r"no archive of my-pack@1\.0\.0"):
        installed(rig)


def test_nothing_is_written_over(rig: Rig) -> None:
    rig.target("my-pack").mkdir(parents=True)
    (rig.target("my-pack") / "mine").write_text("mine", "utf-8")
    with pytest.raises(NodeExists):
        installed(rig)
    assert rig.files() == ["a/b/environment/ComfyUI/custom_nodes/my-pack/mine"]


def test_a_stop_on_the_way_leaves_nothing(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(tracking, "write", stopped)
    with pytest.raises(KeyboardInterrupt):
        installed(rig)
    assert not rig.target("my-pack").exists()


@pytest.mark.parametrize(
    "info",
    [
        NodeInfo("../x", "registry", registry_id="my-pack", version="1.0.0"),
        NodeInfo("my-pack", "registry", registry_id="x/install", version="1.0.0"),
        NodeInfo("my-pack", "registry", registry_id="my-pack", version="../1"),
        NodeInfo("my-pack", "registry"),
        NodeInfo("my-pack", "git", repository="ext::sh -c x"),
        NodeInfo("my-pack", "git", repository="https://h/x", ref="--upload-pack=x"),
        NodeInfo("my-pack", "git"),
        NodeInfo("my-pack", "elsewhere"),
        NodeInfo("my-pack", "local", path="/somewhere"),
    ],
)
def test_what_a_manifest_of_others_may_not_say(rig: Rig, info: NodeInfo) -> None:
    with pytest.raises(BadNodeName):
        rig.registry.download_node(info, rig.target("my-pack"))
    assert rig.server.calls == [] == rig.files()


# --- requirements


def test_requirements_of_a_pack(rig: Rig) -> None:
    rig.server.add("my-pack", "1.0.0", {**PACK, "requirements.txt": "numpy >= 1.25\n# a remark\nrich\n"})
    info = rig.registry.get_node("my-pack")
    assert rig.registry.get_node_requirements(info) == ["numpy>=1.25", "rich"]
    rig.registry.download_node(info, rig.target("my-pack"))
    assert rig.registry.get_node_requirements(rig.target("my-pack")) == ["numpy>=1.25", "rich"]
    local = NodeInfo("x", "local", path=str(rig.target("my-pack")))
    assert rig.registry.get_node_requirements(local) == ["numpy>=1.25", "rich"]


def test_requirements_that_are_a_link_to_outside(rig: Rig, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hunter2\n", "utf-8")
    folder = tmp_path / "mine" / "pack"
    folder.mkdir(parents=True)
    (folder / "requirements.txt").symlink_to(secret)
    with pytest.raises(BadRequirement, match="link to outside"):
        rig.registry.get_node_requirements(folder)


def test_a_server_of_a_folder(tmp_path: Path) -> None:
    file = tmp_path / "packs" / "my-pack" / "1.0.0" / "js" / "a.js"
    file.parent.mkdir(parents=True)
    file.write_text("1", "utf-8")
    assert packs_in(tmp_path / "packs") == {"my-pack": {"1.0.0": {"js/a.js": b"1"}}}
    assert json_reply(None).body == b"null"


def test_a_hash_that_was_left_when_the_version_was_edited_is_no_hash_of_the_new_one(rig: Rig) -> None:
    rig.server.add("my-pack", "1.1.0", {**PACK, "js/a.js": "2"})
    first = installed(rig, "my-pack@1.0.0", "first")
    edited = replace(first, version="1.1.0", download_url=None)
    second = rig.registry.download_node(edited, rig.target("second"))
    assert (rig.target("second") / "js" / "a.js").read_text("utf-8") == "2"
    assert second.sha256 != first.sha256
    assert installed(rig, "my-pack@1.1.0", "third").sha256 == second.sha256, "nothing else was pinned"


def test_a_hash_of_another_pack_brings_no_other_pack(rig: Rig) -> None:
    """A manifest that somebody else wrote may name any hash that happens to be here."""
    rig.server.add("other", "2.0.0", {"__init__.py": "OTHER = 1"})
    other = installed(rig, "other", "other")
    wished = replace(rig.registry.get_node("my-pack@1.0.0"), sha256=other.sha256)
    with pytest.raises(ArchiveChanged):
        rig.registry.download_node(wished, rig.target("wished"))
    assert (rig.target("wished") / "__init__.py").exists() is False
    assert installed(rig).sha256 != other.sha256, "and it was not pinned"
