"""The tensor: an array, and what autograd has to know about it.

Only what needs no operator is written here; methods that compute are attached in `methods.py`.

Slots:
    _data   the array
    _form   its shape and dtype as one object, if they are known: see form.py
    _flags  0, or the sum of REQUIRES_GRAD, VIEW, TANGENT, MARKED, DEAD_END: whether an operation on it has to do more
            than compute
    _fn     the node (or port of a node) that produced it, None for a leaf
    _grad   the accumulated gradient
    _vc     the version counter, once one is needed
    _view   for a view: (base, version of the base when `_fn` was last right, one of the kinds below)
    _x      a dictionary for what is rare: hooks, name, accumulator, tangents of forward mode
"""

from __future__ import annotations

from functools import partial
from threading import get_ident
from typing import TYPE_CHECKING, Any, Final
from weakref import ref

import numpy as np

from . import dtypes
from .coordinates import Coordinates
from .device import CPU, device, layout, memory_format, strided
from .dtypes import Array
from .rows import MADE_AT, running
from .size import Size, size_of
from .strides import contiguous_strides
from .torch_function import DISABLED
from .version import INFERENCE, version_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..autograd.node import Node

REQUIRES_GRAD: Final = 1
VIEW: Final = 2
TANGENT: Final = 4
MARKED: Final = 8  # made under inference_mode
DEAD_END: Final = 16  # a view without a history that requires a gradient because its base does, and receives none

# How a view came about, which decides whether it may be written into.
PLAIN_VIEW: Final = 0
MULTI_VIEW: Final = 1  # one of several views that one operation returned
NO_GRAD_VIEW: Final = 2  # made while recording was off
CUSTOM_VIEW: Final = 3  # returned by the forward function of a custom Function
INFERENCE_VIEW: Final = 4  # made under inference_mode of a tensor that was not


def _constant(value: object) -> Any:
    """An attribute that is the same for all tensors, and as read-only as the others."""
    return property(lambda self: value)


class Tensor:
    """A multi-dimensional array that remembers the operations it came from.

    Made by `torch.tensor`, `torch.zeros` and the like; `Tensor(2, 3)` and `Tensor([1, 2])` are torch's older forms.

    >>> import tapegrad as torch
    >>> x = torch.tensor([1.0, 2.0], requires_grad=True)
    >>> y = (x * x).sum()
    >>> y.backward()
    >>> x.grad
    tensor([2., 4.])
    """

    __slots__ = ("__dict__", "__weakref__", "_data", "_flags", "_fn", "_form", "_grad", "_vc", "_view", "_x")
    __module__ = "torch"  # type(x) prints as torch's
    _data: Array
    _flags: int
    _fn: Any
    _form: Any
    _grad: Tensor | None
    _vc: Any
    _view: tuple[Tensor, int, int] | None
    _x: dict[str, Any] | None

    # NumPy leaves binary operations between its arrays and tensors to us.
    __array_priority__ = 1000

    if TYPE_CHECKING:
        # Methods of operators are attached in methods.py.
        def __getattr__(self, name: str) -> Any: ...

        __add__: Any
        __radd__: Any
        __sub__: Any
        __rsub__: Any
        __mul__: Any
        __rmul__: Any
        __truediv__: Any
        __rtruediv__: Any
        __floordiv__: Any
        __rfloordiv__: Any
        __mod__: Any
        __rmod__: Any
        __pow__: Any
        __rpow__: Any
        __matmul__: Any
        __rmatmul__: Any
        __and__: Any
        __or__: Any
        __xor__: Any
        __invert__: Any
        __neg__: Any
        __pos__: Any
        __abs__: Any
        __lt__: Any
        __le__: Any
        __gt__: Any
        __ge__: Any
        __getitem__: Any
        __setitem__: Any
        __torch_function__: Any

        def __eq__(self, other: object) -> Any: ...

        def __ne__(self, other: object) -> Any: ...

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        from .legacy import legacy_tensor

        made = legacy_tensor(*args, **kwargs)
        if cls is Tensor:
            return made
        from .subclass import make_subclass

        return make_subclass(cls, made)

    # -- autograd's side -------------------------------------------------------------------------------------------

    @property
    def requires_grad(self) -> bool:
        """Whether operations on this tensor are recorded; set it on leaves only."""
        flags = self._flags
        if flags & VIEW and self._view is not None:
            flags |= self._view[0]._flags  # a view made under no_grad has no history, but its base may have
        return bool(flags & REQUIRES_GRAD)

    @requires_grad.setter
    def requires_grad(self, on: bool) -> None:
        if on is not True and on is not False:
            raise RuntimeError(f"requires_grad must be a bool: found {on!r}")
        if on and self._fn is None and self.dtype.category < dtypes.FLOAT:
            from ..errors import integer_requires_grad

            raise integer_requires_grad(self, says="only Tensors of floating point and complex dtype")
        self.requires_grad_(on)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Have operations on this leaf recorded (or not), from now on; returns the tensor.

        Raises:
            RuntimeError: the tensor is not a leaf, or does not hold floating-point or complex numbers.
        """
        if requires_grad is not True and requires_grad is not False:
            what = type(requires_grad).__name__
            raise TypeError(f"requires_grad_(): argument 'requires_grad' (position 1) must be bool, not {what}")
        if self._flags & VIEW:
            _refresh(self)
        if self._fn is not None:
            if requires_grad:
                return self
            from ..errors import non_leaf_requires_grad

            raise non_leaf_requires_grad(self)
        if requires_grad:
            if self._vc is INFERENCE:
                from ..errors import inference_requires_grad

                inference_requires_grad()
            if self._data.dtype.kind not in "fc" and self.dtype.category < dtypes.FLOAT:
                from ..errors import integer_requires_grad

                raise integer_requires_grad(self)
            self._flags |= REQUIRES_GRAD
            if running and get_ident() in running:
                self._extras()[MADE_AT] = running[get_ident()][-1].number
        else:
            self._flags &= ~REQUIRES_GRAD
        return self

    @property
    def grad(self) -> Tensor | None:
        """The gradient that backward passes have added up here; None before the first."""
        if self._grad is None and self._fn is not None and not self.retains_grad:
            from ..errors import warn_non_leaf_grad

            warn_non_leaf_grad(self)
        return self._grad

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None:
            from ..errors import check_assigned_grad

            check_assigned_grad(self, value)
        self._grad = value

    @grad.deleter
    def grad(self) -> None:
        self._grad = None

    @property
    def grad_fn(self) -> Node | None:
        """The node of the operation that produced this tensor; None for a leaf."""
        from ..autograd.node import as_function

        if self._flags & VIEW:
            _refresh(self)
        if self._fn is None:
            return None
        found: Node = as_function(self._fn)[0]
        return found

    @property
    def output_nr(self) -> int:
        """Which output of `grad_fn` this tensor is."""
        from ..autograd.node import as_function

        return 0 if self._fn is None else as_function(self._fn)[1]

    @property
    def is_leaf(self) -> bool:
        """True for tensors that no recorded operation produced: gradients are accumulated in these."""
        if self._flags & VIEW:
            _refresh(self)
        return self._fn is None

    @property
    def retains_grad(self) -> bool:
        """Whether this non-leaf tensor keeps its gradient, after `retain_grad()`."""
        return self._x is not None and "retains_grad" in self._x

    @property
    def _version(self) -> int:
        if (noted or self._vc is INFERENCE) and self.is_inference():
            raise RuntimeError("Inference tensors do not track version counter.")
        return 0 if self._vc is None else int(self._vc.n)

    @property
    def _cdata(self) -> int:
        """A number that only this tensor has: torch's address of it."""
        return id(self)

    @property
    def _base(self) -> Tensor | None:
        return None if self._view is None or self.is_inference() else self._view[0]

    def _is_view(self) -> bool:
        return self._view is not None and not self.is_inference()

    def _extras(self) -> dict[str, Any]:
        """The dictionary for what is rare, made now if there is none."""
        if self._x is None:
            self._x = {}
        return self._x

    def detach(self) -> Tensor:
        """A tensor over the same memory that is cut off from the graph."""
        t = new_tensor(self._data)
        t._vc = version_of(self)
        if noted or t._vc is INFERENCE:
            _follow(t, self)
        return t

    @property
    def data(self) -> Tensor:
        """The same memory without history; unlike `detach()`, writes into it go unnoticed by autograd."""
        t = new_tensor(self._data)
        if noted or self._vc is INFERENCE:
            _follow(t, self)
        return t

    @data.setter
    def data(self, source: Tensor) -> None:
        if not isinstance(source, Tensor):
            raise TypeError(f"Variable data has to be a tensor, but got {type(source).__name__}")
        if self.requires_grad and source.dtype.category < dtypes.FLOAT:
            from ..errors import integer_data

            raise integer_data(source)
        self._data, self._form = source._data, None
        if self._vc is INFERENCE:
            self._vc, self._flags = None, self._flags & ~MARKED
        if noted or source._vc is INFERENCE:
            _follow(self, source)

    # -- shape and type --------------------------------------------------------------------------------------------

    @property
    def shape(self) -> Size:
        """The length of each dimension."""
        return size_of(self._data.shape)

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the length of one dimension."""
        if dim is None:
            return size_of(self._data.shape)
        if dim.__class__ is int:
            try:
                return self._data.shape[dim]
            except IndexError:
                pass
        if not self._data.ndim and hasattr(dim, "__index__"):
            raise IndexError(f"Dimension specified as {dim.__index__()} but tensor has no dimensions")
        return self._data.shape[_wrap_dim(dim, self._data.ndim)]

    def stride(self, dim: int | None = None) -> Any:
        """Elements to skip in memory from one index to the next, for each dimension or one."""
        itemsize = self._data.itemsize
        if self._data.size:
            strides = tuple([s // itemsize for s in self._data.strides])
        else:  # NumPy's are all 0
            strides = contiguous_strides(self._data.shape)
        return strides if dim is None else strides[_wrap_dim(dim, len(strides))]

    def dim(self) -> int:
        """The number of dimensions."""
        return self._data.ndim

    ndimension = dim

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self._data.ndim

    def numel(self) -> int:
        """The number of elements."""
        return self._data.size

    nelement = numel

    @property
    def itemsize(self) -> int:
        """Bytes of one element."""
        return self._data.itemsize

    def element_size(self) -> int:
        """Bytes of one element."""
        return self._data.itemsize

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return self._data.nbytes

    @property
    def dtype(self) -> dtypes.dtype:
        """The type of the elements."""
        found = dtypes._BY_NUMPY.get(self._data.dtype)
        return found if found is not None else dtypes.from_numpy_dtype(self._data.dtype)

    @property
    def device(self) -> device:
        """Where the tensor lives: the CPU."""
        return CPU

    @property
    def layout(self) -> layout:
        """How the tensor is stored: strided."""
        return strided

    is_cpu = _constant(True)
    is_cuda = _constant(False)
    is_ipu = _constant(False)
    is_maia = _constant(False)
    is_meta = _constant(False)
    is_mkldnn = _constant(False)
    is_mps = _constant(False)
    is_mtia = _constant(False)
    is_nested = _constant(False)
    is_quantized = _constant(False)
    is_sparse = _constant(False)
    is_sparse_csr = _constant(False)
    is_vulkan = _constant(False)
    is_xla = _constant(False)
    is_xpu = _constant(False)
    name = _constant(None)
    volatile = _constant(False)

    def get_device(self) -> int:
        """-1, which stands for the CPU."""
        return -1

    def is_floating_point(self) -> bool:
        """Whether the elements are real floating-point numbers."""
        return self.dtype.is_floating_point

    def is_complex(self) -> bool:
        """Whether the elements are complex numbers."""
        return self._data.dtype.kind == "c"

    def is_signed(self) -> bool:
        """Whether the type of the elements has negative values."""
        return self.dtype.is_signed

    def is_inference(self) -> bool:
        """Whether the tensor was made under `inference_mode`; a view, whether what it is a view of was."""
        if self._vc is not INFERENCE and not noted:
            return False
        from .inference import is_inference

        return is_inference(self)

    def is_contiguous(self, memory_format: memory_format | None = None) -> bool:
        """Whether the elements lie in memory in the order of their indices."""
        if memory_format is not None and memory_format._name.startswith("channels_last"):
            order = (0, *range(2, self.ndim), 1)
            return self.ndim == (4 if memory_format._name == "channels_last" else 5) and bool(
                self._data.transpose(order).flags.c_contiguous
            )
        return bool(self._data.flags.c_contiguous)

    def data_ptr(self) -> int:
        """The address of the first element."""
        return int(self._data.__array_interface__["data"][0]) if self._data.size else 0

    def storage_offset(self) -> int:
        """Elements between the start of the underlying memory and the first element."""
        from .storage import owner_of

        array = self._data
        if array.__class__ is not np.ndarray:
            array = getattr(array, "first_row", array)  # inside of `vmap`
        address = array.__array_interface__["data"][0]
        return int(address - owner_of(array).__array_interface__["data"][0]) // array.itemsize

    # -- Python values ---------------------------------------------------------------------------------------------

    def item(self) -> Any:
        """The only element, as a Python number.

        Raises:
            RuntimeError: the tensor does not have exactly one element.
        """
        if self._data.size != 1:
            raise RuntimeError(
                f"a Tensor with {self._data.size} elements cannot be converted to Scalar."
                f" Its shape is {tuple(self._data.shape)}; write x.tolist() for all elements or x[i].item() for one."
            )
        value = self._data.item()
        return value if self._data.dtype.kind != "V" else float(value)

    def tolist(self) -> Any:
        """The elements as nested lists of Python numbers."""
        return self._data.tolist() if self._data.dtype.kind != "V" else self._data.astype(np.float32).tolist()

    def __len__(self) -> int:
        if self._data.ndim == 0:
            raise TypeError("len() of a 0-d tensor")
        return int(self._data.shape[0])

    def __bool__(self) -> bool:
        if self._data.size == 1:
            return bool(self._data)
        if self._data.size == 0:
            raise RuntimeError("Boolean value of Tensor with no values is ambiguous")
        raise RuntimeError(
            "Boolean value of Tensor with more than one value is ambiguous."
            " Write x.any() or x.all(), or compare whole tensors with torch.equal."
        )

    def __int__(self) -> int:
        return int(_real_number(self, "int64_t"))

    def __float__(self) -> float:
        if self._flags and self.requires_grad:
            _warn_of_lost_history()
        return float(_real_number(self, "double"))

    def __complex__(self) -> complex:
        if self._flags and self.requires_grad:
            _warn_of_lost_history()
        return complex(_only_number(self))

    def __index__(self) -> int:
        if self._data.size != 1 or self.dtype.category > dtypes.INT:
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return int(self._data.item())

    def __hash__(self) -> int:
        return id(self)

    def __iter__(self) -> Iterator[Tensor]:
        if self._data.ndim == 0:
            raise TypeError("iteration over a 0-d tensor")
        return iter(self.unbind(0))

    def __repr__(self, *, tensor_contents: Any = None) -> str:
        from .printing import tensor_repr

        return tensor_repr(self, tensor_contents=tensor_contents)

    def __format__(self, spec: str) -> str:
        from .printing import tensor_format

        return tensor_format(self, spec)

    # -- NumPy -----------------------------------------------------------------------------------------------------

    def numpy(self, *, force: bool = False) -> Array:
        """The array behind the tensor, sharing its memory.

        Raises:
            RuntimeError: the tensor requires a gradient (pass `force=True` or call `detach()` first).
        """
        if self.requires_grad and not force:
            from ..autograd.intermediates import depends_on_nothing_else

            if not depends_on_nothing_else(self):
                from ..errors import numpy_of_recorded

                raise numpy_of_recorded(self)
        if self._data.dtype.kind == "V":
            raise TypeError("Got unsupported ScalarType BFloat16\n  NumPy has no such type: write x.float().numpy().")
        return np.asanyarray(self._data)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        array = self.numpy()
        if dtype is not None and np.dtype(dtype) != array.dtype:
            return array.astype(dtype)
        return array.copy() if copy else array

    def __array_wrap__(self, array: Array, context: Any = None, return_scalar: bool = False) -> Tensor:
        if array.dtype == bool:  # as old versions of torch had comparisons return
            array = array.astype(np.uint8)
        return new_tensor(np.asarray(array))

    # -- copies ----------------------------------------------------------------------------------------------------

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        from .copying import deepcopy

        return deepcopy(self, memo)

    def __reduce_ex__(self, protocol: Any) -> Any:
        from .copying import reduce

        return reduce(self)

    def __setstate__(self, state: Any) -> None:
        raise RuntimeError("a tensor is restored by its constructor, not by __setstate__")


class _ParameterMeta(type):
    """Counts as parameters also the tensors of other subclasses that were made parameters."""

    def __instancecheck__(cls, instance: Any) -> bool:
        if cls is Parameter and isinstance(instance, Tensor) and getattr(instance, "_is_param", False):
            return True
        return super().__instancecheck__(instance)


class Parameter(Tensor, metaclass=_ParameterMeta):
    """A tensor that a module owns and an optimizer trains: a leaf that requires a gradient unless told otherwise.

    >>> import tapegrad as torch
    >>> torch.nn.Parameter(torch.zeros(2))
    Parameter containing:
    tensor([0., 0.], requires_grad=True)
    """

    __slots__ = ()
    __module__ = "torch.nn.parameter"
    __torch_function__: Any = DISABLED

    def __new__(cls, data: Tensor | None = None, requires_grad: bool = True) -> Any:
        from .subclass import make_parameter

        return make_parameter(cls, data, requires_grad)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if id(self) not in memo:
            copy = type(self)(new_tensor(np.copy(self._data, order="K")), bool(self._flags & REQUIRES_GRAD))
            memo[id(self)] = copy
        return memo[id(self)]


# A new tensor without slots.  inference_mode has it call another function for a while: see inference.py.
allocate: Final[Any] = partial(object.__new__, Tensor)

# For each thread that is in inference mode, the tensors made since, by their addresses.
noted: Final[dict[int, dict[int, ref[Tensor]]]] = {}


def fill_slots(t: Tensor, array: Array) -> None:
    """Make a tensor without slots a leaf over an array."""
    t._data = array
    t._flags = 0
    t._form = t._fn = t._grad = t._vc = t._view = t._x = None


def new_tensor(array: Array) -> Tensor:
    """A leaf over an array, which it shares."""
    t: Tensor = allocate()
    t._data = array
    t._flags = 0
    t._form = t._fn = t._grad = t._vc = t._view = t._x = None
    return t


def wrap(value: Any) -> Tensor:
    """A leaf over an array, or over what NumPy returns for one of no dimensions."""
    if value.__class__ is np.ndarray:
        return new_tensor(value)
    if value.__class__ is Coordinates:
        return value.as_tensor()
    return new_tensor(np.asarray(value) if isinstance(value, np.generic) else value)


def _follow(t: Tensor, source: Tensor) -> None:
    from .inference import follow

    follow(t, source)


def _only_number(t: Tensor) -> Any:
    if t._data.size != 1:
        raise ValueError(
            f"only one element tensors can be converted to Python scalars. Found: shape {tuple(t._data.shape)}; write"
            " x.tolist() for all elements."
        )
    return t.item()


def _real_number(t: Tensor, c_type: str) -> Any:
    value = _only_number(t)
    if isinstance(value, complex):
        if value.imag != 0:
            raise RuntimeError(f"value cannot be converted to type {c_type} without overflow: {value} is complex")
        return value.real
    return value


def _warn_of_lost_history() -> None:
    from .numbers import warn_of_lost_history

    warn_of_lost_history(stacklevel=4)


def _wrap_dim(dim: int, ndim: int) -> int:
    from .arguments import wrap_dim

    return wrap_dim(dim, ndim)


def _refresh(t: Tensor) -> None:
    from ..autograd.views import renew

    renew(t)
