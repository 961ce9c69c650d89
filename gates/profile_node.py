"""The node Pool Profile: the id of a named image set, for any number of image pools."""

from __future__ import annotations

from typing import Any

from . import gates_compat, pool


def _grid_pool_base() -> str | None:
    """The pool base, None outside of ComfyUI."""
    try:
        return gates_compat.grid_pool_base()
    except ImportError:
        return None


class PoolProfile:
    """Puts out the id of the chosen profile, or "default" for none, which pools take as not connected."""

    CATEGORY = "Dataset Gates"
    FUNCTION = "run"
    RETURN_TYPES = ("POOL_PROFILE",)
    RETURN_NAMES = ("profile",)
    OUTPUT_TOOLTIPS = ("Connect this to the profile input of Image Pool (Grid).",)
    DESCRIPTION = "Chooses a named image set that every workflow on this ComfyUI can use."
    SEARCH_ALIASES = ("image set", "dataset", "profile")

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        name = {"default": "", "hidden": True, "socketless": True}
        chosen = {"options": [""], "default": "", "tooltip": "The profile whose images connected pools use."}
        return {"required": {"profile": ("STRING", name), "profile_id": ("COMBO", chosen)}}

    @classmethod
    def VALIDATE_INPUTS(cls, profile_id: str) -> bool:
        """Accept every id: the choice is filled in by the browser, and the pool says what is missing."""
        return True

    def run(self, profile: str, profile_id: str = "") -> tuple[str]:
        return (profile_id or "default",)

    @classmethod
    def IS_CHANGED(cls, profile: str | None, profile_id: str | None = "", **kwargs: Any) -> str | float:
        """The id, with a fingerprint of the pool's contents while there is such a pool."""
        if profile_id is None:
            return float("nan")
        base = _grid_pool_base()
        if base is None or not profile_id or not pool.exists(base, profile_id):
            return profile_id
        return f"{profile_id}:{pool.fingerprint(base, profile_id)}"


NODE_CLASS_MAPPINGS = {"PoolProfile": PoolProfile}
NODE_DISPLAY_NAME_MAPPINGS = {"PoolProfile": "Pool Profile"}
