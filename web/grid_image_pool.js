/** Entry: Image Pool (Grid). */
import { isConfiguring, registerExtension } from "./comfy.js";
import { POOL_NODE } from "./pool/pool_identity.js";
import { setUpPaste } from "./pool/paste.js";
import { loadingEnded, loadingStarts, setUpPoolNode } from "./pool/pool_node.js";
import { checkAvailability, refreshProfiles, session } from "./pool/session.js";

const { coordinator } = session();

registerExtension({
  name: "dataset_gates.grid_image_pool",
  settings: [
    {
      id: "dataset_gates.pool.alpha_mask",
      name: "Transparency becomes the mask of an added image",
      category: ["Dataset Gates", "Image Pool", "Transparency"],
      type: "boolean",
      defaultValue: false,
    },
  ],
  async setup() {
    setUpPaste();
    await checkAvailability();
    await refreshProfiles();
  },
  nodeCreated(node) {
    if (node.comfyClass === POOL_NODE) setUpPoolNode(node, isConfiguring);
  },
  beforeConfigureGraph: () => loadingStarts(),
  afterConfigureGraph() {
    loadingEnded();
    coordinator.plan();
  },
});
