"""`torch.utils._pytree`: nested containers as a list of leaves and a structure.

Lists, tuples, named tuples, dictionaries and deques are containers, and classes that `register_pytree_node` adds;
everything else, None included, is a leaf.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

__all__ = [
    "LeafSpec",
    "TreeSpec",
    "register_pytree_node",
    "tree_all",
    "tree_any",
    "tree_flatten",
    "tree_leaves",
    "tree_map",
    "tree_map_",
    "tree_map_only",
    "tree_structure",
    "tree_unflatten",
]

PyTree = Any


class _Container(NamedTuple):
    """How to take containers of a class apart and put them together."""

    flatten: Callable[[Any], tuple[Iterable[Any], Any]]
    unflatten: Callable[[Iterable[Any], Any], Any]


_containers: Final[dict[type[Any], _Container]] = {
    list: _Container(lambda x: (x, None), lambda parts, _: list(parts)),
    tuple: _Container(lambda x: (x, None), lambda parts, _: tuple(parts)),
    dict: _Container(lambda x: (x.values(), list(x)), lambda parts, keys: dict(zip(keys, parts, strict=True))),
    OrderedDict: _Container(
        lambda x: (x.values(), list(x)), lambda parts, keys: OrderedDict(zip(keys, parts, strict=True))
    ),
    defaultdict: _Container(
        lambda x: (x.values(), [x.default_factory, list(x)]),
        lambda parts, context: defaultdict(context[0], zip(context[1], parts, strict=True)),
    ),
    deque: _Container(lambda x: (x, x.maxlen), lambda parts, length: deque(parts, maxlen=length)),
}
_named_tuple: Final = _Container(lambda x: (x, type(x)), lambda parts, kind: kind(*parts))


def register_pytree_node(
    cls: type[Any],
    flatten_fn: Callable[[Any], tuple[Iterable[Any], Any]],
    unflatten_fn: Callable[[Iterable[Any], Any], Any],
    **kwargs: Any,
) -> None:
    """Make a class a container.

    Args:
        cls: the class.
        flatten_fn: takes an object, returns its parts and what else is needed to make it again.
        unflatten_fn: takes these two, returns the object.
        **kwargs: torch's options for saving structures, which are not used.

    Raises:
        ValueError: it is one already.
    """
    if cls in _containers:
        raise ValueError(f"{cls} is already registered as pytree node.")
    _containers[cls] = _Container(flatten_fn, unflatten_fn)


class TreeSpec:
    """The structure of a nested container; that of a leaf prints as `*`."""

    def __init__(self, type: Any, context: Any, children: list[TreeSpec]) -> None:
        self.type, self.context, self._children = type, context, children
        self.num_leaves: int = sum(child.num_leaves for child in children) if type is not None else 1

    def is_leaf(self) -> bool:
        """Whether this is the structure of a leaf."""
        return self.type is None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TreeSpec):
            return NotImplemented
        return (self.type, self.context, self._children) == (other.type, other.context, other._children)

    __hash__ = object.__hash__

    def __repr__(self, indent: int = 0) -> str:
        if self.is_leaf():
            return "*"
        name = "namedtuple" if _is_named_tuple(self.type) else self.type.__name__
        inner = indent + 2
        parts = (",\n" + " " * inner).join(child.__repr__(inner) for child in self._children)
        return f"TreeSpec({name}, {self.context}, [{parts}])"

    def unflatten(self, leaves: Iterable[Any]) -> PyTree:
        """The container with these leaves."""
        return tree_unflatten(leaves, self)

    def flatten_up_to(self, tree: PyTree) -> list[Any]:
        """The parts of another container that stand where this one has leaves.

        Raises:
            ValueError: the container has another structure.
        """
        if self.is_leaf():
            return [tree]
        if type(tree) is not self.type:
            raise ValueError(f"Node type mismatch; expected {self.type!r}, but got {type(tree)!r}.")
        parts, _ = _taken_apart(tree)
        if len(parts) != len(self._children):
            raise ValueError(f"Node arity mismatch; expected {len(self._children)}, but got {len(parts)}.")
        return [leaf for child, part in zip(self._children, parts, strict=True) for leaf in child.flatten_up_to(part)]


class LeafSpec(TreeSpec):
    """The structure of a leaf."""

    def __init__(self) -> None:
        super().__init__(None, None, [])


def _is_named_tuple(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, tuple) and hasattr(kind, "_fields")


def _container(tree: PyTree) -> _Container | None:
    found = _containers.get(type(tree))
    return _named_tuple if found is None and _is_named_tuple(type(tree)) else found


def _taken_apart(tree: PyTree) -> tuple[list[Any], Any]:
    container = _container(tree)
    assert container is not None
    parts, context = container.flatten(tree)
    return list(parts), context


def tree_flatten(tree: PyTree, is_leaf: Callable[[Any], bool] | None = None) -> tuple[list[Any], TreeSpec]:
    """The leaves and the structure.

    >>> tree_flatten({"a": [1, 2], "b": 3})
    ([1, 2, 3], TreeSpec(dict, ['a', 'b'], [TreeSpec(list, None, [*,
        *]),
      *]))
    """
    if (is_leaf is not None and is_leaf(tree)) or _container(tree) is None:
        return [tree], LeafSpec()
    parts, context = _taken_apart(tree)
    flat = [tree_flatten(part, is_leaf) for part in parts]
    return [leaf for leaves, _ in flat for leaf in leaves], TreeSpec(type(tree), context, [spec for _, spec in flat])


def tree_unflatten(leaves: Iterable[Any], treespec: TreeSpec) -> PyTree:
    """The container of a structure with these leaves.

    Raises:
        ValueError: there are too many leaves or too few.
    """
    leaves = list(leaves)
    if len(leaves) != treespec.num_leaves:
        raise ValueError(
            f"treespec.unflatten(leaves): `leaves` has length {len(leaves)} but the spec refers to a pytree that holds"
            f" {treespec.num_leaves} items ({treespec})."
        )
    return _put_together(iter(leaves), treespec)


def _put_together(leaves: Any, spec: TreeSpec) -> PyTree:
    if spec.is_leaf():
        return next(leaves)
    container = _containers.get(spec.type, _named_tuple)
    return container.unflatten([_put_together(leaves, child) for child in spec._children], spec.context)


def tree_leaves(tree: PyTree, is_leaf: Callable[[Any], bool] | None = None) -> list[Any]:
    """The leaves."""
    return tree_flatten(tree, is_leaf)[0]


def tree_structure(tree: PyTree, is_leaf: Callable[[Any], bool] | None = None) -> TreeSpec:
    """The structure."""
    return tree_flatten(tree, is_leaf)[1]


def tree_map(
    func: Callable[..., Any], tree: PyTree, *rests: PyTree, is_leaf: Callable[[Any], bool] | None = None
) -> PyTree:
    """The same structure with a function of the leaves (of several containers of that structure) for leaves.

    >>> tree_map(lambda x: x + 1, {"a": [1, 2]})
    {'a': [2, 3]}

    Raises:
        ValueError: the containers have different structures.
    """
    leaves, spec = tree_flatten(tree, is_leaf)
    columns = [leaves, *(spec.flatten_up_to(rest) for rest in rests)]
    return tree_unflatten([func(*row) for row in zip(*columns, strict=True)], spec)


def tree_map_(func: Callable[..., Any], tree: PyTree, *rests: PyTree) -> PyTree:
    """Call a function on all leaves; returns the container itself."""
    tree_map(func, tree, *rests)
    return tree


def tree_map_only(kind: Any, func: Callable[[Any], Any], tree: PyTree) -> PyTree:
    """`tree_map` on leaves of a type (or of one of several), the others as they are."""
    return tree_map(lambda x: func(x) if isinstance(x, kind) else x, tree)


def tree_all(pred: Callable[[Any], bool], tree: PyTree) -> bool:
    """Whether all leaves fulfil a condition."""
    return all(map(pred, tree_leaves(tree)))


def tree_any(pred: Callable[[Any], bool], tree: PyTree) -> bool:
    """Whether a leaf fulfils a condition."""
    return any(map(pred, tree_leaves(tree)))
