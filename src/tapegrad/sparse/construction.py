"""How sparse tensors are made: from indices and values."""

from __future__ import annotations

from typing import Any, Final

from ..once import warn_once
from ..tensor import dtypes
from ..tensor.creation import as_tensor
from ..tensor.device import check_device
from ..tensor.dtypes import scalar_type_name
from ..tensor.factories import empty
from ..tensor.tensor import Tensor
from .layouts import SparseCooTensor, SparseCsrTensor, size_of
from .operations import announce_rows

__all__ = ["LEGACY", "sparse_coo_tensor", "sparse_csr_tensor"]


def sparse_coo_tensor(
    indices: Any = None,
    values: Any = None,
    size: Any = None,
    *,
    dtype: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    check_invariants: bool | None = None,
    is_coalesced: bool | None = None,
) -> SparseCooTensor:
    """A tensor of the values at the coordinates; values at the same place add up.

    Args:
        indices: integers, of shape (sparse dimensions, n); or, without values, the size of an empty tensor.
        values: of shape (n, *dense dimensions).
        size: the shape; as large as the coordinates need if None.

    Raises:
        RuntimeError: the parts do not fit together, or (with `check_invariants`) an index is out of range.

    Example:
        >>> import tapegrad as torch
        >>> torch.sparse_coo_tensor([[0, 1, 1], [2, 0, 2]], [3.0, 4.0, 5.0], (2, 3), check_invariants=True)
        tensor(indices=tensor([[0, 1, 1],
                               [2, 0, 2]]),
               values=tensor([3., 4., 5.]),
               size=(2, 3), nnz=3, layout=torch.sparse_coo)
    """
    if device is not None:
        check_device(device)
    if check_invariants is None:
        warn_once("Sparse invariant checks are implicitly disabled. check_invariants=True turns them on.")
    if values is None:
        if indices is None and size is None:
            raise TypeError(
                "sparse_coo_tensor() received an invalid combination of arguments - got (), but expected one of:\n"
                " indices and values; indices, values and size; size"
            )
        shape = size_of(size if indices is None else indices)
        none = _values(empty(0, dtype=dtype), None, requires_grad)
        return SparseCooTensor.of(empty(len(shape), 0, dtype=dtypes.int64), none, shape, True)
    places = as_tensor(indices).to(dtypes.int64)
    content = _values(values, dtype, requires_grad)
    if places.ndim != 2:
        raise RuntimeError(f"indices must be sparse_dim x nnz, but got: {list(places.shape)}")
    if len(content) != places.shape[1]:
        raise RuntimeError(
            f"indices and values must have same nnz, but got nnz from indices: {places.shape[1]},"
            f" nnz from values: {len(content)}"
        )
    if size is None:
        largest = places._data.max(1, initial=-1) + 1
        shape = size_of((*map(int, largest), *content.shape[1:]))
    else:
        shape = size_of(size)
    sparse, dense = len(places), content.ndim - 1
    if len(shape) != sparse + dense:
        raise RuntimeError(
            f"'len(size) == sparse_dim + dense_dim' is not satisfied: len(size) = {len(shape)},"
            f" sparse_dim = {sparse}, dense_dim = {dense}"
        )
    if check_invariants:
        _check_range(places, shape)
    return SparseCooTensor.of(places, content, shape, len(content) < 2 if is_coalesced is None else is_coalesced)


def sparse_csr_tensor(
    crow_indices: Any,
    col_indices: Any,
    values: Any,
    size: Any = None,
    *,
    dtype: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    check_invariants: bool | None = None,
) -> SparseCsrTensor:
    """A matrix given row by row.

    Args:
        crow_indices: where each row starts among the values, and where the last one ends.
        col_indices: the column of each value.
        values: the values, row by row.
        size: the shape; as large as the indices need if None.

    Example:
        >>> import tapegrad as torch
        >>> import warnings
        >>> with warnings.catch_warnings():
        ...     warnings.simplefilter("ignore")  # as in torch, the first one says that they are new
        ...     torch.sparse_csr_tensor([0, 1, 2], [1, 0], [5.0, 6.0]).to_dense()
        tensor([[0., 5.],
                [6., 0.]])
    """
    if device is not None:
        check_device(device)
    announce_rows()
    crow, col = as_tensor(crow_indices), as_tensor(col_indices)
    content = _values(values, dtype, requires_grad)
    shape = _shape_by_rows(crow, col, content) if size is None else size
    return SparseCsrTensor.of(crow, col, content, size_of(shape))


def _shape_by_rows(crow: Tensor, col: Tensor, values: Tensor) -> tuple[int, ...]:
    """The least shape of matrices by rows: those of a batch, rows, columns, what each value has."""
    *batch, starts = crow.shape
    return (*batch, starts - 1, int(col._data.max(initial=-1)) + 1, *values.shape[crow.ndim :])


def _values(values: Any, dtype: Any, requires_grad: bool) -> Tensor:
    content = as_tensor(values) if dtype is None else as_tensor(values, dtype=dtype)
    if content.requires_grad and not requires_grad:
        return content
    # Another leaf over the same memory: whether gradients go to it is not the business of the tensor that was given.
    return content.detach().requires_grad_(requires_grad)


def _check_range(places: Tensor, shape: Any) -> None:
    for dim, row in enumerate(places._data):
        if row.size and row.min() < 0:
            raise RuntimeError(f"found negative index {row.min()} for dim {dim}")
        if row.size and row.max() >= shape[dim]:
            raise RuntimeError(
                f"size is inconsistent with indices: for dim {dim}, size is {shape[dim]} but found index {row.max()}"
            )


# -- torch.sparse.FloatTensor and the like --------------------------------------------------------------------------


class tensortype(type):
    """The type of `torch.sparse.FloatTensor` and its siblings: calling one makes a sparse tensor."""

    dtype: dtypes.dtype

    def __call__(cls, *args: Any) -> Any:
        given = "indices, values, shape" if args and isinstance(args[0], Tensor) else "shape"
        warn_once(
            f"torch.sparse.SparseTensor({given}, *, device=) is deprecated. Please use"
            f" torch.sparse_coo_tensor({given}, dtype=, device=)."
        )
        if args and isinstance(args[0], Tensor):
            return sparse_coo_tensor(*args, dtype=cls.dtype)
        sizes = args[0] if len(args) == 1 and isinstance(args[0], (tuple, list)) else args
        return sparse_coo_tensor(tuple(sizes) or (0,), dtype=cls.dtype)

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, SparseCooTensor) and value.dtype is cls.dtype

    # As if they were written in torch itself: that is how they print.
    __module__ = "torch"


def _class(kind: dtypes.dtype) -> tensortype:
    attributes = {
        "__doc__": f"Makes sparse tensors of {kind}: from indices, values and a size, or from a size.",
        "__module__": "torch.sparse",
        "dtype": kind,
        "is_cuda": False,
        "is_sparse": True,
        "layout": SparseCooTensor.layout,
    }
    return tensortype(f"{scalar_type_name(kind)}Tensor", (), attributes)


_NAMES = ("Byte", "Char", "Short", "Int", "Long", "Half", "Float", "Double", "BFloat16")

LEGACY: Final = {c.__name__: c for c in map(_class, dtypes.ALL) if c.__name__.removesuffix("Tensor") in _NAMES}
"""The classes by their names."""
