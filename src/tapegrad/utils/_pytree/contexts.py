"""What the built-in containers with an unusual context write into the text of a structure."""

from __future__ import annotations

import builtins
import importlib
import json
from enum import Enum
from typing import Any

from . import nodes


class EnumEncoder(json.JSONEncoder):
    """`json` that writes members of enumerations by name; everything else as always."""

    def default(self, o: object) -> Any:
        """An object that `json` does not know."""
        if isinstance(o, Enum):
            return {"__enum__": True, "fqn": f"{type(o).__module__}:{type(o).__qualname__}", "name": o.name}
        return super().default(o)


def enum_object_hook(obj: dict[str, Any]) -> Any:
    """The inverse of `EnumEncoder`, for `json.loads`."""
    if "__enum__" not in obj:
        return obj
    module, _, name = obj["fqn"].partition(":")
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    return found[obj["name"]]


def _register_namedtuple(cls: type[Any], *, serialized_type_name: str) -> None:
    """Give a class of named tuples the name by which structures with it are saved and loaded."""
    nodes._private_register_pytree_node(
        cls,
        nodes._namedtuple_flatten,
        nodes._namedtuple_unflatten,
        serialized_type_name=serialized_type_name,
        to_dumpable_context=_namedtuple_serialize,
        from_dumpable_context=_namedtuple_deserialize,
        flatten_with_keys_fn=nodes._namedtuple_flatten_with_keys,
    )


def _namedtuple_serialize(context: Any) -> str:
    registered = nodes.SUPPORTED_SERIALIZED_TYPES.get(context)
    if registered is None:
        raise NotImplementedError(
            f"Can't serialize TreeSpec of namedtuple class {context} because we didn't register a"
            " serializated_type_name. Please register using `_register_namedtuple`."
        )
    if registered.serialized_type_name == nodes.NO_SERIALIZED_TYPE_NAME_FOUND:
        raise NotImplementedError(
            f"No registered serialization name for {context} found."
            " Please update your _register_pytree_node call with a `serialized_type_name` kwarg."
        )
    return registered.serialized_type_name


def _namedtuple_deserialize(dumpable_context: Any) -> Any:
    if dumpable_context not in nodes.SERIALIZED_TYPE_TO_PYTHON_TYPE:
        raise NotImplementedError(
            f"Can't deserialize TreeSpec of namedtuple class {dumpable_context} because we couldn't find a"
            " serializated name."
        )
    return nodes.SERIALIZED_TYPE_TO_PYTHON_TYPE[dumpable_context]


def _defaultdict_serialize(context: Any) -> dict[str, Any]:
    factory, keys = context
    return {
        "default_factory_module": factory.__module__,
        "default_factory_name": factory.__qualname__,
        "dict_context": keys,
    }


def _defaultdict_deserialize(dumpable_context: Any) -> list[Any]:
    module, name = dumpable_context["default_factory_module"], dumpable_context["default_factory_name"]
    factory = getattr(builtins if module == "builtins" else importlib.import_module(module), name)
    return [factory, dumpable_context["dict_context"]]
