"""Dataset Gates for ComfyUI: the door that ComfyUI opens. Everything else lies in `gates/` and `web/`."""

WEB_DIRECTORY = "./web"

# pytest imports this file as a bare module, outside of any package: then there is nothing to register.
if __package__:
    from .gates.extension import register

    NODE_CLASS_MAPPINGS, NODE_DISPLAY_NAME_MAPPINGS = register()

__all__ = ["NODE_CLASS_MAPPINGS", "NODE_DISPLAY_NAME_MAPPINGS", "WEB_DIRECTORY"]
