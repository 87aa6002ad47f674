"""Copies of tensors as objects: `copy.copy`, `copy.deepcopy`, pickle.

A tensor is copied together with the whole memory it looks at, once: tensors that shared memory share it afterwards.
"""

from __future__ import annotations

import copy
import warnings
from typing import Any

import numpy as np

from .dtypes import Array
from .inference import note
from .storage import memory_of, window
from .subclass import admit, as_subclass
from .tensor import REQUIRES_GRAD, Parameter, Tensor, fill_slots, new_tensor, noted
from .version import version_of


def copied_memory(array: Array, memo: dict[Any, Any]) -> Array:
    """A copy of the memory behind an array; the same one each time under the same memo."""
    memory = memory_of(array)
    address = memory.__array_interface__["data"][0]
    copies = memo.setdefault("tapegrad memory", {})
    if address not in copies:
        copies[address] = (np.copy(memory, order="C"), memory)  # the old is kept, so that its address stays taken
    found: Array = copies[address][0]
    return found


def _view(memory: Array, like: Array, offset: int) -> Array:
    strides = tuple(s // like.itemsize for s in like.strides)
    return window(memory, like.dtype, like.shape, strides, offset)


def deepcopy(t: Tensor, memo: dict[Any, Any]) -> Tensor:
    """A leaf's copy with memory of its own, and copies of its gradient and attributes; hooks are left behind.

    Raises:
        RuntimeError: the tensor was computed; its history cannot be copied.
    """
    if id(t) in memo:
        return memo[id(t)]
    if not t.is_leaf:
        raise RuntimeError(
            "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the moment."
            "  If you were attempting to deepcopy a module, this may be because of a torch.nn.utils.weight_norm usage,"
            f" see https://github.com/pytorch/pytorch/pull/103001\n  Found: the result of {t.grad_fn.name()}."  # type: ignore[union-attr]
            " Write x.detach().clone() to copy the values."
        )
    if type(t) is not Tensor:
        _check_copied_type(t)
    made: Tensor = object.__new__(type(t))
    fill_slots(made, _view(copied_memory(t._data, memo), t._data, t.storage_offset()))
    made._flags = t._flags & REQUIRES_GRAD
    if noted:
        note(made)
    memo[id(t)] = made
    if t._grad is not None:
        made._grad = copy.deepcopy(t._grad, memo)
    made.__dict__.update(copy.deepcopy(t.__dict__, memo))
    return made


def _check_copied_type(t: Tensor) -> None:
    """Refuse to copy an instance of a subclass whose own methods do not make instances of it, as torch does."""
    method = "new_empty" if t._data.size else "clone"
    made = t.new_empty([]) if t._data.size else t.clone()
    if type(made) is type(t):
        return
    if method == "clone":
        raise RuntimeError(
            "The default implementation of __deepcopy__() for wrapper subclasses only works for subclass types that"
            " implement clone() and for which cloning returns another instance of the same subclass. You should either"
            " properly implement clone() for your subclass or override __deepcopy__() if it is intended behavior for"
            " clone() to return an instance of a different type."
        )
    raise RuntimeError(
        "The default implementation of __deepcopy__() for non-wrapper subclasses only works for subclass types that"
        " implement new_empty() and for which that function returns another instance of the same subclass. You should"
        " either properly implement new_empty() for your subclass or override __deepcopy__() if it is intended behavior"
        " for new_empty() to return an instance of a different type."
    )


def reduce(t: Tensor) -> Any:
    """How `copy.copy` and pickle make a tensor again: a leaf over the same memory, or over what became of it.

    The classes that print as torch's cannot be found by their names, so they are left out: None.
    """
    _warn_of_hooks(t)
    state = t.__dict__ or None
    if issubclass(type(t), Parameter):
        return (rebuild_parameter, (None if type(t) is Parameter else type(t), t.detach(), t.requires_grad, state))
    strides, offset = t.stride(), t.storage_offset()
    view = (tuple(t._data.shape), strides, offset)
    cls = None if type(t) is Tensor else type(t)
    return (rebuild, (cls, memory_of(t._data), t.dtype, *view, t.requires_grad, state))


def rebuild(
    cls: type[Tensor] | None,
    memory: Array,
    dtype: Any,
    shape: tuple[int, ...],
    strides: tuple[int, ...],
    offset: int,
    requires_grad: bool,
    state: dict[str, Any] | None,
) -> Tensor:
    """A tensor over memory, as `reduce` described it."""
    t = new_tensor(window(memory_of(memory), dtype.numpy, shape, strides, offset))
    t._flags = REQUIRES_GRAD if requires_grad else 0
    if cls is not None:
        t = as_subclass(t, cls)
    if state is not None:
        t.__dict__.update(state)
    return t


def rebuild_parameter(
    cls: type[Parameter] | None, data: Tensor, requires_grad: bool, state: dict[str, Any] | None
) -> Any:
    """A parameter over a tensor's memory, as `reduce` described it."""
    if cls is not None:
        admit(cls)
    t: Parameter = object.__new__(cls or Parameter)
    fill_slots(t, data._data)
    t._vc = version_of(data)
    t._flags = REQUIRES_GRAD if requires_grad else 0
    if state is not None:
        t.__dict__.update(state)
    return t


def _warn_of_hooks(t: Tensor) -> None:
    hooks = None if t._x is None else t._x.get("hooks")
    if hooks is None:
        return
    for hook in hooks.before.values():
        if not hasattr(hook, "__torch_unserializable__"):
            warnings.warn(
                f"backward hook {hook!r} on tensor will not be serialized.  If this is expected, you can decorate the"
                " function with @torch.utils.hooks.unserializable_hook to suppress this warning",
                UserWarning,
                stacklevel=4,
            )
