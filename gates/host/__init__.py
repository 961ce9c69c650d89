"""The stand-in host: a server that answers like ComfyUI, for tests, CI and a first try, without a GPU."""
