"""A pack without nodes for the demo alone: it opens the example workflow on a first visit."""

from typing import Any

NODE_CLASS_MAPPINGS: dict[str, Any] = {}
WEB_DIRECTORY = "./web"
