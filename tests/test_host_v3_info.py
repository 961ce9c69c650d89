"""How V3 nodes are described to the page: keys, their order, and what stands in them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gates.host.process import HostProcess

KEYS = (
    "input input_order is_input_list output output_is_list output_name output_tooltips output_matchtypes "
    "name display_name description python_module category output_node deprecated experimental dev_only "
    "api_node price_badge search_aliases essentials_category has_intermediate_output"
)


def info(host: HostProcess, name: str) -> dict[str, Any]:
    return dict(host.get(f"/api/object_info/{name}").json()[name])


def test_every_key_in_its_order(v3_host: HostProcess) -> None:
    assert " ".join(info(v3_host, "V3Text")) == KEYS
    assert list(info(v3_host, "V1Show")) == [
        *("input", "input_order", "is_input_list", "output", "output_is_list", "output_name", "name"),
        *("display_name", "description", "python_module", "category", "output_node"),
        *("has_intermediate_output", "search_aliases"),
    ]


def test_a_plain_node(v3_host: HostProcess) -> None:
    assert info(v3_host, "V3Join") == {
        "input": {
            "required": {
                "a": ["STRING", {"forceInput": True, "multiline": False}],
                "b": ["STRING", {"forceInput": True, "multiline": False}],
            },
            "optional": {"sep": ["STRING", {"default": "-", "multiline": False}]},
        },
        "input_order": {"required": ["a", "b"], "optional": ["sep"]},
        "is_input_list": False,
        "output": ["STRING"],
        "output_is_list": [False],
        "output_name": ["joined"],
        "output_tooltips": [None],
        "output_matchtypes": None,
        "name": "V3Join",
        "display_name": None,
        "description": "",
        "python_module": "custom_nodes.entry",
        "category": "v3",
        "output_node": False,
        "deprecated": False,
        "experimental": False,
        "dev_only": False,
        "api_node": False,
        "price_badge": None,
        "search_aliases": None,
        "essentials_category": None,
        "has_intermediate_output": False,
    }


def test_marks_and_what_they_ask_for(v3_host: HostProcess) -> None:
    found = info(v3_host, "V3Marks")
    marks = ("deprecated", "experimental", "api_node", "is_input_list", "output_node")
    assert [found[each] for each in marks] == [True] * len(marks)
    assert list(found["input"]["hidden"].items()) == [
        ("prompt", ["PROMPT"]),
        ("auth_token_comfy_org", ["AUTH_TOKEN_COMFY_ORG"]),
        ("api_key_comfy_org", ["API_KEY_COMFY_ORG"]),
        ("comfy_usage_source", ["COMFY_USAGE_SOURCE"]),
        ("extra_pnginfo", ["EXTRA_PNGINFO"]),
    ]


def test_a_class_in_the_mappings_is_named_by_its_schema(v3_host: HostProcess) -> None:
    found = info(v3_host, "V3Mapped")
    assert (found["name"], found["display_name"]) == ("V3NamedOtherwise", "V3 mapped")
    assert found["python_module"] == "custom_nodes.mapped"


def test_a_class_that_cannot_be_described_is_left_out(v3_host: HostProcess) -> None:
    assert v3_host.get("/api/object_info/V3Twice").status == 500
    assert "V3Twice" not in v3_host.get("/api/object_info").json()


def option(host: HostProcess, name: str, each: str) -> Any:
    declared = info(host, name)["input"]
    return {**declared["required"], **declared.get("optional", {})}[each]


WIDGETS = {
    "b": ["BOOLEAN", {"default": True, "socketless": True, "label_on": "on", "label_off": "off"}],
    "b_lazy": ["BOOLEAN", {"lazy": True, "forceInput": True}],
    "i": [
        "INT",
        {
            "display_name": "Number",
            "default": 3,
            "min": 0,
            "max": 9,
            "step": 2,
            "control_after_generate": True,
            "display": "slider",
        },
    ],
    "i_bare": ["INT", {}],
    "f": [
        "FLOAT",
        {"default": 0.5, "min": 0.0, "max": 1.0, "step": 0.1, "round": 0.01, "display": "number"},
    ],
    "s": [
        "STRING",
        {
            "tooltip": "a text",
            "default": "d",
            "multiline": True,
            "placeholder": "write",
            "dynamicPrompts": True,
        },
    ],
    "c_file": [
        "COMBO",
        {"multiselect": False, "options": ["x.png"], "image_upload": True, "image_folder": "input"},
    ],
    "c_remote": [
        "COMBO",
        {
            "multiselect": False,
            "options": [],
            "remote": {
                "route": "/v3/choices",
                "refresh_button": True,
                "control_after_refresh": "first",
                "timeout": 5,
                "max_retries": 2,
                "refresh": 1000,
            },
        },
    ],
    "c_none": ["COMBO", {"multiselect": False}],
    "m": [
        "COMBO",
        {
            "default": ["a"],
            "multiselect": True,
            "options": ["a", "b"],
            "multi_select": {"placeholder": "pick", "chip": True},
        },
    ],
    "image": ["IMAGE", {"own": 1}],
}


@pytest.mark.parametrize("name", WIDGETS)
def test_widgets(v3_host: HostProcess, name: str) -> None:
    # As texts, so that the order of the keys counts.
    assert json.dumps(option(v3_host, "V3Widgets", name)) == json.dumps(WIDGETS[name])


NEW = {
    "i": ["INT", {"advanced": True, "control_after_generate": "randomize"}],
    "raw": ["STRING", {"rawLink": True, "multiline": False}],
    "color": ["COLOR", {"default": "#ffffff", "socketless": True}],
    "colors": ["COLORS", {"default": [], "socketless": True}],
    "box_in": [
        "BOUNDING_BOX",
        {
            "default": {"x": 0, "y": 0, "width": 512, "height": 512},
            "socketless": True,
            "forceInput": True,
        },
    ],
    "curve": [
        "CURVE",
        {
            "default": {"points": [[0.0, 0.0], [1.0, 1.0]], "interpolation": "monotone_cubic"},
            "socketless": True,
        },
    ],
    "range": [
        "RANGE",
        {
            "default": {"min": 0.0, "max": 1.0},
            "socketless": True,
            "display": "gradient",
            "value_min": 0.0,
            "value_max": 2.0,
        },
    ],
    "compare": ["IMAGECOMPARE", {"socketless": True}],
    "multi": ["INT,FLOAT", {"default": 2, "widgetType": "INT"}],
}


@pytest.mark.parametrize("name", NEW)
def test_newer_widgets(v3_host: HostProcess, name: str) -> None:
    assert json.dumps(option(v3_host, "V3NewWidgets", name)) == json.dumps(NEW[name])


def test_matched_types(v3_host: HostProcess) -> None:
    found = info(v3_host, "V3Match")
    template = {"template_id": "t", "allowed_types": "IMAGE,STRING"}
    assert found["input"]["required"]["a"] == ["COMFY_MATCHTYPE_V3", {"lazy": True, "template": template}]
    assert found["output_matchtypes"] == ["t", "t", None]
    assert found["output_name"] == ["MATCHTYPE", "named", "INT"]


def test_a_growing_list(v3_host: HostProcess) -> None:
    options = {"tooltip": "one of them", "default": "d", "forceInput": True, "multiline": False}
    assert option(v3_host, "V3Grow", "texts") == [
        "COMFY_AUTOGROW_V3",
        {
            "template": {
                "input": {"required": {"text": ["STRING", options]}},
                "prefix": "text",
                "min": 2,
                "max": 5,
            }
        },
    ]


def test_a_price(v3_host: HostProcess) -> None:
    badge = info(v3_host, "V3Priced")["price_badge"]
    assert badge["engine"] == "jsonata"
    assert badge["depends_on"]["widgets"] == [
        {"name": "n", "type": "INT"},
        {"name": "model", "type": "COMFY_DYNAMICCOMBO_V3"},
        {"name": "model.fast", "type": "BOOLEAN"},
    ]


def test_one_of_each_type(v3_host: HostProcess) -> None:
    found = info(v3_host, "V3Plain")
    assert len(found["output"]) == len(set(found["output"])) == 64
    assert found["input"]["optional"]["wancameraembedding"] == [
        "WAN_CAMERA_EMBEDDING",
        {"tooltip": "a WanCameraEmbedding"},
    ]
