"""A tensor plus a product: addmm, addmv, addbmm, baddbmm, addr; β·input + α·(product)."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import batching
from ..autograd.views import before_write, check_write, wrote
from ..errors import DtypeError, ShapeError
from ..tensor.dtypes import FLOAT, Array, scalar_type_name
from ..tensor.tensor import Tensor, new_tensor
from .kinds import refuse
from .op import Op, operator
from .outputs import EXPECTED, given_out
from .pointwise import result_type
from .products import (
    bmm,
    by_columns,
    c_name,
    cannot_multiply,
    check_batches,
    mm,
    mv,
    not_tensors,
    outer,
    wide_dot,
    wide_matmul,
)
from .reductions import add_reduce
from .vocabulary import expand, phrase, reshaped, sum_to, swap

# -- the records -------------------------------------------------------------------------------------------------------


def _scaled(x: Array, factor: float) -> Array:
    return (x * factor).astype(x.dtype, copy=False)


def _combined(c: Array, product: Array, beta: float, alpha: float) -> Array:
    """beta·c + alpha·product, computed in the product's memory; where beta is 0 c is not looked at.

    The product of float16 or bfloat16 comes in float32, so that all is rounded once, at the end.
    """
    kind = c.dtype
    if product.dtype is not kind:
        if beta not in (0, 1):  # multiplied and added in one rounding, as double precision does it
            c = (c.astype(np.float64) * np.float32(beta) + _scaled(product, alpha)).astype(product.dtype)
            return c.astype(kind)
        return _combined(c.astype(product.dtype), product, beta, alpha).astype(kind)
    if alpha != 1:
        product = _scaled(product, alpha)
    if beta == 0:
        return product
    if beta != 1:
        c = _scaled(c, beta)
    return np.add(product, c, product if product.ndim else None)


@phrase
def scaled(x: Any, factor: float) -> Any:
    """x times a number, which is mostly 1."""
    return x if factor == 1 else x * factor


@operator(name="addmm", holomorphic=True)
def addmm_(c: Array, a: Array, b: Array, /, beta: float, alpha: float) -> Array:
    """beta·c + alpha·(matrix a times matrix b)."""
    return _combined(c, wide_dot(a, b), beta, alpha)


addmm_.linear_in("a", "b", plus=("c",)).with_rules(
    c=lambda g, c_shape, beta: scaled(sum_to(g, c_shape), beta),
    a=lambda g, b, alpha: scaled(mm(g, b.T), alpha),
    b=lambda g, a, alpha: scaled(mm(a.T, g), alpha),
)
addmm_by_columns = addmm_.twin("by columns")
addmm_by_columns.with_rules(b=lambda g, a, alpha: scaled(mm(g.T, a), alpha).T)


@operator(name="addmv", holomorphic=True)
def addmv_(c: Array, a: Array, b: Array, /, beta: float, alpha: float) -> Array:
    """beta·c + alpha·(matrix a times vector b)."""
    return _combined(c, wide_dot(a, b), beta, alpha)


addmv_.linear_in("a", "b", plus=("c",)).with_rules(
    c=lambda g, c_shape, beta: scaled(sum_to(g, c_shape), beta),
    a=lambda g, b, alpha: scaled(outer(g, b), alpha),
    b=lambda g, a, alpha: scaled(mv(a.T, g), alpha),
)


@operator(name="baddbmm", holomorphic=True)
def baddbmm_(c: Array, a: Array, b: Array, /, beta: float, alpha: float) -> Array:
    """beta·c + alpha·(a product of matrices for each index of the first dimension)."""
    return _combined(c, wide_matmul(a, b), beta, alpha)


baddbmm_.linear_in("a", "b", plus=("c",)).with_rules(
    c=lambda g, c_shape, beta: scaled(sum_to(g, c_shape), beta),
    a=lambda g, b, alpha: scaled(bmm(g, swap(b, 1, 2)), alpha),
    b=lambda g, a, alpha: scaled(bmm(swap(a, 1, 2), g), alpha),
)


def _sum_of_products(a: Array, b: Array) -> Array:
    products = wide_matmul(a, b)
    return add_reduce(products, 0, products.dtype)


@operator(name="addbmm", holomorphic=True)
def addbmm_(c: Array, a: Array, b: Array, /, beta: float, alpha: float) -> Array:
    """beta·c + alpha·(the sum over the first dimension of products of matrices)."""
    return _combined(c, _sum_of_products(a, b), beta, alpha)


@phrase
def for_each_batch(g: Any, count: int) -> Any:
    """The same matrix for each index of a new first dimension."""
    return expand(reshaped(g, (1, *g.shape)), (count, *g.shape))


addbmm_.linear_in("a", "b", plus=("c",)).with_rules(
    c=lambda g, c_shape, beta: scaled(sum_to(g, c_shape), beta),
    a=lambda g, b, alpha: scaled(bmm(for_each_batch(g, b.shape[0]), swap(b, 1, 2)), alpha),
    b=lambda g, a, alpha: scaled(bmm(swap(a, 1, 2), for_each_batch(g, a.shape[0])), alpha),
)


@operator(name="addr", pointwise=True)
def addr_(c: Array, a: Array, b: Array, /, beta: float, alpha: float) -> Array:
    """beta·c + alpha·(all products of an element of vector a with one of vector b)."""
    return _combined(c, a[:, None] * b, beta, alpha)


addr_.diagonal = False
addr_.linear_in("a", "b", plus=("c",)).with_rules(
    c=lambda g, beta: scaled(g, beta),
    a=lambda g, b, alpha: scaled(mv(g, b), alpha),
    b=lambda g, a, alpha: scaled(mv(g.T, a), alpha),
)

# -- checks ------------------------------------------------------------------------------------------------------------


def _expands(shape: tuple[int, ...], target: tuple[int, ...]) -> bool:
    """Whether a shape broadcasts to another."""
    if len(shape) > len(target):
        return False
    return all(n in (1, m) for n, m in zip(reversed(shape), reversed(target), strict=False))


def cannot_expand(shape: tuple[int, ...], target: tuple[int, ...]) -> ShapeError:
    """The error for a tensor that does not broadcast to a shape."""
    if len(shape) > len(target):
        return ShapeError(
            f"expand(torch.FloatTensor{{{list(shape)}}}, size={list(target)}): the number of sizes provided"
            f" ({len(target)}) must be greater or equal to the number of dimensions in the tensor ({len(shape)})"
        )
    for i in range(1, len(shape) + 1):
        if shape[-i] not in (1, target[-i]):
            return ShapeError(
                f"The expanded size of the tensor ({target[-i]}) must match the existing size ({shape[-i]}) at"
                f" non-singleton dimension {len(target) - i}.  Target sizes: {list(target)}.  Tensor sizes:"
                f" {list(shape)}",
                "The tensor that the product is added to must broadcast to the product's shape.",
            )
    raise AssertionError(f"{shape} expands to {target}")


def _numbers(kind: Any, beta: Any, alpha: Any) -> tuple[Any, Any]:
    """The factors as the types of the tensors allow."""
    return (int(beta), int(alpha)) if kind.kind in "iu" else (beta, alpha)


def _check_matrix(name: str, t: Tensor, ndim: int = 2) -> None:
    if t._data.ndim != ndim:
        raise ShapeError(f"{name} must be a matrix, got {t._data.ndim}-D tensor")


_KERNELS = {
    "addbmm": "addmm_impl_cpu_",
    "addmm": "addmm_impl_cpu_",
    "addmv": "addmv_impl_cpu",
    "baddbmm": "baddbmm",
}


def _call(op: Op, c: Tensor, a: Tensor, b: Tensor, beta: Any, alpha: Any, shape: tuple[int, ...], out: Any) -> Tensor:
    """Run an operator whose product has a shape."""
    kind = a._data.dtype
    if kind.kind == "b":
        refuse(_KERNELS[op.name], a, "b")
    beta, alpha = _numbers(kind, beta, alpha)
    try:
        y = op.call(c, a, b, beta, alpha)
    except ValueError:
        raise cannot_expand(c._data.shape, shape) from None
    return y if out is None else given_out(out, y, c, a, b, says=EXPECTED)


def _in_place(op: Op, self: Tensor, a: Tensor, b: Tensor, beta: Any, alpha: Any) -> Tensor:
    """Run an operator and write its result into its first input."""
    check_write(self)
    beta, alpha = _numbers(self._data.dtype, beta, alpha)
    y = op.forward(self._data, a._data, b._data, beta, alpha)
    if y.shape != self._data.shape:
        raise ShapeError(
            f"Bad in-place call: input tensor size {list(self.shape)} and output tensor size {list(y.shape)} should"
            " match"
        )
    if batching.running:
        batching.make_room(self, y)
    was = before_write(self, keep=False)
    np.copyto(self._data, y, casting="unsafe")
    result = new_tensor(self._data)
    if was._flags or a._flags or b._flags:
        op.record(result, was, a, b, beta, alpha)
    wrote(self, result)
    return self


# -- what users call ---------------------------------------------------------------------------------------------------


def _check_addmm(c: Tensor, a: Tensor, b: Tensor) -> tuple[int, ...]:
    try:
        x, y, z = a._data, b._data, c._data
    except AttributeError:
        raise not_tensors("addmm", ("input", c), ("mat1", a), ("mat2", b)) from None
    if z.dtype is x.dtype is y.dtype and x.ndim == y.ndim == 2:
        (rows, inner), (length, columns) = x.shape, y.shape
        if inner == length:
            return (rows, columns)
    _check_matrix("mat1", a)
    _check_matrix("mat2", b)
    if x.shape[1] != y.shape[0]:
        raise cannot_multiply(x.shape, y.shape)
    if z.dtype is not y.dtype or x.dtype is not y.dtype:
        if z.dtype is not y.dtype:
            raise DtypeError(
                f"self and mat2 must have the same dtype, but got {scalar_type_name(c.dtype)} and"
                f" {scalar_type_name(b.dtype)}",
                f"Convert one of them: input.to({b.dtype}).",
            )
        raise DtypeError(
            f"mat1 and mat2 must have the same dtype, but got {scalar_type_name(a.dtype)} and"
            f" {scalar_type_name(b.dtype)}",
            f"Convert one of them: mat1.to({b.dtype}).",
        )
    return (x.shape[0], y.shape[1])


def addmm(
    input: Tensor,
    mat1: Tensor,
    mat2: Tensor,
    *,
    beta: float = 1,
    alpha: float = 1,
    out: Tensor | None = None,
) -> Tensor:
    """beta·input + alpha·(mat1 @ mat2), where `input` broadcasts to the product's shape.

    Args:
        input: what is added; not looked at where beta is 0, so that NaN there does no harm.
        mat1: (n, m).
        mat2: (m, p).

    Raises:
        RuntimeError: the shapes or dtypes do not go together.

    >>> import tapegrad as torch
    >>> torch.addmm(torch.tensor([1.0]), torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0], [4.0]]))
    tensor([[12.]])
    """
    shape = _check_addmm(input, mat1, mat2)
    op = addmm_by_columns if by_columns(mat2._data) else addmm_
    return _call(op, input, mat1, mat2, beta, alpha, shape, out)


def _addmm_in_place(self: Tensor, mat1: Tensor, mat2: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """In-place form of `addmm`."""
    _check_addmm(self, mat1, mat2)
    return _in_place(addmm_, self, mat1, mat2, beta, alpha)


def _check_addmv(c: Tensor, a: Tensor, b: Tensor) -> tuple[int, ...]:
    try:
        x, y, z = a._data, b._data, c._data
    except AttributeError:
        raise not_tensors("addmv", ("input", c), ("mat", a), ("vec", b)) from None
    if x.ndim != 2 or y.ndim != 1 or z.ndim > 1:
        raise ShapeError(
            f"vector + matrix @ vector expected, got {z.ndim}, {x.ndim}, {y.ndim}",
            f"Found: shapes {z.shape}, {x.shape} and {y.shape}.",
        )
    if x.shape[1] != y.shape[0] or z.size not in (1, x.shape[0]):
        n = z.shape[0] if z.ndim else 1
        raise ShapeError(f"size mismatch, got input ({n}), mat ({x.shape[0]}x{x.shape[1]}), vec ({y.shape[0]})")
    if z.dtype is not y.dtype or x.dtype is not y.dtype:
        names = [scalar_type_name(t.dtype) for t in (c, a, b)]
        raise DtypeError(
            f"addmv input tensors must have the same dtype, but got {names[0]}, {names[1]}, and {names[2]}"
        )
    return (x.shape[0],)


def addmv(
    input: Tensor,
    mat: Tensor,
    vec: Tensor,
    *,
    beta: float = 1,
    alpha: float = 1,
    out: Tensor | None = None,
) -> Tensor:
    """beta·input + alpha·(mat @ vec) for a matrix (n, m) and a vector (m).

    >>> import tapegrad as torch
    >>> torch.addmv(torch.tensor([1.0]), torch.tensor([[1.0, 2.0]]), torch.tensor([3.0, 4.0]))
    tensor([12.])
    """
    shape = _check_addmv(input, mat, vec)
    return _call(addmv_, input, mat, vec, beta, alpha, shape, out)


def _addmv_in_place(self: Tensor, mat: Tensor, vec: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """In-place form of `addmv`."""
    _check_addmv(self, mat, vec)
    return _in_place(addmv_, self, mat, vec, beta, alpha)


def _check_batches(name: str, c: Tensor, a: Tensor, b: Tensor, ndim: int = 3) -> tuple[int, ...]:
    try:
        x, y, z = a._data, b._data, c._data
    except AttributeError:
        raise not_tensors(name, ("input", c), ("batch1", a), ("batch2", b)) from None
    if x.ndim == 3 and y.ndim == 3:
        target = (x.shape[0], x.shape[1], y.shape[2])
        if not _expands(z.shape, target[3 - ndim :]):
            raise cannot_expand(z.shape, target[3 - ndim :])
    check_batches(a, b)
    if z.dtype is not y.dtype or x.dtype is not y.dtype:
        raise DtypeError(
            f"Input dtypes must be the same, got: input {c_name(c.dtype)}, batch1: {c_name(a.dtype)}, batch2:"
            f" {c_name(b.dtype)}"
        )
    return (x.shape[0], x.shape[1], y.shape[2])


def baddbmm(
    input: Tensor,
    batch1: Tensor,
    batch2: Tensor,
    *,
    beta: float = 1,
    alpha: float = 1,
    out: Tensor | None = None,
) -> Tensor:
    """beta·input + alpha·bmm(batch1, batch2), where `input` broadcasts to (b, n, p).

    >>> import tapegrad as torch
    >>> torch.baddbmm(torch.ones(1), torch.ones(2, 1, 3), torch.ones(2, 3, 1)).flatten()
    tensor([4., 4.])
    """
    shape = _check_batches("baddbmm", input, batch1, batch2)
    return _call(baddbmm_, input, batch1, batch2, beta, alpha, shape, out)


def _baddbmm_in_place(self: Tensor, batch1: Tensor, batch2: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """In-place form of `baddbmm`."""
    _check_batches("baddbmm", self, batch1, batch2)
    return _in_place(baddbmm_, self, batch1, batch2, beta, alpha)


def _check_addbmm(c: Tensor, a: Tensor, b: Tensor) -> tuple[int, ...]:
    if isinstance(a, Tensor) and isinstance(b, Tensor) and a.ndim == 3 and b.ndim == 3 and len(a) != len(b):
        raise ShapeError(f"batch1 and batch2 must have same number of batches, got {len(a)} and {len(b)}")
    return _check_batches("addbmm", c, a, b, 2)[1:]


def addbmm(
    input: Tensor,
    batch1: Tensor,
    batch2: Tensor,
    *,
    beta: float = 1,
    alpha: float = 1,
    out: Tensor | None = None,
) -> Tensor:
    """beta·input + alpha·(the sum of bmm(batch1, batch2) over its first dimension); `input` broadcasts to (n, p).

    >>> import tapegrad as torch
    >>> torch.addbmm(torch.ones(1), torch.ones(2, 1, 3), torch.ones(2, 3, 1))
    tensor([[7.]])
    """
    shape = _check_addbmm(input, batch1, batch2)
    return _call(addbmm_, input, batch1, batch2, beta, alpha, shape, out)


def _addbmm_in_place(self: Tensor, batch1: Tensor, batch2: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """In-place form of `addbmm`."""
    _check_addbmm(self, batch1, batch2)
    return _in_place(addbmm_, self, batch1, batch2, beta, alpha)


def _prepare_addr(c: Tensor, a: Tensor, b: Tensor, beta: Any, alpha: Any) -> Any:
    if not (isinstance(c, Tensor) and isinstance(a, Tensor) and isinstance(b, Tensor)):
        raise not_tensors("addr", ("input", c), ("vec1", a), ("vec2", b))
    for name, t in (("vec1", a), ("vec2", b)):
        if t._data.ndim != 1:
            raise ShapeError(f"addr: Expected 1-D argument {name}, but got {t._data.ndim}-D")
    kind = result_type(c, a, b)
    if kind.category < FLOAT:
        for name, number in (("beta", beta), ("alpha", alpha)):
            if isinstance(number, (float, complex)):
                raise DtypeError(f"For integral input tensors, argument {name} must not be a floating point number.")
    return [t if t.dtype is kind else t.to(kind) for t in (c, a, b)]


def addr(
    input: Tensor,
    vec1: Tensor,
    vec2: Tensor,
    *,
    beta: float = 1,
    alpha: float = 1,
    out: Tensor | None = None,
) -> Tensor:
    """beta·input + alpha·outer(vec1, vec2), where `input` broadcasts to (n, m); the dtypes may differ.

    >>> import tapegrad as torch
    >>> torch.addr(torch.zeros(2, 2), torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0]))
    tensor([[3., 4.],
            [6., 8.]])
    """
    c, a, b = _prepare_addr(input, vec1, vec2, beta, alpha)
    shape = (a._data.shape[0], b._data.shape[0])
    try:
        y = addr_.call(c, a, b, beta, alpha)
    except ValueError:
        raise cannot_expand(c._data.shape, shape) from None
    return y if out is None else given_out(out, y, input, vec1, vec2)


def _addr_in_place(self: Tensor, vec1: Tensor, vec2: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """In-place form of `addr`."""
    _, a, b = _prepare_addr(self, vec1, vec2, beta, alpha)
    return _in_place(addr_, self, a, b, beta, alpha)


METHODS = {
    "addbmm": addbmm,
    "addbmm_": _addbmm_in_place,
    "addmm": addmm,
    "addmm_": _addmm_in_place,
    "addmv": addmv,
    "addmv_": _addmv_in_place,
    "addr": addr,
    "addr_": _addr_in_place,
    "baddbmm": baddbmm,
    "baddbmm_": _baddbmm_in_place,
}

__all__ = ["addbmm", "addmm", "addmv", "addr", "baddbmm"]
