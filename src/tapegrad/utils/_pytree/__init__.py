"""`torch.utils._pytree`: nested containers as a list of leaves and a structure.

Lists, tuples, named tuples, dictionaries and deques are containers, and classes that `register_pytree_node` adds;
everything else, None included, is a leaf. torch calls the module private, yet half of what is written for it imports
from here, so it is complete.
"""

from __future__ import annotations

import warnings
from typing import Any

from .classes import (
    ConstantNode,
    _is_constant_holder,
    _retrieve_constant,
    is_constant_class,
    register_constant,
    register_dataclass,
)
from .contexts import EnumEncoder, _register_namedtuple, enum_object_hook
from .keys import GetAttrKey, KeyEntry, KeyPath, MappingKey, SequenceKey, key_get, keystr
from .nodes import (
    BUILTIN_TYPES,
    CONSTANT_NODES,
    NO_SERIALIZED_TYPE_NAME_FOUND,
    SERIALIZED_TYPE_TO_PYTHON_TYPE,
    STANDARD_DICT_TYPES,
    SUPPORTED_NODES,
    SUPPORTED_SERIALIZED_TYPES,
    Context,
    DumpableContext,
    FlattenFn,
    FlattenWithKeysFn,
    FromDumpableContextFn,
    NodeDef,
    PyTree,
    ToDumpableContextFn,
    UnflattenFn,
    _defaultdict_flatten,
    _defaultdict_unflatten,
    _deque_flatten,
    _deque_unflatten,
    _deregister_pytree_node,
    _dict_flatten,
    _dict_flatten_with_keys,
    _dict_unflatten,
    _get_node_type,
    _list_flatten,
    _list_flatten_with_keys,
    _list_unflatten,
    _namedtuple_flatten,
    _namedtuple_unflatten,
    _ordereddict_unflatten,
    _private_register_pytree_node,
    _register_pytree_node,
    _tuple_flatten,
    _tuple_flatten_with_keys,
    _tuple_unflatten,
    is_namedtuple,
    is_namedtuple_class,
    is_namedtuple_instance,
    is_structseq,
    is_structseq_class,
    is_structseq_instance,
    register_pytree_node,
    structseq,
)
from .paths import _generate_key_paths, tree_flatten_with_path, tree_leaves_with_path, tree_map_with_path
from .saving import (
    DEFAULT_TREESPEC_SERIALIZATION_PROTOCOL,
    pytree_to_str,
    str_to_pytree,
    treespec_dumps,
    treespec_loads,
)
from .spec import LeafSpec, PyTreeSpec, TreeSpec, treespec_dict, treespec_leaf, treespec_pprint, treespec_tuple
from .walking import (
    _broadcast_to_and_flatten,
    arg_tree_leaves,
    map_only,
    tree_all,
    tree_all_only,
    tree_any,
    tree_any_only,
    tree_flatten,
    tree_is_leaf,
    tree_iter,
    tree_leaves,
    tree_map,
    tree_map_,
    tree_map_only,
    tree_map_only_,
    tree_structure,
    tree_unflatten,
)

__all__ = [
    "Context", "DumpableContext", "FlattenFn", "FromDumpableContextFn", "LeafSpec", "PyTree", "PyTreeSpec",
    "ToDumpableContextFn", "TreeSpec", "UnflattenFn", "is_namedtuple", "is_namedtuple_class",
    "is_namedtuple_instance", "is_structseq", "is_structseq_class", "is_structseq_instance", "key_get", "keystr",
    "register_pytree_node", "tree_all", "tree_all_only", "tree_any", "tree_any_only", "tree_flatten",
    "tree_flatten_with_path", "tree_is_leaf", "tree_iter", "tree_leaves", "tree_leaves_with_path", "tree_map",
    "tree_map_", "tree_map_only", "tree_map_only_", "tree_map_with_path", "tree_structure", "tree_unflatten",
    "treespec_dumps", "treespec_loads", "treespec_pprint",
]  # fmt: skip

FlattenFunc, UnflattenFunc, FlattenWithKeysFunc = FlattenFn, UnflattenFn, FlattenWithKeysFn
_odict_flatten, _ordereddict_flatten, _odict_unflatten = _dict_flatten, _dict_flatten, _ordereddict_unflatten


def _is_leaf(tree: PyTree, is_leaf: Any = None) -> bool:
    """The older name of `tree_is_leaf`."""
    _warn_of_private("_is_leaf", "tree_is_leaf")
    return tree_is_leaf(tree, is_leaf)


def _is_namedtuple_instance(tree: Any) -> bool:
    """The older name of `is_namedtuple_instance`."""
    _warn_of_private("_is_namedtuple_instance", "is_namedtuple_instance")
    return is_namedtuple_instance(tree)


def _warn_of_private(name: str, instead: str) -> None:
    warnings.warn(
        f"torch.utils._pytree.{name} is private and will be removed in a future release."
        f" Please use torch.utils._pytree.{instead} instead.",
        FutureWarning,
        stacklevel=3,
    )
