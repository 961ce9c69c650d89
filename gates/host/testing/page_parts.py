"""What a page of the frontend starts with, and which of its complaints say nothing about a pack."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

BOOTED = """() => {
  const app = window.app
  if (!app?.extensionManager?.workflow?.activeWorkflow || app.extensionManager.spinner) return false
  return Boolean(app.canvas?.graph)
}"""

ADD_NODE = """([type, x, y, widgets]) => {
  const node = LiteGraph.createNode(type)
  if (!node) throw new Error(`the page knows no node ${type}`)
  node.pos = [x, y]
  app.canvas.graph.add(node)
  const missing = Object.keys(widgets).filter((name) => !node.widgets?.some((widget) => widget.name === name))
  if (missing.length) throw new Error(`${type} has no widget ${missing}`)
  for (const widget of node.widgets ?? []) {
    if (!(widget.name in widgets)) continue
    widget.value = widgets[widget.name]
    widget.callback?.(widget.value)
  }
  return String(node.id)
}"""

CONNECT = """([source, slot, target, name]) => {
  const [from, to] = [source, target].map((id) => app.canvas.graph.getNodeById(id))
  const place = to.findInputSlot(name)
  if (place < 0) throw new Error(`node ${target} has no input ${name}`)
  if (!from.connect(slot, to, place)) throw new Error(`${source}:${slot} does not fit ${target}.${name}`)
}"""

LOAD = "(workflow) => app.loadGraphData(workflow)"

EMPTY_WORKFLOW: dict[str, Any] = {
    "version": 0.4,
    "last_node_id": 0,
    "last_link_id": 0,
    "nodes": [],
    "links": [],
    "groups": [],
    "config": {},
    "extra": {},
}

# Settings that the page reads as if they were stored: nothing of the frontend's own lies over the canvas.
SETTINGS: dict[str, Any] = {
    "Comfy.TutorialCompleted": True,
    "Comfy.Workflow.Persist": False,
    "Comfy.Notification.ShowVersionUpdates": False,
}


@dataclass(frozen=True)
class Allowed:
    """An error in the console that is expected; `text` and `url` are regular expressions."""

    text: str
    url: str
    reason: str

    def explains(self, text: str, url: str) -> bool:
        return bool(re.search(self.text, text) and re.search(self.url, url))


ALLOWED = (
    Allowed("404", r"/user\.css$", "a style sheet that a user may have; ComfyUI answers 404 too"),
    Allowed("404", r"/comfy\.templates\.json$", "templates that a user may have saved; 404 as in ComfyUI"),
    Allowed("404", r"/userdata\?dir=(workflows|subgraphs)&", "folders that a new user does not have yet"),
    Allowed(
        r"https?://.*Content Security Policy",
        "",
        "the page's own policy holds back what the frontend asks of other servers",
    ),
    Allowed(r"^ComfyApp graph accessed before initialization", "", "frontend 1.47.10 says it of itself"),
)
