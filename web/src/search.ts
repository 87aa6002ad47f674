/** Finding nodes by name, operator, module or line of the program, and by "nan" and "inf". */

import { h, icon } from "./dom";
import { type Key, nodeKey } from "./folding";
import { place, shape } from "./format";
import { type Call, type GraphNode, isBad, titleOf } from "./model";
import type { Say } from "./strings";

const MOST_SHOWN = 40;

export function find(call: Call, text: string): GraphNode[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  const found = call.model.nodes.filter((node) => {
    const where = textOf(node);
    return words.every((word) => where.includes(word) || isAsked(node, word));
  });
  const first = words[0]!;
  const rank = (node: GraphNode): number => (titleOf(node).toLowerCase().startsWith(first) ? 0 : 1);
  return found.sort((a, b) => rank(a) - rank(b) || a.id - b.id);
}

function isAsked(node: GraphNode, word: string): boolean {
  const summaries = [node.gradient, node.value];
  if (word === "nan") return summaries.some((summary) => summary !== null && summary.nan > 0);
  if (word === "inf") return summaries.some((summary) => summary !== null && summary.inf > 0);
  return false;
}

function textOf(node: GraphNode): string {
  const parts = [node.name, node.operator, node.label, node.module];
  if (node.source) parts.push(place(node.source), node.source.text, node.source.function);
  return parts.filter(Boolean).join("\n").toLowerCase();
}

export class Search {
  readonly element: HTMLElement;
  private readonly field: HTMLInputElement;
  private readonly list = h("ul", { class: "results", role: "listbox", id: "results", hidden: true });
  private found: GraphNode[] = [];
  private active = -1;
  private call: Call | null = null;
  private say: Say | null = null;

  constructor(private readonly go: (key: Key) => void) {
    this.field = h("input", {
      type: "search",
      role: "combobox",
      autocomplete: "off",
      spellcheck: "false",
      "aria-controls": "results",
      "aria-expanded": "false",
      input: () => this.look(),
      focus: () => this.look(),
      keydown: (event: KeyboardEvent) => this.key(event),
    });
    this.element = h("div", { class: "search" }, icon("search"), this.field, this.list);
    this.element.addEventListener("focusout", (event) => {
      if (!this.element.contains(event.relatedTarget as Node | null)) this.close();
    });
  }

  draw(call: Call, say: Say): void {
    this.call = call;
    this.say = say;
    this.field.placeholder = say("searchHint");
    this.field.setAttribute("aria-label", say("search"));
    this.list.setAttribute("aria-label", say("search"));
    this.close();
  }

  focus(): void {
    this.field.focus();
    this.field.select();
  }

  close(): void {
    this.list.hidden = true;
    this.field.setAttribute("aria-expanded", "false");
    this.field.removeAttribute("aria-activedescendant");
  }

  private look(): void {
    if (this.call === null || this.say === null) return;
    const { say } = this;
    if (this.field.value.trim() === "") return this.close();
    this.found = find(this.call, this.field.value);
    this.active = this.found.length > 0 ? 0 : -1;
    const items = this.found.slice(0, MOST_SHOWN).map((node, index) =>
      h(
        "li",
        {
          role: "option",
          id: `result${index}`,
          class: isBad(node.gradient) ? "bad" : "",
          tabindex: -1,
          click: () => this.take(index),
        },
        h("span", { class: "name" }, titleOf(node)),
        h("span", { class: "muted" }, this.about(node, say)),
      ),
    );
    const rest = this.found.length - items.length;
    const note =
      this.found.length === 0 ? say("noResults") : rest > 0 ? say("moreResults", rest) : say("results", items.length);
    this.list.replaceChildren(...items, h("li", { class: "note", role: "presentation" }, note));
    this.list.hidden = false;
    this.field.setAttribute("aria-expanded", "true");
    this.mark();
  }

  private about(node: GraphNode, say: Say): string {
    const parts = [node.kind === "operation" ? node.module : say(node.kind), node.source && place(node.source)];
    if (node.value) parts.push(shape(node.value));
    return parts.filter(Boolean).join(" · ");
  }

  private key(event: KeyboardEvent): void {
    const most = Math.min(this.found.length, MOST_SHOWN);
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (most > 0) this.active = (this.active + (event.key === "ArrowDown" ? 1 : most - 1)) % most;
      this.mark();
    } else if (event.key === "Enter") {
      if (this.active >= 0) this.take(this.active);
    } else if (event.key === "Escape") {
      this.close();
      this.field.blur();
    } else return;
    event.stopPropagation();
  }

  private take(index: number): void {
    const node = this.found[index];
    if (node === undefined) return;
    this.close();
    this.field.blur();
    this.go(nodeKey(node.id));
  }

  private mark(): void {
    [...this.list.querySelectorAll("[role=option]")].forEach((item, index) => {
      item.setAttribute("aria-selected", String(index === this.active));
      if (index === this.active) item.scrollIntoView({ block: "nearest" });
    });
    if (this.active >= 0) this.field.setAttribute("aria-activedescendant", `result${this.active}`);
  }
}
