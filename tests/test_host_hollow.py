"""What ComfyUI has and the host lacks: packs name it and build upon it; using it says what is missing."""

from __future__ import annotations

import abc
import importlib
import inspect
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
import torch

from gates.host.shims.core_names import MODULES, NAMES, OUTPUTS
from gates.host.shims.hollow import LackingFinder
from gates.host.shims.lacking import LackingModule, LackingName
from gates.host.shims.modules import StandInModule
from gates.host.shims.placeholder import lacking_in, name_of, placeholder

MISSING = "the stand-in host of Dataset Gates has no {}: run this in ComfyUI itself"


@pytest.fixture
def imported(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Any]]:
    """Import with the finder, and forget what came of it."""
    before = set(sys.modules)
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, LackingFinder("/base")])
    for name in ("comfy", "nodes"):
        monkeypatch.setitem(sys.modules, name, StandInModule(name, "/base"))
    yield importlib.import_module
    for name in set(sys.modules) - before - {"comfy", "nodes"}:
        if name in MODULES:
            del sys.modules[name]


def vae() -> Any:
    return placeholder("comfy.sd.VAE")


def test_modules_of_comfyui_can_be_imported(imported: Callable[[str], Any]) -> None:
    for name in ("comfy.sd", "comfy.ldm.modules.attention", "comfy_extras.nodes_mask", "latent_preview"):
        module = imported(name)
        assert module.__name__ == name
        assert name_of(module.Anything) == f"{name}.Anything"
        assert module.Anything is module.Anything
        assert not hasattr(module, "__all__")


def test_what_comfyui_has_not_fails_at_import(imported: Callable[[str], Any]) -> None:
    for name in ("comfy.unheard", "comfy.sd.VAE", "utils.helpers", "comfy_api_nodes", "nodes.Unheard"):
        with pytest.raises(LackingModule, match=f"has no {name}"):
            imported(name)
    for package in ("comfy.ldm", "utils", "comfy"):
        with pytest.raises(LackingName, match=f"has no {package}.unheard"):
            _ = imported(package).unheard
    with pytest.raises(LackingName, match=r"has no nodes\.Unheard"):
        _ = imported("nodes").Unheard


def test_modules_are_made_when_they_are_asked_for(imported: Callable[[str], Any]) -> None:
    comfy = imported("comfy")
    assert "comfy.ldm.flux.math" not in sys.modules
    assert name_of(comfy.ldm.flux.math.apply_rope) == "comfy.ldm.flux.math.apply_rope"
    assert isinstance(sys.modules["comfy.ldm.flux.math"], ModuleType)


def test_the_choices_of_samplers_are_there(imported: Callable[[str], Any]) -> None:
    samplers = imported("comfy.samplers")
    assert samplers.KSampler.SAMPLERS[0] == "euler" and samplers.KSampler.SAMPLERS is samplers.SAMPLER_NAMES
    assert samplers.KSampler.SCHEDULERS == list(samplers.SCHEDULER_HANDLERS) == samplers.SCHEDULER_NAMES
    assert set(samplers.SAMPLER_NAMES) - set(samplers.KSAMPLER_NAMES) == {"ddim", "uni_pc", "uni_pc_bh2"}
    with pytest.raises(LackingName, match=r"has no comfy\.samplers\.KSampler:"):
        samplers.KSampler()


def test_nodes_say_what_they_put_out_and_no_more(imported: Callable[[str], Any]) -> None:
    nodes = imported("nodes")
    assert nodes.LoraLoader.RETURN_TYPES == ("MODEL", "CLIP")
    assert getattr(nodes.LoraLoader, "RETURN_NAMES", "none") == "none"
    assert [each for names in OUTPUTS.values() for each in names if each not in NAMES["nodes"]] == []
    with pytest.raises(LackingName, match=r"has no nodes\.LoraLoader\.INPUT_TYPES:"):
        nodes.LoraLoader.INPUT_TYPES()
    with pytest.raises(LackingName, match=r"has no nodes\.LoraLoader:"):
        nodes.LoraLoader()


USES: dict[str, Callable[[Any], object]] = {
    "comfy.sd.VAE": lambda it: it(),
    "comfy.sd.VAE.decode": lambda it: it.decode(1),
    "comfy.sd.VAE.a.b": lambda it: it.a.b(),
    "comfy.sd.VAE.SIZES": lambda it: [*it.SIZES],
    "comfy.sd.VAE.table": lambda it: it.table["a"],
    "comfy.sd.VAE.scale": lambda it: it.scale * 8,
    "comfy.sd.VAE.limit": lambda it: it.limit < 8,
    "comfy.sd.VAE.kinds": lambda it: "a" in it.kinds,
    "comfy.sd.VAE.count": lambda it: int(it.count),
    "comfy.sd.VAE.lock": lambda it: it.lock.__enter__(),
    "comfy.sd.VAE._patched": lambda it: it._patched,
}


@pytest.mark.parametrize("name", USES)
def test_using_one_names_it(name: str) -> None:
    with pytest.raises(LackingName) as raised:
        USES[name](vae())
    assert str(raised.value) == MISSING.format(name)


def test_naming_one_is_fine() -> None:
    it = vae()
    assert repr(it) == "<class 'comfy.sd.VAE'>" and it.__doc__ == MISSING.format("comfy.sd.VAE")
    assert not isinstance(5, it) and not issubclass(int, it)
    assert isinstance(it | None, type(int | None)) and it in {it}
    assert it and it.decode is it.decode and not hasattr(it, "_patched_by_a_pack")
    assert list(inspect.signature(it).parameters) == ["args", "kwargs"]
    saved, it.decode = it.decode, len
    assert it.decode is len and name_of(saved) == "comfy.sd.VAE.decode"


def test_classes_are_built_upon_it() -> None:
    class Tiled(vae(), abc.ABC, keyword=1):  # type: ignore[misc, call-arg]
        SIZE = 8

        def __init__(self) -> None:
            super().__init__()
            self.kept = self.SIZE

        def decode(self, samples: int) -> Any:
            return super().decode(samples)

        @classmethod
        def describe(cls) -> Any:
            return [super(Tiled, cls).describe() for _ in range(1)]

    tiled = Tiled()
    assert (tiled.kept, name_of(Tiled), Tiled.SIZE) == (8, None, 8)
    assert not hasattr(Tiled, "samples") and not hasattr(tiled, "device")
    uses: dict[str, Callable[[], object]] = {
        "decode": lambda: tiled.decode(1),
        "describe": lambda: Tiled.describe(),
        "device": lambda: tiled.device,
        "OUTPUTS": lambda: Tiled.OUTPUTS,
    }
    for name, use in uses.items():
        with pytest.raises(LackingName, match=rf"has no comfy\.sd\.VAE\.{name}:"):
            use()


def test_what_the_base_should_have_taken_is_missed() -> None:
    class Guider(placeholder("comfy.samplers.CFGGuider")):  # type: ignore[misc]
        pass

    with pytest.raises(LackingName, match=r"has no comfy\.samplers\.CFGGuider:"):
        Guider("model")


def test_torch_modules_beside_it_keep_their_parts() -> None:
    class Layer(placeholder("comfy.ops.CastWeight"), torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.linear = torch.nn.Linear(2, 3)
            self.register_buffer("scale", torch.ones(1))

        def extra_repr(self) -> str:
            return f"{super().extra_repr()}more"

    layer = Layer()
    assert (layer.linear.out_features, len(list(layer.buffers())), layer.extra_repr()) == (3, 1, "more")
    with pytest.raises(AttributeError, match="no attribute 'unheard'"):
        _ = layer.unheard


def test_the_names_that_a_package_has(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (
        ("a_pack", vae()),
        ("a_pack.inner", placeholder("nodes.KSampler")),
        ("a_pack2", vae().x),
    ):
        module = ModuleType(name)
        module.__dict__["Known"] = value
        monkeypatch.setitem(sys.modules, name, module)
    assert lacking_in("a_pack") == ["comfy.sd.VAE", "nodes.KSampler"]
