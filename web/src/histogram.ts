/** Histograms: a line of bars for the details, and the same in the size of a word for cards and lists. */

import { h, s } from "./dom";
import { number } from "./format";
import type { Histogram } from "./model";
import type { Say } from "./strings";

/** Bars of a histogram as one path in a box of the given size, standing on its lower edge. */
export function bars(histogram: Histogram, width: number, height: number, gap: number): string {
  const most = Math.max(...histogram.counts, 1);
  const step = width / histogram.counts.length;
  return histogram.counts
    .map((count, index) => {
      if (count === 0) return "";
      const tall = Math.max(1, (count / most) * height);
      const left = (index * step + gap / 2).toFixed(2);
      return `M${left} ${height}v${(-tall).toFixed(2)}h${(step - gap).toFixed(2)}v${tall.toFixed(2)}z`;
    })
    .join("");
}

/** Where zero lies within a histogram, from 0 to 1, if it does. */
function zeroAt({ low, high }: Histogram): number | null {
  return low < 0 && high > 0 ? -low / (high - low) : null;
}

const WIDTH = 300;
const HEIGHT = 54;

export function figure(histogram: Histogram, say: Say): HTMLElement {
  const zero = zeroAt(histogram);
  const label = say("histogramLabel", number(histogram.low), number(histogram.high));
  const ticks = [number(histogram.low), number(histogram.high)];
  return h(
    "div",
    { class: "histogram" },
    s(
      "svg",
      { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": label },
      s("path", { d: bars(histogram, WIDTH, HEIGHT, 1.5) }),
      zero !== null && s("path", { class: "zero", d: `M${zero * WIDTH} 0v${HEIGHT}` }),
    ),
    h(
      "div",
      { class: "ticks" },
      h("span", {}, ticks[0]),
      zero !== null && zero > 0.15 && zero < 0.85 && h("span", { style: `left:${zero * 100}%` }, "0"),
      h("span", {}, ticks[1]),
    ),
  );
}

export function sparkline(histogram: Histogram, width = 44, height = 12): SVGSVGElement {
  return s(
    "svg",
    { class: "sparkline", viewBox: `0 0 ${width} ${height}`, width, height, "aria-hidden": "true" },
    s("path", { d: bars(histogram, width, height, 0.4) }),
  );
}
