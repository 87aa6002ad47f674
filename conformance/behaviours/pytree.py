"""torch.utils._pytree: containers taken apart and put together."""

from __future__ import annotations

import importlib
from collections import OrderedDict, defaultdict, deque, namedtuple
from typing import Any

Pair = namedtuple("Pair", "a b")


def module_of(lib: Any) -> Any:
    return importlib.import_module(lib.__name__ + ".utils._pytree")


def nested() -> Any:
    return {"b": [1, (2, 3)], "a": Pair(4, None), "c": OrderedDict(x=5)}


def flattened(torch: Any) -> Any:
    leaves, spec = module_of(torch).tree_flatten(nested())
    return leaves, repr(spec), spec.num_leaves, spec == module_of(torch).tree_structure(nested())


def put_together(torch: Any) -> Any:
    leaves, spec = module_of(torch).tree_flatten(nested())
    return repr(module_of(torch).tree_unflatten([str(x) for x in leaves], spec))


def other_containers(torch: Any) -> Any:
    flatten = module_of(torch).tree_flatten
    return [repr(flatten(x)) for x in (None, 3, deque([1]), defaultdict(list, a=1), [], (), {})]


def wrong_number_of_leaves(torch: Any) -> Any:
    module_of(torch).tree_unflatten([1], module_of(torch).tree_structure([1, 2]))


def mapped(torch: Any) -> Any:
    tree_map = module_of(torch).tree_map
    return tree_map(lambda x: [x], [1, {"z": 2, "a": 3}]), tree_map(lambda a, b: a + b, [1, (2,)], [3, (4,)])


def mapped_over_different_lengths(torch: Any) -> Any:
    module_of(torch).tree_map(lambda a, b: a + b, [1, 2], [3])


def mapped_tensors_only(torch: Any) -> Any:
    return module_of(torch).tree_map_only(torch.Tensor, lambda t: t * 2, [torch.ones(2), "a", 3])


def leaves_and_questions(torch: Any) -> Any:
    tree = module_of(torch)
    return tree.tree_leaves(nested()), tree.tree_all(bool, [1, 0]), tree.tree_any(bool, [1, 0])


def leaves_of_ones_choice(torch: Any) -> Any:
    return module_of(torch).tree_leaves([1, (2, 3)], is_leaf=lambda x: isinstance(x, tuple))


def registered_class(torch: Any) -> Any:
    class Box:
        def __init__(self, x: Any) -> None:
            self.x = x

    tree = module_of(torch)
    tree.register_pytree_node(Box, lambda box: ([box.x], "box"), lambda parts, _: Box(*parts))
    return tree.tree_map(lambda x: x + 1, Box(3)).x, repr(tree.tree_structure(Box(1)))
