/** Elements made from text. Nothing in this program ever turns a string into markup: names may say what they like. */

export type Child = Node | string | null | false | undefined;
type Listener = (event: never) => void;
type Attributes = Record<string, string | number | boolean | null | undefined | Listener>;

const SVG = "http://www.w3.org/2000/svg";

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  return fill(document.createElement(tag), attributes, children);
}

export function s<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): SVGElementTagNameMap[K] {
  return fill(document.createElementNS(SVG, tag) as SVGElementTagNameMap[K], attributes, children);
}

function fill<T extends Element>(element: T, attributes: Attributes, children: Child[]): T {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name, value as unknown as EventListener);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children) if (child !== null && child !== undefined && child !== false) element.append(child);
  return element;
}

/** Icons are drawn here, as paths in a square of 16: a page from one file has no fonts of its own. */
const ICONS = {
  play: "M4.5 2.8v10.4l8.5-5.2z",
  pause: "M4 3h3v10H4zM9 3h3v10H9z",
  forward: "M6 3l5 5-5 5",
  back: "M10 3L5 8l5 5",
  first: "M4 3v10M12 3L7 8l5 5",
  last: "M12 3v10M4 3l5 5-5 5",
  plus: "M8 3v10M3 8h10",
  minus: "M3 8h10",
  fit: "M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10",
  fold: "M8 2v4M5.5 4L8 6.5 10.5 4M8 14v-4M5.5 12L8 9.5l2.5 2.5",
  unfold: "M8 6.5v-4M5.5 4.5L8 2l2.5 2.5M8 9.5v4M5.5 11.5L8 14l2.5-2.5",
  theme: "M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 0 0 0-11M8 2.5v11",
  search: "M7 2.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 0 0 0-9M10.3 10.3l3.4 3.4",
  close: "M4 4l8 8M12 4l-8 8",
} as const;

export type IconName = keyof typeof ICONS;

export function icon(name: IconName): SVGSVGElement {
  const solid = name === "play" || name === "pause";
  return s(
    "svg",
    { viewBox: "0 0 16 16", width: 16, height: 16, class: `icon${solid ? " solid" : ""}`, "aria-hidden": "true" },
    s("path", { d: ICONS[name] }),
  );
}

let measuring: CanvasRenderingContext2D | null = null;

/** The width of a text in pixels, without asking the page to lay anything out. */
export function widthOf(text: string, font: string): number {
  measuring ??= document.createElement("canvas").getContext("2d");
  if (measuring === null) return text.length * 8;
  measuring.font = font;
  return measuring.measureText(text).width;
}

/** A colour of the style sheet as canvases understand it, in the light or the dark that holds for an element. */
export function colourOf(element: HTMLElement, name: string): string {
  element.style.color = `var(${name})`;
  return getComputedStyle(element).color;
}
