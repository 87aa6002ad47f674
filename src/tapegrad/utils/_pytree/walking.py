"""Containers flattened, put together and mapped."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from types import UnionType
from typing import Any

from .nodes import STANDARD_DICT_TYPES, SUPPORTED_NODES, PyTree, _get_node_type, node_of
from .spec import LEAF, TreeSpec, keys_of, spec_of

IsLeaf = Callable[[Any], bool] | None
TypeAny = type[Any] | tuple[type[Any], ...] | UnionType


def tree_is_leaf(tree: PyTree, is_leaf: IsLeaf = None) -> bool:
    """Whether an object is a leaf.

    >>> tree_is_leaf(None), tree_is_leaf([])
    (True, False)
    """
    return (is_leaf is not None and is_leaf(tree)) or node_of(type(tree)) is None


def tree_flatten(tree: PyTree, is_leaf: IsLeaf = None) -> tuple[list[Any], TreeSpec]:
    """The leaves and the structure.

    Args:
        tree: a nested container, or a leaf.
        is_leaf: says of an object that would be taken apart whether it is to be a leaf.

    >>> tree_flatten({"a": [1, 2], "b": 3})
    ([1, 2, 3], TreeSpec(dict, ['a', 'b'], [TreeSpec(list, None, [*,
        *]),
      *]))
    """
    leaves: list[Any] = []
    return leaves, _flatten(tree, leaves, is_leaf)


def _flatten(tree: PyTree, leaves: list[Any], is_leaf: IsLeaf) -> TreeSpec:
    node = node_of(type(tree))
    if node is None or (is_leaf is not None and is_leaf(tree)):
        leaves.append(tree)
        return LEAF
    parts, context = node.flatten_fn(tree)
    return TreeSpec(node.type, context, [_flatten(part, leaves, is_leaf) for part in parts])


def tree_unflatten(leaves: Iterable[Any], treespec: TreeSpec) -> PyTree:
    """The container of a structure with these leaves.

    Raises:
        ValueError: there are too many leaves or too few.
        TypeError: the second argument is no structure.
    """
    return spec_of(treespec).unflatten(leaves)


def tree_iter(tree: PyTree, is_leaf: IsLeaf = None) -> Iterator[Any]:
    """The leaves, one after the other."""
    node = node_of(type(tree))
    if node is None or (is_leaf is not None and is_leaf(tree)):
        yield tree
    else:
        for part in node.flatten_fn(tree)[0]:
            yield from tree_iter(part, is_leaf)


def tree_leaves(tree: PyTree, is_leaf: IsLeaf = None) -> list[Any]:
    """The leaves.

    >>> tree_leaves([1, (2, {"a": 3})])
    [1, 2, 3]
    """
    return list(tree_iter(tree, is_leaf))


def tree_structure(tree: PyTree, is_leaf: IsLeaf = None) -> TreeSpec:
    """The structure."""
    return tree_flatten(tree, is_leaf)[1]


def arg_tree_leaves(*args: PyTree, **kwargs: PyTree) -> list[Any]:
    """The leaves of all arguments."""
    return [leaf for tree in (*args, *kwargs.values()) for leaf in tree_iter(tree)]


# -- mapping -----------------------------------------------------------------------------------------------------------


def tree_map(func: Callable[..., Any], tree: PyTree, *rests: PyTree, is_leaf: IsLeaf = None) -> PyTree:
    """The same structure with a function of the leaves (of several containers of that structure) for leaves.

    >>> tree_map(lambda x: x + 1, {"a": [1, 2]})
    {'a': [2, 3]}

    Raises:
        ValueError: the containers have different structures.
    """
    leaves, spec = tree_flatten(tree, is_leaf)
    return spec.unflatten(list(map(func, leaves, *[spec.flatten_up_to(rest) for rest in rests])))


def tree_map_(func: Callable[..., Any], tree: PyTree, *rests: PyTree, is_leaf: IsLeaf = None) -> PyTree:
    """Call a function on all leaves, as `tree_map` does; returns the container itself."""
    leaves, spec = tree_flatten(tree, is_leaf)
    for row in zip(leaves, *[spec.flatten_up_to(rest) for rest in rests], strict=True):
        func(*row)
    return tree


def map_only(
    type_or_types_or_pred: TypeAny | Callable[[Any], bool], /
) -> Callable[[Callable[[Any], Any]], Callable[[Any], Any]]:
    """A decorator: the function applies to objects of a type (one of several, or that fulfil a condition) only.

    >>> @map_only(int)
    ... def doubled(x):
    ...     return 2 * x
    >>> doubled(3), doubled("a")
    (6, 'a')

    Raises:
        TypeError: the argument is neither a type, nor types, nor a function.
    """
    if isinstance(type_or_types_or_pred, (type, tuple, UnionType)):
        kind = type_or_types_or_pred
        chosen: Callable[[Any], bool] = lambda x: isinstance(x, kind)
    elif callable(type_or_types_or_pred):
        chosen = type_or_types_or_pred
    else:
        raise TypeError("Argument must be a type, a tuple of types, or a callable.")

    def decorate(func: Callable[[Any], Any]) -> Callable[[Any], Any]:
        return lambda x: func(x) if chosen(x) else x

    return decorate


def tree_map_only(
    type_or_types_or_pred: TypeAny | Callable[[Any], bool],
    /,
    func: Callable[[Any], Any],
    tree: PyTree,
    is_leaf: IsLeaf = None,
) -> PyTree:
    """`tree_map` on leaves of a type (of one of several, or that fulfil a condition), the others as they are.

    >>> tree_map_only(int, lambda x: x + 1, [1, "a"])
    [2, 'a']
    """
    return tree_map(map_only(type_or_types_or_pred)(func), tree, is_leaf=is_leaf)


def tree_map_only_(
    type_or_types_or_pred: TypeAny | Callable[[Any], bool],
    /,
    func: Callable[[Any], Any],
    tree: PyTree,
    is_leaf: IsLeaf = None,
) -> PyTree:
    """`tree_map_` on leaves of a type (of one of several, or that fulfil a condition)."""
    return tree_map_(map_only(type_or_types_or_pred)(func), tree, is_leaf=is_leaf)


# -- questions ---------------------------------------------------------------------------------------------------------


def tree_all(pred: Callable[[Any], bool], tree: PyTree, is_leaf: IsLeaf = None) -> bool:
    """Whether all leaves fulfil a condition."""
    return all(map(pred, tree_iter(tree, is_leaf)))


def tree_any(pred: Callable[[Any], bool], tree: PyTree, is_leaf: IsLeaf = None) -> bool:
    """Whether a leaf fulfils a condition."""
    return any(map(pred, tree_iter(tree, is_leaf)))


def tree_all_only(type_or_types: TypeAny, /, pred: Callable[[Any], bool], tree: PyTree, is_leaf: IsLeaf = None) -> bool:
    """Whether all leaves of a type fulfil a condition."""
    return all(pred(leaf) for leaf in tree_iter(tree, is_leaf) if isinstance(leaf, type_or_types))


def tree_any_only(type_or_types: TypeAny, /, pred: Callable[[Any], bool], tree: PyTree, is_leaf: IsLeaf = None) -> bool:
    """Whether a leaf of a type fulfils a condition."""
    return any(pred(leaf) for leaf in tree_iter(tree, is_leaf) if isinstance(leaf, type_or_types))


# -- prefixes ----------------------------------------------------------------------------------------------------------


def _broadcast_to_and_flatten(tree: PyTree, treespec: TreeSpec, is_leaf: IsLeaf = None) -> list[Any] | None:
    """The leaves of a container that has the upper levels of a structure, each repeated over what it stands for.

    `vmap` reads its `in_dims` so.  None if the container has another structure.

    >>> _broadcast_to_and_flatten([1, 2], tree_structure([0, (0, 0)]))
    [1, 2, 2]
    """
    if tree_is_leaf(tree, is_leaf):
        return [tree] * treespec.num_leaves
    kind = _get_node_type(tree)
    if kind in STANDARD_DICT_TYPES and treespec.type in STANDARD_DICT_TYPES:
        keys = keys_of(treespec)
        if len(tree) != len(keys) or not all(key in tree for key in keys):
            return None
        parts: list[Any] = [tree[key] for key in keys]
    else:
        if kind is not treespec.type:
            return None
        flat, context = SUPPORTED_NODES[kind].flatten_fn(tree)
        parts = list(flat)
        same = context == treespec._context or kind is deque  # whose context is its greatest length
        if len(parts) != treespec.num_children or not same:
            return None
    leaves: list[Any] = []
    for part, child in zip(parts, treespec._children, strict=True):
        found = _broadcast_to_and_flatten(part, child, is_leaf)
        if found is None:
            return None
        leaves += found
    return leaves
