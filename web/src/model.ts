/**
 * The model of a backward pass, as `tapegrad.explain(loss).json()` writes it, and the indexes the page needs over it.
 *
 * An edge leads from a consumer to a producer, the way a gradient goes. Values go the other way.
 */

/** A number of JSON, which knows neither NaN nor the infinities. */
export type Real = number | "nan" | "inf" | "-inf" | null;

export interface Histogram {
  low: number;
  high: number;
  counts: number[];
}

export interface Summary {
  shape: number[];
  dtype: string;
  numel: number;
  text: string;
  min: Real;
  max: Real;
  mean: Real;
  std: Real;
  nan: number;
  inf: number;
  zero: number;
  histogram: Histogram | null;
}

export interface Formula {
  input: string;
  plain: string;
  latex: string | null;
  numbers: string | null;
}

export interface Source {
  file: string;
  line: number;
  function: string;
  text: string;
}

export interface GraphNode {
  id: number;
  kind: "operation" | "parameter" | "leaf" | "input";
  name: string;
  operator: string | null;
  label: string | null;
  module: string | null;
  formula: Formula[];
  value: Summary | null;
  gradient: Summary | null;
  /** The gradients of the single results, of an operation that has several. */
  outputs?: (Summary | null)[] | null;
  source: Source | null;
  group: number | null;
  step: number | null;
  saved: { name: string; summary: Summary }[];
  notes?: string[];
}

export interface Edge {
  from: number;
  to: number;
  input: string | null;
  position: number;
  gradient: Summary | null;
}

export interface Group {
  id: number;
  parent: number | null;
  label: string;
  kind: "module" | "loop" | "function" | "steps";
  count: number;
}

export interface Step {
  node: number;
  gradient: Summary | null;
  contributions: number[];
  accumulates: boolean;
}

export interface Model {
  version: number;
  title: string;
  engine: { steps: Step[] };
  roots: number[];
  nodes: GraphNode[];
  edges: Edge[];
  groups: Group[];
  truncated: string | null;
}

export type Document = Model | { version: number; calls: Model[] };

/** The backward calls of a document: of the one that it is, or of the several that it lists. */
export function callsOf(document: Document): Model[] {
  return "calls" in document ? document.calls : [document];
}

export function isBad(summary: Summary | null): boolean {
  return summary !== null && (summary.nan > 0 || summary.inf > 0);
}

/** The name that a person would use: the tensor's own name; of an operation, `max_pool2d` for `MaxPool2DBackward0`. */
export function titleOf(node: GraphNode): string {
  if (node.kind !== "operation") return node.label ?? node.name;
  const name = node.name.replace(/Backward\d*$/, "");
  return node.operator === null ? name : name.replace(/([A-Za-z0-9])(?=[A-Z][a-z])/g, "$1_").toLowerCase();
}

/** The same in a sentence, where the name of the result helps to tell one `mul` from another. */
export function nameOf(node: GraphNode): string {
  const title = titleOf(node);
  return node.label === null || node.label === title ? title : `${title} (${node.label})`;
}

/** More loose items than this at the top are gathered by the order in which the engine came to them. */
const MOST_LOOSE = 300;

/** One backward call with everything looked up once. Positions count steps done: 0 is before the first. */
export class Call {
  readonly nodes = new Map<number, GraphNode>();
  readonly groups = new Map<number, Group>();
  /** Indexes of the edges on which gradients arrive at a node, and of those on which it sends them. */
  readonly arriving = new Map<number, number[]>();
  readonly leaving = new Map<number, number[]>();
  readonly stepOf = new Map<number, number>();
  readonly nodesOf = new Map<number | null, GraphNode[]>();
  readonly groupsOf = new Map<number | null, Group[]>();
  readonly roots: Set<number>;
  /** Nodes with NaN or Inf in their gradient, in the order of the engine, and in their value, in forward order. */
  readonly badGradients: GraphNode[];
  readonly badValues: GraphNode[];

  constructor(readonly model: Model) {
    const { nodes, edges, engine } = model;
    this.roots = new Set(model.roots);
    for (const node of nodes) this.nodes.set(node.id, node);
    for (const group of model.groups) this.groups.set(group.id, group);
    edges.forEach((edge, index) => {
      push(this.arriving, edge.to, index);
      push(this.leaving, edge.from, index);
    });
    engine.steps.forEach((step, index) => this.stepOf.set(step.node, index));
    this.gatherLoose();
    for (const node of nodes) this.home.set(node.id, this.homeOf(node));
    for (const node of nodes) push(this.nodesOf, this.groupOf(node), node);
    for (const group of this.groups.values()) push(this.groupsOf, this.parentOf(group), group);
    const order = (node: GraphNode) => this.stepOf.get(node.id) ?? Infinity;
    this.badGradients = nodes.filter((node) => isBad(node.gradient)).sort((a, b) => order(a) - order(b));
    this.badValues = nodes.filter((node) => isBad(node.value)).sort((a, b) => order(b) - order(a));
  }

  get length(): number {
    return this.model.engine.steps.length;
  }

  node(id: number): GraphNode {
    const node = this.nodes.get(id);
    if (node === undefined) throw new RangeError(`no node ${id}`);
    return node;
  }

  edge(index: number): Edge {
    const edge = this.model.edges[index];
    if (edge === undefined) throw new RangeError(`no edge ${index}`);
    return edge;
  }

  step(index: number): Step | undefined {
    return this.model.engine.steps[index];
  }

  /** The innermost group that a node is shown in. */
  groupOf(node: GraphNode): number | null {
    return this.home.get(node.id) ?? null;
  }

  parentOf(group: Group): number | null {
    return group.parent !== null && this.groups.has(group.parent) ? group.parent : null;
  }

  /** The groups around a node or a group, from the outermost inwards. */
  around(start: number | null): number[] {
    const chain: number[] = [];
    for (let id = start; id !== null;) {
      const group = this.groups.get(id);
      if (group === undefined || chain.includes(id)) break;
      chain.push(id);
      id = this.parentOf(group);
    }
    return chain.reverse();
  }

  /** All nodes in a group, those in its inner groups included. */
  within(id: number): GraphNode[] {
    let all = this.members.get(id);
    if (all === undefined) {
      const inner = (this.groupsOf.get(id) ?? []).flatMap((group) => this.within(group.id));
      all = [...(this.nodesOf.get(id) ?? []), ...inner];
      this.members.set(id, all);
    }
    return all;
  }

  private readonly members = new Map<number, GraphNode[]>();

  /** Whether the gradient of an edge has gone along it when so many steps are done. */
  hasFlown(index: number, position: number): boolean {
    const edge = this.edge(index);
    return edge.gradient !== null && (this.stepOf.get(edge.from) ?? Infinity) < position;
  }

  /** Indexes of the edges whose gradients are added up at a node. */
  contributions(id: number): number[] {
    const index = this.stepOf.get(id);
    const listed = index === undefined ? [] : (this.step(index)?.contributions ?? []);
    if (listed.length > 0) return listed;
    return (this.arriving.get(id) ?? []).filter((edge) => this.edge(edge).gradient !== null);
  }

  /** Whether the whole gradient of a node is known: its step is done, or it is a leaf and all it waits for has come. */
  isComplete(id: number, position: number): boolean {
    const index = this.stepOf.get(id);
    if (index !== undefined && (index < position || this.node(id).kind === "operation")) return index < position;
    const due = this.contributions(id);
    return due.length > 0 && due.every((edge) => this.hasFlown(edge, position));
  }

  private readonly home = new Map<number, number | null>();

  /** A leaf stands with all that uses it; one that several rounds of a loop use stands outside of the loop. */
  private homeOf(node: GraphNode): number | null {
    const own = this.looseGroup.get(node.id) ?? (this.groups.has(node.group ?? NaN) ? node.group : null);
    if (node.kind === "operation") return own;
    const users = (this.arriving.get(node.id) ?? []).map((edge) => this.node(this.edge(edge).from).group);
    const chains = [own, ...users].map((group) => this.around(group));
    const shared = chains.reduce((a, b) => a.filter((group, index) => group === b[index]));
    const loop = shared.findLastIndex((group) => this.isLoop(group));
    // Between a loop and its rounds there may be groups of rounds, which are of no other kind.
    const inOneRound = shared.slice(loop + 1).some((group) => this.groups.get(group)!.kind !== "function");
    return (loop < 0 || inOneRound ? shared : shared.slice(0, loop)).at(-1) ?? null;
  }

  private isLoop(id: number): boolean {
    const group = this.groups.get(id);
    return group?.kind === "loop" && group.count > 1;
  }

  private readonly looseGroup = new Map<number, number>();

  /** Nodes of a large graph that belong to no group are gathered here, by their place in the engine's order. */
  private gatherLoose(): void {
    const loose = this.model.nodes.filter((node) => node.group === null || !this.groups.has(node.group));
    if (loose.length <= MOST_LOOSE) return;
    const ordered = loose
      .filter((node) => this.stepOf.has(node.id))
      .sort((a, b) => this.stepOf.get(a.id)! - this.stepOf.get(b.id)!);
    const size = Math.max(20, Math.ceil(ordered.length / 40));
    let next = Math.max(0, ...this.groups.keys()) + 1;
    for (let start = 0; start < ordered.length; start += size, next++) {
      const members = ordered.slice(start, start + size);
      const first = this.stepOf.get(members[0]!.id)! + 1;
      const last = this.stepOf.get(members.at(-1)!.id)! + 1;
      this.groups.set(next, {
        id: next,
        parent: null,
        label: `${first}–${last}`,
        kind: "steps",
        count: members.length,
      });
      for (const node of members) this.looseGroup.set(node.id, next);
    }
  }
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
