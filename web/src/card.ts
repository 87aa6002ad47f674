/** One card of the drawing: a node, or a folded group as a stack of cards with the part of it that is done. */

import { s } from "./dom";
import { clip, FEW, glance } from "./format";
import { bars } from "./histogram";
import type { Card } from "./layout";
import { isBad, type Call, type GraphNode, type Summary } from "./model";
import type { Say } from "./strings";

const BARS_HEIGHT = 12;
const MOST_BARS = 96;

export class DrawnCard {
  readonly element: SVGGElement;
  private readonly gradient = s("g", { class: "gradient" });
  private readonly members: GraphNode[];
  private progress: SVGRectElement | null = null;
  private state = "";

  constructor(
    readonly card: Card,
    private readonly call: Call,
    private readonly say: Say,
  ) {
    const { item, width, height } = card;
    this.members = item.node ? [item.node] : call.within(item.group!.id);
    const [left, top] = [-width / 2, -height / 2];
    const rect = (className: string, shift = 0, radius = this.radius()): SVGRectElement =>
      s("rect", { class: className, x: left + shift, y: top + shift, width, height, rx: radius });
    this.element = s(
      "g",
      {
        class: "card",
        transform: `translate(${card.x} ${card.y})`,
        role: "button",
        tabindex: -1,
        "data-key": item.key,
        "data-node": item.node?.id,
        "data-group": item.group?.id,
      },
      item.group && rect("behind", 7),
      item.group && rect("behind", 3.5),
      rect("halo", 0, this.radius() + 1),
      rect("body"),
      s("text", { class: "title", x: left + 12, y: top + 19 }, card.title),
      s("text", { class: "subtitle", x: left + 12, y: top + 34 }, card.subtitle),
    );
    this.gradient.setAttribute("transform", `translate(${left + 12} ${top + 51})`);
    if (item.group) this.drawProgress(left, top);
    this.element.append(this.gradient);
    if (this.members.some((node) => isBad(node.gradient) || isBad(node.value))) this.drawBadge(left + width, top);
  }

  /** Shows the card as it is when so many steps are done. */
  show(position: number, current: number | null, selected: boolean): void {
    const done = this.members.filter((node) => this.call.isComplete(node.id, position)).length;
    const node = this.card.item.node;
    const arrived = node ? this.arrived(node, position) : 0;
    const isCurrent = current !== null && this.members.some((member) => member.id === current);
    const state = [done, arrived, isCurrent, selected].join();
    if (state === this.state) return;
    this.state = state;
    const kind = node ? node.kind : "group";
    const root = node !== null && this.call.roots.has(node.id);
    const reached = node ? done > 0 || arrived > 0 : done > 0;
    const classes = ["card", kind, reached ? "reached" : "waiting"];
    if (root) classes.push("root");
    if (isCurrent) classes.push("current");
    if (selected) classes.push("selected");
    if (done > 0 && this.members.some((member) => isBad(member.gradient))) classes.push("bad");
    this.element.setAttribute("class", classes.join(" "));
    if (node) this.drawGradient(node, done > 0, arrived);
    else this.drawGroup(done);
    this.element.setAttribute("aria-label", this.label(node, done, position));
    this.element.setAttribute("aria-pressed", String(selected));
  }

  private radius(): number {
    const kind = this.card.item.node?.kind;
    return kind === "parameter" || kind === "leaf" ? 18 : kind === "input" ? 3 : 8;
  }

  private arrived(node: GraphNode, position: number): number {
    return this.call.contributions(node.id).filter((edge) => this.call.hasFlown(edge, position)).length;
  }

  private drawGradient(node: GraphNode, complete: boolean, arrived: number): void {
    const due = this.call.contributions(node.id).length;
    if (complete && node.gradient !== null) this.gradient.replaceChildren(...this.gradientMark(node.gradient));
    else if (arrived > 0 && due > 1) this.gradient.replaceChildren(s("text", {}, `∇  ${arrived} / ${due}`));
    else if (node.kind === "input") this.gradient.replaceChildren();
    else this.gradient.replaceChildren(s("text", { class: "none" }, "∇"));
  }

  /** A gradient on a card: its numbers as far as there is room, or how they are spread. */
  private gradientMark({ histogram, numel, text }: Summary): SVGElement[] {
    const room = this.card.width - 40;
    if (histogram === null || numel <= FEW) return [s("text", {}, `∇ ${clip(text, Math.floor(room / 5.6))}`)];
    return [
      s("text", {}, "∇"),
      s("path", {
        class: "bars",
        transform: `translate(15 ${1 - BARS_HEIGHT})`,
        d: bars(histogram, Math.min(room, MOST_BARS), BARS_HEIGHT, 0.4),
      }),
    ];
  }

  private drawProgress(left: number, top: number): void {
    const width = this.card.width - 24;
    this.progress = s("rect", { class: "done", x: left + 12, y: top + 46, width: 0, height: 4, rx: 2 });
    this.element.append(
      s("rect", { class: "track", x: left + 12, y: top + 46, width, height: 4, rx: 2 }),
      this.progress,
      s("path", { class: "opener", d: `M${left + this.card.width - 19} ${top + 14.5}h8m-4 -4v8` }),
    );
  }

  private drawGroup(done: number): void {
    const total = this.total();
    const part = total === 0 ? 0 : done / total;
    this.progress!.setAttribute("width", String((this.card.width - 24) * part));
  }

  private total(): number {
    return this.members.filter((node) => this.call.stepOf.has(node.id) || this.call.contributions(node.id).length > 0)
      .length;
  }

  private drawBadge(right: number, top: number): void {
    const counts = this.members.flatMap((node) => [node.gradient, node.value]);
    const text = counts.some((summary) => summary !== null && summary.nan > 0) ? "NaN" : "Inf";
    this.element.append(
      s(
        "g",
        { class: "badge", transform: `translate(${right - 10} ${top})` },
        s("rect", { x: -17, y: -8.5, width: 34, height: 17, rx: 8.5 }),
        s("text", { "text-anchor": "middle", y: 4 }, text),
      ),
    );
  }

  private label(node: GraphNode | null, done: number, position: number): string {
    const { title, subtitle } = this.card;
    if (node === null) return `${title}, ${subtitle}, ${this.say("groupProgress", done, this.total())}`;
    const gradient =
      this.call.isComplete(node.id, position) && node.gradient ? glance(node.gradient) : this.say("pending");
    return `${title}, ${this.say(node.kind)}, ${subtitle}, ${this.say("gradient")} ${gradient}`;
  }
}
