/**
 * The colours of ComfyUI's palette, kept by its page for the window that has none of them.
 */
const KEY = "dataset_gates.profiler.palette";
const NAMES = [
  "--fg-color",
  "--bg-color",
  "--comfy-menu-bg",
  "--comfy-menu-secondary-bg",
  "--comfy-input-bg",
  "--input-text",
  "--descrip-text",
  "--error-text",
  "--border-color",
  "--bar-shadow",
  "--base-background",
  "--base-foreground",
  "--primary-background",
  "--secondary-background",
  "--muted-foreground",
  "--border-default",
  "--interface-panel-surface",
];

/** @param {Storage} storage @param {HTMLElement} element that has the palette */
export function keepPalette(storage, element) {
  const style = getComputedStyle(element);
  const found = NAMES.map((name) => [name, style.getPropertyValue(name).trim()]).filter(([, value]) => value);
  storage.setItem(KEY, JSON.stringify(Object.fromEntries(found)));
}

/** @param {Storage} storage @param {HTMLElement} element */
export function applyPalette(storage, element) {
  let kept = {};
  try {
    kept = JSON.parse(storage.getItem(KEY) ?? "{}");
  } catch {
    return; // not ours: the window's own colours stay
  }
  for (const name of NAMES) if (typeof kept?.[name] === "string") element.style.setProperty(name, kept[name]);
  const light = luminance(getComputedStyle(element).getPropertyValue("--bg-color").trim());
  if (light !== null) element.style.colorScheme = light > 0.5 ? "light" : "dark";
}

/** 0 is black, 1 white; null when it is no hex colour. @param {string} colour */
export function luminance(colour) {
  const short = /^#([0-9a-f])([0-9a-f])([0-9a-f])$/i.exec(colour);
  const long = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})/i.exec(colour);
  const parts = short ? short.slice(1).map((digit) => digit + digit) : long?.slice(1);
  if (!parts) return null;
  const [red, green, blue] = parts.map((part) => parseInt(part, 16) / 255);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
