/** The details beside the drawing: of the whole call, of a folded group, or of one node at this point of the pass. */

import { h, icon, type Child } from "./dom";
import { type Key, nodeKey } from "./folding";
import { clipStart, FEW, line, number, only, place, shape } from "./format";
import { figure, sparkline } from "./histogram";
import { groupName } from "./measure";
import { type Call, type Group, type GraphNode, isBad, nameOf, type Summary, titleOf } from "./model";
import type { Say } from "./strings";

export interface Shown {
  call: Call;
  say: Say;
  position: number;
  go(key: Key | null): void;
  toggle(group: number): void;
}

/** Lists in the details end here: a page of thousands of rows serves nobody. */
const MOST_ROWS = 60;
const LONGEST_NAME = 24;

export function overview({ call, say, go, position }: Shown): HTMLElement[] {
  const { nodes, truncated, title } = call.model;
  const operations = nodes.filter((node) => node.kind === "operation").length;
  const parameters = nodes.filter((node) => node.kind === "parameter").length;
  const leaves = nodes.filter((node) => node.kind === "parameter" || node.kind === "leaf");
  const counts: [string, number][] = [
    [say("countOperations"), operations],
    [say("countParameters"), parameters],
    [say("countLeaves"), leaves.length - parameters],
    [say("countSteps"), call.length],
  ];
  const bad = new Set([...call.badValues, ...call.badGradients]).size;
  const [value] = call.badValues;
  const [gradient] = call.badGradients;
  return [
    h("header", {}, h("p", { class: "kind" }, say("overview")), h("h2", {}, title || say("title"))),
    h(
      "dl",
      { class: "counts" },
      ...counts.map(([name, count]) => h("div", {}, h("dd", {}, String(count)), h("dt", {}, name))),
    ),
    ...(truncated ? [h("p", { class: "warning" }, say("truncated", truncated))] : []),
    ...(bad > 0
      ? [
          alarm(say("badNodes", bad), [
            value && h("p", {}, say("badFirstValue"), link(value, go)),
            gradient && h("p", {}, say("badFirstGradient"), link(gradient, go)),
          ]),
        ]
      : []),
    ...(nodes.length === 0 ? [h("p", { class: "muted" }, say("empty"))] : []),
    ...(leaves.length > 0 ? [section(say("parameters"), rows(leaves, call, say, go, position))] : []),
  ];
}

export function groupDetails(group: Group, { call, say, go, toggle, position }: Shown): HTMLElement[] {
  const members = call.within(group.id);
  const stepped = members.filter((node) => call.stepOf.has(node.id) || call.contributions(node.id).length > 0);
  const done = stepped.filter((node) => call.isComplete(node.id, position)).length;
  const bad = members.filter((node) => isBad(node.gradient) || isBad(node.value));
  return [
    h(
      "header",
      {},
      h("p", { class: "kind" }, `${say(group.kind)} · ${say("groupCount", members.length)}`),
      h("h2", {}, groupName(group, say)),
    ),
    h("p", { class: "muted" }, say("groupProgress", done, stepped.length)),
    h("p", {}, h("button", { class: "text-button", click: () => toggle(group.id) }, icon("unfold"), say("unfold"))),
    ...(bad.length > 0
      ? [
          alarm(say("badNodes", bad.length), [
            h("p", { class: "links" }, ...bad.slice(0, 5).map((node) => link(node, go))),
          ]),
        ]
      : []),
    section(say("groupContents"), rows(members, call, say, go, position)),
  ];
}

export function nodeDetails(node: GraphNode, shown: Shown): HTMLElement[] {
  const { call, say, go, position } = shown;
  const index = call.stepOf.get(node.id);
  const complete = call.isComplete(node.id, position);
  const kinds = [
    say(node.kind),
    call.roots.has(node.id) && say("root"),
    index !== undefined && say("stepNumber", index + 1),
  ].filter(Boolean);
  const where = [node.kind === "operation" ? node.name : null, node.module].filter((part) => part !== null);
  const out: Child[] = [
    h(
      "header",
      {},
      h("p", { class: "kind" }, kinds.join(" · ")),
      h("h2", {}, titleOf(node)),
      node.label !== null && node.label !== titleOf(node) && h("p", { class: "label" }, node.label),
      where.length > 0 && h("p", { class: "names" }, where.join(" · ")),
    ),
  ];
  if (complete && isBad(node.gradient)) out.push(alarm(say("badGradient", badCount(node.gradient!, say)), []));
  if (isBad(node.value)) out.push(alarm(say("badValue", badCount(node.value!, say)), []));
  for (const note of node.notes ?? []) out.push(h("p", { class: "warning" }, note));
  out.push(gradientSection(node, complete, shown));
  if (node.formula.length > 0) out.push(derivative(node, complete, shown));
  if (node.kind === "operation" || node.value !== null) {
    out.push(
      section(
        say("value"),
        node.value ? tensor(node.value, say) : h("p", { class: "muted" }, say("valueUnknown")),
        "value",
      ),
    );
  }
  if (node.source) {
    const { source } = node;
    out.push(
      section(
        say("source"),
        h(
          "figure",
          { class: "source" },
          h("pre", {}, h("code", {}, source.text.trim())),
          h("figcaption", { title: source.file }, `${place(source)} · ${say("inFunction", source.function)}`),
        ),
      ),
    );
  }
  if (node.saved.length > 0) {
    const entries = node.saved.map(({ name, summary }) =>
      h("div", { class: "row static" }, h("code", {}, name), h("span", {}, line(summary, 30)), dtype(summary)),
    );
    out.push(section(say("saved"), h("div", { class: "rows" }, ...entries)));
  }
  const neighbours = (title: string, edges: number[], end: "from" | "to"): void => {
    const ids = [...new Set(edges.map((edge) => call.edge(edge)[end]))].slice(0, MOST_ROWS);
    if (ids.length > 0)
      out.push(section(title, h("p", { class: "links" }, ...ids.map((id) => link(call.node(id), go)))));
  };
  neighbours(say("from"), call.leaving.get(node.id) ?? [], "to");
  neighbours(say("usedBy"), call.arriving.get(node.id) ?? [], "from");
  return out.filter((child): child is HTMLElement => child instanceof HTMLElement);
}

/** The gradient of a node, with what it was added up from; before all of that is there, what has arrived. */
function gradientSection(node: GraphNode, complete: boolean, shown: Shown): HTMLElement {
  const { call, say, position } = shown;
  const contributions = call.contributions(node.id);
  const index = call.stepOf.get(node.id);
  const arrived = contributions.filter((edge) => call.hasFlown(edge, position)).length;
  const parts: Child[] = [];
  if (node.gradient === null && contributions.length === 0) parts.push(h("p", { class: "muted" }, say("gradientNone")));
  else if (!complete) {
    const when = index === undefined ? say("gradientWaits") : say("gradientLater", index + 1);
    const count = contributions.length > 1 ? ` ${say("arrived", arrived, contributions.length)}` : "";
    parts.push(h("p", { class: "muted" }, `${when}${count}`));
  } else if (node.gradient !== null) parts.push(tensor(node.gradient, say));
  if (contributions.length > 0) parts.push(additions(node, contributions, complete, shown));
  else if (call.roots.has(node.id) && complete) parts.push(h("p", { class: "muted" }, say("seed")));
  for (const [output, summary] of (complete ? (node.outputs ?? []) : []).entries()) {
    if (summary)
      parts.push(h("div", { class: "row static" }, h("code", {}, `[${output}]`), h("span", {}, line(summary, 30))));
  }
  return section(say("gradient"), h("div", {}, ...parts), "gradient");
}

/** The gradients that meet at a node, in the order in which they arrive, written as a sum. */
function additions(node: GraphNode, edges: number[], complete: boolean, shown: Shown): HTMLElement {
  const { call, say, go, position } = shown;
  const sum = edges.length > 1;
  const entries = edges.slice(0, MOST_ROWS).map((index, order) => {
    const edge = call.edge(index);
    const there = call.hasFlown(index, position);
    const amount = there && edge.gradient ? line(edge.gradient, 22) : say("pending");
    return h(
      "div",
      { class: there ? "row" : "row pending" },
      h("span", { class: "sign" }, sum && order > 0 ? "+" : ""),
      h("span", { class: "amount" }, amount),
      link(call.node(edge.from), go),
    );
  });
  const rest = edges.length - entries.length;
  if (rest > 0) entries.push(h("div", { class: "row muted" }, say("moreResults", rest)));
  const total = complete && node.gradient ? line(node.gradient, 22) : say("pending");
  return h(
    "div",
    { class: "additions" },
    h("h4", {}, say(sum ? "contributions" : "onlyFrom")),
    ...entries,
    sum &&
      h(
        "div",
        { class: complete ? "row total" : "row total pending" },
        h("span", { class: "sign" }, "="),
        h("span", { class: "amount" }, total),
        h("span", { class: "muted" }, say("sum")),
      ),
  );
}

function derivative(node: GraphNode, complete: boolean, { call, say }: Shown): HTMLElement {
  const sent = new Map((call.leaving.get(node.id) ?? []).map((index) => [call.edge(index).input, call.edge(index)]));
  const entries = node.formula.map((formula) => {
    const gradient = complete ? (sent.get(formula.input)?.gradient ?? null) : null;
    const result = gradient !== null ? line(gradient, 30) : null;
    const numbers = complete ? formula.numbers : null;
    return h(
      "div",
      { class: "formula" },
      h("span", { class: "to" }, say("toInput", formula.input)),
      h("code", {}, formula.plain),
      numbers !== null && numbers !== formula.plain && h("code", { class: "numbers" }, `= ${numbers}`),
      result !== null && !numbers?.endsWith(result) && h("code", { class: "result" }, `= ${result}`),
    );
  });
  return section(say("derivative"), h("div", {}, ...entries, h("p", { class: "muted small" }, say("derivativeNote"))));
}

/** A tensor in full: numbers, shape and dtype, statistics, histogram. */
function tensor(summary: Summary, say: Say): HTMLElement {
  const fact = (name: string, value: string): HTMLElement => h("div", {}, h("dt", {}, name), h("dd", {}, value));
  const head = summary.numel === 1 ? only(summary) : summary.text;
  return h(
    "div",
    { class: "tensor" },
    h("p", { class: summary.numel === 1 ? "single" : "numbers" }, head),
    h(
      "p",
      { class: "type" },
      `${summary.dtype} ${shape(summary)}`,
      summary.numel > 1 && ` · ${say("elements", summary.numel)}`,
    ),
    summary.numel > 1 &&
      h(
        "dl",
        {},
        fact(say("min"), number(summary.min)),
        fact(say("mean"), number(summary.mean)),
        fact(say("max"), number(summary.max)),
        fact(say("std"), number(summary.std)),
        summary.zero > 0 && fact(say("zeros"), String(summary.zero)),
      ),
    summary.histogram && figure(summary.histogram, say),
  );
}

function badCount(summary: Summary, say: Say): string {
  return say("badCount", summary.nan, summary.inf, summary.numel);
}

function dtype(summary: Summary): HTMLElement {
  return h("span", { class: "muted" }, summary.dtype);
}

function alarm(text: string, more: Child[]): HTMLElement {
  return h("section", { class: "alarm" }, h("strong", {}, text), ...more);
}

function section(title: string, content: Child, tone = ""): HTMLElement {
  return h("section", { class: tone }, h("h3", {}, title), content);
}

export function link(node: GraphNode, go: (key: Key) => void): HTMLButtonElement {
  return h("button", { class: "link", title: node.name, click: () => go(nodeKey(node.id)) }, nameOf(node));
}

/** Nodes with their gradients, a row each; parameters in the order of their names. */
function rows(nodes: GraphNode[], call: Call, say: Say, go: (key: Key) => void, position: number): HTMLElement {
  const shownRows = nodes.slice(0, MOST_ROWS).map((node) => {
    const complete = call.isComplete(node.id, position);
    const gradient = complete ? node.gradient : null;
    const mark =
      gradient?.histogram && gradient.numel > FEW
        ? sparkline(gradient.histogram)
        : h("span", {}, gradient ? line(gradient, 12) : "");
    const bad = isBad(node.gradient) && complete ? " bad" : "";
    return h(
      "button",
      { class: `row${bad}`, title: nameOf(node), click: () => go(nodeKey(node.id)) },
      h("span", { class: "name" }, clipStart(nameOf(node), LONGEST_NAME)),
      node.value && h("span", { class: "muted" }, shape(node.value)),
      h("span", { class: "mark" }, mark),
    );
  });
  const rest = nodes.length - shownRows.length;
  return h("div", { class: "rows" }, ...shownRows, rest > 0 && h("p", { class: "muted" }, say("moreResults", rest)));
}
