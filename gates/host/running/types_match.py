"""Whether a link may join two types, under the name of `comfy_execution.validation`."""

from __future__ import annotations

ANY = "*"
COMBO = "COMBO"
MATCHED_BY_THE_FRONTEND = "COMFY_MATCHTYPE_V3"


def validate_node_input(received_type: object, input_type: object, strict: bool = False) -> bool:
    """Types are texts like `IMAGE,MASK`; without `strict` one common part is enough.

    The first comparison is a `!=` on purpose: packs make a wildcard of their own by overriding `__ne__`.
    """
    if not received_type != input_type:  # noqa: SIM202
        return True
    for kind in (received_type, input_type):
        if kind in (ANY, MATCHED_BY_THE_FRONTEND):
            return True
    if isinstance(received_type, list) and input_type == COMBO:
        return True
    if not isinstance(received_type, str) or not isinstance(input_type, str):
        return False
    received, accepted = _parts(received_type), _parts(input_type)
    if ANY in received | accepted:
        return True
    return received <= accepted if strict else bool(received & accepted)


def _parts(kind: str) -> set[str]:
    return {part.strip() for part in kind.split(",")}
