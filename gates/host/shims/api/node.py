"""The class that V3 nodes are made from.

The executor reads V1's names of it (`RETURN_TYPES`, `FUNCTION`, …); they come from the schema. They are
looked up as ordinary attributes once they are known, so a class that is made from another node's class
has that one's, unless it was asked first: ComfyUI has it so, and packs meet it there.
"""

from __future__ import annotations

import inspect
from typing import Any

from ...running.graph_builder import ExecutionBlocker
from ...running.v3 import V3Data, V3Node, override_of
from .hidden import HiddenHolder
from .outcome import NodeOutput
from .schema import Schema, output_names


class FromSchema:
    """An attribute of the class that its schema answers, once."""

    def __init__(self, kept_as: str) -> None:
        self._kept_as = kept_as

    def __get__(self, obj: object, owner: Any) -> Any:
        if getattr(owner, self._kept_as) is None:
            owner.GET_SCHEMA()
        return getattr(owner, self._kept_as)


class FunctionName:
    def __get__(self, obj: object, owner: Any) -> str:
        is_async = inspect.iscoroutinefunction(owner.execute)
        return "EXECUTE_NORMALIZED_ASYNC" if is_async else "EXECUTE_NORMALIZED"


class Locked(type):
    """Of classes that nothing can be set on: a node keeps no state between its runs."""

    def __setattr__(cls, name: str, value: object) -> None:
        raise AttributeError(f"Cannot modify class attribute '{name}' on locked class '{cls.__name__}'")


def _locked_instance(self: object, name: str, value: object) -> None:
    kind = type(self).__name__
    raise AttributeError(f"Cannot set attribute '{name}' on immutable instance of {kind}")


def _locked_copy(cls: type[Any], hidden: HiddenHolder) -> type[Any]:
    meta = type(cls)
    locking = Locked if meta is type else type("Locked", (Locked, meta), {})
    names = {
        "__module__": cls.__module__,
        "__doc__": cls.__doc__,
        "__setattr__": _locked_instance,
        "hidden": hidden,
    }
    clone: type[Any] = locking(f"{cls.__name__}Clone", (cls,), names)
    return clone


class ComfyNode(V3Node):
    RELATIVE_PYTHON_MODULE: str | None = None
    SCHEMA: Schema | None = None
    hidden: HiddenHolder | None = None

    _DESCRIPTION = _CATEGORY = _EXPERIMENTAL = _DEPRECATED = _DEV_ONLY = _API_NODE = None
    _OUTPUT_NODE = _HAS_INTERMEDIATE_OUTPUT = _INPUT_IS_LIST = _NOT_IDEMPOTENT = _ACCEPT_ALL_INPUTS = None
    _RETURN_TYPES = _RETURN_NAMES = _OUTPUT_IS_LIST = _OUTPUT_TOOLTIPS = None

    FUNCTION = FunctionName()
    DESCRIPTION = FromSchema("_DESCRIPTION")
    CATEGORY = FromSchema("_CATEGORY")
    EXPERIMENTAL = FromSchema("_EXPERIMENTAL")
    DEPRECATED = FromSchema("_DEPRECATED")
    DEV_ONLY = FromSchema("_DEV_ONLY")
    API_NODE = FromSchema("_API_NODE")
    OUTPUT_NODE = FromSchema("_OUTPUT_NODE")
    HAS_INTERMEDIATE_OUTPUT = FromSchema("_HAS_INTERMEDIATE_OUTPUT")
    INPUT_IS_LIST = FromSchema("_INPUT_IS_LIST")
    NOT_IDEMPOTENT = FromSchema("_NOT_IDEMPOTENT")
    ACCEPT_ALL_INPUTS = FromSchema("_ACCEPT_ALL_INPUTS")
    RETURN_TYPES = FromSchema("_RETURN_TYPES")
    RETURN_NAMES = FromSchema("_RETURN_NAMES")
    OUTPUT_IS_LIST = FromSchema("_OUTPUT_IS_LIST")
    OUTPUT_TOOLTIPS = FromSchema("_OUTPUT_TOOLTIPS")

    def __init__(self) -> None:
        type(self).VALIDATE_CLASS()

    @classmethod
    def define_schema(cls) -> Schema:
        """To be written by each node."""
        raise NotImplementedError

    @classmethod
    def execute(cls, **kwargs: Any) -> Any:
        """To be written by each node."""
        raise NotImplementedError

    @classmethod
    def validate_inputs(cls, **kwargs: Any) -> Any:
        """May be written: True, or what is wrong."""
        raise NotImplementedError

    @classmethod
    def fingerprint_inputs(cls, **kwargs: Any) -> Any:
        """May be written: the node runs again when the answer is another."""
        raise NotImplementedError

    @classmethod
    def check_lazy_status(cls, **kwargs: Any) -> list[str]:
        """May be written: the inputs that have to be evaluated before it runs."""
        return [name for name, value in kwargs.items() if value is None]

    @classmethod
    def GET_BASE_CLASS(cls) -> type[ComfyNode]:
        return ComfyNode

    @classmethod
    def VALIDATE_CLASS(cls) -> None:
        for name in ("define_schema", "execute"):
            if override_of(cls, name) is None:
                raise Exception(f"No {name} function was defined for node class {cls.__name__}.")

    @classmethod
    def PREPARE_CLASS_CLONE(cls, v3_data: V3Data | None) -> type[Any]:
        return _locked_copy(cls, HiddenHolder.from_v3_data(v3_data))

    @classmethod
    def EXECUTE_NORMALIZED(cls, *args: Any, **kwargs: Any) -> NodeOutput:
        return cls._normalized(cls.execute(*args, **kwargs))

    @classmethod
    async def EXECUTE_NORMALIZED_ASYNC(cls, *args: Any, **kwargs: Any) -> NodeOutput:
        return cls._normalized(await cls.execute(*args, **kwargs))

    @classmethod
    def _normalized(cls, returned: Any) -> NodeOutput:
        output = _as_output(returned)
        if output.expand is not None and not (cls.SCHEMA and cls.SCHEMA.enable_expand):
            raise Exception(
                f"Node {cls.__name__} is not expandable, but expand included in NodeOutput; "
                "developer should set enable_expand=True on node's Schema to allow this."
            )
        return output

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return cls.FINALIZE_SCHEMA().input_types()

    @classmethod
    def GET_NODE_INFO_V1(cls) -> dict[str, Any]:
        return dict(vars(cls.GET_SCHEMA().get_v1_info(cls)))

    @classmethod
    def FINALIZE_SCHEMA(cls) -> Schema:
        schema = cls.define_schema()
        schema.finalize()
        return schema

    @classmethod
    def GET_SCHEMA(cls) -> Schema:
        """The schema, checked. Raises what is wrong with the class or its schema."""
        cls.VALIDATE_CLASS()
        schema = cls.FINALIZE_SCHEMA()
        schema.validate()
        cls._keep(
            _DESCRIPTION=schema.description,
            _CATEGORY=schema.category,
            _EXPERIMENTAL=schema.is_experimental,
            _DEPRECATED=schema.is_deprecated,
            _DEV_ONLY=schema.is_dev_only,
            _API_NODE=schema.is_api_node,
            _OUTPUT_NODE=schema.is_output_node,
            _HAS_INTERMEDIATE_OUTPUT=schema.has_intermediate_output,
            _INPUT_IS_LIST=schema.is_input_list,
            _NOT_IDEMPOTENT=schema.not_idempotent,
            _ACCEPT_ALL_INPUTS=schema.accept_all_inputs,
            _RETURN_TYPES=[each.io_type for each in schema.outputs],
            _RETURN_NAMES=output_names(schema.outputs),
            _OUTPUT_IS_LIST=[each.is_output_list for each in schema.outputs],
            _OUTPUT_TOOLTIPS=[each.tooltip or None for each in schema.outputs],
        )
        cls.SCHEMA = schema
        return schema

    @classmethod
    def _keep(cls, **values: Any) -> None:
        for name, value in values.items():
            if getattr(cls, name) is None:
                setattr(cls, name, value)


def _as_output(returned: Any) -> NodeOutput:
    if isinstance(returned, NodeOutput):
        return returned
    if returned is None:
        return NodeOutput()
    if isinstance(returned, tuple):
        return NodeOutput(*returned)
    if isinstance(returned, dict):
        return NodeOutput.from_dict(returned)
    if isinstance(returned, ExecutionBlocker):
        return NodeOutput(block_execution=returned.message)
    raise Exception(f"Invalid return type from node: {type(returned)}")
