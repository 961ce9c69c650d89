"""Looking node packs up: by id and version, in a search, and whether one could be added."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gates.dock.records import NodeInfo
from gates.dock.registry import BASE_URL, NodeRegistry
from gates.errors import BadConfig, BadNodeName, NodeBanned, RegistryFailed, UnknownNode
from tests.dock_registry_rig import PACK, Rig, repository, served
from tests.registry_server import RegistryServer, json_reply, redirect


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with served(tmp_path) as one:
        yield one


def test_an_id_is_its_newest_version(rig: Rig) -> None:
    rig.server.add("my-pack", "1.1.0", PACK, description="Packs\x1b[31m of \n mine")
    info = rig.registry.get_node("my-pack")
    assert (info.name, info.source, info.registry_id, info.version) == (
        "my-pack",
        "registry",
        "my-pack",
        "1.1.0",
    )
    assert info.download_url == f"{rig.server.url}/archives/my-pack/1.1.0/node.zip"
    assert info.repository == "https://example.invalid/my-pack"
    assert info.description == "Packs[31m of mine"
    assert rig.server.calls == ["/nodes/my-pack"]


def test_a_version_is_looked_up_by_its_own_address(rig: Rig) -> None:
    rig.server.add("my-pack", "1.1.0", PACK)
    assert rig.registry.get_node("my-pack@1.0.0").version == "1.0.0"
    assert rig.server.calls == ["/nodes/my-pack", "/nodes/my-pack/versions/1.0.0"]


def test_latest_is_no_version_of_its_own(rig: Rig) -> None:
    assert rig.registry.get_node("my-pack@latest").version == "1.0.0"


def test_another_spelling_is_redirected_to_the_id(rig: Rig) -> None:
    info = rig.registry.get_node("My-Pack")
    assert (info.name, info.registry_id) == ("my-pack", "my-pack")
    assert rig.server.calls == ["/nodes/My-Pack", "/nodes/my-pack"]


def test_an_unknown_pack(rig: Rig) -> None:
    with pytest.raises(UnknownNode, match="knows no 'no-pack'.*node find"):
        rig.registry.get_node("no-pack")


def test_an_unknown_version_names_those_that_are_there(rig: Rig) -> None:
    rig.server.add("my-pack", "1.1.0", PACK)
    with pytest.raises(UnknownNode, match=r"my-pack has no version 9\.9 .* It has 1\.0\.0, 1\.1\.0\."):
        rig.registry.get_node("my-pack@9.9")


def test_a_pack_without_a_version(rig: Rig) -> None:
    rig.server.nodes["my-pack"].pop("latest_version")
    with pytest.raises(UnknownNode, match="no published version"):
        rig.registry.get_node("my-pack")


def test_a_version_that_comes_without_an_archive_is_looked_up(rig: Rig) -> None:
    rig.server.nodes["my-pack"]["latest_version"] = {"version": "1.0.0"}
    assert rig.registry.get_node("my-pack").download_url is not None


@pytest.mark.parametrize("reply", [json_reply({"error": "banned"}, 403), None])
def test_a_banned_pack(rig: Rig, reply: object) -> None:
    if reply is not None:
        rig.server.script("/nodes/my-pack", json_reply({"error": "banned"}, 403))
    else:
        rig.server.nodes["my-pack"]["status"] = "NodeStatusBanned"
    with pytest.raises(NodeBanned, match="banned my-pack"):
        rig.registry.get_node("my-pack")


def test_a_banned_version(rig: Rig) -> None:
    rig.server.versions["my-pack"]["1.0.0"] |= {"status": "NodeVersionStatusBanned", "version": "1.0.0"}
    rig.server.add("my-pack", "1.1.0", PACK)
    with pytest.raises(NodeBanned, match=r"banned my-pack@1\.0\.0"):
        rig.registry.get_node("my-pack@1.0.0")


def test_the_newest_version_may_be_the_banned_one(rig: Rig) -> None:
    rig.server.versions["my-pack"]["1.0.0"]["status"] = "NodeVersionStatusBanned"
    with pytest.raises(NodeBanned, match=r"banned my-pack@1\.0\.0"):
        rig.registry.get_node("my-pack")


def test_a_pack_that_its_author_took_away(rig: Rig) -> None:
    rig.server.nodes["my-pack"]["status"] = "NodeStatusDeleted"
    with pytest.raises(UnknownNode, match="taken out"):
        rig.registry.get_node("my-pack")


def test_a_flagged_version_is_said(rig: Rig) -> None:
    rig.server.versions["my-pack"]["1.0.0"]["status"] = "NodeVersionStatusFlagged"
    assert rig.registry.get_node("my-pack").version == "1.0.0"
    assert rig.notes == ["The registry has my-pack@1.0.0 as flagged: look at it first."]


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        "text",
        {},
        {"id": "other-pack"},
        {"id": "../x"},
        {"id": 7},
        {"id": "my-pack", "latest_version": {"version": "../../1"}},
        {"id": "my-pack", "latest_version": {"version": "1.0.0", "node_id": "other-pack"}},
    ],
)
def test_an_answer_about_something_else_is_not_taken(rig: Rig, value: object) -> None:
    rig.server.always("/nodes/my-pack", json_reply(value))
    with pytest.raises(RegistryFailed):
        rig.registry.get_node("my-pack")
    assert rig.files() == []


def test_an_answer_about_another_version_is_not_taken(rig: Rig) -> None:
    rig.server.add("my-pack", "1.1.0", PACK)
    rig.server.always("/nodes/my-pack/versions/1.0.0", json_reply({"version": "1.1.0"}))
    with pytest.raises(RegistryFailed, match=r"asked for my-pack@1\.0\.0 and answered about my-pack@1\.1\.0"):
        rig.registry.get_node("my-pack@1.0.0")


def test_a_redirect_to_another_pack_is_not_taken(rig: Rig) -> None:
    rig.server.add("evil-pack", "1.0.0", PACK)
    rig.server.script("/nodes/my-pack", redirect("/nodes/evil-pack"))
    with pytest.raises(RegistryFailed, match="asked for 'my-pack' and answered about 'evil-pack'"):
        rig.registry.get_node("my-pack")


@pytest.mark.parametrize("hostile", ["x/install", "my-pack?x=1", "a b", "my-pack@1/install", "%2e"])
def test_a_hostile_id_reaches_no_address(rig: Rig, hostile: str) -> None:
    with pytest.raises(BadNodeName):
        rig.registry.get_node(hostile)
    assert rig.server.calls == []


def test_a_repository_with_a_password_in_it_is_not_passed_on(rig: Rig) -> None:
    rig.server.add("my-pack", "1.0.0", PACK, repository="https://me:secret@example.invalid/x")
    assert rig.registry.get_node("my-pack").repository is None


def test_a_folder(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = rig.root / "mine" / "My Pack"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder.parent)
    expected = NodeInfo("My Pack", "local", path=str(folder))
    for identifier in ("./My Pack", str(folder), "../mine/My Pack/"):
        assert rig.registry.get_node(identifier) == expected
    assert rig.registry.get_node("My Pack", is_local=True) == expected


def test_a_folder_that_is_not_there(rig: Rig) -> None:
    with pytest.raises(UnknownNode, match="is no folder"):
        rig.registry.get_node("./nowhere", is_local=True)


def test_a_git_url_is_taken_as_it_is(rig: Rig) -> None:
    info = rig.registry.get_node("https://example.invalid/owner/My-Pack.git@v1.2")
    assert (info.name, info.source, info.ref, info.version) == ("My-Pack", "git", "v1.2", None)
    assert rig.server.calls == []


@pytest.mark.parametrize(
    "url",
    ["ftp://host", "https://me:pw@host", "https://", "host", "https://host:x", "file:///x", "https://h?x"],
)
def test_a_base_url_that_is_none(tmp_path: Path, url: str) -> None:
    with RegistryServer() as server:
        rig = Rig(tmp_path, server)
        with pytest.raises(BadConfig, match="COMFY_REGISTRY_URL") as caught:
            rig.fresh(url).get_node("my-pack")
        assert "pw" not in str(caught.value)


def test_nothing_is_made_or_asked_before_it_is_needed(rig: Rig) -> None:
    assert BASE_URL == "https://api.comfy.org"
    assert isinstance(rig.fresh(), NodeRegistry)
    assert not rig.workspace.exists()
    assert rig.server.calls == []


# --- search


def test_a_search_puts_the_exact_id_first(rig: Rig) -> None:
    rig.server.add("a-my-pack-more", "1.0.0", PACK)
    rig.server.add("my", "2.0.0", PACK)
    found = rig.registry.search_nodes(" my ")
    assert [info.name for info in found] == ["my", "my-pack", "a-my-pack-more"]
    assert (found[0].version, found[0].source) == ("2.0.0", "registry")


def test_a_search_leaves_out_what_cannot_be_installed(rig: Rig) -> None:
    rig.server.add("bad-pack", "1.0.0", PACK, status="NodeStatusBanned")
    rig.server.nodes["odd"] = {"id": "../pack"}
    assert [info.name for info in rig.registry.search_nodes("pack")] == ["my-pack"]


@pytest.mark.parametrize("query", ["", "  ", "a\x00b"])
def test_a_search_for_nothing(rig: Rig, query: str) -> None:
    with pytest.raises(BadNodeName, match="what to look for"):
        rig.registry.search_nodes(query)


def test_a_search_carries_any_text(rig: Rig) -> None:
    assert rig.registry.search_nodes("100% _odd_ &x=1#?") == []
    assert rig.server.calls == ["/nodes/search?search=100%25+_odd_+%26x%3D1%23%3F&limit=10"]


def test_a_search_without_the_registry_looks_at_what_was_seen(rig: Rig) -> None:
    rig.server.add("other", "1.0.0", PACK, description="Upscales my pictures")
    rig.registry.get_node("my-pack")
    rig.registry.search_nodes("other")
    offline = rig.fresh("http://127.0.0.1:9")
    assert [info.name for info in offline.search_nodes("my")] == ["my-pack", "other"]
    assert [info.name for info in offline.search_nodes("pictures upscales")] == ["other"]
    assert offline.search_nodes("%") == [] == offline.search_nodes("_")
    assert rig.notes and all("Only packs seen before are searched." in note for note in rig.notes)


# --- whether a pack could be added


def test_a_good_pack_is_valid(rig: Rig) -> None:
    assert rig.registry.validate_node("my-pack").issues == ()


@pytest.mark.parametrize(
    ("identifier", "code"),
    [("no-pack", "unknown_node"), ("x/y", "bad_node_name"), ("./nowhere", "unknown_node")],
)
def test_what_cannot_be_added_is_an_issue(rig: Rig, identifier: str, code: str) -> None:
    result = rig.registry.validate_node(identifier)
    assert not result.ok
    assert [issue.code for issue in result.issues] == [code]


def test_doubts_about_a_version_do_not_block(rig: Rig) -> None:
    rig.server.versions["my-pack"]["1.0.0"] |= {"deprecated": True, "status": "NodeVersionStatusFlagged"}
    result = rig.registry.validate_node("my-pack")
    assert result.ok
    assert [issue.code for issue in result.issues] == ["node_flagged", "node_deprecated"]


def test_a_repository_is_asked_whether_it_has_the_branch(rig: Rig) -> None:
    source = rig.root / "origin" / "gp"
    repository(source, a="1")
    assert rig.registry.validate_node(f"file://{source}@main").ok
    missing = rig.registry.validate_node(f"file://{source}@nope")
    assert [issue.code for issue in missing.issues] == ["unknown_node"]
    gone = rig.registry.validate_node(f"file://{source}-gone")
    assert [issue.code for issue in gone.issues] == ["command_failed"]


def test_a_folder_is_looked_at(rig: Rig) -> None:
    folder = rig.root / "mine" / "pack"
    folder.mkdir(parents=True)
    (folder / "requirements.txt").write_text("=== no requirement\n", "utf-8")
    codes = [issue.code for issue in rig.registry.validate_node(str(folder)).issues]
    assert codes == ["no_pack", "bad_requirement"]
