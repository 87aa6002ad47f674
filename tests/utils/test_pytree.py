"""Nested containers: flattened, mapped, named by paths, saved."""

from __future__ import annotations

import doctest
import importlib
import pickle
import pkgutil
from collections import OrderedDict, defaultdict, deque, namedtuple
from typing import Any

import pytest

import tapegrad as torch
from tapegrad.utils import _pytree as pytree

Pair = namedtuple("Pair", "a b")

TREES = [
    1,
    None,
    [],
    [1, (2, [3]), {}],
    {"b": 1, "a": {"c": (2,)}},
    Pair(1, Pair(2, 3)),
    OrderedDict(x=[1], y=2),
    defaultdict(list, a=[1, 2]),
    deque([1, [2]], 5),
    torch.Size([2, 3]),
]


@pytest.mark.parametrize("tree", TREES, ids=repr)
def test_a_container_is_its_structure_with_its_leaves(tree: Any) -> None:
    leaves, spec = pytree.tree_flatten(tree)
    made = pytree.tree_unflatten(leaves, spec)
    assert made == tree
    assert len(leaves) == spec.num_leaves == len(list(pytree.tree_iter(tree)))
    assert pytree.tree_structure(made) == spec or isinstance(tree, torch.Size)  # which comes back as a plain tuple


@pytest.mark.parametrize("tree", TREES, ids=repr)
def test_a_path_leads_to_its_leaf(tree: Any) -> None:
    found, spec = pytree.tree_flatten_with_path(tree)
    assert [leaf for _, leaf in found] == pytree.tree_leaves(tree)
    assert all(pytree.key_get(tree, path) == leaf for path, leaf in found)
    assert spec == pytree.tree_structure(tree)


@pytest.mark.parametrize("tree", [t for t in TREES if type(t) is not Pair], ids=repr)
def test_a_structure_comes_back_from_its_text(tree: Any) -> None:
    spec = pytree.tree_structure(tree)
    assert pytree.treespec_loads(pytree.treespec_dumps(spec)) == spec


def test_structures_can_be_pickled_and_hashed() -> None:
    spec = pytree.tree_structure(TREES[:-1])
    again = pickle.loads(pickle.dumps(spec))
    assert again == spec
    assert hash(again) == hash(spec)


def test_a_prefix_is_read_by_the_keys_of_the_structure() -> None:
    spec = pytree.tree_structure({"a": (1, 2), "b": 3})
    assert pytree._broadcast_to_and_flatten({"b": "x", "a": "y"}, spec) == ["y", "y", "x"]


def test_the_flatten_function_of_a_list_does_not_hand_out_a_list_to_write_into() -> None:
    tree = [1, 2]
    leaves, _ = pytree.tree_flatten(tree)
    leaves.append(3)
    assert tree == [1, 2]


def test_deep_containers_keep_their_leaves() -> None:
    tree: Any = 1
    for _ in range(200):
        tree = [tree]
    assert pytree.tree_leaves(pytree.tree_map(lambda x: x + 1, tree)) == [2]


def test_an_unregistered_class_is_a_leaf_again() -> None:
    class Box:
        def __init__(self, x: int) -> None:
            self.x = x

    pytree.register_pytree_node(Box, lambda box: ([box.x], None), lambda parts, _: Box(*parts))
    try:
        assert pytree.tree_leaves(Box(3)) == [3]
    finally:
        pytree._deregister_pytree_node(Box)
    assert pytree.tree_is_leaf(Box(3))


@pytest.mark.parametrize("name", [m.name for m in pkgutil.iter_modules(pytree.__path__)])
def test_examples_run_as_printed(name: str) -> None:
    module = importlib.import_module(f"{pytree.__name__}.{name}")
    registered = set(pytree.SUPPORTED_NODES)
    failed, _ = doctest.testmod(module)
    for cls in set(pytree.SUPPORTED_NODES) - registered:
        pytree._deregister_pytree_node(cls)
    assert failed == 0
