/** Adds one stylesheet once, wherever the pack's folder is served. @param {URL} url */
export function addStylesheet(url) {
  if (document.querySelector(`link[data-dsg-style="${url.pathname}"]`)) return;
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = url.href;
  link.dataset.dsgStyle = url.pathname;
  document.head.append(link);
}
