"""Structures as text, and back."""

from __future__ import annotations

import json
import warnings
from typing import Any, Final

from .contexts import EnumEncoder, enum_object_hook
from .nodes import NO_SERIALIZED_TYPE_NAME_FOUND, SERIALIZED_TYPE_TO_PYTHON_TYPE, SUPPORTED_SERIALIZED_TYPES
from .spec import LEAF, TreeSpec, spec_of

DEFAULT_TREESPEC_SERIALIZATION_PROTOCOL: Final = 1


def treespec_dumps(treespec: TreeSpec, protocol: int | None = None) -> str:
    """A structure as JSON text.

    >>> from tapegrad.utils._pytree import tree_structure
    >>> treespec_loads(treespec_dumps(tree_structure([1, {"a": 2}]))) == tree_structure([3, {"a": 4}])
    True

    Raises:
        TypeError: the argument is no structure, or what it keeps beside its parts cannot be written.
        ValueError: the protocol is not 1.
        NotImplementedError: one of its classes was registered without a name to be saved by.
    """
    spec = spec_of(treespec)
    if protocol is None:
        protocol = DEFAULT_TREESPEC_SERIALIZATION_PROTOCOL
    _check_protocol(protocol)
    return json.dumps((protocol, _to_schema(spec)), cls=EnumEncoder)


def treespec_loads(serialized: str) -> TreeSpec:
    """The structure that `treespec_dumps` wrote.

    Raises:
        ValueError: the text is of another protocol.
        NotImplementedError: it names a class that is not registered.
    """
    protocol, schema = json.loads(serialized)
    _check_protocol(protocol)
    return _from_schema(schema)


def _check_protocol(protocol: Any) -> None:
    if protocol != DEFAULT_TREESPEC_SERIALIZATION_PROTOCOL:
        known = [DEFAULT_TREESPEC_SERIALIZATION_PROTOCOL]
        raise ValueError(f"Unknown protocol {protocol}. Available protocols: {known}")


def _to_schema(spec: TreeSpec) -> dict[str, Any]:
    if spec.is_leaf():
        return {"type": None, "context": None, "children_spec": []}
    registered = SUPPORTED_SERIALIZED_TYPES.get(spec.type)
    if registered is None or registered.serialized_type_name == NO_SERIALIZED_TYPE_NAME_FOUND:
        raise NotImplementedError(
            f"No registered serialization name for {spec.type} found."
            " Please update your _register_pytree_node call with a `serialized_type_name` kwarg."
        )
    if registered.to_dumpable_context is not None:
        context = registered.to_dumpable_context(spec._context)
    else:
        try:
            context = json.dumps(spec._context, cls=EnumEncoder)
        except TypeError as error:
            raise TypeError(
                "Unable to serialize context. Please make the context json dump-able, or register a custom serializer"
                " using _register_pytree_node."
            ) from error
    children = [_to_schema(child) for child in spec._children]
    return {"type": registered.serialized_type_name, "context": context, "children_spec": children}


def _from_schema(schema: dict[str, Any]) -> TreeSpec:
    name = schema["type"]
    if name is None:
        return LEAF
    if name not in SERIALIZED_TYPE_TO_PYTHON_TYPE:
        raise NotImplementedError(f"Deserializing {name} in pytree is not registered.")
    kind = SERIALIZED_TYPE_TO_PYTHON_TYPE[name]
    load = SUPPORTED_SERIALIZED_TYPES[kind].from_dumpable_context
    context = json.loads(schema["context"], object_hook=enum_object_hook) if load is None else load(schema["context"])
    return TreeSpec(kind, context, [_from_schema(child) for child in schema["children_spec"]])


def pytree_to_str(treespec: TreeSpec) -> str:
    """The older name of `treespec_dumps`."""
    message = "`pytree_to_str` is deprecated. Please use `treespec_dumps` instead."
    warnings.warn(message, FutureWarning, stacklevel=2)
    return treespec_dumps(treespec)


def str_to_pytree(json: str) -> TreeSpec:
    """The older name of `treespec_loads`."""
    message = "`str_to_pytree` is deprecated. Please use `treespec_loads` instead."
    warnings.warn(message, FutureWarning, stacklevel=2)
    return treespec_loads(json)
