/** The standalone window: the views of the profiler on a page of their own. */
import { createAskTab } from "./bridge/ask_tab.js";
import { CHANNEL } from "./bridge/protocol.js";
import { openWindowSocket } from "./live/window_socket.js";
import { createWindowRunner } from "./live/window_runner.js";
import { applyPalette } from "./palette.js";
import { createProfilerView } from "./profiler_view.js";
import { ProfilerModel } from "./profiler_model.js";
import { createProfilerRoutes } from "./routes.js";

const root = location.pathname.replace(/\/holaf\/profiler\/view.*$/, ""); // behind any base path, with or without /api
const query = new URLSearchParams(location.search);
const user = localStorage.getItem("Comfy.userId");

/** @param {string} route @param {RequestInit & {timeoutMs?: number | null}} [init] */
function fetchApi(route, { timeoutMs, ...init } = {}) {
  const headers = new Headers(init.headers);
  if (user) headers.set("Comfy-User", user);
  return fetch(root + route, { ...init, headers });
}

applyPalette(localStorage, document.documentElement);
const routes = createProfilerRoutes(fetchApi);
const model = new ProfilerModel(routes);
const channel = new BroadcastChannel(CHANNEL);
const askTab = createAskTab({ channel, prefer: query.get("tab") ?? "" });
let clientId = "";

/** The workflow of the run that is open, as it ran then: what can be run without a tab. */
function storedRunner() {
  return {
    ...createWindowRunner(askTab, routes),
    async start(ask) {
      const { prompt, workflow } = await routes.workflow(model.state.open.run.id);
      return routes.start({ ...ask, force: true, client_id: clientId, prompt, workflow });
    },
  };
}

const comfyPage = `${root.replace(/\/api$/, "")}/`;
const alternative = () => [
  { label: "Open ComfyUI", href: comfyPage },
  ...(model.state.open?.run.id ? [{ label: "Run the workflow of this run again", run: storedRunner() }] : []),
];

const view = createProfilerView(document.body, {
  routes,
  model,
  runner: createWindowRunner(askTab, routes),
  layout: "window",
  alternative,
  reveal: (nodeId) => void askTab("reveal", { nodeId }).catch(() => undefined), // no tab: there is no graph to show
});

const socketRoot = `${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}${root}/ws`;
openWindowSocket(
  socketRoot,
  (sid) => {
    clientId = sid;
    routes.subscribe(sid).catch(() => undefined); // then runs show when they have ended
  },
  (type, data) => {
    if (type === "holaf.profiler.run") model.heardRun(data);
    if (type === "holaf.profiler.step") model.heardSteps(data);
  },
);

const opened = Number(query.get("run"));
await model.start();
if (opened) await model.openRun(opened);
if (query.get("view")) view.show(query.get("view"));
addEventListener("storage", () => applyPalette(localStorage, document.documentElement));
