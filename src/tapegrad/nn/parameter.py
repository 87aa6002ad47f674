"""`torch.nn.parameter`: parameters, buffers, and both before their shape is known."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from ..tensor import dtypes
from ..tensor.device import check_device
from ..tensor.dtypes import Array
from ..tensor.tensor import REQUIRES_GRAD, Parameter, Tensor

_set_array = Tensor._data.__set__  # type: ignore[attr-defined]  # the slot, which classes below hide


class _BufferMeta(type(Tensor)):  # type: ignore[misc]  # the class of a class
    """A buffer is a tensor with a mark."""

    def __instancecheck__(cls, instance: Any) -> bool:
        if cls is not Buffer:
            return super().__instancecheck__(instance)
        return isinstance(instance, Tensor) and bool(getattr(instance, "_is_buffer", False))


class Buffer(Tensor, metaclass=_BufferMeta):
    """A tensor that becomes a buffer of the module that it is assigned to.

    Args:
        data: the tensor, whose memory is shared; an empty one if not given.
        persistent: whether the module's `state_dict` has it.

    >>> import tapegrad as torch
    >>> net = torch.nn.Module()
    >>> net.mean = torch.nn.Buffer(torch.zeros(2))
    >>> list(net.state_dict())
    ['mean']
    """

    __module__ = "torch.nn.parameter"

    def __new__(cls, data: Tensor | None = None, *, persistent: bool = True) -> Any:
        if data is None:
            from ..tensor.factories import empty

            data = empty(0)
        made: Any = data.detach().requires_grad_(data.requires_grad)
        made.persistent = persistent
        made._is_buffer = True
        return made


class UninitializedTensorMixin:
    """A tensor whose shape is not known yet: it has a dtype, can be converted, and refuses everything else.

    Its class changes when it gets its shape, in `materialize`.
    """

    __slots__ = ()
    cls_to_become: type[Tensor]
    _is_uninitialized = True

    @property
    def _data(self) -> Array:
        name = type(self).__name__
        raise ValueError(
            f"Attempted to use an uninitialized parameter. This error happens when you are using a `LazyModule` or"
            f" explicitly manipulating `torch.nn.parameter.{name}` objects. When using LazyModules Call `forward` with"
            " a dummy batch to initialize the parameters before calling torch functions"
        )

    @property
    def dtype(self) -> Any:
        """The type that the elements will have."""
        return self.__dict__["_dtype"]

    @property
    def shape(self) -> NoReturn:
        """Not known.

        Raises:
            RuntimeError: always.
        """
        raise RuntimeError(
            "Can't access the shape of an uninitialized parameter or buffer. This error usually happens in"
            " `load_state_dict` when trying to load an uninitialized parameter into an initialized one. Call `forward`"
            " to initialize the parameters before accessing their attributes."
        )

    @property
    def data(self: Any) -> Any:
        """The tensor itself; assigning one that is not initialised either changes the dtype."""
        return self

    @data.setter
    def data(self: Any, source: Any) -> None:
        self.__dict__["_dtype"] = source.dtype

    def materialize(self: Any, shape: Any, device: Any = None, dtype: Any = None) -> None:
        """Become an ordinary parameter or buffer of a shape, with undefined elements.

        Args:
            shape: the length of each dimension.
            dtype: the type of the elements, if not the one that was planned.
        """
        check_device(device, "materialize")
        kind = self.__dict__.pop("_dtype") if dtype is None else dtype
        self.__dict__.pop("_dtype", None)
        self.__class__ = self.cls_to_become
        self._data, self._form = np.empty(tuple(shape), kind.numpy), None

    def is_floating_point(self) -> bool:
        """Whether the elements will be real floating-point numbers."""
        return bool(self.dtype.is_floating_point)

    def is_complex(self) -> bool:
        """Whether the elements will be complex numbers."""
        return bool(self.dtype.is_complex)

    def _as(self: Any, kind: Any) -> Any:
        return type(self)(self.requires_grad, dtype=kind)

    def to(self, *args: Any, **kwargs: Any) -> Any:
        """The same with another dtype."""
        from ..ops.conversion import parse_to

        return self._as(parse_to(self.dtype, args, kwargs)[0])

    def type(self, kind: Any) -> Any:
        """The same with another dtype."""
        return self._as(kind)

    def float(self) -> Any:
        """The same with dtype float32."""
        return self._as(dtypes.float32)

    def double(self) -> Any:
        """The same with dtype float64."""
        return self._as(dtypes.float64)

    def half(self) -> Any:
        """The same with dtype float16."""
        return self._as(dtypes.float16)

    def bfloat16(self) -> Any:
        """The same with dtype bfloat16."""
        return self._as(dtypes.bfloat16)

    def cpu(self) -> Any:
        """The tensor itself."""
        return self

    def detach(self) -> Any:
        """The tensor itself: it has no history."""
        return self

    def copy_(self, source: Any, non_blocking: bool = False) -> Any:
        """The tensor itself, if the other is not initialised either."""
        if not is_lazy(source):
            _ = self._data  # refuses
        return self

    def share_memory_(self) -> NoReturn:
        """Not possible without memory.

        Raises:
            RuntimeError: always.
        """
        raise RuntimeError(
            "Can't share memory on an uninitialized parameter or buffer. Call `forward` to initialize the parameters"
            " before calling `module.share_memory()`."
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __hash__(self) -> int:
        return id(self)

    def __deepcopy__(self: Any, memo: dict[int, Any]) -> Any:
        if id(self) not in memo:
            memo[id(self)] = self._as(self.dtype)
        return memo[id(self)]

    def __reduce_ex__(self: Any, protocol: Any) -> Any:
        return _restored, (type(self).__name__, self.requires_grad, self.dtype)


def _fill(made: Any, requires_grad: bool, device: Any, dtype: Any) -> Any:
    check_device(device, type(made).__name__)
    _set_array(made, np.empty(0))
    made._flags = REQUIRES_GRAD if requires_grad else 0
    made._form = made._fn = made._grad = made._vc = made._view = made._x = None
    made.__dict__["_dtype"] = dtypes.default.dtype if dtype is None else dtype
    return made


class UninitializedParameter(UninitializedTensorMixin, Parameter):  # type: ignore[misc, override]  # hides what needs elements
    """A parameter whose shape is not known yet, as lazy modules have it.

    >>> import tapegrad as torch
    >>> p = torch.nn.UninitializedParameter()
    >>> p.materialize((2, 3))
    >>> p.shape
    torch.Size([2, 3])
    """

    __slots__ = ()
    __module__ = "torch.nn.parameter"
    cls_to_become = Parameter

    def __new__(cls, requires_grad: bool = True, device: Any = None, dtype: Any = None) -> Any:
        return _fill(object.__new__(cls), requires_grad, device, dtype)


class UninitializedBuffer(UninitializedTensorMixin, Tensor):  # type: ignore[misc, override]  # hides what needs elements
    """A buffer whose shape is not known yet."""

    __slots__ = ()
    __module__ = "torch.nn.parameter"
    cls_to_become = Tensor

    def __new__(
        cls, requires_grad: bool = False, device: Any = None, dtype: Any = None, persistent: bool = True
    ) -> Any:
        made = _fill(object.__new__(cls), requires_grad, device, dtype)
        made.persistent = persistent
        made._is_buffer = True
        return made


def _restored(name: str, requires_grad: bool, dtype: Any) -> Any:
    return globals()[name](requires_grad, dtype=dtype)


def is_lazy(param: Any) -> bool:
    """Whether a parameter or buffer has no shape yet."""
    return isinstance(param, UninitializedTensorMixin)


__all__ = [
    "Buffer",
    "Parameter",
    "UninitializedBuffer",
    "UninitializedParameter",
    "UninitializedTensorMixin",
    "is_lazy",
]
