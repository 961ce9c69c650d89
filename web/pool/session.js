import * as comfy from "../comfy.js";
import { addStylesheet } from "../shared/add_stylesheet.js";
import { createEmitter } from "../shared/emitter.js";
import { createHttpClient } from "../shared/http_client.js";
import { Coordinator } from "./coordinator.js";
import { createImageUrls } from "./image_urls.js";
import { createPoolRoutes } from "./pool_routes.js";
import { PoolStores } from "./pool_stores.js";
import { ProfileList } from "./profile_list.js";
import { createProfileRoutes } from "./profile_routes.js";

/** @typedef {ReturnType<typeof createSession>} Session */

/** @type {Session | null} */
let current = null;

/** What both nodes share on this page; made when the first of them asks. */
export function session() {
  current ??= createSession();
  return current;
}

function createSession() {
  const http = createHttpClient(comfy.fetchApi);
  const poolRoutes = createPoolRoutes(http);
  const profileRoutes = createProfileRoutes(http);
  const made = {
    poolRoutes,
    profileRoutes,
    urls: createImageUrls(comfy.apiURL),
    pools: new PoolStores(poolRoutes),
    profiles: new ProfileList(profileRoutes),
    coordinator: new Coordinator(comfy),
    /** Why the pools cannot be used on this server, "" while they can. */
    unavailable: "",
    availability: createEmitter(),
    /** A Pool Profile node has another profile now. */
    chosen: createEmitter(),
  };
  listen(made);
  for (const file of ["../pool.css", "../painter.css"]) addStylesheet(new URL(file, import.meta.url));
  return made;
}

/** At once, not in `setup`: an event that nobody listens to yet is an error in the console. */
function listen({ pools, profiles, coordinator }) {
  comfy.onServer("dataset_gates.pool", (event) => {
    pools.heard(event);
    profiles.counted(event.pool_id, event.count);
  });
  comfy.onServer("dataset_gates.profiles", ({ change, id }) => {
    if (change === "delete" || change === "purge") pools.gone(id);
    else pools.refresh(id);
    void refreshProfiles();
  });
  comfy.onServer("reconnected", () => void reconnected());
  comfy.onServer("graphChanged", () => coordinator.plan());
  comfy.onServer("promptQueueing", () => coordinator.plan());
}

/** The server was restarted, perhaps with other packs: everything is asked again. */
async function reconnected() {
  const made = session();
  made.unavailable = await reasonAgainst(made.profileRoutes);
  made.availability.emit(made.unavailable);
  made.coordinator.plan();
  made.pools.refreshAll();
  await refreshProfiles();
}

/** Reads the profiles again, and says so when that fails. */
export async function refreshProfiles() {
  const { profiles, unavailable } = session();
  if (unavailable) return;
  try {
    await profiles.refresh();
  } catch (error) {
    comfy.toast("error", "The profiles could not be read", error.message);
  }
}

/**
 * Asks once whether this server keeps pools; without them one toast gives the reason, and the nodes say it
 * too.
 */
export async function checkAvailability() {
  const made = session();
  made.unavailable = await reasonAgainst(made.profileRoutes);
  if (made.unavailable) comfy.toast("error", "Image pools are off", made.unavailable);
  made.availability.emit(made.unavailable);
}

async function reasonAgainst(routes) {
  try {
    const { pools } = await routes.status();
    return pools.available ? "" : pools.reason || "The server gives no reason.";
  } catch (error) {
    if (error.status === 404)
      return "The server part of Dataset Gates is not loaded. ComfyUI's log says why.";
    return error.message;
  }
}
