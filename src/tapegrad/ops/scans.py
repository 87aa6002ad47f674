"""Running sums, extrema and log-sum-exps along a dimension, and what is made of differences: diff, trapezoid.

Running sums of float32 are accumulated in float64, those of float16 and bfloat16 in float32, as in torch.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import batching
from ..autograd.views import before_write, check_write, wrote
from ..errors import wrong_argument
from ..tensor import dtypes
from ..tensor.arguments import wrap_dim
from ..tensor.dtypes import F32, F64, I64, Array, as_dtype, dtype, numpy_dtype
from ..tensor.strides import in_order
from ..tensor.tensor import Tensor, new_tensor
from . import return_types
from .extrema import make_tuple
from .lines import put_lines
from .op import Op, operator
from .outputs import EXPECTED, c_name, given_out, given_outs
from .pointwise import fits_in_place
from .vocabulary import exp, fit

# -- words -------------------------------------------------------------------------------------------------------------


@operator
def shift_lines(x: Array, /, dim: int, by: int, fill: float) -> Array:
    """Elements moved along a dimension by 1 or -1, with `fill` at the end that becomes free."""
    y = np.full_like(x, fill)
    if x.ndim and x.shape[dim] > 1:
        front: Any = [slice(None)] * x.ndim
        back: Any = [slice(None)] * x.ndim
        front[dim], back[dim] = slice(None, -1), slice(1, None)
        if by < 0:
            front, back = back, front
        y[tuple(back)] = x[tuple(front)]
    return y


shift_lines.with_rules(x=lambda g, dim, by: shift_lines(g, dim, -by, 0))


@operator(holomorphic=True)
def linear_scan(a: Array, b: Array, /, dim: int, reverse: bool) -> Array:
    """The sequence y[i] = b[i] + a[i]·y[i-1] along a dimension (or, reversed, y[i] = b[i] + a[i]·y[i+1]).

    Derivatives of running products and of running log-sum-exps are such sequences, and so are theirs in turn.  Solved
    by doubling (Kogge and Stone, 1973): log2(n) steps over whole arrays.
    """
    y, factor = np.array(b), np.array(a)
    n = y.shape[dim] if y.ndim else 1
    step = 1
    while step < n:
        here: Any = [slice(None)] * y.ndim
        before: Any = [slice(None)] * y.ndim
        here[dim], before[dim] = slice(step, None), slice(None, -step)
        if reverse:
            here, before = before, here
        at, prior = tuple(here), tuple(before)
        y[at] = y[at] + factor[at] * y[prior]
        factor[at] = factor[at] * factor[prior]
        step *= 2
    return y


@linear_scan.rule("a", "b")
def _(g: Any, a: Any, out: Any, dim: Any, reverse: Any) -> Any:
    """b_i ← h_i = g_i + a_{i+1}·h_{i+1}
    a_i ← h_i·out_{i-1}
    """
    by = -1 if reverse else 1
    back = linear_scan(shift_lines(a, dim, -by, 0), g, dim, not reverse)
    return back * shift_lines(out, dim, by, 0), back


# -- running sums ------------------------------------------------------------------------------------------------------


def running_type(kind: np.dtype[Any]) -> np.dtype[Any]:
    """The type in which a running sum or product of elements of a type is accumulated."""
    if kind is F32:
        return F64
    if kind.kind in "iub":
        return I64
    return F32 if kind.itemsize == 2 else kind


@operator(node="CumsumBackward0")
def running_sum(x: Array, /, dim: int, kind: Any, reverse: bool = False) -> Array:
    """The running sum along a dimension, from the front or from the back, in the type `kind`."""
    if not x.ndim:
        return x.astype(kind)
    if reverse:
        x = np.flip(x, dim)
    wide = running_type(kind)
    y = np.add.accumulate(x if x.dtype is kind else x.astype(kind), dim, wide)
    y = y if wide is kind else y.astype(kind)
    return np.copy(np.flip(y, dim)) if reverse else y  # no negative strides: gradients are seen by users


running_sum.linear_in("x")


@running_sum.rule("x")
def _(g: Any, x_shape: Any, x_dtype: Any, dim: Any, kind: Any, reverse: Any) -> Any:
    return fit(running_sum(g, dim, kind, not reverse), (x_shape, x_dtype))


def scanned(name: str, op: Op, input: Any, dim: Any, dtype: dtype | None, out: Any) -> Any:
    """`cumsum` and `cumprod`."""
    try:
        x = input._data
    except AttributeError:
        raise wrong_argument(name, "input", 1, input) from None
    if out is not None:
        return given_out(out, scanned(name, op, input, dim, dtype or out.dtype, None), input, says=EXPECTED)
    if dtype is not None:
        kind = numpy_dtype(dtype)
    else:
        kind = I64 if x.dtype.kind in "iub" else x.dtype
    if dim is None:
        raise TypeError(f'{name}() missing 1 required positional arguments: "dim"')
    if not hasattr(dim, "__index__"):
        raise TypeError(f"{name}(): argument 'dim' (position 2) must be int, not {type(dim).__name__}")
    return op.call(input, wrap_dim(dim, x.ndim), kind, False)


def scanned_in_place(op: Op, self: Tensor, dim: int, dtype: dtype | None) -> Tensor:
    """`x.cumsum_(dim)` and `x.cumprod_(dim)`."""
    check_write(self)
    kind = self._data.dtype
    if dtype is not None and numpy_dtype(dtype) is not kind:
        raise RuntimeError(
            f"Bad in-place call: input tensor dtype {c_name(self.dtype)} and output tensor dtype"
            f" {c_name(as_dtype(dtype))} should match. Write x = x.cumsum(dim, dtype=…) for a tensor of another type."
        )
    args = (wrap_dim(dim, self._data.ndim), kind, False)
    y = op.forward(self._data, *args)
    fits_in_place(self, y)
    if batching.running:
        batching.make_room(self, y)
    was = before_write(self, keep="x" in op.reads())
    np.copyto(self._data, y, casting="unsafe")
    result = new_tensor(self._data)
    if was._flags:
        op.record(result, was, *args)
    wrote(self, result)
    return self


def cumsum(
    input: Tensor,
    dim: Any = None,
    *,
    dtype: dtype | None = None,
    out: Tensor | None = None,
    axis: Any = None,
) -> Tensor:
    """The running sum along a dimension: y[i] = x[0] + … + x[i].

    Args:
        input: any shape; integers and bools are summed as int64.
        dim: the dimension.
        dtype: convert the elements first.

    >>> import tapegrad as torch
    >>> torch.cumsum(torch.tensor([1.0, 2.0, 3.0]), 0)
    tensor([1., 3., 6.])
    """
    return scanned("cumsum", running_sum, input, dim if axis is None else axis, dtype, out)


def _cumsum_in_place(self: Tensor, dim: int, *, dtype: dtype | None = None) -> Tensor:
    """In-place form of `cumsum`."""
    return scanned_in_place(running_sum, self, dim, dtype)


WRONG_SCALAR_TYPE = "expected scalar_type {wanted} but found {found}"

# -- running extrema ---------------------------------------------------------------------------------------------------


@operator(name="cummax_line", node="CummaxBackward0")
def cummax_line(x: Array, /, index: Array, dim: int) -> Array:
    """The running maximum; `index` is where each comes from."""
    return np.maximum.accumulate(x, dim) if x.ndim else np.copy(x)


@operator(name="cummin_line", node="CumminBackward0")
def cummin_line(x: Array, /, index: Array, dim: int) -> Array:
    """The running minimum; `index` is where each comes from."""
    return np.minimum.accumulate(x, dim) if x.ndim else np.copy(x)


# As in torch, what is needed for its shape alone is kept, and must not be written into.
cummax_line.with_rules(x=lambda g, x, index, dim: put_lines(g, index, x.shape, dim, False))
cummin_line.with_rules(x=lambda g, x, index, dim: put_lines(g, index, x.shape, dim, False))


def _running_extremum(name: str, op: Op, ufunc: Any, input: Any, dim: Any, out: Any) -> Any:
    if not isinstance(input, Tensor):
        raise wrong_argument(name, "input", 1, input)
    x = input._data
    if x.dtype.kind == "c":
        kind = dtypes.scalar_type_name(input.dtype)
        raise NotImplementedError(f"\"{name}_cpu\" not implemented for '{kind}'. Complex numbers have no order.")
    dim = wrap_dim(dim, x.ndim) if x.size else 0  # torch does not look at it if there is nothing to do
    if x.ndim:
        # The last element that equals the running extremum, or is the NaN that made it NaN.
        hits = (x == ufunc.accumulate(x, dim)) | (x != x)
        places = np.arange(x.shape[dim]).reshape([-1 if i == dim else 1 for i in range(x.ndim)])
        index = np.maximum.accumulate(np.where(hits, places, 0), dim)
    else:
        index = np.zeros((), np.int64)
    results = make_tuple(getattr(return_types, name), (op.call(input, index, dim), new_tensor(in_order(index))))
    return results if out is None else given_outs(out, results, input, says=WRONG_SCALAR_TYPE)


def cummax(input: Tensor, dim: Any = None, *, out: Any = None, axis: Any = None) -> Any:
    """The running maximum along a dimension and the index of each (the last at ties), as (values, indices).

    >>> import tapegrad as torch
    >>> torch.cummax(torch.tensor([1.0, 3.0, 2.0]), 0).values
    tensor([1., 3., 3.])
    """
    return _running_extremum("cummax", cummax_line, np.maximum, input, dim if axis is None else axis, out)


def cummin(input: Tensor, dim: Any = None, *, out: Any = None, axis: Any = None) -> Any:
    """The running minimum along a dimension and the index of each (the last at ties), as (values, indices).

    >>> import tapegrad as torch
    >>> torch.cummin(torch.tensor([2.0, 3.0, 1.0]), 0).indices
    tensor([0, 0, 2])
    """
    return _running_extremum("cummin", cummin_line, np.minimum, input, dim if axis is None else axis, out)


# -- running log-sum-exp -----------------------------------------------------------------------------------------------


def _accumulate_complex(x: Array, dim: int) -> Array:
    """One step per element of a line: the imaginary part, which is not unique, comes out as torch's."""
    y = np.array(x)
    for i in range(1, x.shape[dim]):
        here, before = (slice(None),) * dim + (i,), (slice(None),) * dim + (i - 1,)
        a, b = y[before], y[here]
        high, low = np.where(a.real >= b.real, a, b), np.where(a.real >= b.real, b, a)
        y[here] = high + np.log1p(np.exp(low - high))
    return y


@operator(name="logcumsumexp", node="LogcumsumexpBackward0", holomorphic=True)
def logcumsumexp_(x: Array, /, dim: int) -> Array:
    """log(Σ exp) of the elements up to each."""
    if not x.ndim:
        return np.copy(x)
    if x.dtype.kind == "c":
        return _accumulate_complex(x, dim)
    wide = running_type(x.dtype)
    return np.logaddexp.accumulate(x, dim, wide).astype(x.dtype)


@logcumsumexp_.rule("x")
def _(g: Any, x: Any, out: Any, dim: Any) -> Any:
    # Σ_{k≥i} g[k]·exp(x[i] - out[k]), as a sequence in which every exponent is at most 0
    decay = exp(out - shift_lines(out, dim, -1, float("inf")))
    return exp(x - out) * linear_scan(decay, g, dim, True)


def logcumsumexp(
    input: Tensor,
    dim: Any = None,
    *,
    out: Tensor | None = None,
    axis: Any = None,
) -> Tensor:
    """The running log-sum-exp along a dimension: y[i] = log(exp(x[0]) + … + exp(x[i])).

    >>> import tapegrad as torch
    >>> torch.logcumsumexp(torch.zeros(3), 0)
    tensor([0.0000, 0.6931, 1.0986])
    """
    if not isinstance(input, Tensor):
        raise wrong_argument("logcumsumexp", "input", 1, input)
    if input.dtype.category < dtypes.FLOAT:
        kind = dtypes.scalar_type_name(input.dtype)
        raise NotImplementedError(f"\"logcumsumexp_out_cpu\" not implemented for '{kind}'. Convert first: x.float().")
    y = logcumsumexp_.call(input, wrap_dim(dim if axis is None else axis, input._data.ndim))
    return y if out is None else given_out(out, y, input, says=WRONG_SCALAR_TYPE)


for _op in (running_sum, cummax_line, cummin_line, logcumsumexp_):
    _op.in_order = True

METHODS = {
    "cummax": cummax,
    "cummin": cummin,
    "cumsum": cumsum,
    "cumsum_": _cumsum_in_place,
    "logcumsumexp": logcumsumexp,
}

__all__ = ["cummax", "cummin", "cumsum", "logcumsumexp"]
