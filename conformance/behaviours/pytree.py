"""torch.utils._pytree: containers taken apart and put together."""

from __future__ import annotations

import copy
import dataclasses
import enum
import importlib
import pickle
import time
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


Other = namedtuple("Other", "a b")
Named = namedtuple("Named", "a b")


@dataclasses.dataclass
class Record:
    a: Any = 1
    b: Any = None
    c: Any = None
    d: Any = dataclasses.field(init=False, default=7)


@dataclasses.dataclass(frozen=True)
class Constant:
    x: int


class Colour(enum.Enum):
    RED = 1


class Custom:
    """A container with a context."""

    def __init__(self, x: Any, context: Any = 0) -> None:
        self.x, self.context = x, context


def register_once(tree: Any) -> None:
    if Custom not in tree.SUPPORTED_NODES:
        tree.register_pytree_node(Custom, lambda c: ([c.x], c.context), lambda parts, context: Custom(*parts, context))
        tree.register_dataclass(Record)
        tree.register_constant(Constant)
        tree._register_namedtuple(Named, serialized_type_name="Named")


def outcome(call: Any) -> Any:
    """What a call returns, or the error it raises."""
    try:
        return repr(call())
    except Exception as error:
        return type(error).__name__, str(error)


def matched(torch: Any, structure: Any, tree: Any) -> Any:
    module = module_of(torch)
    register_once(module)
    return outcome(lambda: module.tree_structure(structure).flatten_up_to(tree))


def fitting_containers(torch: Any) -> Any:
    return [
        matched(torch, {"a": 1, "b": 2}, {"b": 1, "a": 2}),
        matched(torch, {"a": 1, "b": 2}, OrderedDict(b=1, a=2)),
        matched(torch, OrderedDict(a=1), defaultdict(list, a=3)),
        matched(torch, deque([1, 2], 3), deque([1, 2], 4)),
        matched(torch, [1, (2,)], [3, ([4],)]),
        matched(torch, Record(1), Record(2)),
    ]


def containers_of_another_class(torch: Any) -> Any:
    pairs = [([1, 2], (1, 2)), ([1, [2]], [1, 2]), ({"a": 1}, [1]), ((1, [2]), (1, (2,))), (Constant(1), 3)]
    return [matched(torch, *pair) for pair in pairs]


def containers_of_another_length(torch: Any) -> Any:
    pairs = [([1, 2], [1]), ({"a": 1}, {"a": 1, "b": 2}), (Record(1), Record(1, 2)), ((), (1,))]
    return [matched(torch, *pair) for pair in pairs]


def containers_of_another_context(torch: Any) -> Any:
    pairs = [({"a": 1, "b": 2}, {"b": 1, "c": 2}), (Custom(1), Custom(1, 5)), (Constant(1), Constant(2))]
    return [matched(torch, *pair) for pair in pairs]


def named_tuples_of_another_class(torch: Any) -> Any:
    got = matched(torch, Pair(1, 2), Other(1, 2))
    return got[0], got[1][:27], got[1][-60:]


def results_of_another_operator(torch: Any) -> Any:
    x = torch.ones(2)
    return matched(torch, torch.max(x, 0), torch.min(x, 0))


def results_of_operators_are_containers(torch: Any) -> Any:
    module, x = module_of(torch), torch.max(torch.tensor([1.0, 3.0]), 0)
    leaves, spec = module.tree_flatten(x)
    return leaves, repr(spec), repr(module.tree_map(lambda t: t + 1, x)), module.is_structseq(x)


def sizes_are_containers(torch: Any) -> Any:
    module = module_of(torch)
    return module.tree_map(str, torch.Size([1, 2])), repr(module.tree_structure(torch.Size([1])))


def properties_of_structures(torch: Any) -> Any:
    spec = module_of(torch).tree_structure([1, (2, 3), {}])
    parts = repr(spec.children()), repr(spec.child(1)), spec.type is list, spec.is_leaf(), spec.child(0).is_leaf()
    return spec.num_leaves, spec.num_nodes, spec.num_children, parts, str(spec.context)


def equality_of_structures(torch: Any) -> Any:
    of = module_of(torch).tree_structure
    register_once(module_of(torch))
    pairs = [
        ([1, [2]], [3, [4]]),
        ([1], (1,)),
        ({"a": 1, "b": 2}, {"b": 1, "a": 2}),
        (deque([1], 2), deque([1], 3)),
        (Pair(1, 2), Other(1, 2)),
        (Constant(1), Constant(1)),
        (Constant(1), Constant(2)),
        (Custom(1, 2), Custom(1, 3)),
        (OrderedDict(a=1), {"a": 1}),
    ]
    return [of(a) == of(b) for a, b in pairs], hash(of([1, (2,)])) == hash(of([1, (2,)])), of([1]) == 3


def structures_made_by_hand(torch: Any) -> Any:
    tree = module_of(torch)
    leaf = tree.treespec_leaf()
    pair = tree.treespec_tuple([leaf, leaf])
    wrong = outcome(lambda: tree.treespec_tuple([1])), outcome(lambda: tree.treespec_dict({"a": 1}))
    return (
        repr(leaf),
        repr(pair),
        repr(tree.treespec_dict({"a": leaf}, b=pair)),
        wrong,
        pair == tree.tree_structure((1, 2)),
    )


def older_leaf_structure(torch: Any) -> Any:
    tree = module_of(torch)
    return repr(tree.LeafSpec()), isinstance(tree.treespec_leaf(), tree.LeafSpec), tree.treespec_leaf().num_nodes


def structures_as_text(torch: Any) -> Any:
    tree = module_of(torch)
    register_once(tree)
    trees = [
        [1, (2, {"a": 3})],
        defaultdict(list, a=1),
        OrderedDict(x=[1]),
        deque([1], 3),
        Named(1, 2),
        {Colour.RED: 1},
        torch.Size([1]),
        None,
    ]
    texts = [tree.treespec_dumps(tree.tree_structure(x)) for x in trees]
    return texts, [repr(tree.treespec_loads(text)) for text in texts]


def structures_that_cannot_be_text(torch: Any) -> Any:
    tree = module_of(torch)
    register_once(tree)
    of = tree.tree_structure
    return (
        outcome(lambda: tree.treespec_dumps(of(Record()))),
        outcome(lambda: tree.treespec_dumps(of(Pair(1, 2)))),
        outcome(lambda: tree.treespec_dumps(of({object: 1}))),
        outcome(lambda: tree.treespec_dumps(3)),
        outcome(lambda: tree.treespec_dumps(of(1), protocol=2)),
        outcome(lambda: tree.treespec_loads("[7, {}]")),
        outcome(lambda: tree.treespec_loads('[1, {"type": "no", "context": "null", "children_spec": []}]')),
    )


def older_names_of_saving(torch: Any) -> Any:
    tree = module_of(torch)
    return repr(tree.str_to_pytree(tree.pytree_to_str(tree.tree_structure([1]))))


def structures_printed_plainly(torch: Any) -> Any:
    tree = module_of(torch)
    register_once(tree)
    trees = [[1, (2, {"a": 3})], Pair({"a": 1}, 2), deque([1], 3), defaultdict(list, a=1), [Constant(1), Record(1)]]
    return [tree.treespec_pprint(tree.tree_structure(x)) for x in trees]


def paths(torch: Any) -> Any:
    tree = module_of(torch)
    nested = {"a": [1, (2, Pair(3, deque([4])))], "b": torch.Size([5])}
    found, spec = tree.tree_flatten_with_path(nested)
    texts = [tree.keystr(path) for path, _ in found]
    return texts, repr(found), repr(spec), [tree.key_get(nested, path) for path, _ in found]


def paths_of_registered_classes(torch: Any) -> Any:
    tree = module_of(torch)
    register_once(tree)
    return repr(tree.tree_leaves_with_path([Record(1, c=2), Constant(3)])), outcome(
        lambda: tree.tree_leaves_with_path(Custom(1))
    )


def mapped_with_paths(torch: Any) -> Any:
    tree = module_of(torch)
    one = tree.tree_map_with_path(lambda path, x: tree.keystr(path) + str(x), [1, {"a": 2}])
    two = tree.tree_map_with_path(lambda path, x, y: (tree.keystr(path), x, y), [1, {"a": 2}], [3, {"a": 4}])
    return one, two


def prefixes(torch: Any) -> Any:
    tree = module_of(torch)
    spread = tree._broadcast_to_and_flatten
    spec = tree.tree_structure([1, (2, {"a": 3, "b": 4})])
    trees = [3, [1, 2], [1, (2, 3)], [1, (2, {"a": 5, "b": None})], (1, 2), [1], [1, [2, 3]], {"a": 1}]
    return [spread(x, spec) for x in trees], spread((0, (1, 2)), spec), spread([None, None], spec)


def mapped_by_type(torch: Any) -> Any:
    only = module_of(torch).tree_map_only
    tree = [1, "a", 2.0, (3,)]
    ways = [int, (int, str), int | float, lambda x: x == 1]
    return [only(way, lambda x: x * 2, tree) for way in ways], outcome(lambda: only(3, str, tree))


def mapped_in_place(torch: Any) -> Any:
    tree = module_of(torch)
    x = [torch.ones(2), {"a": torch.zeros(1), "b": 3}]
    same = tree.tree_map_only_(torch.Tensor, lambda t: t.add_(1), x) is x
    y = [torch.ones(1)]
    return same, x, tree.tree_map_(lambda t, u: t.add_(u), y, [5]) is y, y


def questions_by_type(torch: Any) -> Any:
    tree = module_of(torch)
    x = [1, 2, "a"]
    return tree.tree_all_only(int, lambda v: v > 1, x), tree.tree_any_only(int, lambda v: v > 1, x)


def leaves_or_not(torch: Any) -> Any:
    tree = module_of(torch)
    register_once(tree)
    objects = [1, None, [], (), {}, Pair(1, 2), torch.ones(1), torch.Size([]), Constant(1), Custom(1), {1}]
    return [tree.tree_is_leaf(x) for x in objects], tree.tree_is_leaf([], is_leaf=lambda x: True)


def subclasses_of_containers_are_leaves(torch: Any) -> Any:
    class MyList(list):
        pass

    class MyPair(Pair):
        pass

    tree = module_of(torch)
    return tree.tree_leaves([MyList([1]), MyPair(1, 2)]), repr(tree.tree_structure(MyPair(1, 2)))[:30]


def iterated_lazily(torch: Any) -> Any:
    found = module_of(torch).tree_iter([1, (2, {"a": 3})])
    return next(found), list(found)


def leaves_of_arguments(torch: Any) -> Any:
    return module_of(torch).arg_tree_leaves([1], 2, c=[3, {"d": 4}])


def none_fields_belong_to_the_structure(torch: Any) -> Any:
    tree = module_of(torch)
    register_once(tree)
    leaves, spec = tree.tree_flatten(Record(1, c=3))
    return leaves, repr(spec), repr(tree.tree_unflatten(["x", "y"], spec))


def registration_errors(torch: Any) -> Any:
    tree = module_of(torch)
    register_once(tree)

    class New:
        pass

    def fields(cls: Any, **kwargs: Any) -> Any:
        return outcome(lambda: tree.register_dataclass(cls, **kwargs))

    got = [
        outcome(lambda: tree.register_pytree_node(list, list, list)),
        outcome(lambda: tree.register_pytree_node(New, list, list, to_dumpable_context=str)),
        fields(int),
        fields(Record, field_names=["a"], drop_field_names=["b"]),
        outcome(lambda: tree.register_constant(New)),
        outcome(lambda: tree._deregister_pytree_node(int)),
    ]
    return [(kind, text.replace(f"{New}", "New")) if kind else kind for kind, text in got]


def deregistered(torch: Any) -> Any:
    class Box:
        pass

    tree = module_of(torch)
    tree.register_pytree_node(Box, lambda box: ([], None), lambda parts, _: Box())
    before = tree.tree_is_leaf(Box())
    tree._deregister_pytree_node(Box)
    return before, tree.tree_is_leaf(Box())


def tuples_of_names(torch: Any) -> Any:
    tree = module_of(torch)
    things = [Pair(1, 2), Pair, (1,), tuple, time.gmtime(0), time.struct_time, torch.max(torch.ones(1), 0), 3]
    ask = [tree.is_namedtuple, tree.is_namedtuple_class, tree.is_namedtuple_instance]
    ask += [tree.is_structseq, tree.is_structseq_class, tree.is_structseq_instance]
    return [[question(x) for x in things] for question in ask]


def keys_of_paths(torch: Any) -> Any:
    tree = module_of(torch)
    keys = [tree.SequenceKey(1), tree.MappingKey("a"), tree.GetAttrKey("real")]
    return (
        repr(keys),
        list(map(str, keys)),
        [keys[0].get("ab"), keys[1].get({"a": 3}), keys[2].get(4)],
        {*keys} == {*keys},
    )


def copied_and_pickled_structures(torch: Any) -> Any:
    spec = module_of(torch).tree_structure([{"a": (), "b": []}])  # torch warns of itself when it copies a leaf
    return copy.deepcopy(spec) == spec, pickle.loads(pickle.dumps(spec)) == spec


def wrong_second_argument(torch: Any) -> Any:
    module_of(torch).tree_unflatten([1], 3)
