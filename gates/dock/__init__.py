"""One pyproject.toml is a ComfyUI environment: git tracks it, uv applies it, every change can be undone."""
