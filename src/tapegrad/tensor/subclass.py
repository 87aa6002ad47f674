"""Tensors as instances of subclasses of Tensor: how they are made, and how results become such.

Every instance of a subclass is made here or announced here (`admit`), so that classes which define
`__torch_function__`, or inherit Tensor's, are asked from the first instance on.
"""

from __future__ import annotations

from functools import cache
from threading import get_ident
from typing import Any

import numpy as np

from . import dtypes
from .arguments import type_name
from .device import check_device, check_layout
from .dtypes import dtype
from .inference import follow
from .size import Size
from .tensor import Parameter, Tensor, fill_slots, new_tensor, noted
from .torch_function import DisableTorchFunction, classes_off, in_place, overrides
from .version import INFERENCE, version_of


def admit(cls: type[Any]) -> None:
    """Called before an instance of a subclass is made: has the functions that ask it put in place, if it is asked."""
    if not in_place and cls is not Tensor and cls is not Parameter and overrides(cls):
        from ..overrides.switch import install

        install()


def as_subclass(self: Tensor, cls: type[Tensor]) -> Any:
    """The tensor as an instance of a subclass, over the same memory and with the same history.

    Raises:
        TypeError: `cls` is not a subclass of Tensor.

    >>> import tapegrad as torch
    >>> class Length(torch.Tensor): ...
    >>> torch.ones(2).as_subclass(Length)
    Length([1., 1.])
    """
    _check_subclass(cls)
    admit(cls)
    source = _alias()(self)
    t: Tensor = object.__new__(cls)
    fill_slots(t, source._data)
    t._flags, t._fn, t._vc, t._view, t._x = source._flags, source._fn, source._vc, source._view, source._x
    if noted:
        follow(t, self)
    return t


@cache
def _alias() -> Any:
    from ..ops.shape import _alias

    return _alias.call


def make_subclass(cls: type[Tensor], data: Tensor, require_grad: bool = False) -> Any:
    """An instance of a subclass, a leaf, over a tensor's memory.

    Raises:
        TypeError: `cls` is not a subclass of Tensor.
    """
    _check_subclass(cls)
    if not isinstance(data, Tensor):
        raise TypeError(f"_make_subclass(): argument 'data' (position 2) must be Tensor, not {type_name(data)}")
    admit(cls)
    t: Tensor = object.__new__(cls)
    fill_slots(t, data._data)
    t._vc = version_of(data)
    if noted or t._vc is INFERENCE:
        follow(t, data)
    if require_grad:
        set_requires_grad(t)
    return t


def make_wrapper_subclass(
    cls: type[Tensor],
    size: Any,
    strides: Any = None,
    storage_offset: int | None = None,
    memory_format: Any = None,
    dtype: dtype | None = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    dispatch_sizes_strides_policy: str | None = None,
) -> Any:
    """An instance of a subclass that has a shape and a type but no elements of its own: they are all zero and cannot
    be written.

    Raises:
        TypeError: `cls` does not define `__torch_dispatch__`, which torch asks for.
    """
    _check_subclass(cls)
    if not hasattr(cls, "__torch_dispatch__"):
        raise TypeError(f"{cls.__name__} must define __torch_dispatch__")
    check_device(device, "_make_wrapper_subclass")
    check_layout(layout, "_make_wrapper_subclass")
    admit(cls)
    kind = dtypes.default if dtype is None else dtype
    t: Tensor = object.__new__(cls)
    fill_slots(t, np.broadcast_to(np.zeros((), kind.numpy), tuple(size)))
    if requires_grad:
        set_requires_grad(t)
    return t


def make_parameter(cls: type[Any], data: Any, requires_grad: bool) -> Any:
    """What `Parameter(data, requires_grad)` gives.

    A tensor of a subclass stays what it is, and is marked: `isinstance(t, Parameter)` holds from then on.

    Raises:
        RuntimeError: the elements are integers; `data.detach()` is of another type than `data`.
    """
    if data is None:
        data = new_tensor(np.empty(0, dtypes.default.numpy))
    if type(data) is Tensor or type(data) is Parameter:
        if requires_grad and data._data.dtype.kind not in "fc" and data.dtype.category < dtypes.FLOAT:
            from ..errors import integer_requires_grad

            raise integer_requires_grad(data, says="Only Tensors of floating point and complex dtype")
        return make_subclass(cls, data, requires_grad)
    made = data.detach().requires_grad_(requires_grad)
    if type(made) is not type(data):
        raise RuntimeError(
            f"Creating a Parameter from an instance of type {type(data).__name__} requires that detach() returns an"
            f" instance of the same type, but return type {type(made).__name__} was found instead. To use the type as"
            " a Parameter, please correct the detach() semantics defined by its __torch_dispatch__() implementation."
        )
    made._is_param = True
    return made


def set_requires_grad(t: Tensor) -> None:
    """`t.requires_grad_()`, without asking its class."""
    with DisableTorchFunction():
        Tensor.requires_grad_(t)


def default_answer(cls: type[Any], func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
    """What `func` computes, with instances of `cls` in place of tensors: Tensor's own `__torch_function__`.

    NotImplemented if one of `types` is not `cls` or one of its bases.
    """
    for kind in types:
        if not issubclass(cls, kind):
            return NotImplemented
    thread = get_ident()
    classes_off[thread] = classes_off.get(thread, 0) + 1
    try:
        result = func(*args, **kwargs) if kwargs else func(*args)
        return result if func in plain_getters() else convert(result, cls)
    finally:
        if classes_off[thread] == 1:
            del classes_off[thread]
        else:
            classes_off[thread] -= 1


default_answer.__name__, default_answer.__qualname__ = "__torch_function__", "Tensor.__torch_function__"


def convert(result: Any, cls: type[Any]) -> Any:
    """The tensors in a result, which may be a tuple or list, as instances of a subclass.

    >>> import tapegrad as torch
    >>> class Length(torch.Tensor): ...
    >>> convert((torch.ones(1), 2), Length)
    (Length([1.]), 2)
    """
    if cls is Tensor:
        return result
    if isinstance(result, Tensor):
        return result if isinstance(result, cls) else as_subclass(result, cls)
    if isinstance(result, tuple):
        kind = type(result)
        items = [convert(item, cls) for item in result]
        return result if kind is Size else tuple.__new__(kind, items)
    if isinstance(result, list):
        return type(result)([convert(item, cls) for item in result])
    return result


@cache
def plain_getters() -> set[Any]:
    """The getters whose values stay as they are: the tensors `x.grad` and `x._base` are somebody else's."""
    members = vars(Tensor)
    return {members["grad"].__get__, members["_base"].__get__}


def _check_subclass(cls: Any) -> None:
    if not isinstance(cls, type):
        raise TypeError(f"cls must be a type (got {type_name(cls)})")
    if not issubclass(cls, Tensor):
        raise TypeError(
            "Creating a Tensor subclass from a class that does not inherit from Tensor is not possible. Make sure your"
            f" class inherits from Tensor. Found: {cls.__name__}."
        )


METHODS: dict[str, Any] = {
    "__torch_function__": classmethod(default_answer),
    "_make_subclass": staticmethod(make_subclass),
    "_make_wrapper_subclass": staticmethod(make_wrapper_subclass),
    "as_subclass": as_subclass,
}
