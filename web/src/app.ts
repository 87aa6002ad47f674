/** The page: it holds what is selected, unfolded and done, and lets each part show that. */

import { Canvas } from "./canvas";
import { h, icon, type IconName } from "./dom";
import { idOf, isGroup, type Key, MOST_SHOWN, nodeKey, openedAtFirst, sizeOf, view, type View } from "./folding";
import { Help } from "./help";
import { groupDetails, nodeDetails, overview, type Shown } from "./inspector";
import { keyboard } from "./keyboard";
import { layout } from "./layout";
import { Minimap } from "./minimap";
import { Call, callsOf, type Document, type Model } from "./model";
import { Search } from "./search";
import { type Language, type Say, speaker, type Text } from "./strings";
import { Transport } from "./transport";

/** A graph that would be smaller than this is shown in part at first. */
const READABLE = 0.75;

export class App {
  call: Call;
  view: View;
  selected: Key | null = null;
  position = 0;
  /** Whether the pass is looked at as a whole, and not at the step that was just done. */
  resting = true;
  say: Say;
  readonly canvas: Canvas;
  readonly transport: Transport;
  readonly search: Search;
  readonly help = new Help();
  /** One for each backward call; indexed when it is looked at. */
  private readonly models: Model[];
  private readonly minimap: Minimap;
  private readonly top = h("header", { class: "top" });
  private readonly tools = h("div", { class: "tools" });
  private readonly legend = h("div", { class: "legend" });
  private readonly notice = h("p", { class: "notice", role: "status" });
  private readonly details = h("aside", { class: "details" });
  private open = new Set<number>();
  private noticeTimer = 0;

  constructor(
    document: Document,
    private language: Language,
    root: HTMLElement,
  ) {
    this.models = callsOf(document);
    this.call = new Call(this.models[0] ?? EMPTY);
    this.view = view(this.call, this.open);
    this.say = speaker(language);
    this.canvas = new Canvas({
      select: (key) => this.select(key),
      toggle: (group) => this.toggle(group),
      moved: () => this.minimap?.show(),
    });
    this.minimap = new Minimap(this.canvas.viewport);
    this.transport = new Transport({ moveTo: (...where) => this.moveTo(...where) }, this.say);
    this.search = new Search((key) => this.go(key));
    root.append(
      this.top,
      h("main", {}, this.canvas.element, this.tools, this.legend, this.minimap.element, this.notice),
      this.details,
      this.transport.element,
      this.help.element,
    );
    keyboard(this);
    addEventListener("resize", () => this.minimap.show());
    this.takeCall(this.call);
  }

  // What can be done ------------------------------------------------------------------------------------------------

  takeCall(call: Call): void {
    this.transport.stop();
    this.call = call;
    this.open = openedAtFirst(call);
    this.selected = null;
    this.position = call.length;
    this.resting = true;
    this.speak();
    this.fit(READABLE);
  }

  /** Selects a card and shows it; null clears the selection. */
  select(key: Key | null): void {
    this.selected = key;
    this.show();
    if (key !== null) this.canvas.reveal(key);
  }

  /** Goes to a node wherever it is: unfolds what it is folded into. */
  go(key: Key | null): void {
    if (key !== null && !isGroup(key)) {
      const around = this.call.around(this.call.groupOf(this.call.node(idOf(key))));
      if (around.some((id) => !this.open.has(id))) this.setOpen(new Set([...this.open, ...around]));
    }
    if (key !== null && !this.view.items.has(key)) return;
    this.selected = key;
    this.show();
    if (key === null) return;
    this.canvas.reveal(key);
    this.canvas.focus(key);
  }

  moveTo(position: number, resting = false): void {
    this.position = Math.max(0, Math.min(this.call.length, position));
    this.resting = resting && this.position === this.call.length;
    const step = this.resting ? undefined : this.call.step(this.position - 1);
    if (step !== undefined) {
      const key = this.view.shownBy(step.node);
      this.selected = nodeKey(step.node);
      this.show();
      this.canvas.reveal(key);
    } else {
      this.selected = null;
      this.show();
    }
  }

  toggle(group: number): void {
    const open = new Set(this.open);
    const opening = !open.delete(group);
    if (opening) open.add(group);
    if (!this.setOpen(open)) return;
    this.selected = opening ? (this.firstIn(group) ?? null) : `g${group}`;
    this.show();
    if (this.selected !== null) this.canvas.focus(this.selected);
  }

  foldAll(): void {
    this.setOpen(new Set());
    this.fit(READABLE);
  }

  unfoldAll(): void {
    if (this.setOpen(new Set(this.call.groups.keys()))) this.fit(READABLE);
  }

  /** Shows everything, or, where that would be smaller than asked, as much as fits from the end on. */
  fit(least = 0): void {
    const bounds = this.canvas.layout?.bounds;
    if (bounds && bounds.width > 0) this.canvas.viewport.fit(bounds, least);
  }

  switchLanguage(): void {
    this.language = this.language === "en" ? "zh" : "en";
    this.speak();
  }

  switchTheme(): void {
    const root = document.documentElement;
    const dark = root.dataset.theme
      ? root.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    this.transport.draw(this.call, this.say);
    this.show();
    this.minimap.show();
  }

  /** Goes along the graph, to a producer (-1) or a consumer (1) of what is selected. */
  along(direction: -1 | 1): void {
    const from = this.selectedCard();
    if (from === null) return this.goRoot();
    const links = this.view.links.filter((link) => (direction < 0 ? link.from : link.to) === from);
    const next = links.map((link) => (direction < 0 ? link.to : link.from))[0];
    if (next !== undefined) this.goCard(next);
  }

  /** Goes to the neighbour at about the same height. */
  beside(direction: -1 | 1): void {
    const cards = this.canvas.layout?.cards;
    const here = cards?.get(this.selectedCard() ?? "");
    if (cards === undefined || here === undefined) return this.goRoot();
    const near = [...cards.values()]
      .filter((card) => Math.abs(card.y - here.y) < here.height / 2 && (card.x - here.x) * direction > 0)
      .sort((a, b) => Math.abs(a.x - here.x) - Math.abs(b.x - here.x))[0];
    if (near) this.goCard(near.item.key);
  }

  /** Goes to the next node with NaN or Inf. */
  nextBad(): void {
    const bad = [...new Set([...this.call.badGradients, ...this.call.badValues])];
    const index = bad.findIndex((node) => nodeKey(node.id) === this.selected);
    const next = bad[(index + 1) % Math.max(1, bad.length)];
    if (next) this.go(nodeKey(next.id));
    else this.tell(this.say("noResults"));
  }

  toggleSelected(): void {
    const card = this.selectedCard();
    if (card === null) return;
    if (isGroup(card)) return this.toggle(idOf(card));
    const inner = this.view.items.get(card)?.around.at(-1);
    if (inner !== undefined) this.toggle(inner);
  }

  // How it is shown -------------------------------------------------------------------------------------------------

  /** Writes everything that contains words, in the language of the moment. */
  private speak(): void {
    this.say = speaker(this.language);
    document.documentElement.lang = this.language === "zh" ? "zh-CN" : "en";
    document.title = `${this.call.model.title || this.say("title")} · tapegrad`;
    this.drawTop();
    this.drawTools();
    this.help.draw(this.say);
    this.search.draw(this.call, this.say);
    this.transport.draw(this.call, this.say);
    this.details.setAttribute("aria-label", this.say("details"));
    this.redraw();
  }

  private redraw(): void {
    this.view = view(this.call, this.open);
    const drawn = layout(this.call, this.view, this.say);
    this.canvas.draw(drawn, this.call, this.say);
    this.minimap.draw(drawn, this.call);
    this.show();
    this.minimap.show();
  }

  private show(): void {
    this.canvas.show(this.call, this.position, this.resting, this.selectedCard());
    this.transport.show(this.position, this.resting);
    this.showDetails();
  }

  private showDetails(): void {
    const { call, say, position, selected } = this;
    const shown: Shown = { call, say, position, go: (key) => this.go(key), toggle: (group) => this.toggle(group) };
    const node = selected !== null && !isGroup(selected) ? call.nodes.get(idOf(selected)) : undefined;
    const group = selected !== null && isGroup(selected) ? call.groups.get(idOf(selected)) : undefined;
    const content = node ? nodeDetails(node, shown) : group ? groupDetails(group, shown) : overview(shown);
    const back = h(
      "button",
      { class: "text-button back", click: () => this.select(null) },
      icon("back"),
      say("overview"),
    );
    const same = this.details.dataset.shows === (selected ?? "");
    const scrolled = this.details.scrollTop;
    this.details.dataset.shows = selected ?? "";
    this.details.replaceChildren(...(node || group ? [back] : []), ...content);
    this.details.scrollTop = same ? scrolled : 0;
  }

  private drawTop(): void {
    const { say, models, call } = this;
    const choice = h(
      "select",
      {
        class: "calls",
        "aria-label": say("call"),
        change: () => this.takeCall(new Call(models[Number(choice.value)]!)),
      },
      ...models.map((each, index) =>
        h(
          "option",
          { value: index, selected: each === call.model },
          say("callOf", index + 1, models.length, each.title),
        ),
      ),
    );
    this.top.replaceChildren(
      h("h1", {}, h("span", { class: "mark" }, "∇"), "tapegrad"),
      models.length > 1 ? choice : h("p", { class: "title" }, call.model.title),
      this.search.element,
      h(
        "nav",
        {},
        h(
          "button",
          {
            class: "text-button",
            "data-action": "language",
            "aria-label": say("languageLabel"),
            click: () => this.switchLanguage(),
          },
          say("language"),
        ),
        this.button("theme", "theme", () => this.switchTheme()),
        h(
          "button",
          {
            class: "round",
            "aria-label": say("help"),
            title: say("help"),
            "data-action": "help",
            click: () => this.help.toggle(),
          },
          "?",
        ),
      ),
    );
  }

  private drawTools(): void {
    const { say } = this;
    const folds = this.call.groups.size > 0;
    this.tools.replaceChildren(
      this.button("plus", "zoomIn", () => this.canvas.viewport.zoom(1.3)),
      this.button("minus", "zoomOut", () => this.canvas.viewport.zoom(1 / 1.3)),
      this.button("fit", "fit", () => this.fit()),
      ...(folds ? [this.button("fold", "foldAll", () => this.foldAll())] : []),
      ...(folds ? [this.button("unfold", "unfoldAll", () => this.unfoldAll())] : []),
    );
    this.legend.replaceChildren(
      h("span", { class: "values" }, "↓ ", say("valuesDown")),
      h("span", { class: "gradients" }, "↑ ", say("gradientsUp")),
    );
  }

  private button(name: IconName, text: Text, click: () => void): HTMLButtonElement {
    const label = this.say(text);
    return h("button", { class: "round", "aria-label": label, title: label, "data-action": text, click }, icon(name));
  }

  /** Unfolds and folds; what is selected, or the group in question, stays where it is on the screen. */
  private setOpen(open: Set<number>): boolean {
    const size = sizeOf(this.call, open);
    if (size > MOST_SHOWN && size > sizeOf(this.call, this.open)) {
      this.tell(this.say("tooMany", size));
      return false;
    }
    const changed = [...open].find((id) => !this.open.has(id)) ?? [...this.open].find((id) => !open.has(id));
    const before = this.placeOf(changed);
    this.open = open;
    this.redraw();
    const after = this.placeOf(changed);
    const { viewport } = this.canvas;
    if (before && after) {
      const { scale, x, y } = viewport;
      viewport.set(scale, x + (before.x - after.x) * scale, y + (before.y - after.y) * scale);
    }
    return true;
  }

  private placeOf(group: number | undefined): { x: number; y: number } | undefined {
    if (group === undefined) return undefined;
    const { layout: drawn } = this.canvas;
    return drawn?.cards.get(`g${group}`) ?? drawn?.frames.find((frame) => frame.group === group);
  }

  private selectedCard(): Key | null {
    if (this.selected === null || isGroup(this.selected)) return this.selected;
    return this.view.shownBy(idOf(this.selected));
  }

  private firstIn(group: number): Key | undefined {
    return [...this.view.items.values()].find((item) => item.around.includes(group))?.key;
  }

  private goCard(key: Key): void {
    this.selected = key;
    this.show();
    this.canvas.reveal(key);
    this.canvas.focus(key);
  }

  private goRoot(): void {
    const root = this.call.model.roots[0];
    if (root !== undefined) this.goCard(this.view.shownBy(root));
  }

  private tell(text: string): void {
    this.notice.textContent = text;
    this.notice.classList.add("shown");
    clearTimeout(this.noticeTimer);
    this.noticeTimer = setTimeout(() => this.notice.classList.remove("shown"), 5000);
  }
}

const EMPTY = {
  version: 1,
  title: "",
  engine: { steps: [] },
  roots: [],
  nodes: [],
  edges: [],
  groups: [],
  truncated: null,
};
