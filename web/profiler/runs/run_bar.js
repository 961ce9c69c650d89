import { el } from "../../shared/el.js";
import { icon } from "../../shared/icon.js";
import { setText } from "../../shared/set_text.js";
import { textButton } from "../../shared/text_button.js";
import { NO_TAB } from "../bridge/ask_tab.js";
import { askMismatch } from "./mismatch_dialog.js";

const MODES = [
  ["natural", "Natural", "As it is: what ComfyUI has cached stays cached and is not measured"],
  ["warm", "Warm", "Results are dropped before each run, models stay loaded; the first run is left out"],
  ["cold", "Cold", "Results and models are dropped before each run, so loading is measured too"],
];
const MOST_REPEATS = 100;

/**
 * Update Nodes, Run Profile with its options, Stop, and what is going on.
 *
 * @param {HTMLElement} element
 * @param {import("../profiler_view.js").Inside} inside
 * @returns {import("../types.js").View<import("../profiler_model.js").State> & {run: () => void, update_nodes: () => void}}
 */
export function createRunBar(element, { model, actions, runner, layout, openWindow, alternative }) {
  const labelled = (text, title) => [icon(text === "Stop" ? "stop" : "play"), el("span", {}, title ?? text)];
  const run = el(
    "button",
    {
      type: "button",
      class: "dsg-button dsg-primary dsg-run",
      data: { do: "run" },
      onclick: () => void start(false),
    },
    ...labelled("Run", "Run Profile"),
  );
  const stop = el(
    "button",
    { type: "button", class: "dsg-button dsg-run", data: { do: "stop" }, onclick: () => void end() },
    ...labelled("Stop"),
  );
  const update = textButton("Update Nodes", () => void updateNodes(), {
    title: "Keep the nodes, titles and links of this workflow as the reference that runs are checked against",
    data: { do: "update-nodes" },
  });
  const name = el("input", {
    class: "dsg-field",
    type: "text",
    placeholder: "Name (optional)",
    "aria-label": "Name of the run",
    maxlength: "200",
  });
  const comment = el("input", {
    class: "dsg-field",
    type: "text",
    placeholder: "Comment (optional)",
    "aria-label": "Comment on the run",
    maxlength: "2000",
  });
  const repeat = el("input", {
    class: "dsg-field dsg-repeat",
    type: "number",
    min: "1",
    max: String(MOST_REPEATS),
    value: "1",
    "aria-label": "Repeats",
    title: "How often it runs; six and more give medians with intervals",
  });
  const mode = el(
    "select",
    { class: "dsg-field dsg-select", "aria-label": "Mode" },
    ...MODES.map(([value, label, title]) => el("option", { value, title }, label)),
  );
  for (const field of [name, comment, repeat, mode])
    field.addEventListener("keydown", (event) => onKey(event));
  for (const field of [repeat, mode])
    field.addEventListener("change", () =>
      model.choose({ run_options: { repeat: repeats(), mode: mode.value } }),
    );
  const open =
    openWindow &&
    el(
      "button",
      {
        type: "button",
        class: "dsg-button",
        data: { do: "open-window" },
        title: "Open the profiler in a tab of its own",
        onclick: openWindow,
      },
      icon("window"),
      el("span", {}, "Window"),
    );
  const target = layout === "window" ? el("span", { class: "dsg-run-target" }) : null;
  const progress = el("div", { class: "dsg-run-progress", role: "status", "aria-live": "polite" });
  const note = el("div", { class: "dsg-run-note", hidden: true });
  element.append(
    el(
      "div",
      { class: "dsg-bar dsg-run-buttons" },
      run,
      stop,
      update,
      el("span", { class: "dsg-gap" }),
      open,
    ),
    el(
      "div",
      { class: "dsg-run-options" },
      name,
      comment,
      el("label", { class: "dsg-inline", title: repeat.title }, el("span", {}, "×"), repeat),
      mode,
    ),
    ...(target ? [target] : []),
    progress,
    note,
  );
  let filled = false;

  /** Which workflow would run, for a window that has none of its own. */
  async function lookForTab() {
    try {
      const { workflow } = await runner.describe();
      setText(
        target,
        workflow ? `Runs “${workflow}”, which is open in ComfyUI` : "Runs what is open in ComfyUI",
      );
    } catch (error) {
      setText(target, error.code === NO_TAB ? "No ComfyUI tab is open" : "");
    }
  }
  if (target) {
    addEventListener("focus", lookForTab);
    void lookForTab();
  }

  const repeats = () => Math.max(1, Math.min(MOST_REPEATS, Math.round(Number(repeat.value)) || 1));

  function onKey(event) {
    event.stopPropagation();
    if (event.key === "Enter" && !event.isComposing && event.target !== mode) void start(false);
  }

  const askNow = (force) => ({
    name: name.value.trim(),
    comment: comment.value.trim(),
    repeat: repeats(),
    mode: mode.value,
    force,
  });

  async function start(force, from = runner) {
    showNote(null);
    if (model.state.progress.phase !== "idle") return;
    try {
      await model.run(from, askNow(force));
    } catch (error) {
      if (error.code === "workflow_changed") await mismatch(error, from);
      else refused(error);
    }
  }

  async function mismatch({ details }, from) {
    const choice = await askMismatch(details.differences ?? {});
    if (choice === "force") await start(true, from);
    if (choice === "update" && (await updateNodes())) await start(false, from);
  }

  function refused(error) {
    if (error.code !== NO_TAB) return void showNote([el("span", {}, error.message)], "error");
    const offers = alternative?.() ?? [];
    showNote(
      [
        el("span", {}, "No ComfyUI tab is open in this browser, so there is no workflow to run."),
        ...offers.map(({ label, run: go, href }) =>
          href
            ? el("a", { class: "dsg-button dsg-link", href, target: "_blank" }, label)
            : textButton(label, () => void start(false, go), { class: "dsg-button dsg-link" }),
        ),
      ],
      "warning",
    );
  }

  function showNote(children, kind) {
    note.hidden = !children;
    note.replaceChildren(...(children ?? []));
    if (kind) note.dataset.kind = kind;
  }

  async function updateNodes() {
    showNote(null);
    try {
      const { node_count: count, created } = await model.updateReference(runner);
      actions.say(
        created === false
          ? "Nodes updated: nothing had changed."
          : `Nodes updated: ${count} nodes are the reference now.`,
      );
      return true;
    } catch (error) {
      refused(error);
      return false;
    }
  }

  async function end() {
    await actions.try("It could not be stopped", () => model.stop(runner));
  }

  return {
    run: () => void start(false),
    update_nodes: () => void updateNodes(),
    update({ progress: now, ui, unavailable }) {
      if (!filled && ui.run_options) {
        filled = true;
        repeat.value = String(ui.run_options.repeat ?? 1);
        mode.value = ui.run_options.mode ?? "natural";
      }
      const isBusy = now.phase !== "idle";
      run.hidden = isBusy;
      stop.hidden = !isBusy;
      run.disabled = update.disabled = Boolean(unavailable);
      setText(progress, textOf(now));
      progress.dataset.kind = now.phase === "idle" ? (now.word?.kind ?? "") : "busy";
      progress.hidden = !progress.textContent;
      element.dataset.layout = layout;
    },
    destroy: () => removeEventListener("focus", lookForTab),
  };
}

function textOf({ phase, total, ended, word }) {
  const at = total > 1 ? `Run ${Math.min(ended.length + 1, total)} of ${total}` : "";
  if (phase === "asked") return "Asking ComfyUI to run…";
  if (phase === "armed") return "Waiting for the next prompt…";
  if (phase === "queued") return at ? `${at}: in the queue…` : "In the queue…";
  if (phase === "running") return at ? `${at}…` : "Running…";
  return word?.text ?? "";
}
