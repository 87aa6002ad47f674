/** The drawing: frames, wires and cards, as they are when so many steps of the backward pass are done. */

import { DrawnCard } from "./card";
import { s } from "./dom";
import type { Key } from "./folding";
import { clip, FEW, line, shape } from "./format";
import type { Layout, Point, Wire } from "./layout";
import { groupName } from "./measure";
import { isBad, type Call } from "./model";
import type { Say } from "./strings";
import { FAR, Viewport } from "./viewport";

interface DrawnWire {
  wire: Wire;
  element: SVGGElement;
  state: string;
}

export interface CanvasEvents {
  select(key: Key | null): void;
  toggle(group: number): void;
  moved(): void;
}

export class Canvas {
  readonly element: SVGSVGElement;
  readonly viewport: Viewport;
  layout: Layout | null = null;
  private readonly stage = s("g", { class: "stage" });
  private readonly pills = s("g", { class: "pills" });
  private cards = new Map<Key, DrawnCard>();
  private wires: DrawnWire[] = [];

  constructor(private readonly events: CanvasEvents) {
    this.element = s("svg", { class: "canvas", role: "group", tabindex: 0 }, markers(), this.stage);
    this.viewport = new Viewport(this.element, () => this.moved());
    this.element.addEventListener("click", (event) => this.click(event));
    this.element.addEventListener("dblclick", (event) => this.doubleClick(event));
  }

  draw(layout: Layout, call: Call, say: Say): void {
    this.layout = layout;
    this.element.setAttribute("aria-label", say("graph"));
    const frames = layout.frames.map((frame) => {
      const group = call.groups.get(frame.group)!;
      const [left, top] = [frame.x - frame.width / 2, frame.y - frame.height / 2];
      const name = groupName(group, say);
      return s(
        "g",
        { class: `frame depth${frame.depth % 2}` },
        s("rect", { x: left, y: top, width: frame.width, height: frame.height, rx: 12 }),
        s(
          "g",
          {
            class: "closer",
            role: "button",
            tabindex: -1,
            "data-close": group.id,
            "aria-label": `${say("fold")} ${name}`,
          },
          s("rect", { class: "hit", x: left, y: top, width: Math.min(frame.width, 28 + name.length * 7), height: 22 }),
          s("path", { d: `M${left + 11} ${top + 13}h8` }),
          s("text", { x: left + 25, y: top + 17 }, name),
        ),
      );
    });
    this.wires = layout.wires.map((wire) => ({ wire, element: drawWire(wire), state: "" }));
    this.cards = new Map([...layout.cards].map(([key, card]) => [key, new DrawnCard(card, call, say)]));
    this.stage.replaceChildren(
      s("g", { class: "frames" }, ...frames),
      s("g", { class: "wires" }, ...this.wires.map(({ element }) => element)),
      s("g", { class: "cards" }, ...[...this.cards.values()].map(({ element }) => element)),
      this.pills,
    );
  }

  show(call: Call, position: number, resting: boolean, selected: Key | null): void {
    const step = resting ? undefined : call.step(position - 1);
    const current = step?.node ?? null;
    for (const [key, card] of this.cards) {
      card.show(position, current, key === selected);
      card.element.setAttribute("tabindex", key === selected ? "0" : "-1");
    }
    const summed = new Set(step?.accumulates ? step.contributions : []);
    const pills: SVGElement[] = [];
    for (const drawn of this.wires) {
      const flown = drawn.wire.edges.filter((edge) => call.hasFlown(edge, position));
      const sending = flown.filter((edge) => call.edge(edge).from === current);
      const adding = flown.filter((edge) => summed.has(edge));
      this.showWire(drawn, call, flown, sending.length > 0, adding.length > 0, selected);
      const shown = [...new Set([...sending, ...adding])];
      if (shown.length > 0) pills.push(...pill(drawn.wire, shown, call));
    }
    this.pills.replaceChildren(...pills);
  }

  private showWire(
    drawn: DrawnWire,
    call: Call,
    flown: number[],
    sends: boolean,
    adds: boolean,
    selected: Key | null,
  ): void {
    const classes = drawn.wire.faint ? ["wire", "faint"] : ["wire"];
    if (flown.length > 0) classes.push("flown");
    if (sends) classes.push("sending");
    if (adds) classes.push("adding");
    if (flown.some((edge) => isBad(call.edge(edge).gradient))) classes.push("bad");
    if (selected !== null && (drawn.wire.from === selected || drawn.wire.to === selected)) classes.push("near");
    const state = classes.join(" ");
    if (state === drawn.state) return;
    drawn.state = state;
    drawn.element.setAttribute("class", state);
  }

  reveal(key: Key, centre = false): void {
    const card = this.layout?.cards.get(key);
    if (card) this.viewport.reveal(card, centre);
  }

  focus(key: Key): void {
    this.cards.get(key)?.element.focus({ preventScroll: true });
  }

  private moved(): void {
    const { x, y, scale } = this.viewport;
    this.stage.setAttribute("transform", `translate(${x.toFixed(2)} ${y.toFixed(2)}) scale(${scale.toFixed(4)})`);
    this.element.classList.toggle("far", scale < FAR);
    this.events.moved();
  }

  private click(event: MouseEvent): void {
    if (this.viewport.dragged) return;
    const target = event.target as Element;
    const closer = target.closest("[data-close]");
    if (closer) return this.events.toggle(Number(closer.getAttribute("data-close")));
    const card = target.closest(".card");
    if (card && target.closest(".opener")) return this.events.toggle(Number(card.getAttribute("data-group")));
    this.events.select(card?.getAttribute("data-key") ?? null);
  }

  private doubleClick(event: MouseEvent): void {
    const group = (event.target as Element).closest("[data-group]")?.getAttribute("data-group");
    if (group !== null && group !== undefined) this.events.toggle(Number(group));
  }
}

function markers(): SVGDefsElement {
  const arrow = (id: string, path: string): SVGMarkerElement =>
    s(
      "marker",
      { id, viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto-start-reverse" },
      s("path", { d: path }),
    );
  const tip = "M1 1L7 4L1 7";
  return s("defs", {}, arrow("value-tip", tip), arrow("gradient-tip", tip), arrow("bad-tip", tip));
}

/** How far the line of values and the line of gradients stand apart. */
const APART = 2.6;

function drawWire(wire: Wire): SVGGElement {
  return s(
    "g",
    { class: "wire" },
    s("path", { class: "value", d: curve(wire.points, -APART) }),
    s("path", { class: "flow", d: curve(wire.points, APART) }),
  );
}

/** A smooth line through points, moved aside a little and kept off the cards at its ends. */
function curve(points: Point[], aside: number): string {
  const at = (point: Point, down = 0): string => `${(point.x + aside).toFixed(1)} ${(point.y + down).toFixed(1)}`;
  const first = points[0];
  const last = points.at(-1);
  if (first === undefined || last === undefined) return "";
  const middle = points.slice(1, -1);
  let path = `M${at(first, 3)}`;
  middle.forEach((point, index) => {
    const next = middle[index + 1];
    if (next === undefined) path += `Q${at(point)} ${at(last, -3)}`;
    else path += `Q${at(point)} ${at({ x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 })}`;
  });
  return middle.length > 0 ? path : `${path}L${at(last, -3)}`;
}

/** The gradient that goes along a wire in this step, written beside it. */
function pill(wire: Wire, edges: number[], call: Call): SVGElement[] {
  const gradients = edges.map((edge) => call.edge(edge).gradient).filter((gradient) => gradient !== null);
  const text = clip(
    gradients.map((gradient) => (gradient.numel > FEW ? shape(gradient) : line(gradient, 18))).join(" + "),
    30,
  );
  const point = wire.points[Math.floor(wire.points.length / 2)];
  if (text === "" || point === undefined) return [];
  const width = text.length * 6.6 + 14;
  const bad = gradients.some(isBad) ? " bad" : "";
  return [
    s(
      "g",
      { class: `pill${bad}`, transform: `translate(${point.x + APART + 8 + width / 2} ${point.y})` },
      s("rect", { x: -width / 2, y: -9, width, height: 18, rx: 9 }),
      s("text", { "text-anchor": "middle", y: 3.8 }, text),
    ),
  ];
}
