"""Which classes are containers, and how each is taken apart and put together.

A class is looked up by itself, not by its bases: a subclass of `list` is a leaf unless it is registered. Named tuples
are one kind of node, whatever their class; its registration stands under `collections.namedtuple`.
"""

from __future__ import annotations

import threading
import warnings
from collections import OrderedDict, defaultdict, deque, namedtuple
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple, NoReturn

from ...ops.return_types import _Results
from ...tensor.size import Size
from .keys import GetAttrKey, KeyEntry, MappingKey, SequenceKey

Context = Any
PyTree = Any
DumpableContext = Any
FlattenFn = Callable[[PyTree], tuple[list[Any], Context]]
UnflattenFn = Callable[[Iterable[Any], Context], PyTree]
FlattenWithKeysFn = Callable[[PyTree], tuple[list[tuple[KeyEntry, Any]], Context]]
ToDumpableContextFn = Callable[[Context], DumpableContext]
FromDumpableContextFn = Callable[[DumpableContext], Context]

NO_SERIALIZED_TYPE_NAME_FOUND: Final = "NO_SERIALIZED_TYPE_NAME_FOUND"


class NodeDef(NamedTuple):
    """How containers of a class are taken apart and put together."""

    type: type[Any]
    flatten_fn: FlattenFn
    unflatten_fn: UnflattenFn
    flatten_with_keys_fn: FlattenWithKeysFn | None


class _SerializeNodeDef(NamedTuple):
    """How the structure of a class is written as text."""

    typ: type[Any]
    serialized_type_name: str
    to_dumpable_context: ToDumpableContextFn | None
    from_dumpable_context: FromDumpableContextFn | None


_NODE_REGISTRY_LOCK: Final = threading.RLock()
SUPPORTED_NODES: Final[dict[Any, NodeDef]] = {}
SUPPORTED_SERIALIZED_TYPES: Final[dict[Any, _SerializeNodeDef]] = {}
SERIALIZED_TYPE_TO_PYTHON_TYPE: Final[dict[str, Any]] = {}
CONSTANT_NODES: Final[set[type[Any]]] = set()

STANDARD_DICT_TYPES: Final[frozenset[type[Any]]] = frozenset({dict, OrderedDict, defaultdict})
BUILTIN_TYPES: Final[frozenset[Any]] = frozenset({tuple, list, dict, namedtuple, OrderedDict, defaultdict, deque})


def register_pytree_node(
    cls: type[Any],
    flatten_fn: FlattenFn,
    unflatten_fn: UnflattenFn,
    *,
    serialized_type_name: str | None = None,
    to_dumpable_context: ToDumpableContextFn | None = None,
    from_dumpable_context: FromDumpableContextFn | None = None,
    flatten_with_keys_fn: FlattenWithKeysFn | None = None,
) -> None:
    """Make a class a container.

    Args:
        cls: the class.
        flatten_fn: takes an object, returns its parts and what else is needed to make it again.
        unflatten_fn: takes these two, returns the object.
        serialized_type_name: the name of the class in the text that `treespec_dumps` writes.
        to_dumpable_context: takes the second result of `flatten_fn`, returns what `json` can write.
        from_dumpable_context: the inverse of it.
        flatten_with_keys_fn: like `flatten_fn`, with (key, part) for each part; `tree_flatten_with_path` needs it.

    Raises:
        ValueError: the class is a container already, or one of the two functions for contexts is missing.

    >>> class Box:
    ...     def __init__(self, x):
    ...         self.x = x
    >>> register_pytree_node(Box, lambda box: ([box.x], None), lambda parts, _: Box(*parts))
    >>> from tapegrad.utils._pytree import tree_leaves
    >>> tree_leaves([Box(1), 2])
    [1, 2]
    """
    with _NODE_REGISTRY_LOCK:
        if cls in SUPPORTED_NODES:
            raise ValueError(f"{cls} is already registered as pytree node.")
        _private_register_pytree_node(
            cls,
            flatten_fn,
            unflatten_fn,
            serialized_type_name=serialized_type_name,
            to_dumpable_context=to_dumpable_context,
            from_dumpable_context=from_dumpable_context,
            flatten_with_keys_fn=flatten_with_keys_fn,
        )


def _private_register_pytree_node(
    cls: Any,
    flatten_fn: FlattenFn,
    unflatten_fn: UnflattenFn,
    *,
    serialized_type_name: str | None = None,
    to_dumpable_context: ToDumpableContextFn | None = None,
    from_dumpable_context: FromDumpableContextFn | None = None,
    flatten_with_keys_fn: FlattenWithKeysFn | None = None,
) -> None:
    """`register_pytree_node`, which only warns if there is a registration already."""
    if (to_dumpable_context is None) is not (from_dumpable_context is None):
        raise ValueError(f"Both to_dumpable_context and from_dumpable_context for {cls} must be None or registered.")
    with _NODE_REGISTRY_LOCK:
        if cls in SUPPORTED_NODES:
            message = f"{cls} is already registered as pytree node. Overwriting the previous registration."
            warnings.warn(message, stacklevel=3)
        if is_namedtuple_class(cls):  # named tuples are one kind of node, and stay it
            SUPPORTED_NODES[cls] = SUPPORTED_NODES[namedtuple]
        else:
            SUPPORTED_NODES[cls] = NodeDef(cls, flatten_fn, unflatten_fn, flatten_with_keys_fn)
        name = serialized_type_name or NO_SERIALIZED_TYPE_NAME_FOUND
        SUPPORTED_SERIALIZED_TYPES[cls] = _SerializeNodeDef(cls, name, to_dumpable_context, from_dumpable_context)
        if serialized_type_name is not None:
            SERIALIZED_TYPE_TO_PYTHON_TYPE[name] = cls


def _register_pytree_node(
    cls: type[Any],
    flatten_fn: FlattenFn,
    unflatten_fn: UnflattenFn,
    to_str_fn: Any = None,
    maybe_from_str_fn: Any = None,
    **kwargs: Any,
) -> None:
    """The older name of `register_pytree_node`."""
    warnings.warn(
        "`torch.utils._pytree._register_pytree_node` is deprecated."
        " Please use `torch.utils._pytree.register_pytree_node` instead.",
        FutureWarning,
        stacklevel=2,
    )
    if to_str_fn is not None or maybe_from_str_fn is not None:
        message = "`to_str_fn` and `maybe_from_str_fn` is deprecated. Please use `to_dumpable_context` and"
        warnings.warn(f"{message} `from_dumpable_context` instead.", FutureWarning, stacklevel=2)
    _private_register_pytree_node(cls, flatten_fn, unflatten_fn, **kwargs)


def _deregister_pytree_node(cls: type[Any]) -> None:
    """Make a class a leaf again.

    Raises:
        KeyError: it is one.
    """
    with _NODE_REGISTRY_LOCK:
        del SUPPORTED_NODES[cls]
        registered = SUPPORTED_SERIALIZED_TYPES.pop(cls)
        SERIALIZED_TYPE_TO_PYTHON_TYPE.pop(registered.serialized_type_name, None)
        CONSTANT_NODES.discard(cls)


# -- tuples with names -------------------------------------------------------------------------------------------------


class structseq(tuple[Any, ...]):
    """What tuples with named fields that are made in C, such as `time.struct_time`, have in common; no real class."""

    __slots__ = ()
    n_fields: Final[int]  # type: ignore[misc]
    n_sequence_fields: Final[int]  # type: ignore[misc]
    n_unnamed_fields: Final[int]  # type: ignore[misc]

    def __init_subclass__(cls) -> NoReturn:
        raise TypeError("type 'structseq' is not an acceptable base type")


def is_namedtuple(obj: object) -> bool:
    """Whether an object is a named tuple or a class of them."""
    return is_namedtuple_class(obj if isinstance(obj, type) else type(obj))


def is_namedtuple_class(cls: object) -> bool:
    """Whether a class is one of named tuples."""
    return (
        isinstance(cls, type)
        and issubclass(cls, tuple)
        and isinstance(fields := getattr(cls, "_fields", None), tuple)
        and all(type(field) is str for field in fields)
        and callable(getattr(cls, "_make", None))
        and callable(getattr(cls, "_asdict", None))
    )


def is_namedtuple_instance(obj: object) -> bool:
    """Whether an object is a named tuple."""
    return is_namedtuple_class(type(obj))


def is_structseq(obj: object) -> bool:
    """Whether an object is one of `torch.return_types`, or of Python's like `time.struct_time`, or such a class."""
    return is_structseq_class(obj if isinstance(obj, type) else type(obj))


def is_structseq_class(cls: object) -> bool:
    """Whether a class is one of `torch.return_types`, or of Python's like `time.struct_time`."""
    return (
        isinstance(cls, type)
        and (cls.__bases__ == (tuple,) or cls.__bases__ == (_Results,))
        and all(type(getattr(cls, n, None)) is int for n in ("n_fields", "n_sequence_fields", "n_unnamed_fields"))
    )


def is_structseq_instance(obj: object) -> bool:
    """Whether an object is one of `torch.return_types`, or of Python's like `time.struct_time`."""
    return is_structseq_class(type(obj))


# -- look-up -----------------------------------------------------------------------------------------------------------


def node_of(kind: type[Any]) -> NodeDef | None:
    """How containers of a class are handled; None if its objects are leaves."""
    found = SUPPORTED_NODES.get(kind)
    if found is None and issubclass(kind, tuple):
        if issubclass(kind, _Results):
            _private_register_pytree_node(
                kind, _tuple_flatten, lambda values, _: kind(values), flatten_with_keys_fn=_tuple_flatten_with_keys
            )
            return SUPPORTED_NODES[kind]
        if is_namedtuple_class(kind):
            return SUPPORTED_NODES[namedtuple]
    return found


def _get_node_type(tree: PyTree) -> Any:
    """The class under which an object is registered, or would be."""
    kind = type(tree)
    return kind if (found := node_of(kind)) is None else found.type


# -- the containers of Python, and torch.Size --------------------------------------------------------------------------


def _keyed(keys: Iterable[Any], parts: Iterable[Any], make: Callable[[Any], Any]) -> list[tuple[KeyEntry, Any]]:
    return [(make(key), part) for key, part in zip(keys, parts, strict=True)]


def _tuple_flatten(d: tuple[Any, ...]) -> tuple[list[Any], Context]:
    return list(d), None


def _tuple_flatten_with_keys(d: tuple[Any, ...]) -> tuple[list[tuple[KeyEntry, Any]], Context]:
    return _keyed(range(len(d)), d, SequenceKey), None


def _tuple_unflatten(values: Iterable[Any], context: Context) -> tuple[Any, ...]:
    return tuple(values)


def _list_flatten(d: list[Any]) -> tuple[list[Any], Context]:
    return d, None


def _list_flatten_with_keys(d: list[Any]) -> tuple[list[tuple[KeyEntry, Any]], Context]:
    return _keyed(range(len(d)), d, SequenceKey), None


def _list_unflatten(values: Iterable[Any], context: Context) -> list[Any]:
    return list(values)


def _dict_flatten(d: dict[Any, Any]) -> tuple[list[Any], Context]:
    return list(d.values()), list(d)


def _dict_flatten_with_keys(d: dict[Any, Any]) -> tuple[list[tuple[KeyEntry, Any]], Context]:
    return _keyed(d, d.values(), MappingKey), list(d)


def _dict_unflatten(values: Iterable[Any], context: Context) -> dict[Any, Any]:
    return dict(zip(context, values, strict=True))


def _namedtuple_flatten(d: Any) -> tuple[list[Any], Context]:
    return list(d), type(d)


def _namedtuple_flatten_with_keys(d: Any) -> tuple[list[tuple[KeyEntry, Any]], Context]:
    return _keyed(d._fields, d, GetAttrKey), type(d)


def _namedtuple_unflatten(values: Iterable[Any], context: Context) -> Any:
    return context(*values)


def _ordereddict_unflatten(values: Iterable[Any], context: Context) -> OrderedDict[Any, Any]:
    return OrderedDict(zip(context, values, strict=True))


def _defaultdict_flatten(d: defaultdict[Any, Any]) -> tuple[list[Any], Context]:
    return list(d.values()), [d.default_factory, list(d)]


def _defaultdict_flatten_with_keys(d: defaultdict[Any, Any]) -> tuple[list[tuple[KeyEntry, Any]], Context]:
    return _keyed(d, d.values(), MappingKey), [d.default_factory, list(d)]


def _defaultdict_unflatten(values: Iterable[Any], context: Context) -> defaultdict[Any, Any]:
    factory, keys = context
    return defaultdict(factory, zip(keys, values, strict=True))


def _deque_flatten(d: deque[Any]) -> tuple[list[Any], Context]:
    return list(d), d.maxlen


def _deque_flatten_with_keys(d: deque[Any]) -> tuple[list[tuple[KeyEntry, Any]], Context]:
    return _keyed(range(len(d)), d, SequenceKey), d.maxlen


def _deque_unflatten(values: Iterable[Any], context: Context) -> deque[Any]:
    return deque(values, maxlen=context)


def _register_builtins() -> None:
    from . import contexts

    def register(cls: Any, name: str, flatten: Any, unflatten: Any, with_keys: Any, dump: Any = None, load: Any = None):  # type: ignore[no-untyped-def]
        _private_register_pytree_node(
            cls,
            flatten,
            unflatten,
            serialized_type_name=name,
            to_dumpable_context=dump,
            from_dumpable_context=load,
            flatten_with_keys_fn=with_keys,
        )

    register(tuple, "builtins.tuple", _tuple_flatten, _tuple_unflatten, _tuple_flatten_with_keys)
    register(list, "builtins.list", _list_flatten, _list_unflatten, _list_flatten_with_keys)
    register(dict, "builtins.dict", _dict_flatten, _dict_unflatten, _dict_flatten_with_keys)
    register(
        namedtuple, "collections.namedtuple",
        _namedtuple_flatten, _namedtuple_unflatten, _namedtuple_flatten_with_keys,
        contexts._namedtuple_serialize, contexts._namedtuple_deserialize,
    )  # fmt: skip
    register(OrderedDict, "collections.OrderedDict", _dict_flatten, _ordereddict_unflatten, _dict_flatten_with_keys)
    register(
        defaultdict, "collections.defaultdict",
        _defaultdict_flatten, _defaultdict_unflatten, _defaultdict_flatten_with_keys,
        contexts._defaultdict_serialize, contexts._defaultdict_deserialize,
    )  # fmt: skip
    register(deque, "collections.deque", _deque_flatten, _deque_unflatten, _deque_flatten_with_keys)
    register(Size, "torch.Size", _tuple_flatten, _tuple_unflatten, _tuple_flatten_with_keys)


_register_builtins()
