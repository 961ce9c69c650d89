/** Has the browser download an address. @param {string} url */
export function saveFile(url) {
  const link = document.createElement("a");
  link.href = url;
  link.download = "";
  link.click();
}
