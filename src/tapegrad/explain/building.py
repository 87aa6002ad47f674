"""The model of a pass, put together while the pass runs.

A node's saved values and gradients are summarised when it has run, before the engine frees them.  Arrays are held on
to for the gradients of leaves only, while these are being added up.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ..autograd.node import Node, Port, is_dead_end
from ..source_lines import origin_of
from ..tensor.tensor import Parameter, Tensor
from .describing import Summaries, formulas_of, input_names, operator_name, saved_tensors
from .grouping import grouped
from .model import VERSION, EdgeModel, Model, NodeModel, Source, Step, Summary
from .naming import Names
from .recording import note_of
from .summary import rearranged, same_elements, summarize

MOST_NODES: Final = 6_000


class Builder:
    """Makes a `Model` out of what it is told of a pass.

    Args:
        names: what the program calls things.
        most: how many operations to describe; of those that run later only the gradients of leaves are kept.
        hooks_ran: whether hooks are part of the pass.
    """

    def __init__(self, names: Names, most: int = MOST_NODES, *, hooks_ran: bool = False) -> None:
        self._names, self._most, self._hooks_ran = names, most, hooks_ran
        self._count = 0
        self._nodes: list[NodeModel] = []
        self._places: dict[Any, int] = {}  # of nodes and leaves in _nodes; of inputs by id
        self._edges: list[EdgeModel] = []
        self._targets: list[Any] = []  # what each edge leads to, until its number is known
        self._arrived: dict[Any, list[int]] = {}  # by node or leaf, the edges that brought it gradients
        self._leaves: dict[Tensor, Any] = {}  # leaves, and the sums of their gradients
        self._left_out: dict[Tensor, int] = {}  # by leaf, how many contributions come from what is not described
        self._inputs: dict[int, Tensor] = {}
        self._values: dict[tuple[Any, int], Summary] = {}
        self._roots: list[Any] = []
        self._steps: list[Step] = []
        self._summaries = Summaries()

    def enter(self, edge: Any, grad: Any, value: Tensor | None = None) -> None:
        """Note an edge at which a gradient enters; `value` is the tensor that is differentiated."""
        end = edge.node if edge.__class__ is Port else edge
        if end not in self._roots:
            self._roots.append(end)
        if value is not None:
            self._values.setdefault((end, edge.index if edge.__class__ is Port else 0), self._summaries.of(value))
        if isinstance(end, Tensor):
            self._to_leaf(end, grad, None)

    def ran(self, node: Node, grad: Any, grads: Any) -> None:
        """Note that a node has run.

        Args:
            node: the node, with what it saved still there.
            grad: the gradient that it got; a list for several results.
            grads: those that it computed.
        """
        self._count += 1
        described = self._count <= self._most
        gradient = self._describe(node, grad, grads) if described else None
        for position, (edge, part) in enumerate(zip(node.edges, grads, strict=False)):
            if isinstance(edge, Tensor) and part is not None and not described:
                self._to_leaf(edge, part, None)
                self._left_out[edge] = self._left_out.get(edge, 0) + 1
            if edge is not None and described:
                self._connect(node, position, edge, part, self._passed_on(part, grad, gradient))

    def _passed_on(self, part: Any, grad: Any, gradient: Summary | None) -> Summary | None:
        """The summary of a gradient that a node passes on; where it passes on what it got, that of this."""
        if part is None:
            return None
        if gradient is not None and same_elements(part, grad):
            return gradient if part.shape == grad.shape and part.strides == grad.strides else rearranged(gradient, part)
        return summarize(part)

    def _describe(self, node: Node, grad: Any, grads: Any) -> Summary | None:
        """Make the model of a node; returns the summary of its gradient."""
        own = self._places[node] = len(self._nodes)
        several = grad.__class__ is list
        arrived = self._arrived.pop(node, [])
        if not arrived and node not in self._roots:
            self._roots.append(node)
        outputs = [None if part is None else summarize(part) for part in grad] if several else None
        if len(arrived) == 1 and not several and node not in self._roots and node.hooks is None:
            gradient = self._edges[arrived[0]]["gradient"]  # nothing was added, so it is the same
        elif several:
            parts = [np.ravel(part) for part in grad if part is not None]
            gradient = outputs[0] if outputs and len(outputs) == 1 else summarize(np.concatenate(parts))
        else:
            gradient = summarize(grad)
        meet = len(arrived) + (node in self._roots) > 1
        self._steps.append({"node": own, "gradient": gradient, "contributions": arrived, "accumulates": meet})
        recorded = note_of(node)
        if recorded is not None and recorded.value is not None:
            self._values.setdefault((node, 0), recorded.value)
        saved = []
        for name, item, place in saved_tensors(node):
            summary = self._summaries.of(item)
            saved.append({"name": name, "summary": summary})
            self._learn(node, name, item, place, summary)
        self._nodes.append(
            {
                "id": own,
                "kind": "operation",
                "name": node.name().removeprefix("torch::autograd::"),
                "operator": operator_name(node),
                "label": self._names.of_result(node),
                "module": None if recorded is None else recorded.path(self._names),
                "formula": formulas_of(node, grad, grads),
                "value": None,
                "gradient": gradient,
                "outputs": outputs,
                "source": _source(node),
                "group": None,
                "step": len(self._steps) - 1,
                "saved": saved,  # type: ignore[typeddict-item]
                "notes": _notes_on_hooks(node, self._hooks_ran),
            }
        )
        return gradient

    def _learn(self, node: Node, name: str, item: Any, place: int | None, summary: Summary) -> None:
        """Take a value from what a node saved: of its own result, or of what produced its input."""
        if name.partition("[")[0] == "out":
            self._values.setdefault((node, int(name[4:-1]) if name != "out" else 0), summary)
        elif isinstance(item, Tensor):
            edge = None if place is None or place >= len(node.edges) else node.edges[place]
            if edge is None:
                if not item.requires_grad:
                    self._from_input(node, name, item, place)
            elif edge.__class__ is Port:
                self._values.setdefault((edge.node, edge.index), summary)
            else:
                self._values.setdefault((edge, 0), summary)

    def _from_input(self, node: Node, name: str, item: Tensor, place: int | None) -> None:
        self._inputs[id(item)] = item
        self._add_edge(node, id(item), name, len(node.edges) if place is None else place, 0, None)

    def _connect(self, node: Node, position: int, edge: Any, part: Any, gradient: Summary | None) -> None:
        names = input_names(node)
        name = names[position] if position < len(names) else None
        end, output = (edge.node, edge.index) if edge.__class__ is Port else (edge, 0)
        if isinstance(end, Tensor) and is_dead_end(end):
            return
        number = self._add_edge(node, end, name, position, output, gradient)
        if part is None:
            return
        if isinstance(end, Tensor):
            self._to_leaf(end, part, number)
        else:
            self._arrived.setdefault(end, []).append(number)

    def _add_edge(
        self, node: Node, end: Any, name: str | None, position: int, output: int, gradient: Summary | None
    ) -> int:
        self._edges.append(
            {
                "from": self._places[node],
                "to": -1,
                "input": name,
                "position": position,
                "output": output,
                "gradient": gradient,
            }
        )
        self._targets.append(end)
        return len(self._edges) - 1

    def _to_leaf(self, leaf: Tensor, grad: Any, number: int | None) -> None:
        if is_dead_end(leaf):
            return
        self._leaves[leaf] = self._leaves[leaf] + grad if leaf in self._leaves else grad
        if number is not None:
            self._arrived.setdefault(leaf, []).append(number)

    # -- the end -------------------------------------------------------------------------------------------------------

    def finish(self, title: str) -> Model:
        """The model, when the pass has ended."""
        with np.errstate(all="ignore"):
            for leaf in self._leaves:
                self._add_leaf(leaf)
        for tensor in self._inputs.values():
            self._add_input(tensor)
        dropped = self._resolve_edges()
        self._fill_values()
        truncated = None
        if self._count > self._most:
            truncated = (
                f"The pass runs {self._count:,} operations. Described are the {self._most:,} that run first;"
                " the gradients of leaves are complete."
            )
        model: Model = {
            "version": VERSION,
            "title": title,
            "engine": {"steps": self._steps},
            "roots": [self._places[end] for end in self._roots if end in self._places],
            "nodes": self._nodes,
            "edges": [edge for edge, drop in zip(self._edges, dropped, strict=True) if not drop],
            "groups": [],
            "truncated": truncated,
        }
        return grouped(model, self._names.kinds())

    def _add_leaf(self, leaf: Tensor) -> None:
        arrived = self._arrived.pop(leaf, [])
        if not arrived and leaf not in self._roots and len(self._nodes) >= 2 * self._most:
            return
        label, module = self._names.of_leaf(leaf)
        is_parameter = self._names.is_of_module(leaf) or isinstance(leaf, Parameter)
        own = self._places[leaf] = len(self._nodes)
        left_out = self._left_out.get(leaf, 0)
        gradient = np.asarray(self._leaves[leaf])
        alone = self._edges[arrived[0]]["gradient"] if len(arrived) == 1 and not left_out else None
        if alone is not None and leaf not in self._roots and gradient.dtype == leaf._data.dtype:
            summary = alone
        else:
            summary = summarize(gradient.astype(leaf._data.dtype, copy=False))
        notes = [f"{left_out:,} contributions come from operations that are not described"] if left_out else []
        extras = leaf._x or {}
        if extras.get("hooks") is not None and not self._hooks_ran:
            notes.append("its hooks were not run")
        self._nodes.append(
            {
                **_end(own, "parameter" if is_parameter else "leaf", label, leaf),
                "module": module,
                "value": self._summaries.of(leaf),
                "gradient": summary,
                "step": len(self._steps),
                "notes": notes,
            }
        )
        self._steps.append(
            {
                "node": own,
                "gradient": summary,
                "contributions": arrived,
                "accumulates": len(arrived) + left_out > 1,
            }
        )

    def _add_input(self, tensor: Tensor) -> None:
        own = self._places[id(tensor)] = len(self._nodes)
        label, _ = self._names.of_leaf(tensor)
        self._nodes.append({**_end(own, "input", label, tensor), "value": self._summaries.of(tensor)})

    def _resolve_edges(self) -> list[bool]:
        """Give edges the numbers of what they lead to; which of them lead to what is not described."""
        dropped = []
        for edge, end in zip(self._edges, self._targets, strict=True):
            place = self._places.get(end)
            dropped.append(place is None)
            if place is not None:
                edge["to"] = place
        if any(dropped):
            new = np.cumsum([not drop for drop in dropped]) - 1
            for step in self._steps:
                step["contributions"] = [int(new[i]) for i in step["contributions"] if not dropped[i]]
        return dropped

    def _fill_values(self) -> None:
        for (end, output), summary in self._values.items():
            place = self._places.get(end)
            if place is not None and output == 0 and self._nodes[place]["value"] is None:
                self._nodes[place]["value"] = summary


def _end(own: int, kind: Any, label: str | None, tensor: Tensor) -> NodeModel:
    """A node that is no operation."""
    shape = "×".join(map(str, tensor._data.shape)) or "()"
    return {
        "id": own, "kind": kind, "name": label or f"tensor of shape {shape}",
        "operator": None, "label": label, "module": None, "formula": [], "value": None, "gradient": None,
        "outputs": None, "source": None, "group": None, "step": None, "saved": [], "notes": [],
    }  # fmt: skip


def _source(node: Node) -> Source | None:
    origin = origin_of(node)
    if origin is None:
        return None
    return {"file": origin.file, "line": origin.line, "function": origin.function, "text": origin.text}


def _notes_on_hooks(node: Node, ran: bool) -> list[str]:
    hooks = node.hooks
    if hooks is None:
        return []
    if ran:
        return ["its hooks may have changed what it passes on"] if hooks.post else []
    count = len(hooks.pre) + len(hooks.post) + sum(map(len, hooks.tensor.values()))
    return [f"it has {count} hook{'s' * (count > 1)}, not run here"] if count else []
