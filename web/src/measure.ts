/** What is written on a card, and how large that makes it. */

import { widthOf } from "./dom";
import type { Item } from "./folding";
import { clip, clipStart, glance, shape } from "./format";
import type { Card } from "./layout";
import { type Call, type Group, type GraphNode, titleOf } from "./model";
import type { Say } from "./strings";

const FONT = '"Inter", "Segoe UI", "Helvetica Neue", "Noto Sans", system-ui, "Noto Sans CJK SC", sans-serif';
const TITLE = `600 13px ${FONT}`;
const SUBTITLE = `11px ${FONT}`;
const CARD_HEIGHT = 62;
/** Room for a gradient of one number. */
const LEAST_WIDTH = 84;

/** A card for an item, not yet placed. */
export function measured(item: Item, call: Call, say: Say): Card {
  const [title, subtitle] = item.node ? nodeText(item.node, say) : groupText(item.group!, call, say);
  const sign = item.group ? 20 : 0;
  const width = Math.max(widthOf(title, TITLE) + sign, widthOf(subtitle, SUBTITLE), LEAST_WIDTH) + 26;
  return { item, title, subtitle, x: 0, y: 0, width: Math.ceil(width / 2) * 2, height: CARD_HEIGHT };
}

function nodeText(node: GraphNode, say: Say): [string, string] {
  const title = clipStart(titleOf(node), 26);
  const named = node.kind === "operation" && node.label !== null && node.label !== node.operator ? node.label : null;
  // A value that was not kept has the shape of its gradient.
  const value = node.value !== null ? glance(node.value) : node.gradient !== null ? shape(node.gradient) : null;
  return [title, clip([named, value].filter(Boolean).join(" = ") || say(node.kind), 30)];
}

function groupText(group: Group, call: Call, say: Say): [string, string] {
  return [groupName(group, say), say("groupCount", call.within(group.id).length)];
}

export function groupName(group: { label: string; kind: string }, say: Say): string {
  return group.kind === "steps" ? say("stepsLabel", group.label) : clipStart(group.label, 30);
}
