import { countOf } from "../shared/count_of.js";

/**
 * What a grid has to say beside its images. Pure: a situation in, sentences and offers out.
 *
 * @typedef {{label: string, do: string}} Offer
 * @typedef {{key: string, text: string, offers: Offer[], dismiss?: string}} Note
 * @typedef {object} Situation
 * @property {import("./verdict.js").Verdict} verdict
 * @property {string} name of the profile that is shown, "" for a pool that is none
 * @property {number} count images shown
 * @property {number} ownCount images in the node's own pool
 * @property {number} copyCount images in the pool that this node was copied from
 * @property {{known: true, value: any} | {known: false, title: string}} index
 *
 * @param {Situation} situation
 * @returns {Note[]}
 */
export function gridNotes(situation) {
  const { verdict } = situation;
  const notes = [];
  if (verdict.kind === "kept") notes.push(keptNote(situation));
  else if (verdict.kind === "profile" && situation.ownCount) notes.push(ownNote(situation));
  else if (verdict.unset) notes.push({ key: "unset", text: unsetText(verdict), offers: [] });
  if (verdict.kind === "own" && situation.copyCount) notes.push(copyNote(situation));
  const index = indexNote(situation);
  if (index) notes.push(index);
  return notes;
}

function keptNote({ name, ownCount }) {
  const offers = [
    { label: ownCount ? `Back to own ${countOf(ownCount, "image")}` : "Back to own pool", do: "show-own" },
  ];
  if (ownCount) offers.push({ label: `Copy them into ${quoted(name)}`, do: "copy-own" });
  return { key: "kept", text: `${quoted(name)} stays, though no profile is connected.`, offers };
}

function ownNote({ name, count, ownCount, verdict }) {
  const own = countOf(ownCount, "image");
  if (count === 0) {
    const offers = [{ label: `Copy ${own} into ${quoted(name)}`, do: "seed-own" }];
    return {
      key: `seed-${verdict.id}`,
      text: `${quoted(name)} is empty. This node has ${own} of its own.`,
      offers,
      dismiss: "Not now",
    };
  }
  const offers = [
    { label: `Copy them into ${quoted(name)}`, do: "copy-own" },
    { label: "Disconnect and show them", do: "disconnect" },
  ];
  return {
    key: `own-${verdict.id}`,
    text: `This node's own ${own} ${ownCount === 1 ? "is" : "are"} kept.`,
    offers,
    dismiss: "Hide",
  };
}

function copyNote({ copyCount }) {
  return {
    key: "copy",
    text: `Copy of ${countOf(copyCount, "image")} from the original.`,
    offers: [
      { label: "Copy them here", do: "copy-original" },
      { label: "No thanks", do: "forget-original" },
    ],
  };
}

const unsetText = ({ from }) => `${quoted(from)} has no profile chosen, so this node uses its own images.`;

function indexNote({ index, count }) {
  if (!index.known)
    return { key: "index", text: `${quoted(index.title)} says which image runs.`, offers: [] };
  if (!(index.value >= 0) || !count) return null;
  const offers = [{ label: "Use the active image", do: "free-index" }];
  const text =
    index.value < count
      ? `Index is ${index.value}, so that image runs, not the active one.`
      : `Index is ${index.value}, past the end, so the last image runs.`;
  return { key: `index-${index.value}`, text, offers };
}

const quoted = (name) => `“${name || "the profile"}”`;
