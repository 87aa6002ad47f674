"""In-place forms of views: `x.t_()`, `x.unsqueeze_(0)` and the like give the tensor itself another shape.

No element is written, but the version counts on, as in torch: what was saved of the tensor has another shape now.
"""

from __future__ import annotations

from typing import Any

from ..autograd import tangents
from ..autograd.views import become, before_write, check_write
from ..tensor.arguments import wrap_dim, wrap_dims
from ..tensor.tensor import TANGENT, Tensor, new_tensor
from ..tensor.version import version_of
from .op import Op
from .permuting import _t, _transpose, check_matrix
from .shape import _squeeze, _squeeze_dim, _squeeze_dims, _unsqueeze
from .strided import _as_strided, geometries

_t_ = _t.twin("in place", node="TBackward1")
_transpose_ = _transpose.twin("in place", node="TransposeBackward1")
_squeeze_ = _squeeze.twin("in place", node="SqueezeBackward3")
_squeeze_dim_ = _squeeze_dim.twin("in place", node="SqueezeBackward4")
_squeeze_dims_ = _squeeze_dims.twin("in place", node="SqueezeBackward5")
_unsqueeze_ = _unsqueeze.twin("in place", node="UnsqueezeBackward1")
_as_strided_ = _as_strided.twin("in place", node="AsStridedBackward1")


def _become(op: Op, self: Tensor, *params: Any) -> Tensor:
    """`self = op(self, *params)`, for an operator that gives a view."""
    check_write(self)
    result = new_tensor(op.forward(self._data, *params))
    if self._flags:
        op.record(result, before_write(self, keep=False), *params)
    self._data, self._form = result._data, None
    version = version_of(self)
    version.n += 1
    if result._fn is not None:
        become(self, result._fn)
    if result._flags & TANGENT:
        tangents.share(self, tangents.tangents_of(result))
    if self._view is not None and result._fn is not None:  # else its history is made anew
        self._view = (self._view[0], version.n, self._view[2])
    return self


def t_(self: Tensor) -> Tensor:
    """In-place form of `t`."""
    check_matrix(self)
    return _become(_t_, self)


def transpose_(self: Tensor, dim0: int, dim1: int) -> Tensor:
    """In-place form of `transpose`.

    >>> import tapegrad as torch
    >>> torch.zeros(2, 3).transpose_(0, 1).shape
    torch.Size([3, 2])
    """
    ndim = self._data.ndim
    return _become(_transpose_, self, wrap_dim(dim0, ndim), wrap_dim(dim1, ndim))


def swapaxes_(self: Tensor, axis0: int, axis1: int) -> Tensor:
    """In-place form of `swapaxes`."""
    return transpose_(self, axis0, axis1)


def swapdims_(self: Tensor, dim0: int, dim1: int) -> Tensor:
    """In-place form of `swapdims`."""
    return transpose_(self, dim0, dim1)


def squeeze_(self: Tensor, dim: Any = None) -> Tensor:
    """In-place form of `squeeze`."""
    shape = self._data.shape
    if dim is None:
        return _become(_squeeze_, self)
    if isinstance(dim, (tuple, list)):
        dims = wrap_dims(dim, len(shape)) if dim else ()
        return _become(_squeeze_dims_, self, tuple([d for d in dims if shape and shape[d] == 1]))
    dim = wrap_dim(dim, len(shape))
    return _become(_squeeze_dim_, self, (dim,) if shape and shape[dim] == 1 else ())


def unsqueeze_(self: Tensor, dim: int) -> Tensor:
    """In-place form of `unsqueeze`."""
    return _become(_unsqueeze_, self, wrap_dim(dim, self._data.ndim + 1))


def as_strided_(self: Tensor, size: Any, stride: Any, storage_offset: int | None = None) -> Tensor:
    """In-place form of `as_strided`."""
    return _become(_as_strided_, self, *geometries(self, size, stride, storage_offset))


METHODS: dict[str, Any] = {
    "as_strided_": as_strided_,
    "squeeze_": squeeze_,
    "swapaxes_": swapaxes_,
    "swapdims_": swapdims_,
    "t_": t_,
    "transpose_": transpose_,
    "unsqueeze_": unsqueeze_,
}

__all__ = ["as_strided_"]
