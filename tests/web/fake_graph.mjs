import assert from "node:assert/strict";

/** As much of a graph as the walks look at. Ids are strings, as in the frontend. */
export class Graph {
  nodes = [];
  outputNode = { slots: [] };
  #links = new Map();

  getNodeById(id) {
    return this.nodes.find((node) => node.id === String(id)) ?? null;
  }

  get links() {
    return this.#links;
  }

  getLink(id) {
    return this.#links.get(id) ?? null;
  }

  node(parts) {
    const node = {
      mode: 0,
      inputs: [],
      outputs: [],
      widgets: [],
      properties: {},
      graph: this,
      into: {},
      ...parts,
    };
    node.id = String(this.nodes.length + 1);
    node.getInputLink = (slot) => this.getLink(node.into[slot]);
    this.nodes.push(node);
    return node;
  }

  pool(id = "own") {
    return this.node({
      comfyClass: "GridImagePool",
      inputs: [
        { name: "profile", type: "POOL_PROFILE" },
        { name: "index", type: "INT", widget: { name: "index" } },
        { name: "pool_id", type: "STRING", widget: { name: "pool_id" } },
      ],
      widgets: [
        { name: "index", value: -1 },
        { name: "pool_id", value: id },
      ],
    });
  }

  profile(id, name = "") {
    return this.node({
      comfyClass: "PoolProfile",
      title: "Pool Profile",
      inputs: [{ name: "profile_id", type: "COMBO", widget: { name: "profile_id" } }],
      outputs: [{ name: "profile", type: "POOL_PROFILE" }],
      widgets: [
        { name: "profile", value: name },
        { name: "profile_id", value: id },
      ],
    });
  }

  reroute() {
    return this.node({ isVirtualNode: true, inputs: [{ name: "", type: "*" }], outputs: [{ type: "*" }] });
  }

  subgraph(inner) {
    const node = this.node({
      subgraph: inner,
      isSubgraphNode: () => true,
      inputs: [{ name: "in", type: "POOL_PROFILE" }],
      outputs: [{ type: "POOL_PROFILE" }],
    });
    node.getInputLink = () => assert.fail("the frontend answers about the inside here");
    return node;
  }

  connect(from, output, to, input) {
    to.into[input] = this.#link({
      origin_id: from.id,
      origin_slot: output,
      target_id: to.id,
      target_slot: input,
    });
  }

  disconnect(to, input) {
    delete to.into[input];
  }

  connectFromBorder(border, to, input) {
    const target = { target_id: to.id, target_slot: input };
    to.into[input] = this.#link({ origin_id: "-10", origin_slot: border, originIsIoNode: true, ...target });
  }

  connectToBorder(from, output, border) {
    this.outputNode.slots[border] = { linkIds: [this.#link({ origin_id: from.id, origin_slot: output })] };
  }

  passThrough(input, output) {
    this.outputNode.slots[output] = {
      linkIds: [this.#link({ origin_id: "-10", origin_slot: input, originIsIoNode: true })],
    };
  }

  #link(link) {
    const id = this.#links.size + 1;
    this.#links.set(id, { id, ...link });
    return id;
  }
}
