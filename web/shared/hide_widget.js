/**
 * Keeps a widget out of sight in every renderer: the canvas of 1.47 looks at the one flag, its Nodes 2.0 at
 * the other.
 * @param {import("./types.js").Widget | undefined} widget
 */
export function hideWidget(widget) {
  if (!widget) return;
  widget.hidden = true;
  widget.options ??= {};
  widget.options.hidden = true;
}
