/** Where everything stands: producers above their consumers, and frames around what is unfolded. */

import { groupKey, type Item, type Key, type View } from "./folding";
import { arranged, type Arranged, between, type Pass, passes } from "./levels";
import { measured } from "./measure";
import type { Call, Group } from "./model";
import type { Say } from "./strings";

export interface Point {
  x: number;
  y: number;
}

/** `x` and `y` are those of its middle. */
export interface Box extends Point {
  width: number;
  height: number;
}

/** A card's text and its place. */
export interface Card extends Box {
  item: Item;
  title: string;
  subtitle: string;
}

export interface Wire {
  from: Key;
  to: Key;
  edges: number[];
  /** From the producer, above, to the consumer, below. */
  points: Point[];
  /** Of a leaf that many use: drawn only while it matters, for all of them together would hide the rest. */
  faint: boolean;
}

export interface Frame extends Box {
  group: number;
  depth: number;
}

export interface Layout {
  cards: Map<Key, Card>;
  wires: Wire[];
  frames: Frame[];
  bounds: Box;
}

const FRAME_SIDE = 14;
const FRAME_TOP = 28;
const LEAST_FRAME_WIDTH = 150;
const GAP = 22;
/** A leaf with more wires than this stands above the rest, and its wires have no part in the layout. */
const MOST_WIRES = 4;

/** A level with what it is made of; the middle of its box is the origin of its coordinates. */
interface Room extends Arranged {
  box: Box;
  children: Map<string, Box>;
  shift: Point;
}

export function layout(call: Call, view: View, say: Say): Layout {
  const apart = sharedLeaves(view);
  const cards = new Map<Key, Card>();
  const children = new Map<number | null, Map<string, Box>>([[null, new Map()]]);
  for (const group of view.frames) children.set(group.id, new Map());
  for (const item of [...view.items.values()].sort((a, b) => age(b, call) - age(a, call))) {
    const card = measured(item, call, say);
    cards.set(item.key, card);
    if (!apart.has(item.key)) children.get(item.around.at(-1) ?? null)!.set(item.key, card);
  }
  const ways = view.links.map((link) => (apart.has(link.to) ? [] : passes(link, view)));
  const connections = new Map<number | null, Pass[]>();
  for (const pass of ways.flat()) connections.set(pass.level, [...(connections.get(pass.level) ?? []), pass]);

  const rooms = new Map<number | null, Room>();
  const build = (level: number | null): Room => {
    const boxes = children.get(level)!;
    for (const group of view.frames)
      if (call.parentOf(group) === level) boxes.set(groupKey(group.id), build(group.id).box);
    const room = furnish(boxes, connections.get(level) ?? [], level === null);
    rooms.set(level, room);
    return room;
  };
  build(null);

  const frames = settle(rooms, view, call);
  placeAbove(
    [...apart].map((key) => cards.get(key)!),
    [...children.get(null)!.values()],
  );
  const wires = view.links.map((link, index) => {
    const faint = apart.has(link.to);
    const points = faint ? direct(cards.get(link.to)!, cards.get(link.from)!) : along(ways[index]!, rooms);
    return { ...link, points, faint };
  });
  return { cards, wires, frames, bounds: boundsOf([...cards.values(), ...frames], wires) };
}

/** When the engine comes to an item: what it comes to last is the oldest. */
function age(item: Item, call: Call): number {
  const id = item.node?.id ?? call.within(item.group!.id)[0]?.id ?? 0;
  return call.stepOf.get(id) ?? 0;
}

/** Lays out the inside of one level. */
function furnish(children: Map<string, Box>, connections: Pass[], outermost: boolean): Room {
  const { places, bends } = arranged(children, connections);
  for (const [name, box] of children) Object.assign(box, places.get(name));
  const content = boundsOf([...children.values()], [{ points: [...bends.values()].flat() }]);
  const [side, top] = outermost ? [0, 0] : [FRAME_SIDE, FRAME_TOP];
  const width = Math.max(content.width + 2 * side, outermost ? 0 : LEAST_FRAME_WIDTH);
  const box = { x: 0, y: 0, width, height: content.height + top + side };
  return { places, bends, children, box, shift: { x: -content.x, y: (top - side) / 2 - content.y } };
}

/** Moves everything to where its level lies on the page, from the outermost level inwards; returns the frames. */
function settle(rooms: Map<number | null, Room>, view: View, call: Call): Frame[] {
  const frames: Frame[] = [];
  const move = (room: Room, to: Point): void => {
    room.shift = { x: room.shift.x + to.x, y: room.shift.y + to.y };
    const shifted = (point: Point): Point => ({ x: point.x + room.shift.x, y: point.y + room.shift.y });
    for (const [name, place] of room.places) room.places.set(name, shifted(place));
    for (const [name, points] of room.bends) room.bends.set(name, points.map(shifted));
    for (const box of room.children.values()) Object.assign(box, shifted(box));
    Object.assign(room.box, to);
  };
  move(rooms.get(null)!, { x: 0, y: 0 });
  for (const group of view.frames) {
    const room = rooms.get(group.id)!;
    const { x, y } = room.box;
    move(room, { x, y });
    frames.push({ group: group.id, depth: depthOf(group, call), ...room.box });
  }
  return frames;
}

function depthOf(group: Group, call: Call): number {
  return call.around(group.id).length;
}

/**
 * The points of a wire: those of each level, without the ends at borders. Nothing stands beside a port, so a wire need
 * not go exactly through it, and is smoother if it does not.
 */
function along(way: Pass[], rooms: Map<number | null, Room>): Point[] {
  return way.flatMap((pass, index) => {
    const points = rooms.get(pass.level)!.bends.get(between(pass)) ?? [];
    return points.slice(index > 0 ? 1 : 0, index < way.length - 1 ? -1 : undefined);
  });
}

/** The leaves that so many cards use that their wires would be all one sees. */
function sharedLeaves(view: View): Set<Key> {
  const wires = new Map<Key, number>();
  for (const link of view.links) wires.set(link.to, (wires.get(link.to) ?? 0) + 1);
  const isShared = ([key, count]: [Key, number]): boolean =>
    count > MOST_WIRES && (view.items.get(key)?.node?.kind ?? "operation") !== "operation";
  return new Set([...wires].filter(isShared).map(([key]) => key));
}

/** Sets cards side by side in rows over everything else. */
function placeAbove(apart: Card[], rest: Box[]): void {
  const below = boundsOf(rest, []);
  const room = Math.max(below.width, 900);
  const rows: Card[][] = [];
  let used = Infinity;
  for (const card of apart) {
    if (used + card.width > room) {
      rows.push([]);
      used = 0;
    }
    rows.at(-1)!.push(card);
    used += card.width + GAP;
  }
  rows.reverse().forEach((row, index) => {
    let x = below.x - row.reduce((sum, card) => sum + card.width + GAP, -GAP) / 2;
    for (const card of row) {
      card.x = x + card.width / 2;
      card.y = below.y - below.height / 2 - 70 - (index + 0.5) * (card.height + GAP);
      x += card.width + GAP;
    }
  });
}

/** A curve from the lower edge of one card to the upper edge of another. */
function direct(above: Box, below: Box): Point[] {
  const [top, bottom] = [above.y + above.height / 2, below.y - below.height / 2];
  return [
    { x: above.x, y: top },
    { x: above.x, y: top + 40 },
    { x: below.x, y: bottom - 40 },
    { x: below.x, y: bottom },
  ];
}

function boundsOf(boxes: Box[], lines: { points: Point[] }[]): Box {
  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
  const include = (x: number, y: number, halfWidth = 0, halfHeight = 0): void => {
    left = Math.min(left, x - halfWidth);
    right = Math.max(right, x + halfWidth);
    top = Math.min(top, y - halfHeight);
    bottom = Math.max(bottom, y + halfHeight);
  };
  for (const box of boxes) include(box.x, box.y, box.width / 2, box.height / 2);
  for (const line of lines) for (const point of line.points) include(point.x, point.y);
  if (left > right) return { x: 0, y: 0, width: 0, height: 0 };
  return { x: (left + right) / 2, y: (top + bottom) / 2, width: right - left, height: bottom - top };
}
