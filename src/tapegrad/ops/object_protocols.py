"""What Python and other libraries ask of a tensor as an object: `in`, `reversed`, DLPack, history."""

from __future__ import annotations

from typing import Any

from ..tensor.tensor import Tensor
from .pointwise import is_number


def contains(self: Tensor, element: Any) -> bool:
    """Whether a number, or an element of a tensor that broadcasts with this one, is among the elements.

    Raises:
        RuntimeError: `element` is neither a number nor a tensor.

    >>> import tapegrad as torch
    >>> 2 in torch.tensor([1, 2])
    True
    """
    if not isinstance(element, Tensor) and not is_number(element):
        raise RuntimeError(f"Tensor.__contains__ only supports Tensor or scalar, but you passed in a {type(element)}.")
    return bool((element == self).any())


def reversed_(self: Tensor) -> Tensor:
    """The elements in opposite order along the first dimension."""
    return self.flip(0) if self._data.ndim else self


def detach(input: Tensor) -> Tensor:
    """A tensor over the same memory that is cut off from the graph."""
    return input.detach()


def detach_(self: Tensor) -> Tensor:
    """Cut this tensor off from the graph: it becomes a leaf that requires no gradient.

    Raises:
        RuntimeError: it is a view, whose history is its base's.

    >>> import tapegrad as torch
    >>> y = torch.ones(2, requires_grad=True) * 2
    >>> y.detach_().is_leaf
    True
    """
    if self._view is not None:
        raise RuntimeError(
            "Can't detach views in-place. Use detach() instead. If you are using DistributedDataParallel (DDP) for"
            " training, and gradient_as_bucket_view is set as True, gradients are views of DDP buckets, and hence"
            " detach_() cannot be called on these gradients. To fix this error, please refer to the"
            " Optimizer.zero_grad() function in torch/optim/optimizer.py as the solution."
        )
    self._fn = None
    self._flags = 0
    return self


def dlpack(
    self: Tensor,
    *,
    stream: int | None = -1,
    max_version: tuple[int, int] | None = None,
    dl_device: tuple[Any, int] | None = None,
    copy: bool | None = None,
) -> Any:
    """A DLPack capsule over the tensor's memory, for other libraries.

    Raises:
        AssertionError: a stream, which the CPU does not have.
        BufferError: the tensor requires a gradient, or is of bfloat16.
    """
    if stream is not None and stream != -1:
        raise AssertionError(f"stream should be None on cpu. Found {stream!r}")
    if self.requires_grad:
        raise BufferError("Can't export tensors that require gradient, use tensor.detach()")
    return self._data.__dlpack__(max_version=max_version, dl_device=dl_device, copy=copy)


def dlpack_device(self: Tensor) -> tuple[Any, int]:
    """DLPack's name for the CPU."""
    from ..utils.dlpack import DLDeviceType

    kind, number = self._data.__dlpack_device__()
    return DLDeviceType(kind), number


def cuda(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """Refused, as in a torch built for the CPU."""
    return self.to("cuda")


def xpu(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """Refused, as in a torch built for the CPU."""
    return self.to("xpu")


def to_dense(self: Tensor, dtype: Any = None, *, masked_grad: bool | None = None) -> Tensor:
    """The tensor itself, which is dense; in another type if one is given."""
    return self if dtype is None else self.to(dtype)


def dense_dim(self: Tensor) -> int:
    """The number of dimensions: all of them are dense."""
    return self._data.ndim


def to_sparse(self: Tensor, *args: Any, **kwargs: Any) -> Any:
    """The elements that are not zero, and where they are: `tapegrad.sparse.operations.to_sparse`."""
    from ..sparse import operations

    return operations.to_sparse(self, *args, **kwargs)


def to_sparse_csr(self: Tensor, dense_dim: int | None = None) -> Any:
    """A matrix by rows, without its zeros: `tapegrad.sparse.operations.to_sparse_csr`."""
    from ..sparse import operations

    return operations.to_sparse_csr(self, dense_dim)


def sparse_mask(self: Tensor, mask: Any) -> Any:
    """The elements where a sparse tensor has values: `tapegrad.sparse.operations.sparse_mask`."""
    from ..sparse import operations

    return operations.sparse_mask(self, mask)


def sparse_dim(self: Tensor) -> int:
    """0: there are no sparse dimensions."""
    return 0


def dim_order(self: Tensor) -> tuple[int, ...]:
    """The dimensions in the order of memory, the outermost first.

    >>> import tapegrad as torch
    >>> torch.zeros(2, 3).t().dim_order()
    (1, 0)
    """
    return tuple(sorted(range(self._data.ndim), key=lambda dim: -self._data.strides[dim]))


METHODS = {
    "__contains__": contains,
    "__dlpack__": dlpack,
    "__dlpack_device__": dlpack_device,
    "__reversed__": reversed_,
    "cuda": cuda,
    "dense_dim": dense_dim,
    "detach_": detach_,
    "dim_order": dim_order,
    "sparse_dim": sparse_dim,
    "sparse_mask": sparse_mask,
    "to_sparse": to_sparse,
    "to_sparse_csr": to_sparse_csr,
    "to_dense": to_dense,
    "xpu": xpu,
}

__all__ = ["detach", "detach_"]
