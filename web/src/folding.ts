/** Which items are shown: a graph with some of its groups unfolded is a smaller graph of nodes and folded groups. */

import { Call, Group, GraphNode } from "./model";

/** `n` with a node's number, or `g` with a group's. */
export type Key = string;

export const nodeKey = (id: number): Key => `n${id}`;
export const groupKey = (id: number): Key => `g${id}`;
export const isGroup = (key: Key): boolean => key.startsWith("g");
export const idOf = (key: Key): number => Number(key.slice(1));

export interface Item {
  key: Key;
  node: GraphNode | null;
  group: Group | null;
  /** The unfolded groups around it, from the outermost inwards. */
  around: number[];
}

/** All edges between two items, drawn as one. The gradient goes from `from` to `to`. */
export interface Link {
  from: Key;
  to: Key;
  edges: number[];
}

export interface View {
  items: Map<Key, Item>;
  links: Link[];
  /** The unfolded groups, outermost first, as frames around what is in them. */
  frames: Group[];
  /** The item that shows a node: itself, or the folded group that it is in. */
  shownBy(node: number): Key;
}

/** Graphs up to this size are shown whole; of larger ones, groups are unfolded as long as this many items suffice. */
const SHOWN_WHOLE = 80;
const SHOWN_AT_FIRST = 60;
/** More than this is neither readable nor quick: whoever asks for it is told so. */
export const MOST_SHOWN = 1200;

export function view(call: Call, open: ReadonlySet<number>): View {
  const items = new Map<Key, Item>();
  const shown = new Map<number, Key>();
  const place = (parent: number | null, around: number[]): void => {
    for (const node of call.nodesOf.get(parent) ?? []) {
      const key = nodeKey(node.id);
      items.set(key, { key, node, group: null, around });
      shown.set(node.id, key);
    }
    for (const group of call.groupsOf.get(parent) ?? []) {
      if (open.has(group.id)) {
        frames.push(group);
        place(group.id, [...around, group.id]);
        continue;
      }
      const members = call.within(group.id);
      if (members.length === 0) continue;
      const key = groupKey(group.id);
      items.set(key, { key, node: null, group, around });
      for (const node of members) shown.set(node.id, key);
    }
  };
  const frames: Group[] = [];
  place(null, []);

  const links = new Map<string, Link>();
  call.model.edges.forEach((edge, index) => {
    const from = shown.get(edge.from);
    const to = shown.get(edge.to);
    if (from === undefined || to === undefined || from === to) return;
    const name = `${from} ${to}`;
    const link = links.get(name);
    if (link === undefined) links.set(name, { from, to, edges: [index] });
    else link.edges.push(index);
  });
  return { items, links: [...links.values()], frames, shownBy: (node) => shown.get(node) ?? nodeKey(node) };
}

/** How many items unfolding one group would add: what is directly in it, less the group itself. */
function growth(call: Call, id: number): number {
  const groups = (call.groupsOf.get(id) ?? []).filter((group) => call.within(group.id).length > 0);
  return (call.nodesOf.get(id) ?? []).length + groups.length - 1;
}

/** Loops of more rounds than this stay folded at first: their rounds say the same. */
const MOST_ROUNDS = 6;

/** The groups that are unfolded when a graph is opened: all of a small one; else the smallest ones, from outside in. */
export function openedAtFirst(call: Call): Set<number> {
  if (call.nodes.size <= SHOWN_WHOLE) return new Set(call.groups.keys());
  const open = new Set<number>();
  let size = sizeOf(call, open);
  const inside = (parent: number | null): Group[] =>
    (call.groupsOf.get(parent) ?? []).filter((group) => group.kind !== "loop" || group.count <= MOST_ROUNDS);
  const closed = inside(null);
  while (closed.length > 0) {
    closed.sort((a, b) => growth(call, b.id) - growth(call, a.id));
    const next = closed.pop()!;
    size += growth(call, next.id);
    if (size > SHOWN_AT_FIRST) break;
    open.add(next.id);
    closed.push(...inside(next.id));
  }
  return open;
}

/** How many items are shown when these groups are open. */
export function sizeOf(call: Call, open: ReadonlySet<number>): number {
  let size = 0;
  const count = (parent: number | null): void => {
    size += (call.nodesOf.get(parent) ?? []).length;
    for (const group of call.groupsOf.get(parent) ?? []) open.has(group.id) ? count(group.id) : size++;
  };
  count(null);
  return size;
}
