"""Users, their settings and their files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gates.host.process import HostProcess

if TYPE_CHECKING:
    from tests.conftest import StartHost


def test_settings_are_kept_one_by_one_and_many_at_once(host: HostProcess) -> None:
    assert host.get("/api/settings").json() == {"Comfy.TutorialCompleted": True}
    assert host.post("/api/settings/My.A", 5).body == b""
    assert host.post("/api/settings", {"My.B": [1, 2]}).status == 200
    assert host.get("/api/settings/My.A").json() == 5
    assert host.get("/api/settings/My.B").json() == [1, 2]
    assert host.get("/api/settings/My.Unset").json() is None
    host.post("/api/settings/Comfy.TutorialCompleted", False)
    assert host.get("/api/settings/Comfy.TutorialCompleted").json() is False


def test_settings_that_cannot_be_read_are_told_in_the_log(host: HostProcess) -> None:
    host.post("/api/settings/My.A", 5)
    (host.base / "user/default/comfy.settings.json").write_text("{broken")
    assert host.get("/api/settings/My.A").json() is None
    assert "cannot be read" in host.log


def test_a_file_is_written_read_listed_moved_and_deleted(host: HostProcess) -> None:
    file = "/api/userdata/workflows%2Fa.json"
    assert host.post(f"{file}?overwrite=false&full_info=false", {"x": 1}).json() == "workflows/a.json"
    again = host.post(f"{file}?overwrite=false", {"x": 2})
    assert (again.status, again.text) == (409, "File already exists")
    read = host.get(file)
    assert read.json() == {"x": 1}
    assert read.headers["content-disposition"] == "attachment"
    assert host.get("/api/userdata?dir=workflows&recurse=true").json() == ["a.json"]
    (described,) = host.get("/api/userdata?dir=workflows&full_info=true").json()
    assert (described["path"], described["size"]) == ("a.json", len(b'{"x": 1}'))
    assert host.get("/api/userdata?dir=workflows&split=true").json() == [["a.json", "a.json"]]
    moved = host.post(f"{file}/move/workflows%2Fsub%2Fb.json?overwrite=false")
    assert moved.json() == "workflows/sub/b.json"
    assert host.get("/api/userdata?dir=workflows").json() == []
    assert host.get("/api/userdata?dir=workflows&recurse=true").json() == ["sub/b.json"]
    assert host.request("DELETE", "/api/userdata/workflows%2Fsub%2Fb.json").status == 204
    assert host.get("/api/userdata/workflows%2Fsub%2Fb.json").status == 404


def test_a_tree_of_everything(host: HostProcess) -> None:
    assert host.get("/api/v2/userdata").json() == []
    host.post("/api/userdata/b%2Ffile.json", {})
    host.post("/api/userdata/a.json", {})
    listed = host.get("/api/v2/userdata").json()
    assert [(entry["path"], entry["type"]) for entry in listed] == [
        ("b", "directory"),
        ("a.json", "file"),
        ("b/file.json", "file"),
    ]
    assert host.get("/api/v2/userdata?path=nosuch").status == 404
    assert host.get("/api/v2/userdata?path=a.json").status == 400
    assert host.get("/api/v2/userdata?path=..%2F..").status == 400


@pytest.mark.parametrize(
    "path", ["..%2F..%2Fsecret.txt", "..%252F..%252Fsecret.txt", "%2Fetc%2Fpasswd", "a%2F..%2F..%2Fb"]
)
def test_no_name_leads_out_of_a_users_folder(host: HostProcess, path: str) -> None:
    assert host.get(f"/api/userdata/{path}").status == 403
    assert host.post(f"/api/userdata/{path}", {}).status == 403
    assert host.request("DELETE", f"/api/userdata/{path}").status == 403
    host.post("/api/userdata/mine.json", {})
    assert host.post(f"/api/userdata/mine.json/move/{path}").status == 403
    assert not list(host.base.rglob("secret.txt"))


def test_a_folder_that_is_not_there(host: HostProcess) -> None:
    missing = host.get("/api/userdata?dir=nosuch")
    assert (missing.status, missing.text) == (404, "Directory not found")
    assert host.get("/api/userdata").status == 400
    assert host.get("/api/userdata?dir=..%2F..").status == 403


def test_without_multi_user_everybody_is_the_same(host: HostProcess) -> None:
    assert host.get("/api/users").json() == {"storage": "server", "migrated": False}
    host.post("/api/settings/My.A", 5)
    assert host.get("/api/users").json() == {"storage": "server", "migrated": True}
    other = host.request("GET", "/api/settings/My.A", headers={"Comfy-User": "somebody"})
    assert other.json() == 5


def test_with_multi_user_each_has_their_own(start_host: StartHost) -> None:
    host = start_host(multi_user=True)
    assert host.get("/api/users").json() == {"storage": "server", "users": {}}
    user = host.post("/api/users", {"username": "Ann Lee"}).json()
    assert user.startswith("Ann-Lee_")
    assert host.post("/api/users", {"username": "Ann Lee"}).json() == {"error": "Duplicate username."}
    assert host.post("/api/users", {"username": " "}).status == 400
    assert host.post("/api/users", {"username": "__system"}).status == 400
    hers = {"Comfy-User": user}
    host.request("POST", "/api/settings/My.A", b"5", hers)
    assert host.request("GET", "/api/settings/My.A", headers=hers).json() == 5
    for headers in ({}, {"Comfy-User": "nobody"}, {"Comfy-User": "__system"}):
        assert host.request("GET", "/api/settings", headers=headers).status == 401
        assert host.request("GET", "/api/userdata/a.json", headers=headers).status == 500
        assert host.request("GET", "/api/v2/userdata", headers=headers).status == 403
    host.restart()
    assert host.get("/api/users").json()["users"] == {user: "Ann Lee"}
