/** The bar under the drawing: play, step, and a line along which one can move through the backward pass. */

import { colourOf, h, icon, type IconName } from "./dom";
import { FEW, glance, line } from "./format";
import { type Call, isBad, nameOf } from "./model";
import type { Say, Text } from "./strings";

/** More marks than this would run into one line. */
const MOST_TICKS = 150;
const SPEEDS = [1, 2, 5, 20, 100];

export interface TransportEvents {
  /** Goes to where so many steps are done; at rest, no step is the one being looked at. */
  moveTo(position: number, resting?: boolean): void;
}

export class Transport {
  readonly element = h("footer", { class: "transport" });
  private readonly slider: HTMLInputElement;
  private readonly count = h("output", { class: "count" });
  private readonly story = h("p", { class: "story", role: "status", "aria-live": "polite" });
  private readonly ticks = h("canvas", { class: "ticks", "aria-hidden": "true" });
  private playButton: HTMLButtonElement | null = null;
  private timer = 0;
  private speed = 2;
  private call: Call | null = null;
  private position = 0;

  constructor(
    private readonly events: TransportEvents,
    private say: Say,
  ) {
    this.slider = h("input", { type: "range", min: 0, step: 1, input: () => this.slide() });
  }

  get playing(): boolean {
    return this.timer !== 0;
  }

  /** Writes the bar for a call, in a language. */
  draw(call: Call, say: Say): void {
    this.call = call;
    this.say = say;
    this.slider.max = String(call.length);
    this.slider.setAttribute("aria-label", say("position", "", call.length));
    const button = (name: IconName, text: Text, click: () => void): HTMLButtonElement =>
      h(
        "button",
        { class: "round", "aria-label": say(text), title: say(text), click, "data-action": text },
        icon(name),
      );
    this.playButton = button(this.playing ? "pause" : "play", this.playing ? "pause" : "play", () => this.toggle());
    this.playButton.classList.add("main");
    const speed = h(
      "select",
      {
        class: "speed",
        "aria-label": say("speed"),
        title: say("speed"),
        change: () => this.setSpeed(Number(speed.value)),
      },
      ...SPEEDS.map((value) => h("option", { value, selected: value === this.speed }, say("perSecond", value))),
    );
    this.element.replaceChildren(
      h(
        "div",
        { class: "buttons" },
        button("first", "toFirst", () => this.moveTo(0)),
        button("back", "back", () => this.step(-1)),
        this.playButton,
        button("forward", "forward", () => this.step(1)),
        button("last", "toLast", () => this.moveTo(call.length, true)),
      ),
      h("div", { class: "track" }, this.story, h("div", { class: "line" }, this.ticks, this.slider)),
      h("div", { class: "aside" }, this.count, speed),
    );
    this.drawTicks();
  }

  show(position: number, resting: boolean): void {
    const { call, say } = this;
    if (call === null) return;
    this.position = position;
    this.slider.value = String(position);
    this.slider.style.setProperty("--part", `${call.length === 0 ? 0 : (position / call.length) * 100}%`);
    this.count.textContent = `${position} / ${call.length}`;
    const text = resting && call.length > 0 ? say("atEnd") : this.tell(call, position);
    this.story.textContent = text;
    this.slider.setAttribute("aria-valuetext", `${say("position", position, call.length)}. ${text}`);
    this.story.classList.toggle("bad", !resting && position > 0 && isBad(call.step(position - 1)?.gradient ?? null));
  }

  /** One step, forward or back, by hand: stops playing. */
  step(by: number): void {
    this.moveTo(this.position + by);
  }

  moveTo(position: number, resting = false): void {
    this.stop();
    this.events.moveTo(position, resting);
  }

  toggle(): void {
    if (this.playing) return this.stop();
    if (this.call === null || this.call.length === 0) return;
    if (this.position >= this.call.length) this.events.moveTo(0);
    this.schedule();
    this.drawPlayButton();
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = 0;
    this.drawPlayButton();
  }

  private setSpeed(speed: number): void {
    this.speed = speed;
    if (this.playing) this.schedule();
  }

  private schedule(): void {
    clearInterval(this.timer);
    this.timer = setInterval(() => this.tick(), 1000 / this.speed);
  }

  private tick(): void {
    if (this.call === null || this.position >= this.call.length) {
      this.stop();
      return this.events.moveTo(this.position, true);
    }
    this.events.moveTo(this.position + 1);
  }

  private slide(): void {
    this.moveTo(Number(this.slider.value));
  }

  private drawPlayButton(): void {
    const name = this.playing ? "pause" : "play";
    this.playButton?.replaceChildren(icon(name));
    this.playButton?.setAttribute("aria-label", this.say(name));
    this.playButton?.setAttribute("title", this.say(name));
  }

  private tell(call: Call, position: number): string {
    const { say } = this;
    if (call.length === 0) return say("noSteps");
    const step = call.step(position - 1);
    if (step === undefined) return say("atStart");
    const node = call.node(step.node);
    const gradient = step.gradient ?? node.gradient;
    const amount = gradient === null ? say("pending") : gradient.numel <= FEW ? line(gradient, 60) : glance(gradient);
    const name = nameOf(node);
    const count = step.contributions.length;
    const text =
      count > 1
        ? say("stepSum", name, count, amount)
        : count === 0 && call.roots.has(node.id)
          ? say("stepSeed", name, amount)
          : say("stepOne", name, amount);
    return isBad(gradient) ? `${text} (${say("stepBad")})` : text;
  }

  /** Marks above the line: where gradients are added up, and where NaN or Inf come. */
  private drawTicks(): void {
    const { call, ticks } = this;
    if (call === null) return;
    const width = 1200;
    ticks.width = width;
    ticks.height = 8;
    const context = ticks.getContext("2d");
    if (context === null || call.length === 0) return;
    const sums = call.model.engine.steps.filter((step) => step.accumulates).length;
    const [alarm, plain] = [colourOf(ticks, "--bad"), colourOf(ticks, "--gradient")];
    call.model.engine.steps.forEach((step, index) => {
      const bad = isBad(step.gradient);
      if (!bad && (!step.accumulates || sums > MOST_TICKS)) return;
      context.fillStyle = bad ? alarm : plain;
      context.fillRect(((index + 1) / call.length) * (width - 4), bad ? 0 : 3, bad ? 4 : 3, 8);
    });
  }
}
