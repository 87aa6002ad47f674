/** The help: what is seen, and every key. */

import { h, icon } from "./dom";
import type { Say, Text } from "./strings";

const KEYS: [string[], Text][] = [
  [["Space"], "keyPlay"],
  [["←", "→"], "keyStep"],
  [["Home", "End"], "keyEnds"],
  [["↑", "↓"], "keyAlong"],
  [["[", "]"], "keyBeside"],
  [["Enter"], "keyToggle"],
  [["/"], "keySearch"],
  [["N"], "keyBad"],
  [["+", "−", "0"], "keyZoom"],
  [["F", "U"], "keyFold"],
  [["D", "L"], "keyTheme"],
  [["Esc"], "keyEscape"],
];

export class Help {
  readonly element = h("dialog", { class: "help" });

  draw(say: Say): void {
    const keys = KEYS.flatMap(([names, text]) => [
      h("dt", {}, ...names.map((name) => h("kbd", {}, name))),
      h("dd", {}, say(text)),
    ]);
    this.element.setAttribute("aria-label", say("help"));
    this.element.replaceChildren(
      h(
        "header",
        {},
        h("h2", {}, say("help")),
        h("button", { class: "round", "aria-label": say("close"), click: () => this.element.close() }, icon("close")),
      ),
      h("p", {}, say("helpIntro")),
      h("h3", {}, say("keys")),
      h("dl", { class: "keys" }, ...keys),
      h("h3", {}, say("pointer")),
      h("p", {}, say("pointerText")),
    );
  }

  toggle(): void {
    if (this.element.open) this.element.close();
    else this.element.showModal();
  }
}
