/**
 * What the dropdown says for an id.
 *
 * @param {string | null | undefined} id
 * @param {string} lastName the name that the workflow remembers, for a profile that is not here
 * @param {import("./profile_list.js").ProfileList} profiles
 */
export function profileLabel(id, lastName, profiles) {
  if (!id) return "no profile";
  const profile = profiles.get(id);
  if (profile) return `${profile.name} (${profile.count})`;
  return profiles.known ? `missing: ${lastName || id}` : lastName || id;
}
