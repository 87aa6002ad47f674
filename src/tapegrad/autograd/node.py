"""The tape: one node per recorded operation.

A node knows its operator's record, the edges to the nodes that produced its inputs, and what its rule will read.  An
edge is one of
    None      the input needs no gradient,
    a Node    the operation that produced the input,
    a Port    one of several outputs of such an operation,
    a Tensor  a leaf: the gradient ends there.  (`next_functions` shows it as an `AccumulateGrad`.)

All nodes are made as plain `Node`s, which is cheap; when a user looks at one through `grad_fn` it is given a class of
its own, so that `type(y.grad_fn).__name__` is torch's `MulBackward0`.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from ..ops.op import Op
    from ..tensor.tensor import Tensor
    from ..tensor.version import Version


class _Freed:
    """What stands in `Node.saved` once a backward pass has used the values up."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "FREED"


FREED: Final = _Freed()

# `next(sequence)` is the number of a new node.
sequence: Final = itertools.count()


class Node:
    """One recorded operation; what `tensor.grad_fn` shows.

    `saved` holds the input tensors that the rules read (None where a rule is not needed), then, if a rule reads the
    result, its bare array.  `versions` are those of the saved values, or None if all were 0; `info` is what else the
    rules need: shapes, dtypes and the operation's parameters.
    """

    __slots__ = (
        "__dict__",
        "__weakref__",
        "edges",
        "hooks",
        "info",
        "op",
        "out_version",
        "saved",
        "seq",
        "versions",
    )
    op: Op
    edges: tuple[Any, ...]
    saved: Any
    versions: tuple[int, ...] | None
    info: Any
    seq: int
    out_version: Version | None
    hooks: NodeHooks | None

    # -- what users see --------------------------------------------------------------------------------------------

    def name(self) -> str:
        """The operation's name, such as 'MulBackward0'."""
        return self.op.node_name

    @property
    def next_functions(self) -> tuple[tuple[Any, int], ...]:
        """For each input, the node its gradient goes to and which of that node's outputs the input was."""
        return tuple(_as_function(edge) for edge in self.edges)

    @property
    def metadata(self) -> dict[Any, Any]:
        """A dictionary for the user's own notes on this node."""
        return self.__dict__.setdefault("_metadata", {})

    def register_hook(self, hook: Any) -> Any:
        """Call `hook(grad_inputs, grad_outputs)` after this node has run; a tuple it returns replaces grad_inputs."""
        return hooks_of(self).add_post(hook)

    def register_prehook(self, hook: Any) -> Any:
        """Call `hook(grad_outputs)` before this node runs; a tuple it returns replaces grad_outputs."""
        return hooks_of(self).add_pre(hook)

    def _sequence_nr(self) -> int:
        return self.seq

    # -- what the tape needs ---------------------------------------------------------------------------------------

    def share_version(self, version: Version) -> None:
        """Take the counter of this node's output, which did not have one until now."""
        self.out_version = version


# Called with each new node while something wants to know: anomaly mode, the profiler.
watchers: Final[list[Any]] = []

# Called as well while there are watchers, with the node and what it produced: a tensor, a list of tensors, or None
# where the node is made before its result.
result_watchers: Final[list[Any]] = []


def watch(node: Node, result: Any = None) -> None:
    """Tell everyone who asked about a new node."""
    for watcher in watchers:
        watcher(node)
    for watcher in result_watchers:
        watcher(node, result)


class Port:
    """An edge to one of several outputs of a node."""

    __slots__ = ("index", "node")

    def __init__(self, node: Node, index: int) -> None:
        self.node, self.index = node, index

    @property
    def seq(self) -> int:
        return self.node.seq

    def share_version(self, version: Version) -> None:
        versions = self.node.__dict__.setdefault("_port_versions", {})
        versions[self.index] = version


class AccumulateGrad:
    """The end of the tape at a leaf: adds the gradient that arrives to `variable.grad`.

    Made when a user asks for it; the leaf remembers it weakly, so that asking twice gives the same object.
    """

    __slots__ = ("__dict__", "__weakref__", "variable")
    __module__ = "builtins"  # torch's node classes print without a module

    def __init__(self, variable: Tensor) -> None:
        self.variable = variable

    def name(self) -> str:
        """'torch::autograd::AccumulateGrad', as torch says."""
        return "torch::autograd::AccumulateGrad"

    @property
    def next_functions(self) -> tuple[tuple[Any, int], ...]:
        """Empty: the tape ends here."""
        return ()

    @property
    def metadata(self) -> dict[Any, Any]:
        """A dictionary for the user's own notes on this node."""
        return self.__dict__.setdefault("_metadata", {})

    def register_hook(self, hook: Any) -> Any:
        """Call `hook((), (grad,))` after the gradient was added to `variable.grad`."""
        from .hooks import tensor_hooks

        return tensor_hooks(self.variable).add_accumulate_post(hook)

    def register_prehook(self, hook: Any) -> Any:
        """Call `hook((grad,))` before the gradient is added to `variable.grad`."""
        from .hooks import tensor_hooks

        return tensor_hooks(self.variable).add_accumulate_pre(hook)

    def _sequence_nr(self) -> int:
        return 2**64 - 1


def accumulator(leaf: Tensor) -> AccumulateGrad:
    """The leaf's AccumulateGrad, the same one for as long as somebody holds it."""
    import weakref

    extras = leaf._extras()
    found = extras.get("accumulator")
    node = found() if found is not None else None
    if node is None:
        node = AccumulateGrad(leaf)
        extras["accumulator"] = weakref.ref(node)
    return node


def shown_class(name: str) -> type[Any]:
    """A class of nodes as users see them; torch's print without a module, and so do those of 'builtins'.

    They find `_saved_self` and the like by `__getattr__`. `Node` does not: Python looks up any attribute of a class
    that has this method several times as slowly, and the tape looks up a dozen per node.
    """
    return type(name, (Node,), {"__slots__": (), "__module__": "builtins", "__getattr__": _saved_value})


def _saved_value(node: Node, name: str) -> Any:
    if name.startswith(("_saved_", "_raw_saved_")):
        return node.op.read_saved(node, name)
    raise AttributeError(f"'{node.op.node_name}' object has no attribute '{name}'")


def visible(node: Node) -> Node:
    """The node as users see it: of a class named for its operation."""
    if node.__class__ is Node:
        node.__class__ = node.op.node_class()
    return node


def _as_function(edge: Any) -> tuple[Any, int]:
    if edge is None:
        return (None, 0)
    if isinstance(edge, Node):
        return (visible(edge), 0)
    if edge.__class__ is Port:
        return (visible(edge.node), edge.index)
    return (None, 0) if is_dead_end(edge) else (accumulator(edge), 0)


def is_dead_end(leaf: Tensor) -> bool:
    """Whether a leaf is a view without a history, which requires a gradient because its base does and gets none."""
    return leaf._flags & 17 == 16  # DEAD_END, and not REQUIRES_GRAD of its own


def as_function(edge: Any) -> tuple[Any, int]:
    """`edge` as an element of `next_functions`."""
    return _as_function(edge)


# -- hooks on nodes ---------------------------------------------------------------------------------------------------


class NodeHooks:
    """The hooks of one node, and of the tensors it produced."""

    __slots__ = ("__weakref__", "post", "pre", "retained", "tensor")

    def __init__(self) -> None:
        self.pre: dict[int, Any] = {}
        self.post: dict[int, Any] = {}
        self.tensor: dict[int, dict[int, Any]] = {}  # by output number: hooks on the gradient of that output
        self.retained: dict[int, Any] = {}  # by output number: weak reference to the tensor whose .grad is kept

    def add_pre(self, hook: Any) -> Any:
        from .hooks import RemovableHandle

        return RemovableHandle.put(self.pre, hook)

    def add_post(self, hook: Any) -> Any:
        from .hooks import RemovableHandle

        return RemovableHandle.put(self.post, hook)


def hooks_of(node: Node) -> NodeHooks:
    """The node's hooks, made now if it has none."""
    if node.hooks is None:
        node.hooks = NodeHooks()
    return node.hooks
