/** The keys, as the help lists them. */

import type { App } from "./app";

const ZOOM = 1.3;

export function keyboard(app: App): void {
  const { viewport } = app.canvas;
  const actions: Record<string, () => void> = {
    " ": () => app.transport.toggle(),
    ArrowRight: () => app.transport.step(1),
    ArrowLeft: () => app.transport.step(-1),
    Home: () => app.transport.moveTo(0),
    End: () => app.transport.moveTo(app.call.length, true),
    ArrowUp: () => app.along(-1),
    ArrowDown: () => app.along(1),
    "[": () => app.beside(-1),
    "]": () => app.beside(1),
    Enter: () => app.toggleSelected(),
    "/": () => app.search.focus(),
    n: () => app.nextBad(),
    "+": () => viewport.zoom(ZOOM),
    "=": () => viewport.zoom(ZOOM),
    "-": () => viewport.zoom(1 / ZOOM),
    "0": () => app.fit(),
    f: () => app.foldAll(),
    u: () => app.unfoldAll(),
    d: () => app.switchTheme(),
    l: () => app.switchLanguage(),
    "?": () => app.help.toggle(),
    Escape: () => app.select(null),
  };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || app.help.element.open) return;
    if (isTaken(event)) return;
    const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (action === undefined) return;
    event.preventDefault();
    action();
  });
}

/** Whether the focused element has a use of its own for a key: fields for all, buttons for those that press them. */
function isTaken(event: KeyboardEvent): boolean {
  const target = event.target as Element;
  if (target.matches("select, textarea, input:not([type=range])")) return true;
  if (target.matches("input[type=range]")) return event.key.startsWith("Arrow") || ["Home", "End"].includes(event.key);
  return target.matches("button") && [" ", "Enter"].includes(event.key);
}
