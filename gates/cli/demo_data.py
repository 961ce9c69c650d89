"""What a fresh demo holds: a profile with example images, a workflow that uses it, its settings."""

import json
from pathlib import Path
from typing import Any, Final

from .. import pool, profiles

CHECKOUT: Final = Path(__file__).parents[2]
IMAGES: Final = CHECKOUT / "example_data" / "animals"
WORKFLOW: Final = CHECKOUT / "example_workflows" / "image_pool.json"

PROFILE_ID: Final = "animals"
PROFILE_NAME: Final = "Animals"
OWN_POOL: Final = "demo"  # what the pool node shows when its profile is taken off

# A first visit to ComfyUI opens a tour and a gallery of templates that need models.
SETTINGS: Final = {"Comfy.TutorialCompleted": True}


def fill(base: Path, now: int) -> None:
    """Write the demo's data below `base`, a directory that does not exist yet. `now`: seconds."""
    add_images(base / "input" / "grid_pool", now)
    user = base / "user" / "default"
    write_json(user / "workflows" / "Animals.json", example_workflow())
    write_json(user / "comfy.settings.json", SETTINGS)


def add_images(pool_base: Path, now: int) -> None:
    pool_base.mkdir(parents=True)
    profiles.create_profile(str(pool_base), PROFILE_NAME, PROFILE_ID, now)
    for position, entry in enumerate(json.loads((IMAGES / "images.json").read_text("utf-8"))):
        name = entry["image"]
        data = (IMAGES / name).read_bytes()
        pool.add_image(str(pool_base), PROFILE_ID, data, now, name=name)
        pool.set_label(str(pool_base), PROFILE_ID, position, entry["label"])


def example_workflow() -> dict[str, Any]:
    """The example workflow of the pack, with the profile of the demo chosen in it."""
    workflow: dict[str, Any] = json.loads(WORKFLOW.read_text("utf-8"))
    for node in workflow["nodes"]:
        if node["type"] == "PoolProfile":
            node["widgets_values"] = [PROFILE_NAME, PROFILE_ID]
        elif node["type"] == "GridImagePool":
            node["widgets_values"] = [-1, PROFILE_ID]
            node["properties"] |= {
                "dataset_gates.own_pool": OWN_POOL,
                "dataset_gates.profile_name": PROFILE_NAME,
            }
    return workflow


def write_json(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1), "utf-8")
