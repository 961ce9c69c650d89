import { countOf } from "../shared/count_of.js";

/**
 * The line under the buttons of a Pool Profile. Pure.
 *
 * @param {string} id chosen
 * @param {import("../shared/types.js").Profile | undefined} profile
 * @param {string} name that the workflow remembers
 * @param {import("../shared/types.js").Profile | undefined} namesake a profile of that name, when no id is chosen
 * @param {boolean} known whether the server has answered yet
 */
export function profileFacts(id, profile, name, namesake, known) {
  if (profile) return factsOf(profile);
  if (namesake) return `This workflow names “${namesake.name}” without its id.`;
  if (!id) return "Choose a profile, or create one.";
  return known ? `“${name || id}” is not here: a run fails.` : "";
}

/** @param {import("../shared/types.js").Profile} profile */
function factsOf({ count, created, owner }) {
  const day = created ? `made ${new Date(created * 1000).toLocaleDateString()}` : "";
  return [countOf(count, "image"), day, owner && `by ${owner}`].filter(Boolean).join(" · ");
}
