/** Numbers, shapes and names as short text. */

import type { Real, Source, Summary } from "./model";

export function number(value: Real, digits = 4): string {
  if (value === null) return "–";
  if (typeof value === "string") return { nan: "NaN", inf: "∞", "-inf": "−∞" }[value] ?? value;
  if (value === 0) return "0";
  const size = Math.abs(value);
  const text = size >= 1e5 || size < 1e-3 ? value.toExponential(digits - 1) : short(value, digits);
  return text.replace("e+", "e").replaceAll("-", "−");
}

function short(value: number, digits: number): string {
  const text = value.toPrecision(digits);
  return text.includes(".") && !text.includes("e") ? text.replace(/\.?0+$/, "") : String(Number(text));
}

export function shape(summary: Summary): string {
  return summary.shape.length === 0 ? "()" : `(${summary.shape.join(" × ")})`;
}

/** What is written on a card: the number itself where there is only one, the shape of everything else. */
export function glance(summary: Summary): string {
  return summary.numel === 1 && summary.shape.length === 0 ? only(summary) : shape(summary);
}

/** The one number of a tensor of one element. */
export function only(summary: Summary): string {
  return clip(summary.text.replace(/[[\]\s]/g, ""), 20);
}

/** Of more numbers than this, the first ones say less than their mean and spread. */
export const FEW = 16;

/** A tensor in a line: its numbers while they are few, and then as far as they fit; else mean and deviation. */
export function line(summary: Summary, most = 48): string {
  if (summary.numel === 1) return only(summary);
  if (summary.numel > FEW) return `μ ${number(summary.mean, 3)} σ ${number(summary.std, 3)}`;
  return clip(summary.text.replace(/\s+/g, " "), most);
}

export function clip(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

/** A dotted name keeps its end, which says most. */
export function clipStart(text: string, most: number): string {
  return text.length <= most ? text : `…${text.slice(text.length - most + 1)}`;
}

export function place(source: Source): string {
  return `${source.file.split(/[\\/]/).at(-1) ?? source.file}:${source.line}`;
}
