"""What stands for a function or class of ComfyUI's that the host lacks: a name, missed when it is used.

Packs name such things at the top of their files, save them, build upon them and ask whether something is one.
All that works. Calling one, reading on in one, or reaching for what a base would have brought raises
LackingName with the whole name.
"""

from __future__ import annotations

import inspect
import sys
from abc import ABCMeta
from collections.abc import Iterator, Mapping
from types import CodeType
from typing import Any, NoReturn

from .lacking import LackingName, lacks

# In the namespace of a placeholder, not in one of a class built upon it: its name in ComfyUI.
MARK = "_lacking_name"
PARTS = "_lacking_parts"


class Missing:
    """What `super()` finds where a pack leaves the rest to its base; no attribute for anyone else."""

    def __init__(self, base: type, name: str) -> None:
        self._base = base
        self._name = name

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        bound = super(self._base, owner if instance is None else instance)
        try:
            return getattr(bound, self._name)  # of another base, which comes after this one
        except AttributeError:
            raise LackingName(f"{_lacked_by(self._base)}.{self._name}") from None


class Placeholder(ABCMeta):
    """The type of placeholders and of what packs build upon them."""

    def __init__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **_: Any) -> None:
        super().__init__(name, bases, namespace)
        base = _placeholder_of(cls)
        for asked in () if base is cls else _asked_of_super(namespace):
            if not any(asked in each.__dict__ for each in base.__mro__):
                setattr(base, asked, Missing(base, asked))

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if MARK in cls.__dict__:
            raise LackingName(cls.__dict__[MARK])
        return super().__call__(*args, **kwargs)

    def __getattr__(cls, name: str) -> Any:
        """A part of a placeholder is one too; what a class built upon one has not itself, it has not."""
        if name.startswith("__"):
            raise AttributeError(name)
        full = f"{_lacked_by(cls)}.{name}"
        if MARK not in cls.__dict__ or name.startswith("_") or _declaration(cls, name):
            raise LackingName(full)
        parts: dict[str, Placeholder] = cls.__dict__[PARTS]
        return parts.setdefault(name, placeholder(full))

    def __bool__(cls) -> bool:
        return True

    def _use(cls, *_: Any) -> NoReturn:
        raise LackingName(_lacked_by(cls))

    __iter__ = __len__ = __getitem__ = __contains__ = __enter__ = __int__ = __float__ = __index__ = _use
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _use
    __lt__ = __le__ = __gt__ = __ge__ = __neg__ = _use


class Base:
    """What classes of packs get from a placeholder that they are built upon."""

    def __init_subclass__(cls, **_: Any) -> None:
        """With any keywords that the real base would take."""
        super().__init_subclass__()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # Without arguments a base has nothing to learn; what it would have set is missed when it is read.
        if args or kwargs:
            raise LackingName(_lacked_by(type(self)))
        super().__init__()

    def __getattr__(self, name: str) -> Any:
        following = getattr(super(), "__getattr__", None)  # another base, such as torch's Module
        if following is not None:
            return following(name)
        if name.startswith("__"):
            raise AttributeError(name)
        raise LackingName(f"{_lacked_by(type(self))}.{name}")


def placeholder(name: str, **parts: Any) -> Placeholder:
    """What stands for `name`, written as in ComfyUI; `parts` are attributes that it does have."""
    module, _, own = name.rpartition(".")
    namespace = {MARK: name, PARTS: {}, "__module__": module, "__doc__": lacks(name), **parts}
    return Placeholder(own, (Base,), namespace)


def name_of(value: object) -> str | None:
    """The name in ComfyUI of a placeholder; None for all else, and for what is built upon one."""
    return value.__dict__.get(MARK) if isinstance(value, Placeholder) else None


def lacking_in(package: str) -> list[str]:
    """The names of placeholders that modules of a package have by a name of their own, or build upon."""
    modules = [module for name, module in sys.modules.copy().items() if f"{name}.".startswith(f"{package}.")]
    values = [value for module in modules for value in vars(module).copy().values()]
    return sorted({_lacked_by(value) for value in values if isinstance(value, Placeholder)})


def _placeholder_of(cls: type) -> type:
    return next(each for each in cls.__mro__ if MARK in each.__dict__)


def _lacked_by(cls: type) -> str:
    return str(_placeholder_of(cls).__dict__[MARK])


def _declaration(cls: type, name: str) -> bool:
    """What a node says of itself: the placeholder has what it was given, and packs ask for more."""
    return "RETURN_TYPES" in cls.__dict__ and name.isupper() and name != "INPUT_TYPES"


def _asked_of_super(namespace: Mapping[str, Any]) -> Iterator[str]:
    """Names in the methods that use `super`: among them what they ask of it."""
    for value in namespace.values():
        function = inspect.unwrap(getattr(value, "__func__", getattr(value, "fget", value)))
        if inspect.isfunction(function):
            for code in _codes(function.__code__):
                if "super" in code.co_names:
                    yield from (name for name in code.co_names if not name.startswith("__"))


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)
