"""Folding: nodes of the same module, the passes of a loop and repeated layers become groups.

Operations are taken in the order of the forward pass, and every group is a stretch of it.  So whatever is folded, the
picture that remains has no circles; and modules that are called again in each step of a loop are groups of their own
in each.

    modules   stretches of operations of the same module, the deepest inside of the others
    loops     the longest stretches that repeat themselves three times or more, each pass a group in the loop
    stretches what is left over where still too much would be shown
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np

from .model import Group, Model, NodeModel

MOST_ITEMS: Final = 50  # in one group, and outside of all
_MOST_ENDS: Final = 10  # leaves beside so many items, before they become a group
_LONGEST_PASS: Final = 400  # operations, or groups, in one pass of a loop
_LEAST_PASSES: Final = 3
_LEAST_REPEATED: Final = 8


@dataclass
class _Stretch:
    """A group that is being made; its members are numbers of nodes and other stretches, in the order of the forward."""

    label: str
    kind: Literal["module", "loop", "function"]
    count: int
    members: list[Any]


Item = int | _Stretch


def grouped(model: Model, kinds: Mapping[str, str]) -> Model:
    """Add the groups to a model that has none.

    Args:
        model: the model; its `groups`, and `group` of its nodes, are filled in.
        kinds: for modules by name, the names of their classes.
    """
    nodes = model["nodes"]
    forward = [node["id"] for node in reversed(nodes) if node["kind"] == "operation"]
    _infer_modules(model, forward)
    items = _Folding(nodes, kinds).fold(_by_module(forward, nodes, 0))
    _number(model, items, None)
    _place_ends(model)
    return model


# -- modules -----------------------------------------------------------------------------------------------------------


def _infer_modules(model: Model, forward: list[int]) -> None:
    """Where modules were not recorded: an operation on a module's parameter, or on what is made of it alone, is its."""
    nodes = model["nodes"]
    inputs: dict[int, list[int]] = {}
    for edge in model["edges"]:
        inputs.setdefault(edge["from"], []).append(edge["to"])
    for number in forward:
        node = nodes[number]
        if node["module"] is None and node["source"] is None:
            found = {nodes[end]["module"] for end in inputs.get(number, ()) if _is_of_parameter(nodes, inputs, end)}
            if len(found) == 1:
                node["module"] = found.pop()


def _is_of_parameter(nodes: list[NodeModel], inputs: dict[int, list[int]], end: int) -> bool:
    if nodes[end]["module"] is None:
        return False
    return nodes[end]["kind"] == "parameter" or all(nodes[i]["kind"] == "parameter" for i in inputs.get(end, ()))


def _by_module(numbers: list[int], nodes: list[NodeModel], depth: int) -> list[Item]:
    """Stretches of operations of the same module, by the part of the name at `depth`."""
    items: list[Item] = []
    start = 0
    while start < len(numbers):
        name = _prefix(nodes[numbers[start]], depth)
        end = start + 1
        while end < len(numbers) and name is not None and _prefix(nodes[numbers[end]], depth) == name:
            end += 1
        stretch = numbers[start:end]
        inside = _by_module(stretch, nodes, depth + 1) if name is not None else []
        if name is None or len(stretch) == 1:
            items.extend(stretch)
        elif len(inside) == 1:  # the module inside is all there is
            items.extend(inside)
        else:
            items.append(_Stretch(name, "module", 1, inside))
        start = end
    return items


def _prefix(node: NodeModel, depth: int) -> str | None:
    """The first parts of the name of the module that a node belongs to; None if it has fewer."""
    if not node["module"]:
        return None
    parts = node["module"].split(".")
    return ".".join(parts[: depth + 1]) if len(parts) > depth else None


# -- loops -------------------------------------------------------------------------------------------------------------


class _Folding:
    """Finds what is repeated.  What two items have in common is a number, the same for items of the same build."""

    def __init__(self, nodes: list[NodeModel], kinds: Mapping[str, str]) -> None:
        self._nodes, self._kinds = nodes, kinds
        self._builds: dict[Any, int] = {}

    def fold(self, items: list[Item]) -> list[Item]:
        """The items with repetitions folded, and no more of them than can be shown."""
        items = [self._inside(item) for item in items]
        return _chunked(self._loops(items))

    def _inside(self, item: Item) -> Item:
        if not isinstance(item, _Stretch):
            return item
        item.members = self.fold(item.members)
        only = item.members[0]
        if len(item.members) == 1 and isinstance(only, _Stretch):  # a module that was called again and again
            only.label = f"{self._kinds.get(item.label, item.label)} × {only.count}"
            return only
        return item

    def _loops(self, items: list[Item]) -> list[Item]:
        found = _longest_repetition([self._build(item) for item in items])
        if found is None:
            return items
        start, length, passes = found
        start += self._shift(items, start, length, passes)
        end = start + length * passes
        loop = self._loop(items[start:end], length, passes)
        return [*self._loops(items[:start]), loop, *self._loops(items[end:])]

    def _build(self, item: Item) -> int:
        if isinstance(item, _Stretch):
            key: Any = (item.kind, *map(self._build, item.members))
        else:
            node = self._nodes[item]
            source = node["source"]
            key = (node["name"], None if source is None else (source["file"], source["line"]))
        return self._builds.setdefault(key, len(self._builds))

    def _shift(self, items: list[Item], start: int, length: int, passes: int) -> int:
        """How far to move the start of a loop, so that a pass begins with its first line, if it can be moved."""
        room = 0
        while start + length * passes + room < len(items) and room < length - 1:
            if self._build(items[start + room]) != self._build(items[start + length * passes + room]):
                break
            room += 1
        lines = [self._line(item) for item in items[start : start + room + 1]]
        return min(range(len(lines)), key=lines.__getitem__)

    def _line(self, item: Item) -> int:
        source = self._nodes[_first(item)]["source"]
        return 0 if source is None else source["line"]

    def _loop(self, items: list[Item], length: int, passes: int) -> _Stretch:
        label = f"{self._name_of_pass(items[:length])} × {passes}"
        if length == 1:
            return _Stretch(label, "loop", passes, _chunked(items))
        rounds: list[Item] = []
        for i in range(passes):
            inside = items[i * length : (i + 1) * length]
            rounds.append(_Stretch(f"{i + 1} of {passes}", "loop", 1, _chunked(self._loops(inside))))
        return _Stretch(label, "loop", passes, _chunked(rounds))

    def _name_of_pass(self, items: Sequence[Item]) -> str:
        """What to call what is repeated: the class of a module, the lines of a loop, or the operators."""
        nodes = [self._nodes[n] for item in items for n in _numbers(item)]
        sources = [node["source"] for node in nodes]
        if len(items) == 1 and isinstance(items[0], _Stretch) and items[0].label in self._kinds:
            return self._kinds[items[0].label]
        modules = {node["module"] for node in nodes}
        if len(modules) == 1 and all(s is not None and s["function"] != "forward" for s in sources):
            kind = self._kinds.get(modules.pop() or "")  # the program calls this module, and nothing else
            if kind is not None:
                return kind
        functions = {(s["file"], s["function"]) for s in sources if s is not None}
        if len(functions) == 1 and None not in sources:
            lines = [s["line"] for s in sources if s is not None]
            where = f"line {min(lines)}" if min(lines) == max(lines) else f"lines {min(lines)}–{max(lines)}"
            name = functions.pop()[1]
            return where if name == "<module>" else f"{name}, {where}"
        names: list[str] = []
        for item in items:
            name = item.label if isinstance(item, _Stretch) else self._nodes[item]["operator"] or ""
            if name not in names:
                names.append(name)
        return ", ".join(names[:4]) + (", …" if len(names) > 4 else "")


def _longest_repetition(builds: list[int]) -> tuple[int, int, int] | None:
    """The stretch that repetitions cover most of: where it starts, the length of a pass, how many there are."""
    signs = np.array(builds)
    best: tuple[int, int, int, int] | None = None
    for length in range(1, min(_LONGEST_PASS, len(signs) // _LEAST_PASSES) + 1):
        same = np.concatenate([[False], signs[length:] == signs[:-length], [False]])
        changes = np.flatnonzero(same[1:] != same[:-1])
        starts, runs = changes[::2], changes[1::2] - changes[::2]
        if runs.size == 0:
            continue
        passes = runs // length + 1
        covered = np.where(passes >= _LEAST_PASSES, passes * length, 0)
        i = int(np.argmax(covered))
        if covered[i] >= _LEAST_REPEATED and (best is None or covered[i] > best[0]):
            best = int(covered[i]), int(starts[i]), length, int(passes[i])
    return None if best is None else best[1:]


def _first(item: Item) -> int:
    while isinstance(item, _Stretch):
        item = item.members[0]
    return item


def _numbers(item: Item) -> list[int]:
    return [n for member in item.members for n in _numbers(member)] if isinstance(item, _Stretch) else [item]


def _chunked(items: list[Item]) -> list[Item]:
    """The items, stretches of them folded where there are too many."""
    if len(items) <= MOST_ITEMS:
        return items
    size = max(-(-len(items) // MOST_ITEMS), min(MOST_ITEMS, round(len(items) ** 0.5)))
    chunks: list[Item] = []
    for start in range(0, len(items), size):
        part = items[start : start + size]
        chunks.append(_Stretch(f"{start + 1} to {start + len(part)}", "function", 1, _chunked(part)))
    return chunks


# -- the result --------------------------------------------------------------------------------------------------------


def _number(model: Model, items: list[Item], parent: int | None) -> int:
    """Enter items into a group; how many operations they are."""
    count = 0
    for item in items:
        if isinstance(item, _Stretch):
            group: Group = {
                "id": len(model["groups"]),
                "parent": parent,
                "label": item.label,
                "kind": item.kind,
                "count": item.count,
                "operations": 0,
            }
            model["groups"].append(group)
            group["operations"] = _number(model, item.members, group["id"])
            count += group["operations"]
        else:
            model["nodes"][item]["group"] = parent
            count += 1
    return count


def _place_ends(model: Model) -> None:
    """Put leaves and inputs into the innermost group that has all operations that use them.

    What several passes of a loop share, such as its weights, stands beside the loop, where it is seen.
    """
    nodes, groups = model["nodes"], model["groups"]
    common: dict[int, list[int]] = {}
    for edge in model["edges"]:
        if nodes[edge["to"]]["kind"] != "operation":
            path = _path(groups, nodes[edge["from"]]["group"])
            before = common.get(edge["to"], path)
            common[edge["to"]] = path[: _agreement(before, path)]
    members: dict[int | None, list[int]] = {}
    for number, path in common.items():
        while path and groups[path[-1]]["count"] > 1:
            path = path[:-1]
        nodes[number]["group"] = path[-1] if path else None
        members.setdefault(nodes[number]["group"], []).append(number)
    _fold_ends(model, members)


def _agreement(a: list[int], b: list[int]) -> int:
    """How many elements two lists begin with in common."""
    return next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def _path(groups: list[Group], group: int | None) -> list[int]:
    """The groups that a group is inside of, outermost first, and itself."""
    path: list[int] = []
    while group is not None:
        path.append(group)
        group = groups[group]["parent"]
    return path[::-1]


def _fold_ends(model: Model, members: dict[int | None, list[int]]) -> None:
    """Where there are many leaves beside many other things, make a group of them."""
    beside: dict[int | None, int] = {}
    for node in model["nodes"]:
        beside[node["group"]] = beside.get(node["group"], 0) + 1
    for group in model["groups"]:
        beside[group["parent"]] = beside.get(group["parent"], 0) + 1
    for parent, numbers in members.items():
        if len(numbers) > _MOST_ENDS and beside[parent] > MOST_ITEMS:
            own = len(model["groups"])
            label = f"{len(numbers)} leaves and inputs"
            model["groups"].append(
                {"id": own, "parent": parent, "label": label, "kind": "function", "count": 1, "operations": 0}
            )
            for number in numbers:
                model["nodes"][number]["group"] = own
