"""What a node of the tape says about itself: the names of its inputs, what it saved, its derivatives as formulas."""

from __future__ import annotations

import functools
import re
import weakref
from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from ..autograd.function import CustomNode, Function
from ..autograd.node import FREED, Node
from ..autograd.views import COPY_SLICES
from ..ops.link import _info
from ..ops.op import Op, parameters_of
from ..tensor.tensor import Tensor
from .formulas import Writer, definition_of, stated, written
from .latex import LatexWriter
from .model import Formula, Summary
from .simplifying import simplified
from .summary import number_text, summarize

Array = np.ndarray[Any, Any]

# Derivatives that words say better than the helpers which their rules call, or whose rules are no formulas.
_IN_WORDS: Final = {
    ("CatBackward0", None): "its part of g",
    ("ConvolutionBackward0", "x"): "g, convolved with the flipped weight",
    ("ConvolutionBackward0", "w"): "x, correlated with g",
    ("ConvolutionBackward0", "b"): "g, summed over all but the channels",
    ("IndexBackward0", None): "g where the index points, else 0",
    ("MaxPool2DWithIndicesBackward0", None): "g at the largest elements, else 0",
    ("NllLossBackward0", None): "−g·weight at the target class, else 0",
    ("StackBackward0", None): "its part of g",
    ("UnbindBackward0", None): "the gradients of the parts, stacked",
    ("UnsafeSplitBackward0", None): "the gradients of the parts, joined",
    ("SplitBackward0", None): "the gradients of the parts, joined",
}
_FEW: Final = 4  # formulas show the numbers of tensors up to this size


def operator_name(node: Node) -> str:
    """The name of the operation, from that of its node: 'log_softmax' for 'LogSoftmaxBackward0'.

    A custom function has that of its class.
    """
    op: Any = node.op
    name = op.node_name.rpartition("::")[2]
    if isinstance(node, CustomNode) or "Backward" not in name:
        return str(op.name)
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.partition("Backward")[0]).lower()


def input_names(node: Node) -> list[str | None]:
    """The names of the inputs, in the order of the edges; None where there is no name."""
    op: Any = node.op
    count = len(node.edges)
    if isinstance(node, CustomNode):
        return _names_of_arguments(node)
    if op is COPY_SLICES:
        (write,) = node.saved or (None,)
        return ["base", *(input_names(write)[1:] if write is not None else [None] * (count - 1))][:count]
    names = getattr(op, "edge_names", None)
    if names is None:
        return [None] * count
    if op.variadic:
        return [f"{op.inputs[0]}[{i}]" for i in range(count)]
    return [*names][:count]


def _names_of_arguments(node: CustomNode) -> list[str | None]:
    """The names of the tensors among the arguments of a custom function's forward."""
    op: Any = node.op
    function = op.function
    forward = function.forward
    code = getattr(forward, "__code__", None)
    names: tuple[str, ...] = () if code is None else code.co_varnames[: code.co_argcount]
    if function.setup_context is Function.setup_context:
        names = names[1:]  # the first is ctx
    found: list[str | None] = []
    for i, like in enumerate(node.__dict__["_inputs"]):
        if like is not None:
            found.append(names[i] if i < len(names) else None)
    return found


def saved_tensors(node: Node) -> Iterator[tuple[str, Any, int | None]]:
    """What a node keeps: its name, the tensor or bare array, and the place of the edge that it is the input of.

    A result that a node keeps is named 'out'.  What hooks have packed away is left out: to look at it would be to call
    the user's unpacking.
    """
    op: Any = node.op
    if node.saved is FREED or not node.saved:
        return
    if isinstance(node, CustomNode):
        yield from _saved_by_function(node)
        return
    if op is COPY_SLICES:
        return
    if getattr(op, "variadic", False):
        for i, item in enumerate(node.saved):
            if isinstance(item, Tensor):
                yield f"{op.inputs[0]}[{i}]", item, i
        return
    edges = getattr(op, "edge_names", ())
    for name, item in zip(op.saved_names(), node.saved, strict=False):
        if isinstance(item, (Tensor, np.ndarray)):
            yield name, item, edges.index(name) if name in edges else None
        elif item.__class__ is tuple:
            for i, part in enumerate(item):
                if isinstance(part, np.ndarray):
                    yield f"{name}[{i}]", part, None


def _saved_by_function(node: CustomNode) -> Iterator[tuple[str, Any, int | None]]:
    for i, item in enumerate(node.saved):
        if item is None or item[0] == "packed":
            continue
        kind, held, _ = item
        if kind != "tensor":
            yield f"saved[{i}]", held[1], None
            continue
        end = held if held._fn is None else held._fn
        place = next((p for p, edge in enumerate(node.edges) if edge is end), None)
        yield f"saved[{i}]", held, place


class Summaries:
    """Summaries of tensors, each made once: a weight may be saved by every step of a loop."""

    def __init__(self) -> None:
        self._made: dict[int, tuple[Any, Summary]] = {}

    def of(self, item: Any) -> Summary:
        """The summary of a tensor or array."""
        held = self._made.get(id(item))
        if held is not None and held[0]() is item:
            return held[1]
        found = summarize(item._data if isinstance(item, Tensor) else item)
        if isinstance(item, (Tensor, np.ndarray)):
            self._made[id(item)] = weakref.ref(item), found
        return found


# -- formulas ----------------------------------------------------------------------------------------------------------


def formulas_of(node: Node, grad: Any, grads: Any) -> list[Formula]:
    """The derivatives by the inputs that a gradient goes to.

    Args:
        node: the node, with what it saved.
        grad: the gradient that it got.
        grads: those that it computed.
    """
    op: Any = node.op
    names = input_names(node)
    wanted = [i for i, (edge, part) in enumerate(zip(node.edges, grads, strict=False)) if edge is not None]
    if isinstance(node, CustomNode):
        return [_plain(names[i], f"{op.name}.backward", i) for i in wanted]
    if op is COPY_SLICES:
        base = "g, with zeros where the view was written into"
        return [_plain(names[i], base if i == 0 else "the part of g that was written", i) for i in wanted]
    rules = getattr(op, "rules", None) or {}
    params = _params(node)
    if isinstance(grad, np.ndarray):
        params |= {"g.ndim": grad.ndim, "out.ndim": grad.ndim}
    known = tuple(sorted(params.items())) if rules else ()
    values: dict[str, str] | None = None
    is_complex = _is_complex(grad)
    found = []
    for i in wanted:
        name = names[i]
        words = _IN_WORDS.get((op.node_name, name)) or _IN_WORDS.get((op.node_name, None))
        rule = _rule_of(rules, op.inputs[0] if getattr(op, "variadic", False) else name)
        tree = None if rule is None or words else _readable(rule, known, is_complex, is_complex and op.holomorphic)
        if tree is None:
            words = words or _stated(rule, name) or f"the rule of {operator_name(node)}"
            found.append(_plain(name, words, i))
            continue
        values = _values(node, grad, params) if values is None else values
        found.append(_formula(name or str(i), rule, tree, values, grad, grads[i], bool(op.pointwise)))
    return found


def _formula(
    name: str, rule: Any, tree: Any, values: dict[str, str], grad: Any, result: Any, pointwise: bool
) -> Formula:
    plain, latex = _texts(tree)
    shown = ""
    if result is not None and np.size(result) <= _FEW and all(values.get(read) for read in parameters_of(rule)):
        shown = written(tree, Writer(values))
    if pointwise and result is not None and np.size(result) < np.size(grad):  # the generated code undoes broadcasting
        plain, latex, shown = f"sum({plain})", latex and f"\\sum {latex}", shown and f"sum({shown})"
    if shown:
        shown += f" = {number_text(np.asarray(result))}"
    return {"input": name, "plain": plain, "latex": latex or None, "numbers": shown or None}


def _stated(rule: Any, name: str | None) -> str:
    """What the docstring of a rule says of the gradient of an input; of its elements, if it is named 'x_i' there."""
    known = {} if rule is None or name is None else stated(rule)
    return next((text for left, text in known.items() if left == name or left.startswith(f"{name}_")), "")


@functools.lru_cache(4096)
def _readable(rule: Any, params: tuple[tuple[str, Any], ...], is_complex: bool, conjugates: bool) -> Any:
    """The syntax tree of a rule as it reads for an operation; None if it makes no formula."""
    definition = definition_of(rule)
    tree = None if definition is None else simplified(definition, dict(params), is_complex, conjugates)
    return tree if tree is not None and written(tree, Writer()) else None


@functools.lru_cache(4096)
def _texts(tree: Any) -> tuple[str, str]:
    return written(tree, Writer()), written(tree, LatexWriter())


def _is_complex(grad: Any) -> bool:
    parts = grad if grad.__class__ is list else [grad]
    return any(part is not None and part.dtype.kind == "c" for part in parts)


def _plain(name: str | None, text: str, place: int) -> Formula:
    return {"input": name or str(place), "plain": text, "latex": None, "numbers": None}


def _rule_of(rules: dict[tuple[str, ...], Any], name: str | None) -> Any:
    return next((rule for inputs, rule in rules.items() if name in inputs), None)


def _params(node: Node) -> dict[str, Any]:
    """The numbers, flags and shapes that a node's rules read, by name."""
    found = {}
    for name, value in zip(_info_names(node.op), node.info or (), strict=False):
        plain = value.__class__ in (bool, int, float, str) or value is None
        if plain or (value.__class__ is tuple and all(n.__class__ is int for n in value)):
            found[name] = value
    return found


def _values(node: Node, grad: Any, params: dict[str, Any]) -> dict[str, str]:
    """What stands for the names in a node's rules; empty for tensors that are too long."""
    found = {name: f"{value:.4g}" if value.__class__ is float else str(value) for name, value in params.items()}
    for name, item, _ in saved_tensors(node):
        array = item._data if isinstance(item, Tensor) else item
        found[name] = number_text(array) if array.size <= _FEW else ""
        found.setdefault("n", str(array.size))
    if isinstance(grad, np.ndarray | np.generic):
        found["g"] = number_text(np.asarray(grad)) if grad.size <= _FEW else ""
    return found


def _info_names(op: Any) -> list[str]:
    """What `info` of this operator's nodes holds."""
    own = getattr(op, "op", op)  # the record under that of packed nodes
    if not isinstance(own, Op):
        return []
    return ["shapes", "dtypes", *own.params] if own.variadic else _info(own)
