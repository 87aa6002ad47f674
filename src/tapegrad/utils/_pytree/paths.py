"""Leaves together with the path that leads to each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .keys import KeyPath
from .nodes import PyTree, node_of
from .spec import TreeSpec
from .walking import IsLeaf, tree_flatten


def tree_flatten_with_path(tree: PyTree, is_leaf: IsLeaf = None) -> tuple[list[tuple[KeyPath, Any]], TreeSpec]:
    """(path, leaf) of each leaf, and the structure.

    >>> from tapegrad.utils._pytree import keystr
    >>> [(keystr(path), leaf) for path, leaf in tree_flatten_with_path({"a": [1, 2]})[0]]
    [("['a'][0]", 1), ("['a'][1]", 2)]

    Raises:
        ValueError: a class was registered without `flatten_with_keys_fn`.
    """
    return tree_leaves_with_path(tree, is_leaf), tree_flatten(tree, is_leaf)[1]


def tree_leaves_with_path(tree: PyTree, is_leaf: IsLeaf = None) -> list[tuple[KeyPath, Any]]:
    """(path, leaf) of each leaf."""
    return list(_generate_key_paths((), tree, is_leaf))


def _generate_key_paths(key_path: KeyPath, tree: PyTree, is_leaf: IsLeaf = None) -> Iterator[tuple[KeyPath, Any]]:
    node = node_of(type(tree))
    if node is None or (is_leaf is not None and is_leaf(tree)):
        yield key_path, tree
        return
    if node.flatten_with_keys_fn is None:
        raise ValueError(
            f"Did not find a flatten_with_keys_fn for type: {node.type}."
            " Please pass a flatten_with_keys_fn argument to register_pytree_node."
        )
    for key, part in node.flatten_with_keys_fn(tree)[0]:
        yield from _generate_key_paths((*key_path, key), part, is_leaf)


def tree_map_with_path(func: Callable[..., Any], tree: PyTree, *rests: PyTree, is_leaf: IsLeaf = None) -> PyTree:
    """`tree_map` of a function that is given the path of the leaf first."""
    found, spec = tree_flatten_with_path(tree, is_leaf)
    columns = [[path for path, _ in found], [leaf for _, leaf in found], *map(spec.flatten_up_to, rests)]
    return spec.unflatten(list(map(func, *columns)))
