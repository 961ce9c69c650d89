"""What a person may call a pack: every form, every hostile one, and that no name leaves its folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates import atomic
from gates.dock import tracking
from gates.dock.identifiers import checked, collides, identifier_of, parse
from gates.dock.records import NodeInfo
from gates.errors import BadNodeName


@pytest.mark.parametrize(
    ("identifier", "name", "repository", "ref"),
    [
        ("https://h/o/Repo", "Repo", "https://h/o/Repo", None),
        ("https://h/o/Repo.git/", "Repo", "https://h/o/Repo.git", None),
        ("https://h/o/Repo@v1.0", "Repo", "https://h/o/Repo", "v1.0"),
        ("https://h/o/Repo.git@feature/x", "Repo", "https://h/o/Repo.git", "feature/x"),
        ("https://user@h/o/Repo", "Repo", "https://user@h/o/Repo", None),
        ("https://user@h:8443/o/Repo@main", "Repo", "https://user@h:8443/o/Repo", "main"),
        ("https://h/@scope/Repo", "Repo", "https://h/@scope/Repo", None),
        ("https://h/@scope/Repo@abc1234", "Repo", "https://h/@scope/Repo", "abc1234"),
        ("git@h:o/Repo.git", "Repo", "git@h:o/Repo.git", None),
        ("git@h:o/Repo@v1", "Repo", "git@h:o/Repo", "v1"),
        ("git@h:Repo", "Repo", "git@h:Repo", None),
        ("ssh://git@h:22/o/Repo@v1", "Repo", "ssh://git@h:22/o/Repo", "v1"),
        ("file:///srv/my%20packs/a%20b.git@main", "a b", "file:///srv/my%20packs/a%20b.git", "main"),
    ],
)
def test_git(identifier: str, name: str, repository: str, ref: str | None) -> None:
    info = parse(identifier)
    assert info == NodeInfo(name, "git", repository=repository, ref=ref)
    assert parse(identifier_of(info)) == info == checked(info)


@pytest.mark.parametrize(
    ("identifier", "part"),
    [
        ("", "names no node pack"),
        ("a\nb", "names no node pack"),
        ("owner/repo", "no registry id"),
        ("x/install", "no registry id"),
        ("-x", "no registry id"),
        (".hidden", "no registry id"),
        ("ünicode", "no registry id"),
        ("a" * 101, "no registry id"),
        ("con", "no plain name"),
        ("name.", "no plain name"),
        ("___", "no plain name"),
        ("__pycache__", "ComfyUI skips"),
        ("x.disabled", "ComfyUI skips"),
        ("my-pack@", "ends before its version"),
        ("my-pack@../1", "no version"),
        ("my-pack@1.0/install", "no version"),
        ("my-pack@1@2", "no version"),
        ("my-pack@-1", "no version"),
        ("https://h", "no plain name"),
        ("https://h/", "no plain name"),
        ("https://h/..", "no plain name"),
        ("https://h/o/.git", "no plain name"),
        ("https://h/o/%2e%2e%2fx", "no plain name"),
        ("https://h/o/%00", "no plain name"),
        ("https://h/o/-x", "no plain name"),
        ("https://h/o/r@", "no branch"),
        ("https://h/o/r@--upload-pack=x", "no branch"),
        ("https://h/o/r@a..b", "no branch"),
        ("https://h/o/r@a@b", "one @"),
        ("https://h/@scope", "one @"),
        ("https://h/o/r?x=1", "no address"),
        ("https://h/o/r#x", "no address"),
        ("https://h/o/a b", "no URL"),
        ("https://me:secret@h/o/r", "holds a password"),
        ("ssh://-oProxyCommand=x/o/r", "no address"),
        ("-x@h:o/r", "no address"),
        ("git@-h:o/r", "no address"),
        ("ext::sh -c x", "no registry id"),
        ("ext://sh", "no URL"),
        ("ftp://h/o/r", "no URL"),
        ("https://github.com/o/r/tree/main", "The repository is https://github.com/o/r"),
        ("/", "no plain name"),
        ("./.hidden", "no plain name"),
    ],
)
def test_what_names_no_pack(identifier: str, part: str) -> None:
    with pytest.raises(BadNodeName) as caught:
        parse(identifier)
    assert part in str(caught.value)
    assert "secret" not in str(caught.value)


def test_folders_end_up_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert parse("./a/../pack") == NodeInfo("pack", "local", path=str(tmp_path / "pack"))
    assert parse("pack", is_local=True).path == str(tmp_path / "pack")
    assert parse("~/pack").path == str(tmp_path / "home" / "pack")
    assert parse(".").path == str(tmp_path)


def test_names_that_are_one_folder_somewhere() -> None:
    assert collides("My-Pack", ["other", "my-pack"]) == "my-pack"
    assert collides("e\u0301", ["\u00e9"]) == "\u00e9"
    assert collides("my_pack", ["my-pack"]) is None


ODD = st.text(st.sampled_from("abAZ09._-@/:\\%~?#& \x00\n\u0301é") | st.characters(), max_size=40)
FORMS = st.one_of(
    ODD,
    st.builds("{}@{}".format, ODD, ODD),
    st.builds("https://{}/{}@{}".format, ODD, ODD, ODD),
    st.builds("git@host:{}".format, ODD),
    st.builds("file:///{}".format, ODD),
    st.builds("./{}".format, ODD),
)


@given(FORMS)
def test_whatever_is_read_stays_in_its_folder_and_reads_back(identifier: str) -> None:
    try:
        info = parse(identifier)
    except BadNodeName as error:
        assert len(str(error)) < 700
        return
    custom_nodes = os.path.join(os.sep, "w", "custom_nodes")
    assert os.path.dirname(os.path.normpath(os.path.join(custom_nodes, info.name))) == custom_nodes
    assert atomic.is_plain_name(info.name) and info.name[0] not in ".-"
    assert info.key and "/" not in info.key
    again = parse(identifier_of(info), is_local=info.source == "local")
    assert (again, again.key) == (info, info.key)
    assert checked(info) == info


@given(FORMS)
def test_what_an_address_is_made_of_is_one_plain_part(identifier: str) -> None:
    try:
        info = parse(identifier)
    except BadNodeName:
        return
    if info.source == "registry":
        for part in (info.registry_id or "", info.version or "x"):
            assert not set(part) & set("/\\?#%:@ ") and part not in (".", "..")


NAMES = st.lists(st.text(min_size=1, max_size=20).filter(atomic.is_plain_name), min_size=1, max_size=4)


@given(st.lists(NAMES.map("/".join)))
def test_tracking_reads_back(names: list[str]) -> None:
    kept = tuple(sorted(set(names) - {tracking.FILE}))
    assert tracking.names_of(tracking.text_of(names)) == kept
    assert tracking.names_of(tracking.text_of(names).replace("\n", "\r\n") + "\r\nfolder/\r\n") == kept
