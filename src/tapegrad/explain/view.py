"""What of a model is shown at once: nodes, and groups that are folded."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from .model import EdgeModel, Group, Model, NodeModel, Summary

_LONG_TEXT: Final = 30


@dataclass
class Item:
    """A node, or a folded group with the nodes in it.

    Attributes:
        key: a name for it, 'n3' or 'g1'.
        node: the node; None for a group.
        group: the group; None for a node.
        numbers: the nodes that it stands for.
    """

    key: str
    node: NodeModel | None = None
    group: Group | None = None
    numbers: list[int] = field(default_factory=list)


@dataclass
class Link:
    """All edges from one item to another: from consumer to producer, which is the way of the gradient."""

    consumer: int
    producer: int
    edges: list[EdgeModel]


@dataclass
class View:
    """Items, the newest operation first, and the links between them by their places among the items."""

    items: list[Item]
    links: list[Link]


def view(model: Model, most: int) -> View:
    """What to show of a model: everything if that is no more than `most` items, else with groups folded."""
    opened = _opened(model, most)
    parents = [group["parent"] for group in model["groups"]]
    places: dict[str, int] = {}
    items: list[Item] = []
    at: dict[int, int] = {}
    for node in model["nodes"]:
        outermost = _outermost_closed(node["group"], parents, opened)
        key = f"n{node['id']}" if outermost is None else f"g{outermost}"
        if key not in places:
            places[key] = len(items)
            items.append(Item(key, node) if outermost is None else Item(key, group=model["groups"][outermost]))
        items[places[key]].numbers.append(node["id"])
        at[node["id"]] = places[key]
    links: dict[tuple[int, int], Link] = {}
    for edge in model["edges"]:
        pair = at[edge["from"]], at[edge["to"]]
        if pair[0] != pair[1]:
            links.setdefault(pair, Link(*pair, [])).edges.append(edge)
    return View(items, list(links.values()))


def _outermost_closed(group: int | None, parents: list[int | None], opened: set[int]) -> int | None:
    found = None
    while group is not None:
        if group not in opened:
            found = group
        group = parents[group]
    return found


def _opened(model: Model, most: int) -> set[int]:
    """The groups to unfold: all if everything can be shown, else small ones first, and loops never."""
    groups = model["groups"]
    if len(model["nodes"]) <= most:
        return set(range(len(groups)))
    members = [0] * len(groups)
    shown = 0
    for holder in [node["group"] for node in model["nodes"]] + [group["parent"] for group in groups]:
        if holder is None:
            shown += 1
        else:
            members[holder] += 1
    opened: set[int] = set()
    closed = {group["id"] for group in groups if group["parent"] is None and group["count"] == 1}
    while closed:
        smallest = min(closed, key=lambda number: (members[number], number))
        shown += members[smallest] - 1
        if shown > most:
            break
        closed.remove(smallest)
        opened.add(smallest)
        closed |= {group["id"] for group in groups if group["parent"] == smallest and group["count"] == 1}
    return opened


# -- words that all forms use ------------------------------------------------------------------------------------------


def gradient_text(summary: Summary | None, longest: int = _LONG_TEXT) -> str:
    """A gradient in a few words: its numbers if they are few, else its shape and size."""
    if summary is None:
        return "none"
    if len(summary["text"]) <= longest and summary["numel"] > 0:
        return summary["text"]
    return f"{shape_text(summary)}: {_spread(summary)}"


def meeting_text(node: NodeModel, model: Model) -> str:
    """' (sum of 2)' where that many gradients meet; empty where no more than one arrives."""
    step = node["step"]
    meet = 0 if step is None else len(model["engine"]["steps"][step]["contributions"])
    return f" (sum of {meet})" if meet > 1 else ""


def _spread(summary: Summary) -> str:
    if summary["mean"] is None:
        return "no elements" if summary["numel"] == 0 else "no finite numbers"
    if summary["min"] == summary["max"]:
        return f"all {_short(summary['min'])}"
    return f"{_short(summary['min'])} to {_short(summary['max'])}"


def _short(number: object) -> str:
    return f"{number + 0.0:.3g}" if isinstance(number, float) else str(number)  # without the sign of −0


def shape_text(summary: Summary) -> str:
    """'3×4', or 'scalar'.

    >>> from .summary import summarize
    >>> import numpy as np
    >>> shape_text(summarize(np.zeros((3, 4))))
    '3×4'
    """
    return "×".join(map(str, summary["shape"])) or "scalar"


def troubles(summary: Summary | None) -> str:
    """'2 NaN, 1 inf'; empty if all numbers are finite."""
    if summary is None:
        return ""
    counts = [(summary["nan"], "NaN"), (summary["inf"], "inf")]
    return ", ".join(f"{count:,} {what}" for count, what in counts if count)


def steps_of(item: Item, model: Model) -> list[int]:
    """The numbers of the steps that an item takes, in order, from 0; of a group, those of its operations."""
    nodes = [model["nodes"][number] for number in item.numbers]
    found = [node["step"] for node in nodes if item.node is not None or node["kind"] == "operation"]
    return sorted(step for step in found if step is not None)


def title_of(item: Item) -> str:
    """What an item is called: a variable or parameter, an operation, or a group."""
    if item.group is not None:
        return printable(item.group["label"])
    assert item.node is not None
    return printable(item.node["label"] or item.node["name"])


def printable(text: str) -> str:
    r"""A name of the user's as one line, with spaces for what cannot be printed.

    >>> printable("a\x00b")
    'a b'
    """
    return "".join(c if c.isprintable() else " " for c in text)
