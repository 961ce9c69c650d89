/**
 * Calls when the colours of the page may have changed: ComfyUI writes its palette onto the root element.
 * @param {() => void} changed
 * @returns {() => void} ends it
 */
export function watchPalette(changed) {
  const observer = new MutationObserver(changed);
  for (const element of [document.documentElement, document.body])
    observer.observe(element, { attributes: true, attributeFilter: ["style", "class", "data-theme"] });
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", changed);
  return () => {
    observer.disconnect();
    dark.removeEventListener("change", changed);
  };
}
