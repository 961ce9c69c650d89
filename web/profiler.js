/** Entry: the profiler in ComfyUI's page. Its tab, its commands, the times on the nodes, the bridge to its window. */
import * as comfy from "./comfy.js";
import { createTabBridge } from "./profiler/bridge/tab_bridge.js";
import { CHANNEL } from "./profiler/bridge/protocol.js";
import { createBadges } from "./profiler/graph/badges.js";
import { nodeAt } from "./profiler/graph/node_at.js";
import { createReference } from "./profiler/graph/reference.js";
import { createLocalRunner } from "./profiler/live/local_runner.js";
import { keepPalette } from "./profiler/palette.js";
import { ProfilerModel } from "./profiler/profiler_model.js";
import { createProfilerView } from "./profiler/profiler_view.js";
import { createProfilerRoutes } from "./profiler/routes.js";
import { mintId } from "./shared/mint_id.js";

const TAB = "dataset_gates.profiler";
const BADGES = "dataset_gates.profiler.badges";
const WINDOW_ROUTE = "/holaf/profiler/view";

const routes = createProfilerRoutes(comfy.fetchApi);
const model = new ProfilerModel(routes);
const badges = createBadges(comfy);
const me = mintId();
const runner = createLocalRunner({
  capture: comfy.capturePrompt,
  clientId: comfy.clientId,
  workflowName: comfy.workflowName,
  routes,
  reference: createReference(localStorage),
  serverHash: () => model.state.status?.reference?.hash ?? null,
});

// At once, not in `setup`: an event that nobody listens to yet is an error in the console.
comfy.onServer("holaf.profiler.run", (event) => model.heardRun(event));
comfy.onServer("holaf.profiler.step", (event) => model.heardSteps(event));

/** @type {ReturnType<typeof createProfilerView> | null} */
let view = null;
let started = false;

/** Nothing is asked of the server before somebody wants to see something. */
function start() {
  if (started) return;
  started = true;
  void model.start();
}

function openWindow() {
  keepPalette(localStorage, document.documentElement);
  window.open(`${comfy.apiURL(WINDOW_ROUTE)}?tab=${me}`, "_blank");
}

function reveal(nodeId) {
  const node = nodeAt(comfy.rootGraph(), nodeId);
  if (node) comfy.showNode(node);
}

function render(element) {
  view?.destroy();
  element.replaceChildren();
  element.style.height = "100%";
  start();
  view = createProfilerView(element, { routes, model, runner, layout: "tab", openWindow, reveal });
}

/** Runs by a command; the tab is opened so that the run can be seen. */
async function runNow() {
  if (!view) await comfy.toggleSidebarTab(TAB);
  view?.run();
}

/** @param {any} question of the window @returns {Promise<any>} */
async function answer({ ask, options, nodeId }) {
  if (ask === "run") return model.run(runner, options);
  if (ask === "update") return model.updateReference(runner);
  if (ask === "describe") return runner.describe();
  if (ask === "reveal") return reveal(nodeId);
  throw new Error(`This tab does not know what “${String(ask).slice(0, 40)}” is. Reload it.`);
}

/** @type {import("./profiler/types.js").Step[] | null} whose times are on the nodes */
let badged = null;
let hasBadges = true;

/** When a run has ended its times go on the nodes, until there is another to show. */
function updateBadges({ open, progress }) {
  const hasEnded = open !== null && open.run.status !== "running" && progress.phase === "idle";
  if (hasEnded && open.steps !== badged) drawBadges(open.steps);
}

function drawBadges(steps) {
  badged = steps;
  badges.show(hasBadges ? (steps ?? []) : []);
}

comfy.registerExtension({
  name: "dataset_gates.profiler",
  settings: [
    {
      id: BADGES,
      name: "Times on the nodes after a measured run",
      category: ["Dataset Gates", "Profiler", "Badges"],
      type: "boolean",
      defaultValue: true,
      onChange(on) {
        hasBadges = on !== false; // 1.47 keeps the new value after this
        if (started) drawBadges(badged);
      },
    },
  ],
  commands: [
    {
      id: "dataset_gates.profiler.open_window",
      label: "Open the profiler window",
      menubarLabel: "Open window",
      icon: "pi pi-external-link",
      function: openWindow,
    },
    {
      id: "dataset_gates.profiler.run",
      label: "Run Profile: measure this workflow",
      menubarLabel: "Run Profile",
      icon: "pi pi-play",
      function: () => void runNow(),
    },
  ],
  menuCommands: [
    {
      path: ["Extensions", "Profiler"],
      commands: ["dataset_gates.profiler.open_window", "dataset_gates.profiler.run"],
    },
  ],
  setup() {
    comfy.registerSidebarTab({
      id: TAB,
      title: "Profiler",
      icon: "pi pi-stopwatch",
      tooltip: "Profiler: time and memory of each node",
      type: "custom",
      render,
      destroy() {
        view?.destroy();
        view = null;
      },
    });
    createTabBridge({
      tab: me,
      channel: new BroadcastChannel(CHANNEL),
      locks: navigator.locks ?? null,
      answer,
    });
    model.subscribe(updateBadges);
    comfy.onOtherView(badges.redraw);
  },
  /** Loading and undoing make every node anew, without its badge; its element comes with the next frame. */
  afterConfigureGraph: () => started && requestAnimationFrame(() => drawBadges(badged)),
});
