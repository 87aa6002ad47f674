"""Classes of the user's that become containers by their fields, or constants of the structure."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .keys import GetAttrKey, KeyEntry
from .nodes import CONSTANT_NODES, Context, register_pytree_node
from .spec import TreeSpec


def register_dataclass(
    cls: type[Any],
    *,
    field_names: list[str] | None = None,
    drop_field_names: list[str] | None = None,
    serialized_type_name: str | None = None,
) -> None:
    """Make a class a container of its fields; fields that are None belong to the structure.

    Args:
        cls: a dataclass, or any class that is made from its fields by keyword.
        field_names: the fields; those of a dataclass's `__init__` if not given.
        drop_field_names: fields of a dataclass that are left out, and get their defaults again.
        serialized_type_name: the name of the class in the text that `treespec_dumps` writes.

    Raises:
        ValueError: the fields are not given for a class that is no dataclass, or are not those that it has.

    >>> import dataclasses
    >>> from tapegrad.utils._pytree import tree_map
    >>> @dataclasses.dataclass
    ... class Point:
    ...     x: int
    ...     y: int
    >>> register_dataclass(Point)
    >>> tree_map(lambda x: 2 * x, Point(1, 2))
    Point(x=2, y=4)
    """
    drop = drop_field_names or []
    if not dataclasses.is_dataclass(cls):
        if field_names is None:
            raise ValueError(
                "field_names must be specified with a list of all fields used to initialize"
                f" {cls}, as it is not a dataclass."
            )
    elif field_names is None:
        field_names = [field.name for field in dataclasses.fields(cls) if field.init and field.name not in drop]
    else:
        _check_fields(cls, field_names, drop)
    names = field_names

    def flatten(obj: Any) -> tuple[list[Any], Context]:
        parts = [getattr(obj, name) for name in names]
        present = [name for name, part in zip(names, parts, strict=True) if part is not None]
        absent = [name for name, part in zip(names, parts, strict=True) if part is None]
        return [part for part in parts if part is not None], [present, absent]

    def flatten_with_keys(obj: Any) -> tuple[list[tuple[KeyEntry, Any]], Context]:
        parts, context = flatten(obj)
        return [(GetAttrKey(name), part) for name, part in zip(context[0], parts, strict=True)], context

    def unflatten(parts: Iterable[Any], context: Context) -> Any:
        present, absent = context
        return cls(**dict(zip(present, parts, strict=True)), **dict.fromkeys(absent))

    register_pytree_node(
        cls, flatten, unflatten, serialized_type_name=serialized_type_name, flatten_with_keys_fn=flatten_with_keys
    )


def _check_fields(cls: Any, names: list[str], drop: list[str]) -> None:
    own = {field.name for field in dataclasses.fields(cls) if field.init}
    given = set(names)
    text = "field_names does not include all dataclass fields.\n"
    missing = own - given - set(drop)
    extra = given - own
    if missing:
        text += (
            f"Missing fields in `field_names`: {missing}. If you want to include these fields in the pytree, please"
            " add them to `field_names`, otherwise please add them to `drop_field_names`.\n"
        )
    if extra:
        text += f"Extra fields in `field_names`: {extra}. They are no fields of {cls}.\n"
    if missing or extra:
        raise ValueError(text)


@dataclass(frozen=True)
class ConstantNode:
    """The context of a constant: it is compared by value."""

    value: Any


def register_constant(cls: type[Any]) -> None:
    """Make objects of a class part of the structure: they have no leaves; structures with other ones are not equal.

    Raises:
        TypeError: the class has no `__eq__` or no `__hash__` of its own.

    >>> import dataclasses
    >>> from tapegrad.utils._pytree import tree_leaves
    >>> @dataclasses.dataclass(frozen=True)
    ... class Setting:
    ...     name: str
    >>> register_constant(Setting)
    >>> tree_leaves([Setting("a"), 1])
    [1]
    """
    if getattr(cls, "__eq__", None) is object.__eq__:
        raise TypeError("register_constant(cls) expects `cls` to have a non-default `__eq__` implementation.")
    if cls.__hash__ is None:
        raise TypeError("register_constant(cls) expects `cls` to have a non-default `__hash__` implementation.")
    register_pytree_node(
        cls,
        lambda x: ([], ConstantNode(x)),
        lambda _, context: context.value,
        flatten_with_keys_fn=lambda x: ([], ConstantNode(x)),
    )
    CONSTANT_NODES.add(cls)


def is_constant_class(cls: type[Any]) -> bool:
    """Whether a class was given to `register_constant`."""
    return cls in CONSTANT_NODES


def _is_constant_holder(spec: TreeSpec) -> bool:
    """Whether a structure is that of a constant."""
    return isinstance(spec._context, ConstantNode)


def _retrieve_constant(spec: TreeSpec) -> Any:
    """The constant."""
    assert _is_constant_holder(spec)
    return spec.unflatten([])
