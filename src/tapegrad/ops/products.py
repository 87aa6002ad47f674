"""Products of vectors and matrices, each of which is one node of the graph: mm, mv, dot, bmm."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ..autograd.grad_mode import is_recording
from ..errors import DtypeError, ShapeError, wrong_argument
from ..tensor import dtypes
from ..tensor.dtypes import F32, F64, Array, dtype, scalar_type_name
from ..tensor.tensor import Tensor
from .kinds import refuse
from .op import operator
from .outputs import EXPECTED, given_out
from .reductions import total
from .vocabulary import conj, fit, swap

_LARGE_MATRIX: Final = 4096

# `x.dot(y)` is the cheapest call of BLAS that NumPy has: a third of what `np.matmul` costs on small matrices.


def dot_of(a: Array, b: Array) -> Array:
    """a · b for one or two dimensions; float16 and bfloat16 are added up in float32."""
    kind = a.dtype
    if kind is F32 or kind is F64 or kind.itemsize != 2 or kind.kind in "iu":
        return a.dot(b) if b.__class__ is np.ndarray else np.dot(a, b)  # an array's method knows no protocol
    return np.dot(a.astype(F32), b.astype(F32)).astype(kind)


def wide_dot(a: Array, b: Array) -> Array:
    """`dot_of`, left in float32 for float16 and bfloat16: what is added to it is rounded together with it."""
    kind = a.dtype
    if kind is F32 or kind is F64 or kind.itemsize != 2 or kind.kind in "iu":
        return a.dot(b) if b.__class__ is np.ndarray else np.dot(a, b)  # an array's method knows no protocol
    return np.dot(a.astype(F32), b.astype(F32))


def matmul_of(a: Array, b: Array) -> Array:
    """a · b for stacks of matrices; float16 and bfloat16 are added up in float32."""
    kind = a.dtype
    if kind is F32 or kind is F64 or kind.itemsize != 2 or kind.kind in "iu":
        return np.matmul(a, b)
    return np.matmul(a.astype(F32), b.astype(F32)).astype(kind)


def wide_matmul(a: Array, b: Array) -> Array:
    """`matmul_of`, left in float32 for float16 and bfloat16."""
    kind = a.dtype
    if kind is F32 or kind is F64 or kind.itemsize != 2 or kind.kind in "iu":
        return np.matmul(a, b)
    return np.matmul(a.astype(F32), b.astype(F32))


# -- the records -------------------------------------------------------------------------------------------------------


@operator(name="mm", holomorphic=True)
def mm_(a: Array, b: Array, /) -> Array:
    """Matrix times matrix."""
    return dot_of(a, b)


mm_.linear_in("a", "b").with_rules(a=lambda g, b: mm(g, b.T), b=lambda g, a: mm(a.T, g))
# The gradient of a transposed matrix, such as the weight of a linear layer, is to be contiguous once it is turned back.
mm_by_columns = mm_.twin("by columns")
mm_by_columns.with_rules(b=lambda g, a: mm(g.T, a).T)


def by_columns(matrix: Array) -> bool:
    """Whether a matrix lies column after column in memory and is so large that a copy of its gradient takes long."""
    return matrix.size > _LARGE_MATRIX and matrix.flags.f_contiguous and not matrix.flags.c_contiguous


@operator(name="mv", holomorphic=True)
def mv_(a: Array, b: Array, /) -> Array:
    """Matrix times vector."""
    return dot_of(a, b)


@operator(name="dot", holomorphic=True)
def dot_(a: Array, b: Array, /) -> Array:
    """The inner product of two vectors."""
    return dot_of(a, b)


dot_.linear_in("a", "b").with_rules(a=lambda g, b: g * b, b=lambda g, a: g * a)


@operator(name="vdot")
def vdot_(a: Array, b: Array, /) -> Array:
    """The inner product of two vectors, the first of them conjugated."""
    return np.vdot(a, b)  # type: ignore[return-value]  # typed as for bools


vdot_.with_rules(a=lambda g, b: conj(g) * b, b=lambda g, a: g * a)


@operator(name="bmm", holomorphic=True)
def bmm_(a: Array, b: Array, /) -> Array:
    """A product of matrices for each index of the first dimension."""
    return matmul_of(a, b)


bmm_.linear_in("a", "b").with_rules(a=lambda g, b: bmm(g, swap(b, 1, 2)), b=lambda g, a: bmm(swap(a, 1, 2), g))


@operator(name="empty_bmm", node="BmmBackward0")
def empty_bmm(a: Array, b: Array, /) -> Array:
    """Products without terms, or of no elements: zeros of the second's dtype, whichever is the first's."""
    return np.zeros((*a.shape[:2], b.shape[2]), b.dtype)


empty_bmm.with_rules(
    a=lambda g, b, a_shape, a_dtype: fit(empty_bmm(g, swap(b, 1, 2)), (a_shape, a_dtype)),
    b=lambda g, a: empty_bmm(swap(a, 1, 2), g),
)


@operator(name="outer", holomorphic=True)
def outer(a: Array, b: Array, /) -> Array:
    """All products of an element of one vector with one of another: a word of rules (users get outer_products.py)."""
    return a[:, None] * b


mv_.linear_in("a", "b").with_rules(a=lambda g, b: outer(g, b), b=lambda g, a: mv(a.T, g))
outer.linear_in("a", "b").with_rules(a=lambda g, b: mv(g, b), b=lambda g, a: mv(g.T, a))


@operator(name="trace")
def trace_(x: Array, /) -> Array:
    """The sum of the diagonal of a matrix."""
    return total(x.diagonal(), None, False)


@operator
def diagonal_of(g: Array, /, shape: tuple[int, ...]) -> Array:
    """Zeros of a shape with g on the diagonal: the transpose of `trace`."""
    x = np.zeros(shape, g.dtype)
    np.fill_diagonal(x, g)
    if shape[0] > shape[1]:
        x[shape[1] :] = 0  # fill_diagonal wraps around
    return x


trace_.linear_in("x").with_rules(x=lambda g, x_shape: diagonal_of(g, x_shape))
diagonal_of.with_rules(g=lambda g: trace(g))

# -- checks ------------------------------------------------------------------------------------------------------------


def not_tensors(name: str, *arguments: tuple[str, Any]) -> TypeError:
    """The error for the first argument that is not a tensor."""
    for position, (argument, value) in enumerate(arguments, 1):
        if not isinstance(value, Tensor):
            return wrong_argument(name, argument, position, value)
    raise AssertionError("all arguments are tensors")


# What C++ calls the types, in messages.
_C_NAMES = {
    dtypes.float32: "float",
    dtypes.float64: "double",
    dtypes.int64: "int64_t",
    dtypes.int32: "int",
    dtypes.int16: "int16_t",
    dtypes.int8: "signed char",
    dtypes.uint8: "unsigned char",
    dtypes.float16: "c10::Half",
    dtypes.bfloat16: "c10::BFloat16",
    dtypes.complex64: "c10::complex<float>",
    dtypes.complex128: "c10::complex<double>",
    dtypes.bool_: "bool",
}


def c_name(kind: dtype) -> str:
    """What C++ calls a type."""
    return _C_NAMES.get(kind, kind._name)


def check_types(a: Tensor, b: Tensor) -> None:
    """Refuse matrices of different dtypes, and of bools."""
    if a._data.dtype is not b._data.dtype:
        raise DtypeError(
            f"expected m1 and m2 to have the same dtype, but got: {c_name(a.dtype)} != {c_name(b.dtype)}",
            f"Found: {a.dtype} and {b.dtype}. Convert one of them: b.to({a.dtype}).",
        )
    refuse("addmm_impl_cpu_", a, "b")


def cannot_multiply(a: tuple[int, ...], b: tuple[int, ...]) -> ShapeError:
    """The error for matrices that do not fit."""
    return ShapeError(
        f"mat1 and mat2 shapes cannot be multiplied ({a[0]}x{a[1]} and {b[0]}x{b[1]})",
        f"Found: rows of {a[1]} elements in the first, columns of {b[0]} in the second; these lengths must be equal."
        + (" Is one of them to be transposed, as in a @ b.T?" if a[1] == b[1] or a[0] == b[0] else ""),
    )


# -- what users call ---------------------------------------------------------------------------------------------------


def mm(input: Tensor, mat2: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Matrix times matrix, (n, m) · (m, p) -> (n, p); no broadcasting.

    Raises:
        RuntimeError: not matrices, or their shapes or dtypes do not go together.

    >>> import tapegrad as torch
    >>> torch.mm(torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0], [4.0]]))
    tensor([[11.]])
    """
    try:
        a, b = input._data, mat2._data
    except AttributeError:
        raise not_tensors("mm", ("input", input), ("mat2", mat2)) from None
    if a.ndim != 2 or b.ndim != 2:
        which = "self" if a.ndim != 2 else "mat2"
        raise ShapeError(f"{which} must be a matrix", f"Found: shapes {a.shape} and {b.shape}. Write torch.matmul.")
    if a.dtype is not b.dtype or a.dtype.kind == "b":
        check_types(input, mat2)
    if a.shape[1] != b.shape[0]:
        raise cannot_multiply(a.shape, b.shape)
    y = (mm_by_columns if by_columns(b) else mm_).call(input, mat2)
    return y if out is None else given_out(out, y, input, mat2, says=EXPECTED)


def mv(input: Tensor, vec: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Matrix times vector, (n, m) · (m) -> (n).

    Raises:
        RuntimeError: not a matrix and a vector, or their lengths or dtypes do not go together.

    >>> import tapegrad as torch
    >>> torch.mv(torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([1.0, 1.0]))
    tensor([3., 7.])
    """
    try:
        a, b = input._data, vec._data
    except AttributeError:
        raise not_tensors("mv", ("input", input), ("vec", vec)) from None
    if a.ndim != 2 or b.ndim != 1:
        raise ShapeError(
            f"vector + matrix @ vector expected, got 1, {a.ndim}, {b.ndim}",
            f"Found: shapes {a.shape} and {b.shape}. Write torch.matmul for other dimensions.",
        )
    if a.shape[1] != b.shape[0]:
        raise ShapeError(
            f"size mismatch, got input ({a.shape[0]}), mat ({a.shape[0]}x{a.shape[1]}), vec ({b.shape[0]})",
            f"The vector must have as many elements as a row of the matrix: {a.shape[1]}.",
        )
    if a.dtype is not b.dtype or a.dtype.kind == "b":
        if a.dtype is b.dtype:
            refuse("addmv_impl_cpu", input, "b")
        names = scalar_type_name(vec.dtype), scalar_type_name(input.dtype), scalar_type_name(vec.dtype)
        raise DtypeError(
            f"addmv input tensors must have the same dtype, but got {names[0]}, {names[1]}, and {names[2]}",
            f"Convert one of them: vec.to({input.dtype}).",
        )
    y = mv_.call(input, vec)
    return y if out is None else given_out(out, y, input, vec, says=EXPECTED)


def _check_vectors(name: str, second: str, input: Any, other: Any) -> None:
    try:
        a, b = input._data, other._data
    except AttributeError:
        raise not_tensors(name, ("input", input), (second, other)) from None
    if a.ndim != 1 or b.ndim != 1:
        raise ShapeError(
            f"1D tensors expected, but got {a.ndim}D and {b.ndim}D tensors",
            f"Found: shapes {a.shape} and {b.shape}. For the sum of all products write (a * b).sum(), for a product of"
            " matrices a @ b.",
        )
    if a.dtype is not b.dtype:
        raise DtypeError(
            "dot : expected both vectors to have same dtype, but found"
            f" {scalar_type_name(input.dtype)} and {scalar_type_name(other.dtype)}",
            f"Convert one of them: b.to({input.dtype}).",
        )
    if a.shape != b.shape:
        n, m = a.size, b.size
        raise ShapeError(
            f"inconsistent tensor size, expected tensor [{n}] and src [{m}] to have the same number of elements, but"
            f" got {n} and {m} elements respectively"
        )
    if a.dtype.kind == "b":
        refuse("dot", input, "b")


_WRONG_OUT = "result dtype {found} does not match input dtype {wanted}"


def dot(input: Tensor, tensor: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The inner product of two vectors, Σ aᵢbᵢ; no broadcasting.

    Raises:
        RuntimeError: not vectors, or their lengths or dtypes differ.

    >>> import tapegrad as torch
    >>> torch.dot(torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0]))
    tensor(11.)
    """
    _check_vectors("dot", "tensor", input, tensor)
    y = dot_.call(input, tensor)
    return y if out is None else given_out(out, y, input, tensor, says=_WRONG_OUT)


def vdot(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The inner product of two vectors, the first of them conjugated: Σ conj(aᵢ)·bᵢ.

    >>> import tapegrad as torch
    >>> torch.vdot(torch.tensor([1j]), torch.tensor([1j]))
    tensor(1.+0.j)
    """
    _check_vectors("vdot", "other", input, other)
    y = vdot_.call(input, other)
    return y if out is None else given_out(out, y, input, other, says=_WRONG_OUT)


def bmm(input: Tensor, mat2: Tensor, *, out: Tensor | None = None) -> Tensor:
    """One product of matrices for each index of the first dimension, (b, n, m) · (b, m, p) -> (b, n, p).

    Raises:
        RuntimeError: not three dimensions each, or their shapes or dtypes do not go together.

    >>> import tapegrad as torch
    >>> torch.bmm(torch.ones(2, 1, 3), torch.ones(2, 3, 1)).shape
    torch.Size([2, 1, 1])
    """
    try:
        a, b = input._data, mat2._data
    except AttributeError:
        raise not_tensors("bmm", ("input", input), ("mat2", mat2)) from None
    if a.dtype is b.dtype is F32 and out is None and a.ndim == b.ndim == 3:
        (n, _, inner), shape = a.shape, b.shape
        if shape[0] == n and shape[1] == inner:
            return bmm_.call(input, mat2)
    check_batches(input, mat2)
    if a.dtype is not b.dtype:
        if a.size == 0 or b.size == 0:  # nothing to compute, and so nothing to refuse
            if input.requires_grad and is_recording() and not (mat2.is_floating_point() or mat2.is_complex()):
                raise DtypeError(
                    f"Autograd not support dtype: {scalar_type_name(mat2.dtype)}",
                    f"The result has the dtype of the second operand. Convert it: mat2.to({input.dtype}).",
                )
            y = empty_bmm.call(input, mat2)
            return y if out is None else given_out(out, y, input, mat2, says=EXPECTED)
        raise DtypeError(
            f"expected scalar type {scalar_type_name(input.dtype)} but found {scalar_type_name(mat2.dtype)}",
            f"Convert one of them: mat2.to({input.dtype}).",
        )
    if a.dtype.kind == "b":
        refuse("bmm", input, "b")
    y = bmm_.call(input, mat2)
    return y if out is None else given_out(out, y, input, mat2, says=EXPECTED)


def check_batches(input: Tensor, mat2: Tensor) -> None:
    """Refuse what `bmm` cannot multiply because of its shape."""
    a, b = input._data, mat2._data
    for name, array in (("batch1", a), ("batch2", b)):
        if array.ndim != 3:
            raise ShapeError(
                f"{name} must be a 3D tensor", f"Found: shape {array.shape}. torch.matmul takes any dimensions."
            )
    if a.shape[0] != b.shape[0] or a.shape[2] != b.shape[1]:
        raise ShapeError(
            "Expected size for first two dimensions of batch2 tensor to be:"
            f" [{a.shape[0]}, {a.shape[2]}] but got: [{b.shape[0]}, {b.shape[1]}].",
            f"Found: shapes {a.shape} and {b.shape}.",
        )


def trace(input: Tensor) -> Tensor:
    """The sum of the diagonal of a matrix.

    Raises:
        RuntimeError: not a matrix.

    >>> import tapegrad as torch
    >>> torch.trace(torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor(5.)
    """
    if not isinstance(input, Tensor):
        raise wrong_argument("trace", "input", 1, input)
    if input._data.ndim != 2:
        raise ShapeError(
            f"trace: expected a matrix, but got tensor with dim {input._data.ndim}",
            "For a stack of matrices write x.diagonal(dim1=-2, dim2=-1).sum(-1).",
        )
    refuse("trace", input, "b")
    return trace_.call(input)


METHODS = {"bmm": bmm, "dot": dot, "mm": mm, "mv": mv, "trace": trace, "vdot": vdot}

__all__ = ["bmm", "dot", "mm", "mv", "trace", "vdot"]
