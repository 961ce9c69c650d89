/**
 * The text of a cell. It keeps its node and what it shows: text that takes the place of another is cheaper than a
 * new node, and what stayed is not asked of the document, thirty rows a frame.
 *
 * @returns {{node: Text, show: (text: string) => void}}
 */
export function createText() {
  const node = document.createTextNode("");
  let shown = "";
  return {
    node,
    show(text) {
      if (text !== shown) node.data = shown = text;
    },
  };
}
