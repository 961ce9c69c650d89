"""The names of `comfy.comfy_types`, with which packs spell types and annotate V1 nodes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from enum import Enum
from typing import Any, Literal, TypedDict, cast

WILDCARD = "*"
NAMES = (
    "STRING IMAGE MASK LATENT BOOLEAN INT FLOAT COMBO CONDITIONING SAMPLER SIGMAS GUIDER NOISE CLIP "
    "CONTROL_NET VAE MODEL LORA_MODEL LOSS_MAP CLIP_VISION CLIP_VISION_OUTPUT STYLE_MODEL GLIGEN "
    "UPSCALE_MODEL AUDIO WEBCAM POINT FACE_ANALYSIS BBOX SEGS VIDEO"
)
UNIONS = {"ANY": WILDCARD, "NUMBER": "FLOAT,INT", "PRIMITIVE": "STRING,FLOAT,INT,BOOLEAN"}


class StrEnum(str, Enum):
    """Members that are their own text."""

    def __str__(self) -> str:
        return str(self.value)


class TypeName(StrEnum):
    """Types of inputs and outputs; one differs from another only where neither holds all of the other's."""

    def __ne__(self, other: object) -> bool:
        if WILDCARD in (str(self.value), other):
            return False
        if not isinstance(other, str):
            return True
        ours, theirs = ({*text.split(",")} for text in (self.value, str.__str__(other)))
        return not (ours <= theirs or theirs <= ours)

    # Equal is equal text, as for any text, which `__ne__` above leaves out.
    __hash__ = str.__hash__


IO: Any = cast(Any, TypeName)("IO", {**{name: name for name in NAMES.split()}, **UNIONS})


class InputTypeOptions(TypedDict, total=False):
    default: Any
    forceInput: bool
    lazy: bool
    rawLink: bool
    tooltip: str
    min: float
    max: float
    step: float
    multiline: bool
    options: list[Any]


class HiddenInputTypeDict(TypedDict, total=False):
    node_id: Literal["UNIQUE_ID"]
    unique_id: Literal["UNIQUE_ID"]
    prompt: Literal["PROMPT"]
    extra_pnginfo: Literal["EXTRA_PNGINFO"]
    dynprompt: Literal["DYNPROMPT"]


class InputTypeDict(TypedDict, total=False):
    required: dict[str, Any]
    optional: dict[str, Any]
    hidden: HiddenInputTypeDict


class FileLocator(TypedDict):
    filename: str
    subfolder: str
    type: Literal["input", "output", "temp"]


class ComfyNodeABC(ABC):
    """A base that asks for INPUT_TYPES; what else a V1 node declares is as ComfyUI documents it."""

    DESCRIPTION: str
    CATEGORY: str
    FUNCTION: str
    RETURN_TYPES: tuple[Any, ...]

    @classmethod
    @abstractmethod
    def INPUT_TYPES(cls) -> InputTypeDict:
        return {"required": {}}


class CheckLazyMixin:
    """Asks for every lazy input."""

    def check_lazy_status(self, **kwargs: Any) -> list[str]:
        return [name for name, value in kwargs.items() if value is None]


# For annotations alone: this host applies no model.
UnetApplyFunction = UnetWrapperFunction = Callable[..., Any]
UnetApplyConds = UnetParams = dict[str, Any]
