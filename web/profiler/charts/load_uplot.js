import { addStylesheet } from "../../shared/add_stylesheet.js";

/**
 * uPlot, loaded when the first curve is shown. Browsers keep `.mjs` files, so the address holds the version.
 * @returns {Promise<any>} its constructor
 */
export async function loadUplot() {
  addStylesheet(new URL("../../vendor/uPlot.css", import.meta.url));
  return (await import(new URL("../../vendor/uPlot.mjs?v=1.6.32", import.meta.url).href)).default;
}
