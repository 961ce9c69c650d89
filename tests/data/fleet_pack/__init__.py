"""A node pack without torch whose nodes write down when they run: what was rendered twice is seen."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any


class Render:
    """Writes `text` to a file of the output folder, and its start and end to `log`.

    Takes `seconds`, and longer until the file `gate` is there: nothing has to be timed.
    """

    CATEGORY = "fleet"
    RETURN_TYPES = ("STRING",)
    FUNCTION = "run"
    OUTPUT_NODE = True

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {
            "required": {
                "text": ("STRING", {"default": ""}),
                "seconds": ("FLOAT", {"default": 0.0, "min": 0.0, "max": 60.0}),
                "log": ("STRING", {"default": ""}),
                "gate": ("STRING", {"default": ""}),
                "filename_prefix": ("STRING", {"default": "fleet"}),
            }
        }

    def run(self, text: str, seconds: float, log: str, gate: str, filename_prefix: str) -> Any:
        import comfy.model_management
        import comfy.utils
        import folder_paths

        note(log, f"start {text}")
        until = time.monotonic() + seconds
        bar = comfy.utils.ProgressBar(100)
        while time.monotonic() < until or (gate and not os.path.exists(gate)):
            bar.update_absolute(50)
            comfy.model_management.throw_exception_if_processing_interrupted()
            time.sleep(0.05)
        name = f"{filename_prefix}.txt"
        Path(folder_paths.get_output_directory(), name).write_text(text, "utf-8")
        note(log, f"end {text}")
        file = {"filename": name, "subfolder": "", "type": "output"}
        return {"ui": {"files": [file]}, "result": (text,)}


def note(log: str, line: str) -> None:
    """One write, so that lines of several processes do not mix."""
    if log:
        descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        try:
            os.write(descriptor, f"{line}\n".encode())
        finally:
            os.close(descriptor)


class Load:
    """Takes an uploaded file; puts out its bytes as text."""

    CATEGORY = "fleet"
    RETURN_TYPES = ("STRING",)
    FUNCTION = "run"

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        import folder_paths

        names = sorted(os.listdir(folder_paths.get_input_directory()))
        return {"required": {"image": (names, {"image_upload": True})}}

    @classmethod
    def VALIDATE_INPUTS(cls, image: str) -> bool:
        return True

    def run(self, image: str) -> Any:
        import folder_paths

        return (Path(folder_paths.get_input_directory(), image).read_text("utf-8"),)


class Say:
    CATEGORY = "fleet"
    RETURN_TYPES = ()
    FUNCTION = "run"
    OUTPUT_NODE = True

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {"required": {"text": ("STRING", {"forceInput": True})}}

    def run(self, text: str) -> Any:
        return {"ui": {"text": [text]}}


class Fail(Say):
    def run(self, text: str) -> Any:
        raise ValueError(f"no {text}")


NODE_CLASS_MAPPINGS = {"FleetRender": Render, "FleetLoad": Load, "FleetSay": Say, "FleetFail": Fail}
