"""The structure of a nested container."""

from __future__ import annotations

import warnings
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from typing import Any

from .nodes import BUILTIN_TYPES, STANDARD_DICT_TYPES, SUPPORTED_NODES, Context, PyTree, _get_node_type


class TreeSpec:
    """The structure of a nested container; that of a leaf prints as `*`.

    Attributes:
        type: the class of the container; `collections.namedtuple` for all named tuples, None for a leaf.
        num_leaves, num_nodes, num_children: how many leaves, nodes (leaves among them) and direct parts there are.

    >>> from tapegrad.utils._pytree import tree_structure
    >>> spec = tree_structure([1, (2, 3)])
    >>> spec, spec.num_leaves
    (TreeSpec(list, None, [*,
      TreeSpec(tuple, None, [*,
        *])]), 3)
    """

    __slots__ = ("_children", "_context", "num_children", "num_leaves", "num_nodes", "type")
    __match_args__ = ("type", "_context", "_children")
    type: Any
    num_leaves: int
    num_nodes: int
    num_children: int

    def __init__(self, type: Any, context: Context, children_specs: list[TreeSpec]) -> None:
        self.type = type
        self._context = context
        self._children = children_specs
        leaves, nodes = (1, 1) if type is None else (0, 1)
        for child in children_specs:
            leaves += child.num_leaves
            nodes += child.num_nodes
        self.num_leaves, self.num_nodes, self.num_children = leaves, nodes, len(children_specs)

    def is_leaf(self) -> bool:
        """Whether this is the structure of a leaf."""
        return self.type is None

    def children(self) -> list[TreeSpec]:
        """The structures of the direct parts."""
        return self._children.copy()

    def child(self, index: int) -> TreeSpec:
        """The structure of one direct part."""
        return self._children[index]

    @property
    def context(self) -> Context:
        """What besides its parts is needed to make a container of this structure."""
        return self._context

    @property
    def children_specs(self) -> list[TreeSpec]:
        """The structures of the direct parts."""
        _deprecated(
            "`treespec.children_specs` is deprecated. Use `treespec.child(index)` to access a single child, or"
            " `treespec.children()` to get all children."
        )
        return self._children

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, TreeSpec):
            return NotImplemented
        return (
            self.type is other.type
            and self.num_leaves == other.num_leaves
            and bool(self._context == other._context)
            and self._children == other._children
        )

    def __hash__(self) -> int:
        return hash((self.type, self.num_leaves, tuple(self._children)))

    def __repr__(self, indent: int = 0) -> str:
        if self.type is None:
            return "*"
        inner = indent + 2
        parts = (",\n" + " " * inner).join(child.__repr__(inner) for child in self._children)
        return f"TreeSpec({self.type.__name__}, {self._context}, [{parts}])"

    def unflatten(self, leaves: Iterable[Any]) -> PyTree:
        """The container of this structure with these leaves.

        Raises:
            ValueError: there are too many leaves or too few.
        """
        if not isinstance(leaves, (list, tuple)):
            leaves = list(leaves)
        if len(leaves) != self.num_leaves:
            raise ValueError(
                f"treespec.unflatten(leaves): `leaves` has length {len(leaves)} but the spec refers to a pytree that"
                f" holds {self.num_leaves} items ({self})."
            )
        return leaves[0] if self.type is None else _put_together(iter(leaves), self)

    def flatten_up_to(self, tree: PyTree) -> list[PyTree]:
        """The parts of another container that stand where this one has leaves.

        Dictionaries of all kinds fit each other if they have the same keys, in whatever order.

        Raises:
            ValueError: the container has another structure.
        """
        parts: list[PyTree] = []
        _flatten_up_to(self, tree, parts)
        return parts


class _LeafSpecMeta(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, TreeSpec) and instance.is_leaf()


class LeafSpec(TreeSpec, metaclass=_LeafSpecMeta):
    """The structure of a leaf: the older way to write `treespec_leaf()`."""

    __slots__ = ()

    def __new__(cls) -> LeafSpec:
        _deprecated(
            "`isinstance(treespec, LeafSpec)` is deprecated, use `isinstance(treespec, TreeSpec) and"
            " treespec.is_leaf()` instead."
        )
        return super().__new__(cls)

    def __init__(self) -> None:
        super().__init__(None, None, [])


LEAF = TreeSpec(None, None, [])
PyTreeSpec = TreeSpec


def _deprecated(message: str) -> None:
    warnings.warn(message, FutureWarning, stacklevel=3)


def treespec_leaf() -> TreeSpec:
    """The structure of a leaf."""
    return LEAF


def treespec_tuple(iterable: Iterable[TreeSpec] = (), /) -> TreeSpec:
    """The structure of a tuple whose parts have these structures.

    Raises:
        ValueError: one of them is no structure.
    """
    children = list(iterable)
    if not all(isinstance(child, TreeSpec) for child in children):
        raise ValueError(f"Expected a tuple of TreeSpec values, got: {children!r}.")
    return TreeSpec(tuple, None, children)


def treespec_dict(
    mapping: Mapping[Any, TreeSpec] | Iterable[tuple[Any, TreeSpec]] = (), /, **kwargs: TreeSpec
) -> TreeSpec:
    """The structure of a dictionary whose values have these structures.

    Raises:
        ValueError: one of them is no structure.
    """
    children = dict(mapping, **kwargs)
    if not all(isinstance(child, TreeSpec) for child in children.values()):
        raise ValueError(f"Expected a dictionary of TreeSpec values, got: {children!r}.")
    return TreeSpec(dict, list(children), list(children.values()))


class _Asterisk(str):
    """What stands for a leaf in the text of a structure."""

    __slots__ = ()

    def __new__(cls) -> _Asterisk:
        return super().__new__(cls, "*")

    def __repr__(self) -> str:
        return "*"


def treespec_pprint(treespec: TreeSpec) -> str:
    """A structure as its container prints, with `*` for the leaves.

    >>> from tapegrad.utils._pytree import tree_structure
    >>> treespec_pprint(tree_structure({"a": [1, 2]}))
    "{'a': [*, *]}"
    """
    star = _Asterisk()
    return repr(treespec.unflatten([star] * treespec.num_leaves))


def spec_of(treespec: Any) -> TreeSpec:
    """The argument, if it is a structure.

    Raises:
        TypeError: it is not.
    """
    if not isinstance(treespec, TreeSpec):
        raise TypeError(f"Expected `treespec` to be an instance of PyTreeSpec but got item of type {type(treespec)}.")
    return treespec


def _put_together(leaves: Any, spec: TreeSpec) -> PyTree:
    parts = [next(leaves) if child.type is None else _put_together(leaves, child) for child in spec._children]
    return SUPPORTED_NODES[spec.type].unflatten_fn(parts, spec._context)


def _flatten_up_to(spec: TreeSpec, tree: PyTree, parts: list[PyTree]) -> None:
    if spec.type is None:
        parts.append(tree)
        return
    for child, part in zip(spec._children, _matching_parts(spec, tree), strict=True):
        if child.type is None:
            parts.append(part)
        else:
            _flatten_up_to(child, part, parts)


def _matching_parts(spec: TreeSpec, tree: PyTree) -> list[PyTree]:
    """The direct parts of a container, in the order of a structure that must be its own, as far as this level goes."""
    wanted, found = spec.type, _get_node_type(tree)
    if wanted not in BUILTIN_TYPES:
        if found is not wanted:
            raise ValueError(f"Type mismatch; expected {wanted!r}, but got {found!r}.")
        parts, context = SUPPORTED_NODES[found].flatten_fn(tree)
        parts = list(parts)
        _check_arity(spec, len(parts))
        if context != spec._context:
            raise ValueError(f"Node context mismatch for custom node type {wanted!r}.")
        return parts
    dictionaries = wanted in STANDARD_DICT_TYPES and found in STANDARD_DICT_TYPES
    if found is not wanted and not dictionaries:
        raise ValueError(f"Node type mismatch; expected {wanted!r}, but got {found!r}.")
    _check_arity(spec, len(tree))
    if dictionaries:
        keys = keys_of(spec)
        missing, extra = set(keys) - set(tree), set(tree) - set(keys)
        if missing or extra:
            says = [f"missing key(s): {missing}"] * bool(missing) + [f"extra key(s): {extra}"] * bool(extra)
            raise ValueError(f"Node keys mismatch; {'; '.join(says)}.")
        return [tree[key] for key in keys]
    parts, context = SUPPORTED_NODES[found].flatten_fn(tree)
    if wanted is not deque and context != spec._context:  # a deque's context is its greatest length
        raise ValueError(
            f"Node context mismatch for node type {wanted!r}; expected {spec._context!r}, but got {context!r}."
        )
    return list(parts)


def _check_arity(spec: TreeSpec, found: int) -> None:
    if found != spec.num_children:
        raise ValueError(f"Node arity mismatch; expected {spec.num_children}, but got {found}.")


def keys_of(spec: TreeSpec) -> list[Any]:
    """The keys of the structure of a dictionary of any kind."""
    keys: list[Any] = spec._context[1] if spec.type is defaultdict else spec._context
    return keys
