"""An explanation as text: a table of the steps in the order in which the engine takes them."""

from __future__ import annotations

import os
from typing import Final

from .model import Model, NodeModel
from .view import Item, gradient_text, meeting_text, printable, steps_of, title_of, troubles, view

MOST_ROWS: Final = 80
_WIDEST: Final = 60  # of a column but the last


def as_text(model: Model, most: int = MOST_ROWS) -> str:
    """The table; loops and modules are folded where it would be longer than about `most` rows."""
    shown = view(model, most)
    rows = [_row(item, model) for item in shown.items if steps_of(item, model)]
    rows.sort(key=lambda row: row[0])
    cells = [row[1] for row in rows]
    has_lines = any(node["source"] for node in model["nodes"])
    heading = ["step", "operation", "gradient g", "passes on"] + (["line"] if has_lines else [])
    table = [heading, *(row[: len(heading)] for row in cells)]
    widths = [min(_WIDEST, max(len(row[i]) for row in table)) for i in range(len(heading))]

    def line(row: list[str]) -> str:
        first = row[0].rjust(widths[0])
        return "  ".join([first, *(cell.ljust(w) for cell, w in zip(row[1:], widths[1:], strict=True))]).rstrip()

    parts = [_headline(model), "", line(heading), "─" * (sum(widths) + 2 * (len(widths) - 1)), *map(line, table[1:])]
    notes = [
        f"{printable(node['label'] or node['name'])}: {note}." for node in model["nodes"] for note in node["notes"]
    ]
    if notes:
        parts += ["", *notes[:20]]
    if model["truncated"]:
        parts += ["", model["truncated"]]
    return "\n".join(parts)


def _headline(model: Model) -> str:
    operations = sum(node["kind"] == "operation" for node in model["nodes"])
    leaves = sum(node["kind"] in ("leaf", "parameter") for node in model["nodes"])
    words = [f"{operations:,} operation{'s' * (operations != 1)}", f"{leaves:,} {'leaf' if leaves == 1 else 'leaves'}"]
    value = next((model["nodes"][root]["value"] for root in model["roots"]), None)
    shown = f"value {value['text']}, " if value is not None and value["numel"] == 1 else ""
    return f"The backward pass of {printable(model['title'])}: {shown}{' and '.join(words)}."


def _row(item: Item, model: Model) -> tuple[int, list[str]]:
    steps = steps_of(item, model)
    number = str(steps[0] + 1) if len(steps) == 1 else f"{steps[0] + 1}–{steps[-1] + 1}"
    if item.node is None:
        group = item.group
        assert group is not None
        bad = [n for n in item.numbers if troubles(model["nodes"][n]["gradient"])]
        words = f"{group['operations']:,} operations" + (f", {len(bad):,} with NaN or inf" if bad else "")
        return steps[0], [number, f"▸ {title_of(item)}", words, "", ""]
    node = item.node
    gradient = gradient_text(node["gradient"]) + meeting_text(node, model)
    if troubles(node["gradient"]):
        gradient += f" ⚠ {troubles(node['gradient'])}"
    return steps[0], [number, _name(node), gradient, _derivatives(node), _line(node)]


def _name(node: NodeModel) -> str:
    if node["kind"] != "operation":
        return printable(f"{node['name']}.grad")
    inside = f" in {node['module']}" if node["module"] else ""
    return printable(f"{node['name']}{' → ' + node['label'] if node['label'] else ''}{inside}")


def _derivatives(node: NodeModel) -> str:
    return "; ".join(f"{formula['input']} ← {formula['plain']}" for formula in node["formula"])


def _line(node: NodeModel) -> str:
    source = node["source"]
    return "" if source is None else f"{os.path.basename(source['file'])}:{source['line']}"
