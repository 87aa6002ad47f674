"""An explanation in the language of Graphviz."""

from __future__ import annotations

from typing import Final

from .model import Model
from .view import Item, gradient_text, meeting_text, title_of, troubles, view

MOST_ITEMS: Final = 300
# Fill colours by kind; text and lines are black, so that they can be told apart without colours, too.
_LOOKS: Final = {
    "operation": 'shape=box, fillcolor="#ffffff"',
    "parameter": 'shape=box, style="rounded,filled", fillcolor="#dbeafe"',
    "leaf": 'shape=box, style="rounded,filled", fillcolor="#dbeafe"',
    "input": 'shape=box, style="rounded,filled,dashed", fillcolor="#f3f4f6"',
    "group": 'shape=box3d, fillcolor="#fef3c7"',
}


def as_dot(model: Model, most: int = MOST_ITEMS) -> str:
    """The graph: values flow down, gradients, along the arrows, up."""
    shown = view(model, most)
    lines = [
        f"digraph {quoted(model['title'])} {{",
        "  rankdir=TB;",
        '  node [style=filled, color="#1f2937", fontcolor="#111827", fontname="Helvetica", fontsize=11];',
        '  edge [dir=back, color="#4b5563", fontcolor="#374151", fontname="Helvetica", fontsize=9];',
    ]
    if model["truncated"]:
        lines.append(f"  label={quoted(model['truncated'])};")
    for item in shown.items:
        kind = "group" if item.node is None else item.node["kind"]
        bad = _troubled(item, model)
        mark = ', color="#b91c1c", penwidth=3' if bad else ""
        lines.append(f"  {item.key} [label={quoted(chr(10).join(words_of(item, model)))}, {_LOOKS[kind]}{mark}];")
    for link in shown.links:
        first = link.edges[0]
        label = gradient_text(first["gradient"]) if len(link.edges) == 1 and first["gradient"] is not None else ""
        plain = any(edge["gradient"] is not None for edge in link.edges)
        looks = f"label={quoted(label)}" if plain else "dir=none, style=dashed"
        lines.append(f"  {shown.items[link.producer].key} -> {shown.items[link.consumer].key} [{looks}];")
    return "\n".join([*lines, "}", ""])


def words_of(item: Item, model: Model) -> list[str]:
    """The lines in a box: what it is, its value, its gradient."""
    if item.node is None:
        assert item.group is not None
        return [title_of(item), f"{item.group['operations']:,} operations"]
    node = item.node
    lines = [title_of(item)]
    if node["kind"] == "operation" and node["label"]:
        lines.append(node["name"])
    if node["value"] is not None:
        lines.append(f"value {gradient_text(node['value'])}")
    if node["gradient"] is not None:
        lines.append(f"grad {gradient_text(node['gradient'])}{meeting_text(node, model)}")
    bad = troubles(node["gradient"]) or troubles(node["value"])
    return [*lines, f"⚠ {bad}"] if bad else lines


def _troubled(item: Item, model: Model) -> bool:
    nodes = [model["nodes"][number] for number in item.numbers]
    return any(troubles(node["gradient"]) or troubles(node["value"]) for node in nodes)


def quoted(text: str) -> str:
    r"""A string of the language.

    >>> print(quoted('a "b" \\n'))
    "a \"b\" \\n"
    """
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return '"' + "".join(c for c in escaped if c.isprintable()) + '"'
