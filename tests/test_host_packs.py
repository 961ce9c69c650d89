"""Loading packs: names, failures, routes and web folders."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from gates.host.packs import THIS_PACK, packs_to_load
from gates.host.process import HostProcess

if TYPE_CHECKING:
    from tests.conftest import StartHost

NODE = """
class Node:
    RETURN_TYPES = ()
    FUNCTION = "run"
    @classmethod
    def INPUT_TYPES(cls): return {}
"""
ROUTE = """
from server import PromptServer
from aiohttp import web
@PromptServer.instance.routes.get("/the_pack/hello")
async def hello(request): return web.json_response("from %s")
NODE_CLASS_MAPPINGS = {}
"""


def pack(place: Path, name: str, code: str, **files: str) -> Path:
    folder = place / name
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(dedent(code))
    for path, text in files.items():
        target = folder / path.replace("__", "/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    return folder


def test_this_pack_is_loaded_once_and_where_it_is_named(tmp_path: Path) -> None:
    other = pack(tmp_path, "other", "")
    assert packs_to_load([other], tmp_path / "none") == [THIS_PACK, other]
    assert packs_to_load([other, THIS_PACK, other], tmp_path / "none") == [other, THIS_PACK]


def test_this_pack_can_stay_out_unless_it_is_named(tmp_path: Path) -> None:
    other = pack(tmp_path, "other", "")
    assert packs_to_load([other], tmp_path / "none", with_own=False) == [other]
    assert packs_to_load([THIS_PACK], tmp_path / "none", with_own=False) == [THIS_PACK]


def test_what_lies_in_custom_nodes_is_loaded(tmp_path: Path) -> None:
    custom = tmp_path / "custom_nodes"
    first = pack(custom, "a_pack", "")
    pack(custom, "b_pack.disabled", "")
    (custom / "single.py").write_text("")
    (custom / "notes.txt").write_text("")
    (custom / "__pycache__").mkdir()
    assert packs_to_load([], custom) == [THIS_PACK, first, custom / "single.py"]


def test_a_pack_is_a_package_named_by_its_path(start_host: StartHost, tmp_path: Path) -> None:
    code = f"""
    from .inner import VALUE
    {NODE.replace(chr(10), chr(10) + "    ")}
    NODE_CLASS_MAPPINGS = {{"PathNode": Node}}
    NODE_DISPLAY_NAME_MAPPINGS = {{"PathNode": __name__ + " " + VALUE}}
    """
    folder = pack(tmp_path, "my pack.v1", code, **{"inner.py": "VALUE = 'inside'"})
    host = start_host(packs=[folder])
    info = host.get("/api/object_info/PathNode").json()["PathNode"]
    assert info["display_name"] == str(folder).replace(".", "_x_") + " inside"
    assert info["python_module"] == "custom_nodes.my pack.v1"


def test_a_pack_that_fails_stops_no_other(start_host: StartHost, tmp_path: Path) -> None:
    broken = pack(tmp_path, "broken", "raise ValueError('out of order')")
    leaving = pack(tmp_path, "leaving", "import sys; sys.exit(3)")
    fine = pack(tmp_path, "fine", NODE + "NODE_CLASS_MAPPINGS = {'FineNode': Node}")
    host = start_host(packs=[broken, leaving, fine])
    assert "FineNode" in host.get("/api/object_info").json()
    assert f"(IMPORT FAILED): {broken}" in host.log
    assert f"(IMPORT FAILED): {leaving}" in host.log
    assert "ValueError: out of order" in host.log
    assert f"seconds: {fine}" in host.log


def test_packs_build_upon_the_nodes_of_comfyui(start_host: StartHost, tmp_path: Path) -> None:
    code = """
    from nodes import NODE_CLASS_MAPPINGS as BUILT_IN
    from nodes import LoadImage, PreviewImage, SaveImage
    assert BUILT_IN["SaveImage"] is SaveImage
    LoadImage(), PreviewImage()
    class Keep(SaveImage):
        CATEGORY = "kept"
    NODE_CLASS_MAPPINGS = {"Keep": Keep}
    """
    info = start_host(packs=[pack(tmp_path, "upon", code)]).get("/api/object_info/Keep").json()["Keep"]
    assert (info["category"], info["output_node"]) == ("kept", True)


def test_built_in_nodes_keep_their_names(start_host: StartHost, tmp_path: Path) -> None:
    code = NODE + "NODE_CLASS_MAPPINGS = {'LoadImage': Node, 'Twice': Node}"
    first, second = pack(tmp_path, "first", code), pack(tmp_path, "second", code)
    host = start_host(packs=[first, second])
    info = host.get("/api/object_info").json()
    assert info["LoadImage"]["python_module"] == "nodes"
    assert info["Twice"]["python_module"] == "custom_nodes.second"


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("from comfy_api.latest import Caching", "has no comfy_api.latest.Caching"),
        ("from comfy_api.latest import io; io.Unheard", "has no comfy_api.latest._io_public.Unheard"),
        ("import comfy.unheard", "has no comfy.unheard"),
        ("from nodes import Unheard", "has no nodes.Unheard"),
        ("from comfy import sd; sd.load_clip()", "has no comfy.sd.load_clip"),
        ("import folder_paths; folder_paths.odd()", "has no folder_paths.odd"),
        ("def comfy_entrypoint(): ...", "comfy_entrypoint answers None, which is no ComfyExtension"),
        ("", "neither NODE_CLASS_MAPPINGS nor comfy_entrypoint"),
    ],
)
def test_what_the_host_lacks_is_named(start_host: StartHost, tmp_path: Path, code: str, reason: str) -> None:
    host = start_host(packs=[pack(tmp_path, "wanting", code)])
    assert reason in host.log
    assert "(IMPORT FAILED)" in host.log


def test_a_pack_can_look_whether_a_name_is_there(start_host: StartHost, tmp_path: Path) -> None:
    code = """
    import folder_paths, comfy.model_management
    assert not hasattr(folder_paths, "odd")
    assert getattr(comfy.model_management, "odd", 5) == 5
    try:
        import comfy.unheard
    except ImportError:
        NODE_CLASS_MAPPINGS = {}
    """
    folder = pack(tmp_path, "careful", code)
    assert f"seconds: {folder}" in start_host(packs=[folder]).log


def test_routes_of_packs_are_also_below_api(start_host: StartHost, tmp_path: Path) -> None:
    host = start_host(packs=[pack(tmp_path, "routes", ROUTE % "routes")])
    assert host.get("/the_pack/hello").json() == "from routes"
    assert host.get("/api/the_pack/hello").json() == "from routes"


def test_two_packs_with_one_route_stop_the_start(tmp_path: Path) -> None:
    packs = [pack(tmp_path, name, ROUTE % name) for name in ("one", "two")]
    host = HostProcess(tmp_path / "base", packs)
    host.launch()
    assert host.wait() == 1
    assert "RuntimeError: Added route will never be executed" in host.log


def test_a_pack_may_use_the_application_itself(start_host: StartHost, tmp_path: Path) -> None:
    code = """
    from aiohttp import web
    from server import PromptServer
    app = PromptServer.instance.app
    started = []
    async def start(_): started.append("started")
    app.on_startup.append(start)
    @web.middleware
    async def mark(request, handler):
        response = await handler(request)
        response.headers["X-Marked"] = "yes"
        return response
    app.middlewares.append(mark)
    async def direct(_): return web.json_response(started)
    app.router.add_get("/direct", direct)
    NODE_CLASS_MAPPINGS = {}
    """
    host = start_host(packs=[pack(tmp_path, "deep", code)])
    answer = host.get("/direct")
    assert (answer.json(), answer.headers["x-marked"]) == (["started"], "yes")
    assert host.get("/api/direct").status == 404


def test_a_web_folder_is_served_and_its_scripts_listed(start_host: StartHost, tmp_path: Path) -> None:
    files = {
        "web__main.js": "// main",
        "web__sub__more.js": "// more",
        "web__lib.mjs": "// lib",
        "web__docs__WebNode.md": "# Help",
    }
    folder = pack(tmp_path, "webby", "WEB_DIRECTORY = './web'\nNODE_CLASS_MAPPINGS = {}", **files)
    host = start_host(packs=[folder])
    listed = host.get("/api/extensions").json()
    assert {each for each in listed if "webby" in each} == {
        "/extensions/webby/main.js",
        "/extensions/webby/sub/more.js",
    }
    script = host.get("/extensions/webby/main.js")
    assert (script.text, script.headers["cache-control"]) == ("// main", "no-store")
    assert host.get("/extensions/webby/docs/WebNode.md").text == "# Help"
    assert host.get("/extensions/webby/../__init__.py").status == 404
    assert host.get("/extensions/webby/%2e%2e/__init__.py").status in (403, 404)


def test_a_web_folder_in_pyproject_is_served_under_the_projects_name(
    start_host: StartHost, tmp_path: Path
) -> None:
    project = '[project]\nname = "proj"\n[tool.comfy]\nweb = "js"\n'
    files = {"pyproject.toml": project, "js__a.js": "//"}
    host = start_host(packs=[pack(tmp_path, "folder", "NODE_CLASS_MAPPINGS = {}", **files)])
    assert "/extensions/proj/a.js" in host.get("/api/extensions").json()


def test_translations_templates_and_subgraphs_come_from_packs(start_host: StartHost, tmp_path: Path) -> None:
    files = {
        "locales__en__main.json": json.dumps({"hello": "Hello"}),
        "locales__en__nodeDefs.json": json.dumps({"N": {"display_name": "Node"}}),
        "locales__de__main.json": "no json",
        "example_workflows__first.json": "{}",
        "example_workflows__first.jpg": "picture",
        "subgraphs__part.json": '{"a": 1}',
    }
    folder = pack(tmp_path, "rich", "NODE_CLASS_MAPPINGS = {}", **files)
    host = start_host(packs=[folder])
    english = host.get("/api/i18n").json()["en"]
    assert (english["hello"], english["nodeDefs"]["N"]["display_name"]) == ("Hello", "Node")
    assert host.get("/api/workflow_templates").json()["rich"] == ["first"]
    assert host.get("/api/workflow_templates/rich/first.json").json() == {}
    graphs = host.get("/api/global_subgraphs").json()
    (graph_id,) = [each for each, entry in graphs.items() if entry["name"] == "part"]
    assert graphs[graph_id]["info"] == {"node_pack": "custom_nodes.rich"}
    assert host.get(f"/api/global_subgraphs/{graph_id}").json()["data"] == '{"a": 1}'


def test_a_prestartup_script_runs_before_the_pack(start_host: StartHost, tmp_path: Path) -> None:
    code = "import os\nassert os.environ['SET_EARLY'] == 'yes'\nNODE_CLASS_MAPPINGS = {}"
    early = {"prestartup_script.py": "import os; os.environ['SET_EARLY'] = 'yes'"}
    folder = pack(tmp_path, "early", code, **early)
    assert f"seconds: {folder}" in start_host(packs=[folder]).log


def test_a_prompt_handler_of_a_pack_sees_every_prompt(start_host: StartHost, tmp_path: Path) -> None:
    code = """
    from server import PromptServer
    def handler(body):
        body["extra_data"] = {"seen": True}
        return body
    def broken(body): raise RuntimeError("broken handler")
    PromptServer.instance.add_on_prompt_handler(broken)
    PromptServer.instance.add_on_prompt_handler(handler)
    NODE_CLASS_MAPPINGS = {}
    """
    host = start_host(packs=[pack(tmp_path, "handler", code)])
    size = {"width": 8, "height": 8, "batch_size": 1, "color": 0}
    entry = host.submit(
        {
            "1": {"class_type": "EmptyImage", "inputs": size},
            "2": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}},
        }
    )
    assert entry["prompt"][3]["seen"] is True
    assert "broken handler" in host.log


def test_functions_of_execution_can_be_hooked(start_host: StartHost, tmp_path: Path) -> None:
    """As profilers do it: by replacing names in the module."""
    code = """
    import execution
    from aiohttp import web
    from server import PromptServer
    seen = []
    def hook(owner, name):
        original = getattr(owner, name)
        async def wrapped(*args, **kwargs):
            seen.append(name if name != "execute" else f"execute {args[3]}")
            return await original(*args, **kwargs)
        setattr(owner, name, wrapped)
    hook(execution, "execute")
    hook(execution, "get_output_data")
    hook(execution.PromptExecutor, "execute_async")
    @PromptServer.instance.routes.get("/seen")
    async def tell(request): return web.json_response(seen)
    NODE_CLASS_MAPPINGS = {}
    """
    host = start_host(packs=[pack(tmp_path, "hooks", code)])
    size = {"width": 8, "height": 8, "batch_size": 1, "color": 0}
    host.submit(
        {
            "1": {"class_type": "EmptyImage", "inputs": size},
            "2": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}},
        }
    )
    assert host.get("/seen").json() == [
        "execute_async",
        "execute 1",
        "get_output_data",
        "execute 2",
        "get_output_data",
    ]


def test_a_port_that_is_taken_ends_with_a_sentence(host: HostProcess, tmp_path: Path) -> None:
    second = HostProcess(tmp_path / "second")
    second.url = host.url
    second.launch()
    assert second.wait() == 1
    assert "choose another --port" in second.log
