/**
 * A graph with unfolded groups is laid out level by level: the inside of a group by itself, then the group as one box
 * among its neighbours. Each level is small, so that unfolding stays quick in a graph of thousands.
 *
 * A wire that crosses the border of a group passes through a port on it: an inlet above, one for each producer outside
 * that is used inside, or an outlet below, one for each producer inside that is used outside.
 */

import { Graph, layout as arrange } from "@dagrejs/dagre";
import { groupKey, type Key, type Link, type View } from "./folding";
import type { Box, Point } from "./layout";

/** The name of a level: of a group, or null for the outermost. */
type Level = number | null;

export interface Pass {
  level: Level;
  from: string;
  to: string;
}

const inlet = (producer: Key): string => `in ${producer}`;
const outlet = (producer: Key): string => `out ${producer}`;
const isPort = (name: string): boolean => name.startsWith("in ") || name.startsWith("out ");

const PORT = { width: 0, height: 0 };
const TOP = "top";
const BOTTOM = "bottom";
/** Ports are held at the border of a group by more than what pulls them to the cards inside. */
const PORT_WEIGHT = 12;
/** Above this many boxes, layers are assigned by a quick rule in place of the one that keeps wires shortest. */
const MOST_TIGHT = 250;

/** The way of a wire from its producer down to its consumer, level by level. */
export function passes(link: Link, view: View): Pass[] {
  const producer = link.to;
  const consumer = link.from;
  const above = view.items.get(producer)!.around;
  const below = view.items.get(consumer)!.around;
  let shared = 0;
  while (shared < above.length && shared < below.length && above[shared] === below[shared]) shared++;
  const levelAt = (chain: number[], depth: number): Level => (depth === 0 ? null : chain[depth - 1]!);
  const childAt = (chain: number[], depth: number, card: Key): string =>
    depth < chain.length ? groupKey(chain[depth]!) : card;

  const way: Pass[] = [];
  for (let depth = above.length; depth > shared; depth--) {
    way.push({ level: levelAt(above, depth), from: childAt(above, depth, producer), to: outlet(producer) });
  }
  way.push({
    level: levelAt(above, shared),
    from: childAt(above, shared, producer),
    to: childAt(below, shared, consumer),
  });
  for (let depth = shared + 1; depth <= below.length; depth++) {
    way.push({ level: levelAt(below, depth), from: inlet(producer), to: childAt(below, depth, consumer) });
  }
  return way;
}

/** One level laid out: the middles of its boxes and ports, and the bends of what connects them. */
export interface Arranged {
  places: Map<string, Point>;
  bends: Map<string, Point[]>;
}

export const between = (pass: Pass): string => `${pass.from}|${pass.to}`;

export function arranged(boxes: Map<string, Box>, connections: Pass[]): Arranged {
  const graph = new Graph();
  const ranker = boxes.size > MOST_TIGHT ? "longest-path" : "network-simplex";
  graph.setGraph({ rankdir: "TB", nodesep: 22, ranksep: 40, edgesep: 14, ranker });
  for (const [name, { width, height }] of boxes) graph.setNode(name, { width, height });
  holdPorts(graph, boxes, connections);
  const weights = new Map<string, number>();
  for (const pass of connections) {
    const weight = Math.min((weights.get(between(pass)) ?? 0) + 1, 3);
    weights.set(between(pass), weight);
    graph.setEdge(pass.from, pass.to, { weight });
  }
  if (graph.nodeCount() > 0) arrange(graph);

  const places = new Map<string, Point>();
  for (const name of graph.nodes()) {
    const { x = 0, y = 0 } = graph.node(name) as Partial<Point>;
    if (name !== TOP && name !== BOTTOM) places.set(name, { x, y });
  }
  const rows = rowsOf(boxes, places);
  const end = (name: string): Box => ({ ...PORT, ...boxes.get(name), ...places.get(name)! });
  const bends = new Map<string, Point[]>();
  for (const pass of connections) {
    const { points = [] } = graph.edge(pass.from, pass.to) as { points?: Point[] };
    bends.set(between(pass), straightened(points, end(pass.from), end(pass.to), rows));
  }
  return { places, bends };
}

/** The heights of the rows that boxes stand in, by where their middles are. */
function rowsOf(boxes: Map<string, Box>, places: Map<string, Point>): Map<number, number> {
  const rows = new Map<number, number>();
  for (const [name, { height }] of boxes) {
    const y = Math.round(places.get(name)!.y);
    rows.set(y, Math.max(rows.get(y) ?? 0, height));
  }
  return rows;
}

/** In a row wires are upright, but for so little at its borders. */
const BEND = 8;
/** Wires meet the edges of cards at least so far from their corners. */
const CORNER = 14;

/**
 * Leads a wire straight through rows, so that it bends only between them and cuts no corner of what is in them. dagre
 * bends wires in the middle of rows, and lets them set out from the sides of boxes.
 */
function straightened(points: Point[], start: Box, end: Box, rows: Map<number, number>): Point[] {
  if (start.y > end.y) return points;
  const half = (y: number): number => (rows.get(Math.round(y)) ?? 0) / 2;
  const above = (x: number, y: number): Point[] => [-half(y), BEND - half(y)].map((by) => ({ x, y: y + by }));
  const below = (x: number, y: number): Point[] => [half(y) - BEND, half(y)].map((by) => ({ x, y: y + by }));
  const ending = (box: Box, { x, y }: Point, side: 1 | -1): Point[] => {
    if (box.height === 0) return [{ x, y }];
    const reach = box.width / 2 - CORNER;
    const edge = { x: Math.min(box.x + reach, Math.max(box.x - reach, x)), y: box.y + (side * box.height) / 2 };
    if (half(box.y) < box.height / 2 + BEND) return [edge];
    return side > 0 ? [edge, ...below(edge.x, box.y)] : [...above(edge.x, box.y), edge];
  };
  return points.flatMap((point, index) => {
    if (index === 0) return ending(start, point, 1);
    if (index === points.length - 1) return ending(end, point, -1);
    return half(point.y) > 0 ? [...above(point.x, point.y), ...below(point.x, point.y)] : [point];
  });
}

/** Keeps inlets above everything else in a level, and outlets below it, so that wires cross the border freely. */
function holdPorts(graph: Graph, boxes: Map<string, Box>, connections: Pass[]): void {
  const inlets = new Set(connections.map((pass) => pass.from).filter(isPort));
  const outlets = new Set(connections.map((pass) => pass.to).filter(isPort));
  for (const name of [...inlets, ...outlets]) graph.setNode(name, { ...PORT });
  if (inlets.size > 0) {
    graph.setNode(TOP, { ...PORT });
    const fed = new Set(connections.filter((pass) => !isPort(pass.from)).map((pass) => pass.to));
    for (const name of inlets) graph.setEdge(TOP, name, { weight: PORT_WEIGHT });
    for (const name of boxes.keys()) if (!fed.has(name)) graph.setEdge(TOP, name, { weight: 0, minlen: 2 });
  }
  if (outlets.size > 0) {
    graph.setNode(BOTTOM, { ...PORT });
    const used = new Set(connections.filter((pass) => !isPort(pass.to)).map((pass) => pass.from));
    for (const name of outlets) graph.setEdge(name, BOTTOM, { weight: PORT_WEIGHT });
    for (const name of boxes.keys()) if (!used.has(name)) graph.setEdge(name, BOTTOM, { weight: 0, minlen: 2 });
  }
}
