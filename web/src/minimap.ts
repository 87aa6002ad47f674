/** The whole drawing in the size of a stamp, with a frame around what is seen; shown while not all is. */

import { colourOf, h } from "./dom";
import type { Layout } from "./layout";
import { isBad, type Call } from "./model";
import type { Viewport } from "./viewport";

const WIDTH = 168;
const HEIGHT = 120;

export class Minimap {
  readonly element = h("canvas", { class: "minimap", width: WIDTH * 2, height: HEIGHT * 2, "aria-hidden": "true" });
  private layout: Layout | null = null;
  private call: Call | null = null;
  private scale = 1;

  constructor(private readonly viewport: Viewport) {
    const jump = (event: PointerEvent): void => {
      if (event.buttons === 1) this.centreOn(event.offsetX, event.offsetY);
    };
    this.element.addEventListener("pointerdown", jump);
    this.element.addEventListener("pointermove", jump);
  }

  draw(layout: Layout, call: Call): void {
    this.layout = layout;
    this.call = call;
    this.scale = Math.min((WIDTH - 12) / layout.bounds.width, (HEIGHT - 12) / layout.bounds.height);
  }

  show(): void {
    const context = this.element.getContext("2d");
    if (context === null || this.layout === null || this.call === null) return;
    const { bounds, cards } = this.layout;
    const seen = this.viewport.seen();
    const fits = seen.width >= bounds.width * 0.98 && seen.height >= bounds.height * 0.98;
    this.element.classList.toggle("shown", !fits && cards.size > 12);
    if (fits) return;
    const [alarm, leaf, plain, frame] = ["--bad", "--leaf", "--faint", "--gradient"].map((name) =>
      colourOf(this.element, name),
    ) as [string, string, string, string];
    context.setTransform(2, 0, 0, 2, 0, 0);
    context.clearRect(0, 0, WIDTH, HEIGHT);
    context.setTransform(2 * this.scale, 0, 0, 2 * this.scale, WIDTH, HEIGHT);
    context.translate(-bounds.x, -bounds.y);
    for (const card of cards.values()) {
      const { node } = card.item;
      context.fillStyle = node && isBad(node.gradient) ? alarm : node?.kind === "parameter" ? leaf : plain;
      context.fillRect(card.x - card.width / 2, card.y - card.height / 2, card.width, card.height);
    }
    context.strokeStyle = frame;
    context.lineWidth = 1.5 / this.scale;
    context.strokeRect(seen.x - seen.width / 2, seen.y - seen.height / 2, seen.width, seen.height);
  }

  private centreOn(x: number, y: number): void {
    if (this.layout === null) return;
    const { bounds } = this.layout;
    const { scale, width, height } = this.viewport;
    const at = { x: bounds.x + (x - WIDTH / 2) / this.scale, y: bounds.y + (y - HEIGHT / 2) / this.scale };
    this.viewport.set(scale, width / 2 - at.x * scale, height / 2 - at.y * scale);
  }
}
