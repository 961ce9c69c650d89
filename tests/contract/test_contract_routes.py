"""Nodes, files, settings, pictures, guards and the websocket's greeting."""

from __future__ import annotations

import io
import json
import urllib.parse
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from PIL import Image

from gates.host.testing import Answer, Listener, Message, ServerUnderTest
from tests.contract.playing import HAPPY, new_tag, play

Needs = Callable[[str], None]
JSON = {"Content-Type": "application/json"}


def test_what_is_said_of_a_node(server: ServerUnderTest) -> None:
    info = server.object_info("RulesChecked")["RulesChecked"]
    n = ["INT", {"default": 1, "min": 0, "max": 10}]
    assert info["input"] == {
        "required": {"word": ["STRING", {"default": "ok"}], "mode": [["x", "y"]], "n": n}
    }
    assert info["input_order"] == {"required": ["word", "mode", "n"]}
    assert (info["output"], info["output_is_list"], info["output_name"]) == (["STRING"], [False], ["STRING"])
    assert (info["name"], info["display_name"], info["category"]) == ("RulesChecked", "RulesChecked", "rules")
    assert info["output_node"] is False
    assert info["python_module"] == "custom_nodes.rules_pack"


@pytest.mark.parametrize(
    ("kind", "key", "value"),
    [
        ("Text", "display_name", "A Text"),
        ("Show", "output_node", True),
        ("Split", "output_is_list", [True]),
        ("Show", "input_order", {"required": ["text"], "hidden": ["unique_id"]}),
    ],
)
def test_more_of_what_is_said_of_nodes(server: ServerUnderTest, kind: str, key: str, value: Any) -> None:
    assert server.object_info(f"Rules{kind}")[f"Rules{kind}"][key] == value


def test_which_nodes_take_lists_whole(server: ServerUnderTest, needs: Needs) -> None:
    needs("0.4")
    for kind, whole in (("Gather", True), ("Text", False)):
        assert server.object_info(f"Rules{kind}")[f"Rules{kind}"]["is_input_list"] is whole


def test_an_unknown_node_is_nothing(server: ServerUnderTest) -> None:
    assert server.object_info("NoSuchNode") == {}
    assert {"RulesText", "LoadImage", "SaveImage", "PreviewImage"} <= set(server.object_info())


@pytest.fixture
def folder(server: ServerUnderTest) -> Iterator[str]:
    """A folder of user data of this test's own, emptied afterwards."""
    name = f"contract_{new_tag()}"
    yield name
    left = server.get(f"/userdata?dir={name}&recurse=true")
    for file in left.json() if left.status == 200 else []:
        server.request("DELETE", at(f"{name}/{file}"))


def at(path: str) -> str:
    return f"/userdata/{urllib.parse.quote(path, safe='')}"


def store(server: ServerUnderTest, path: str, value: Any, query: str = "") -> Answer:
    return server.request("POST", f"{at(path)}{query}", json.dumps(value).encode(), JSON)


def test_user_data_are_written_listed_moved_and_deleted(server: ServerUnderTest, folder: str) -> None:
    stored = store(server, f"{folder}/a.json", {"x": 1})
    assert (stored.status, stored.json()) == (200, f"{folder}/a.json")
    read = server.get(at(f"{folder}/a.json"))
    assert (read.status, read.json()) == (200, {"x": 1})
    assert server.get(f"/userdata?dir={folder}&recurse=true").json() == ["a.json"]
    moved = server.request(
        "POST", f"{at(f'{folder}/a.json')}/move/{urllib.parse.quote(f'{folder}/b.json', safe='')}"
    )
    assert (moved.status, moved.json()) == (200, f"{folder}/b.json")
    assert server.request("DELETE", at(f"{folder}/b.json")).status == 204
    assert server.get(at(f"{folder}/b.json")).status == 404


def test_user_data_are_kept_unless_told(server: ServerUnderTest, folder: str) -> None:
    store(server, f"{folder}/a.json", 1)
    assert store(server, f"{folder}/a.json", 2, "?overwrite=false").status == 409
    assert store(server, f"{folder}/a.json", 3).status == 200
    assert server.get(at(f"{folder}/a.json")).json() == 3


def test_what_is_said_of_user_data(server: ServerUnderTest, folder: str) -> None:
    said = store(server, f"{folder}/sub/a.json", 1, "?full_info=true").json()
    assert (said["path"], said["size"]) == (f"{folder}/sub/a.json", 1) and said["modified"] > 0
    (listed,) = server.get(f"/userdata?dir={folder}&recurse=true&full_info=true").json()
    assert listed["path"] == "sub/a.json"
    assert server.get(f"/userdata?dir={folder}&recurse=true&split=true").json() == [
        ["sub/a.json", "sub", "a.json"]
    ]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/userdata", 400),
        ("/userdata?dir=no_such_folder", 404),
        ("/userdata?dir=..", 403),
        ("/userdata/..%2F..%2Fsecret.txt", 403),
        ("/userdata/no_such_file", 404),
    ],
)
def test_user_data_that_are_not_given(server: ServerUnderTest, path: str, status: int) -> None:
    assert server.get(path).status == status


def test_settings(server: ServerUnderTest) -> None:
    one, two = (f"Contract.{new_tag()}" for _ in range(2))
    assert server.get(f"/settings/{one}").json() is None
    assert server.post(f"/settings/{one}", 5).status == 200
    assert server.post("/settings", {two: [1, 2]}).status == 200
    assert server.get(f"/settings/{one}").json() == 5
    every = server.get("/settings").json()
    assert (every[one], every[two]) == (5, [1, 2])


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 404),
        ("filename=no_such.png&type=input", 404),
        ("filename=..%2F..%2Fetc%2Fpasswd&type=input", 400),
        ("filename=%2Fetc%2Fpasswd&type=input", 400),
        ("filename=a.png&subfolder=..%2F..&type=input", 403),
        ("filename=a.png&type=no_such", 400),
    ],
)
def test_what_is_not_shown(server: ServerUnderTest, query: str, status: int) -> None:
    assert server.get(f"/view?{query}").status == status


def test_a_picture_goes_in_and_comes_out(server: ServerUnderTest) -> None:
    name = server.put_image(f"contract_{new_tag()}.png", Image.new("RGBA", (6, 4), (10, 20, 30, 40)))
    whole = server.get(f"/view?filename={name}&type=input")
    assert whole.headers["content-type"] == "image/png"
    picture = Image.open(io.BytesIO(whole.body))
    assert (picture.size, picture.getpixel((0, 0))) == ((6, 4), (10, 20, 30, 40))
    preview = server.get(f"/view?filename={name}&type=input&preview=webp;90")
    assert preview.headers["content-type"] == "image/webp"
    opaque = Image.open(io.BytesIO(server.get(f"/view?filename={name}&type=input&channel=rgb").body))
    assert (opaque.mode, opaque.getpixel((0, 0))) == ("RGB", (10, 20, 30))
    alpha = Image.open(io.BytesIO(server.get(f"/view?filename={name}&type=input&channel=a").body))
    assert alpha.getpixel((0, 0))[-1] == 40  # type: ignore[index]


def test_a_picture_of_the_same_name_is_another_file(server: ServerUnderTest) -> None:
    name = f"contract_{new_tag()}.png"
    upload(server, name, b"first")
    assert upload(server, name, b"first") == {"name": name, "subfolder": "", "type": "input"}
    assert upload(server, name, b"second")["name"] == name.replace(".png", " (1).png")


def upload(server: ServerUnderTest, name: str, data: bytes) -> dict[str, str]:
    line = uuid.uuid4().hex
    head = f'--{line}\r\nContent-Disposition: form-data; name="image"; filename="{name}"\r\n\r\n'
    body = head.encode() + data + f"\r\n--{line}--\r\n".encode()
    kind = {"Content-Type": f"multipart/form-data; boundary={line}"}
    answer = server.request("POST", "/upload/image", body, kind)
    assert answer.status == 200
    return dict(answer.json())


def save(prefix: str) -> dict[str, Any]:
    empty = {"width": 8, "height": 6, "batch_size": 2, "color": 255}
    saved = {"images": ["1", 0], "filename_prefix": prefix}
    return {
        "1": {"class_type": "EmptyImage", "inputs": empty},
        "2": {"class_type": "SaveImage", "inputs": saved},
    }


def test_saved_pictures_are_counted(server: ServerUnderTest) -> None:
    tag = new_tag()
    result = play(server, [save("contract/{tag}")], tag)
    assert result.outputs["2"]["images"] == [
        {"filename": f"{tag}_{number:05}_.png", "subfolder": "contract", "type": "output"}
        for number in (1, 2)
    ]
    assert [picture.getpixel((0, 0)) for picture in result.images("2")] == [(0, 0, 255)] * 2


def test_a_saved_picture_holds_its_prompt(server: ServerUnderTest) -> None:
    result = play(
        server, [save("contract/{tag}")], new_tag(), {"extra_data": {"extra_pnginfo": {"workflow": {"a": 1}}}}
    )
    kept = result.images("2")[0].info
    assert json.loads(kept["prompt"])["2"]["class_type"] == "SaveImage"
    assert json.loads(kept["workflow"]) == {"a": 1}


def test_a_prefix_that_leaves_the_folder_fails_when_it_runs(server: ServerUnderTest) -> None:
    result = play(server, [save("../{tag}")], new_tag())
    assert result.status == "error" and result.error is not None and result.error.node == "2"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 200),
    ],
)
def test_who_may_ask(server: ServerUnderTest, headers: Mapping[str, str], status: int) -> None:
    """As a browser would, of a server on this machine."""
    if urllib.parse.urlsplit(server.url).hostname not in ("127.0.0.1", "localhost"):
        pytest.skip("the guard holds for a server on this machine")
    assert server.request("GET", "/queue", headers=headers).status == status


def test_nobody_from_another_site(server: ServerUnderTest, needs: Needs) -> None:
    needs("0.19")
    assert server.request("GET", "/queue", headers={"Sec-Fetch-Site": "cross-site"}).status == 403


def test_every_route_has_a_twin(server: ServerUnderTest) -> None:
    for path in ("/queue", "/history?max_items=1", "/features", "/settings", "/users", "/extensions"):
        plain, twin = server.get(path), server.get(f"/api{path}")
        assert plain.status == twin.status == 200, path
        assert plain.json() == twin.json(), path


def test_the_greeting_of_the_websocket(server: ServerUnderTest) -> None:
    with server.listen(flags=None) as listener:
        (greeting,) = messages(listener)
    assert greeting.type == "status" and greeting.data["sid"] == listener.client_id
    assert greeting.data["status"]["exec_info"]["queue_remaining"] == 0


def test_flags_are_answered_with_flags(server: ServerUnderTest) -> None:
    with server.listen(flags={}) as listener:
        answer = listener.wait_for_type("feature_flags")
    assert answer.data == server.get("/features").json()
    assert answer.data["supports_preview_metadata"] is True


def test_the_queue_is_told_before_and_after(server: ServerUnderTest) -> None:
    result = play(server, [HAPPY], new_tag())
    left = [said["status"]["exec_info"]["queue_remaining"] for said in result.heard("status")]
    kinds = [message.type for message in result.messages]
    assert left[0] == 1 and left[-1] == 0
    assert kinds[-2:] == ["status", "executing"] and kinds.index("execution_success") < len(kinds) - 2


def messages(listener: Listener) -> list[Message]:
    return [one for one in listener.heard if isinstance(one, Message)]
