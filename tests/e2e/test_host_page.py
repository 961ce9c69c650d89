from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.e2e.conftest import ComfyPage

SHOWN_COLOUR = """async (images) => {
  const query = new URLSearchParams(images[0])
  const image = await createImageBitmap(await (await fetch(`/api/view?${query}`)).blob())
  const canvas = new OffscreenCanvas(image.width, image.height).getContext('2d')
  canvas.drawImage(image, 0, 0)
  return [image.width, image.height, ...canvas.getImageData(0, 0, 1, 1).data]
}"""


def test_the_page_runs_a_graph_and_shows_the_picture(comfy: ComfyPage) -> None:
    source = comfy.add_node("EmptyImage", 300, 200, width=40, height=30, color=0x3366CC)
    target = comfy.add_node("PreviewImage", 700, 200)
    comfy.connect(source, 0, target, "images")
    entry = comfy.run()
    assert entry["status"]["status_str"] == "success"
    images = entry["outputs"][target]["images"]
    assert comfy.evaluate(SHOWN_COLOUR, images) == [40, 30, 0x33, 0x66, 0xCC, 255]
    comfy.page.wait_for_function(
        """(id) => {
          const node = app.canvas.graph.getNodeById(id)
          return LiteGraph.vueNodesMode
            ? document.querySelector(`[data-node-id="${id}"] img`)?.naturalWidth === 40
            : node.imgs?.[0]?.naturalWidth === 40
        }""",
        arg=target,
    )


def test_the_page_says_that_it_is_a_stand_in(comfy: ComfyPage) -> None:
    badge = comfy.page.get_by_test_id("gates-stand-in-badge")
    assert badge.is_visible()
    assert "Stand-in" in badge.inner_text()


def test_a_workflow_is_saved_and_opened_again(comfy: ComfyPage) -> None:
    comfy.add_node("EmptyImage", 300, 200, width=40)
    saved = comfy.evaluate(
        """async () => {
          const body = JSON.stringify(app.rootGraph.serialize())
          const path = `/userdata/${encodeURIComponent('workflows/kept.json')}`
          return (await app.api.fetchApi(path, { method: 'POST', body })).status
        }"""
    )
    assert saved == 200
    comfy.restart_host()
    widths = comfy.evaluate(
        """async () => {
          const path = `/userdata/${encodeURIComponent('workflows/kept.json')}`
          await app.loadGraphData(await (await app.api.fetchApi(path)).json())
          return app.rootGraph.nodes.map((node) => node.widgets[0].value)
        }"""
    )
    assert widths == [40]
