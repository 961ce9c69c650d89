"""Dataset Gates: image pools for ComfyUI, and a stand-in host to try and test them without a GPU."""

__version__ = "0.4.0"
