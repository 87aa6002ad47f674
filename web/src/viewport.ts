/** Moving and zooming: which part of the drawing is seen, moved by pointer, wheel, pinch and by name. */

import type { Box, Point } from "./layout";

const LEAST = 0.04;
const MOST = 3;
/** Below this the small text on cards is no longer drawn. */
export const FAR = 0.42;

export class Viewport {
  scale = 1;
  x = 0;
  y = 0;
  /** Whether the pointer has moved since it went down: then its click means nothing else. */
  dragged = false;
  private readonly pointers = new Map<number, Point>();
  private moving = 0;

  constructor(
    private readonly element: SVGSVGElement,
    private readonly changed: () => void,
  ) {
    element.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    element.addEventListener("pointerdown", (event) => this.down(event));
    element.addEventListener("pointermove", (event) => this.move(event));
    for (const end of ["pointerup", "pointercancel"] as const) {
      element.addEventListener(end, (event) => this.pointers.delete(event.pointerId));
    }
  }

  get width(): number {
    return this.element.clientWidth;
  }

  get height(): number {
    return this.element.clientHeight;
  }

  /** Zooms by a factor around a point of the screen (by default its middle). */
  zoom(factor: number, at: Point = { x: this.width / 2, y: this.height / 2 }): void {
    const scale = Math.min(MOST, Math.max(LEAST, this.scale * factor));
    const ratio = scale / this.scale;
    this.set(scale, at.x - (at.x - this.x) * ratio, at.y - (at.y - this.y) * ratio);
  }

  /** Shows all of a box, not enlarged; where that would be too small to read, its bottom: there the pass starts. */
  fit(box: Box, least = 0): void {
    const margin = 36;
    const whole = Math.min((this.width - 2 * margin) / box.width, (this.height - 2 * margin) / box.height, 1.15);
    const scale = Math.min(MOST, Math.max(LEAST, least, whole));
    const y = scale > whole ? this.height - margin - (box.y + box.height / 2) * scale : this.height / 2 - box.y * scale;
    this.set(scale, this.width / 2 - box.x * scale, y);
  }

  /** Moves, if need be, so that a box is seen well inside the window. */
  reveal(box: Box, centre = false): void {
    const [x, y] = [box.x * this.scale + this.x, box.y * this.scale + this.y];
    const [aside, above] = [(box.width / 2) * this.scale + 24, (box.height / 2) * this.scale + 24];
    const inside = x > aside && x < this.width - aside && y > above && y < this.height - above;
    if (inside && !centre) return;
    const scale = Math.max(this.scale, FAR * 1.5);
    this.glide(scale, this.width / 2 - box.x * scale, this.height / 2 - box.y * scale);
  }

  /** The part of the drawing that is seen. */
  seen(): Box {
    const [width, height] = [this.width / this.scale, this.height / this.scale];
    return { x: -this.x / this.scale + width / 2, y: -this.y / this.scale + height / 2, width, height };
  }

  set(scale: number, x: number, y: number): void {
    cancelAnimationFrame(this.moving);
    this.place(scale, x, y);
  }

  private place(scale: number, x: number, y: number): void {
    this.scale = scale;
    this.x = x;
    this.y = y;
    this.changed();
  }

  private glide(scale: number, x: number, y: number): void {
    cancelAnimationFrame(this.moving);
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return this.place(scale, x, y);
    const from = { scale: this.scale, x: this.x, y: this.y };
    const start = performance.now();
    const tick = (now: number): void => {
      const t = Math.min(1, (now - start) / 260);
      const ease = 1 - (1 - t) ** 3;
      const between = (a: number, b: number): number => a + (b - a) * ease;
      this.place(between(from.scale, scale), between(from.x, x), between(from.y, y));
      if (t < 1) this.moving = requestAnimationFrame(tick);
    };
    this.moving = requestAnimationFrame(tick);
  }

  private local(event: MouseEvent): Point {
    const box = this.element.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  private wheel(event: WheelEvent): void {
    event.preventDefault();
    const pixels = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1);
    this.zoom(Math.exp(-Math.max(-200, Math.min(200, pixels)) * 0.0018), this.local(event));
  }

  private down(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.dragged = false;
    this.pointers.set(event.pointerId, this.local(event));
    cancelAnimationFrame(this.moving);
  }

  private move(event: PointerEvent): void {
    const last = this.pointers.get(event.pointerId);
    if (last === undefined) return;
    if (event.buttons === 0) return void this.pointers.delete(event.pointerId); // released outside the window
    const now = this.local(event);
    if (this.pointers.size === 1) {
      if (Math.hypot(now.x - last.x, now.y - last.y) < 3 && !this.element.hasPointerCapture(event.pointerId)) return;
      this.element.setPointerCapture(event.pointerId);
      this.dragged = true;
      this.set(this.scale, this.x + now.x - last.x, this.y + now.y - last.y);
    } else {
      const other = [...this.pointers].find(([id]) => id !== event.pointerId)?.[1] ?? last;
      this.dragged = true;
      const apart = Math.hypot(last.x - other.x, last.y - other.y) || 1;
      this.zoom(Math.hypot(now.x - other.x, now.y - other.y) / apart, other);
    }
    this.pointers.set(event.pointerId, now);
  }
}
