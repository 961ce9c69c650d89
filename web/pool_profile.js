/** Entry: Pool Profile. */
import { registerExtension, rootGraph } from "./comfy.js";
import { profileNodes } from "./pool/coordinator.js";
import { PROFILE_NODE } from "./pool/pool_identity.js";
import { fillProfileCombo } from "./pool/profile_choice.js";
import { setUpProfileNode } from "./pool/profile_node.js";

registerExtension({
  name: "dataset_gates.pool_profile",
  nodeCreated(node) {
    if (node.comfyClass === PROFILE_NODE) setUpProfileNode(node);
  },
  /** The refresh key has just put back the empty list of the node's definition. */
  refreshComboInNodes() {
    for (const node of profileNodes(rootGraph())) fillProfileCombo(node);
  },
});
