"""NumPy's functions on batched arrays give what a loop over the rows gives."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import tapegrad
from tapegrad.func.batched import FUNCTIONS, BatchedArray
from tapegrad.tensor.rows import Unbatchable

assert tapegrad.vmap  # which loads the functions of NumPy

ROWS = 3
INNER = 2
M, V, S = (3, 4), (4,), ()
T = (2, 3, 4)


@dataclass
class Case:
    """A call, and the shapes (or makers of values) of its operands."""

    label: str
    call: Callable[..., Any]
    operands: tuple[Any, ...]
    exact: bool = True


def floats(shape: tuple[int, ...], seed: int) -> np.ndarray[Any, Any]:
    return np.random.default_rng(seed).standard_normal(shape)


def ints(high: int, *shape: int) -> Callable[[tuple[int, ...], int], np.ndarray[Any, Any]]:
    def make(front: tuple[int, ...], seed: int) -> np.ndarray[Any, Any]:
        return np.random.default_rng(seed).integers(0, high, front + shape)

    return make


def bools(*shape: int) -> Callable[[tuple[int, ...], int], np.ndarray[Any, Any]]:
    def make(front: tuple[int, ...], seed: int) -> np.ndarray[Any, Any]:
        return np.random.default_rng(seed).random(front + shape) < 0.5

    return make


def positive(n: int) -> Callable[[tuple[int, ...], int], np.ndarray[Any, Any]]:
    def make(front: tuple[int, ...], seed: int) -> np.ndarray[Any, Any]:
        a = floats((*front, n, n), seed)
        return a @ np.swapaxes(a, -1, -2) + n * np.eye(n)

    return make


def operand(spec: Any, front: tuple[int, ...], seed: int) -> np.ndarray[Any, Any]:
    return np.asarray(spec(front, seed) if callable(spec) else floats(front + spec, seed))


def reductions() -> list[Case]:
    found = []
    for f in (
        np.sum, np.prod, np.mean, np.std, np.var, np.max, np.min, np.any, np.all, np.ptp, np.median, np.nansum,
        np.nanmax, np.count_nonzero,
    ):  # fmt: skip
        for axis in (None, 0, -1, (0, 2), (-1, 0)):
            for keepdims in (False, True):
                found.append(
                    Case(
                        f"{f.__name__} {axis} {keepdims}",
                        lambda x, f=f, axis=axis, keepdims=keepdims: f(x, axis=axis, keepdims=keepdims),
                        (T,),
                    )
                )
        found.append(Case(f"{f.__name__} of a number", lambda x, f=f: f(x), (S,)))
    for f in (np.argmax, np.argmin, np.cumsum, np.cumprod):
        for axis in (None, 0, -1):
            found.append(Case(f"{f.__name__} {axis}", lambda x, f=f, axis=axis: f(x, axis=axis), (T,)))
    for f in (np.sort, np.argsort):
        for axis in (None, 0, -1):
            found.append(Case(f"{f.__name__} {axis}", lambda x, f=f, axis=axis: f(x, axis=axis), (T,)))
    found += [
        Case("add.reduce", lambda x: np.add.reduce(x), (T,)),
        Case("add.reduce where", lambda x: np.add.reduce(x, 1, where=np.array([True, False, True, True])), (T,)),
        Case("maximum.reduce all", lambda x: np.maximum.reduce(x, None), (T,)),
        Case("add.accumulate", lambda x: np.add.accumulate(x, -1), (T,)),
        Case("add.reduceat", lambda x: np.add.reduceat(x, [0, 2], 2), (T,)),
        Case("multiply.outer", lambda x, y: np.multiply.outer(x, y), (V, M)),
        Case("diff", lambda x: np.diff(x, 2, axis=1), (T,)),
        Case("bincount", lambda x: np.bincount(x, minlength=5), (ints(5, 6),)),
        Case("bincount weights", lambda x, w: np.bincount(x, w, minlength=5), (ints(5, 6), (6,))),
        Case("searchsorted", lambda x, v: np.searchsorted(np.sort(x), v), (V, M)),
        Case("partition", lambda x: np.partition(x, 2), (M,)),
        Case("argpartition", lambda x: np.take_along_axis(x, np.argpartition(x, 1), -1)[..., 1], (M,)),
    ]
    return found


POINTWISE = [
    Case("add", np.add, (M, M)),
    Case("operators", lambda x, y: (x + y) * 2 - y / 3 + 1 / (x + 10) - (-x) ** 2, (M, V)),
    Case("reflected", lambda x: 2 - x + 3 * x + 2.0**x, (M,)),
    Case("broadcast", lambda x, y, z: x * y + z, (V, T, S)),
    Case("columns", lambda x, y: x * y, ((3, 1), V)),
    Case("comparisons", lambda x, y: (x > y) | (x == y) & ~(x <= 0), (M, V)),
    Case("integers", lambda x, y: (x // (y + 1) % 3) << 1 ^ x, (ints(9, 3, 4), ints(9, 4))),
    Case("maximum", np.maximum, (M, V)),
    Case("frexp", lambda x: np.frexp(x), (M,)),
    Case("divmod", lambda x: np.divmod(x, 0.7), (M,)),
    Case("where", lambda c, x, y: np.where(c, x, y), (bools(4), M, S)),
    Case("where numbers", lambda c: np.where(c, 1.0, 0.0), (bools(4),)),
    Case("clip", lambda x, a: np.clip(x, a, 1.0), (M, V)),
    Case("clip method", lambda x: x.clip(-0.5, 0.5), (M,)),
    Case("isclose", lambda x, y: np.isclose(x, y), (M, V)),
    Case("nan_to_num", lambda x: np.nan_to_num(np.log(np.abs(x) - 0.5), nan=1.0), (M,)),
    Case("round", lambda x: np.round(x, 1) + x.round(), (M,)),
    Case("real and imaginary", lambda x, y: np.real(x + 1j * y) + (x + 1j * y).imag + (x * 1j).conj().real, (M, M)),
    Case("angle", lambda x: np.angle(x * (1 + 1j)), (M,)),
    Case("isposinf", lambda x: np.isposinf(x / 0.0), (M,)),
    Case("logaddexp", lambda x, y: np.logaddexp(x, y), (M, V)),
    Case("copies", lambda x: np.copy(x) + x.copy() + np.zeros_like(x) + np.ones_like(x), (M,)),
    Case("full_like", lambda x, v: np.full_like(x, v), (M, S)),
    Case("empty_like with a shape", lambda x: np.empty_like(x, shape=(2, 2)) * 0, (V,)),
    Case("astype", lambda x: x.astype(np.float32), (M,)),
    Case("view", lambda x: x.view(np.int64), (M,)),
    Case("in place", lambda x, y: in_place(x, y), (M, V)),
]


def in_place(x: Any, y: Any) -> Any:
    z = x * y
    z += y
    z *= 2
    np.add(z, y, out=z)
    return z


SHAPES = [
    Case("reshape", lambda x: x.reshape(4, -1) + np.reshape(x, (4, 6)), (T,)),
    Case("reshape to a number", lambda x: x.reshape(()), ((1, 1),)),
    Case("ravel", lambda x: np.ravel(x) + x.ravel() + x.flatten(), (T,)),
    Case("transpose", lambda x: np.transpose(x) + x.T + x.transpose(2, 1, 0) + x.transpose((-1, 1, 0)), (T,)),
    Case("mT", lambda x: x.swapaxes(0, 2) + np.swapaxes(x, -1, 0), (T,)),
    Case("moveaxis", lambda x: np.moveaxis(x, 0, -1), (T,)),
    Case("moveaxis of several", lambda x: np.moveaxis(x, (0, 1), (-1, 0)), (T,)),
    Case("squeeze", lambda x: np.squeeze(x), ((1, 3, 1),)),
    Case("squeeze one", lambda x: x.squeeze(-1), ((1, 3, 1),)),
    Case("expand_dims", lambda x: np.expand_dims(x, (0, -1)), (M,)),
    Case("broadcast_to", lambda x: np.broadcast_to(x, (2, 3, 4)), (V,)),
    Case("broadcast_to a shape of ones", lambda x: np.broadcast_to(x, (3, 4)), ((3, 1),)),
    Case("broadcast_arrays", lambda x, y: np.broadcast_arrays(x, y)[0], (V, M)),
    Case("atleast", lambda x: np.atleast_2d(x), (V,)),
    Case("atleast_1d", lambda x: np.atleast_1d(x), (S,)),
    Case("flip", lambda x: np.flip(x), (M,)),
    Case("flip one", lambda x: np.flip(x, 0) + np.flipud(x) + np.fliplr(x)[:, ::-1], (M,)),
    Case("roll", lambda x: np.roll(x, 1), (M,)),
    Case("roll along", lambda x: np.roll(x, (1, 2), (0, -1)), (M,)),
    Case("rot90", lambda x: np.rot90(x), (M,)),
    Case("repeat", lambda x: np.repeat(x, 2), (M,)),
    Case("repeat along", lambda x: np.repeat(x, [1, 0, 2], 0), (M,)),
    Case("tile", lambda x: np.tile(x, (2, 1, 2)), (M,)),
    Case("tile fewer", lambda x: np.tile(x, 2), (T,)),
    Case("pad", lambda x: np.pad(x, ((1, 0), (0, 2))), (M,)),
    Case("pad edge", lambda x: np.pad(x, 1, "edge"), (M,)),
    Case("windows", lambda x: np.lib.stride_tricks.sliding_window_view(x, 2, 1), (M,)),
    Case("tril", lambda x: np.tril(x, 1) + np.triu(x), (M,)),
    Case("tril of a vector", lambda x: np.tril(x), (V,)),
    Case("diagonal", lambda x: np.diagonal(x, 1) + x.diagonal(1), (M,)),
    Case("trace", lambda x: np.trace(x), (M,)),
    Case("diag of a matrix", lambda x: np.diag(x), (M,)),
    Case("diag of a vector", lambda x: np.diag(x, -1), (V,)),
    Case("concatenate", lambda x, y: np.concatenate([x, y], 0), (M, (2, 4))),
    Case("concatenate last", lambda x, y: np.concatenate((x, y, x), -1), (M, (3, 1))),
    Case("concatenate flat", lambda x, y: np.concatenate((x, y), None), (M, V)),
    Case("stack", lambda x, y: np.stack([x, y], -1), (M, M)),
    Case("stack numbers", lambda x, y: np.stack([x, y]), (S, S)),
    Case("split", lambda x: np.split(x, 2, -1), (M,)),
    Case("array_split", lambda x: np.array_split(x, 3, 1), (M,)),
    Case("hstack", lambda x, y: np.hstack([x, y]), (M, M)),
    Case("shape", lambda x: np.zeros(np.shape(x)) + np.ndim(x) + np.size(x) + x, (M,)),
]

INDEXING = [
    Case("integers and slices", lambda x: x[1, ..., 1:3], (T,)),
    Case("new axes", lambda x: x[None, :, 0, None], (T,)),
    Case("negative", lambda x: x[-1][..., ::-1], (T,)),
    Case("an element", lambda x: x[0, 1, 2], (T,)),
    Case("a list", lambda x: x[[0, 1, 1]], (T,)),
    Case("an index", lambda x, i: x[i], (T, ints(2, 5))),
    Case("an index for columns", lambda x, i: x[:, i], (T, ints(3, 2, 2))),
    Case("an index for the last", lambda x, i: x[..., i], (T, ints(4, 5))),
    Case("two indices", lambda x, i, j: x[i, j], (T, ints(2, 5), ints(3, 5))),
    Case("two that broadcast", lambda x, i, j: x[:, i, j], (T, ints(3, 5, 1), ints(4, 2))),
    Case("two apart", lambda x, i, j: x[i, :, j], (T, ints(2, 5), ints(4, 5))),
    Case("an index and an integer", lambda x, i: x[0, :, i], (T, ints(4, 5))),
    Case("an index after a new axis", lambda x, i: x[None, i], (M, ints(3, 5))),
    Case("a number for an index", lambda x, i: x[i], (T, ints(2))),
    Case("a mask that all rows share", lambda x: x[:, np.array([True, False, True])], (T,)),
    Case("take", lambda x, i: np.take(x, i, 1) if isinstance(x, BatchedArray) else x.take(i, axis=1), (T, ints(3, 5))),
    Case("take along", lambda x, i: np.take_along_axis(x, i, -1), (M, ints(4, 3, 2))),
    Case("compose", lambda x, i: x[i][:, 1, 1] + x[0, 0, i], (T, ints(2, 5))),
]


def put(x: Any, key: Any, value: Any) -> Any:
    """A copy with rows of its own, written into."""
    z = np.zeros_like(x) + x
    z[key] = value
    return z


WRITING = [
    Case("a slice", lambda x, v: put(x, (slice(None), 1), v), (T, (2, 4))),
    Case("broadcast", lambda x, v: put(x, (..., slice(1, 3)), v), (T, (3, 1))),
    Case("a number", lambda x: put(x, 0, 5.0), (T,)),
    Case("an element", lambda x, v: put(x, (0, 1, 2), v), (T, S)),
    Case("all", lambda x, v: put(x, ..., v), (T, V)),
    Case("leading ones", lambda x, v: put(x, (0, 1), v), (T, (1, 4))),
    Case("an index", lambda x, v: put(x, (slice(None), np.array([2, 0])), v), (T, (2, 2, 4))),
    Case("apart", lambda x, v: put(x, (np.array([1, 0]), slice(None), np.array([2, 0])), v), (T, (2, 3))),
    Case("a mask", lambda x: put(x, x > 0, 1.0), (T,)),
    Case("a mask with a value", lambda x, v: put(x, x[..., 0] > 0, v), (T, V)),
]

PRODUCTS = [
    Case("matrix matrix", lambda x, y: x @ y, (M, (4, 2)), False),
    Case("matrix vector", lambda x, y: x @ y, (M, V), False),
    Case("vector matrix", lambda x, y: x @ y, ((3,), M), False),
    Case("vector vector", lambda x, y: np.matmul(x, y), (V, V), False),
    Case("column row", lambda x, y: x @ y, ((3, 1), (1, 4)), False),
    Case("stacks", lambda x, y: x @ y, (T, (4, 2)), False),
    Case("stacks on both sides", lambda x, y: x @ y, (T, (2, 4, 2)), False),
    Case("matrix stack", lambda x, y: x @ y, ((5, 3), T), False),
    Case("vector stack", lambda x, y: x @ y, ((3,), T), False),
    Case("stack vector", lambda x, y: x @ y, (T, V), False),
    Case("dot", lambda x, y: np.dot(x, y), (M, V), False),
    Case("dot of a number", lambda x, y: np.dot(x, y), (M, S), False),
    Case("dot of stacks", lambda x, y: np.dot(x, y), (T, (4, 2)), False),
    Case("vdot", lambda x, y: np.vdot(x, y), (M, M), False),
    Case("inner", lambda x, y: np.inner(x, y), (M, V), False),
    Case("outer", lambda x, y: np.outer(x, y), (M, V), False),
    Case("tensordot", lambda x, y: np.tensordot(x, y, 2), (T, (3, 4, 2)), False),
    Case("tensordot of axes", lambda x, y: np.tensordot(x, y, ((0, -1), (1, 0))), (T, (4, 2, 5)), False),
    Case("einsum", lambda x, y: np.einsum("ij,jk->ki", x, y), (M, (4, 2)), False),
    Case("einsum without arrow", lambda x, y: np.einsum("ij,j", x, y), (M, V), False),
    Case("einsum with dots", lambda x, y: np.einsum("...i,...i->...", x, y), (T, V), False),
    Case("kron", lambda x, y: np.kron(x, y), (M, (2, 2)), False),
    Case("kron of a vector", lambda x, y: np.kron(x, y), (M, (2,)), False),
    Case("cross", lambda x, y: np.cross(x, y), ((2, 3), (3,)), False),
]

DECOMPOSITIONS = [
    Case("inv", np.linalg.inv, (positive(3),), False),
    Case("det", np.linalg.det, (positive(3),), False),
    Case("slogdet", lambda x: np.linalg.slogdet(x), (positive(3),), False),
    Case("cholesky", np.linalg.cholesky, (positive(3),), False),
    Case("eigvalsh", np.linalg.eigvalsh, (positive(3),), False),
    Case("eigh", lambda x: np.linalg.eigh(x), (positive(3),), False),
    Case("svd", lambda x: np.linalg.svd(x), (M,), False),
    Case("singular values", lambda x: np.linalg.svd(x, compute_uv=False), (T,), False),
    Case("qr", lambda x: np.linalg.qr(x), (M,), False),
    Case("pinv", np.linalg.pinv, (M,), False),
    Case("solve", np.linalg.solve, (positive(3), (3, 2)), False),
    Case("solve a vector", np.linalg.solve, (positive(3), (3,)), False),
    Case("norm", lambda x: np.linalg.norm(x), (T,), False),
    Case("norm along", lambda x: np.linalg.norm(x, 3, 1, True), (T,), False),
    Case("norm of a matrix", lambda x: np.linalg.norm(x, "fro", (0, 1)), (M,), False),
    Case("fft", lambda x: np.fft.fft(x, axis=0), (M,), False),
    Case("rfft", lambda x: np.fft.irfft(np.fft.rfft(x, 6), 6), (M,), False),
    Case("fft2", lambda x: np.fft.fft2(x), (T,), False),
    Case("fftn", lambda x: np.fft.fftn(x) + np.fft.fftn(x, axes=(0, 1)), (T,), False),
    Case("fftshift", lambda x: np.fft.fftshift(x) + np.fft.fftshift(x, 1), (M,), False),
]

EMPTY = [
    Case("sum of nothing", lambda x: x.sum(), ((0, 4),)),
    Case("reshape of nothing", lambda x: x.reshape(-1, 2), ((0, 4),)),
    Case("product of nothing", lambda x, y: x @ y, ((3, 0), (0, 2))),
    Case("concatenation with nothing", lambda x, y: np.concatenate([x, y]), ((0,), V)),
    Case("index of nothing", lambda x, i: x[i], (M, ints(3, 0))),
]

CASES = [
    *reductions(), *POINTWISE, *SHAPES, *INDEXING, *WRITING, *PRODUCTS, *DECOMPOSITIONS, *EMPTY,
]  # fmt: skip


def compare(got: Any, expected: Any, exact: bool) -> None:
    """Assert that a row's result is the expected one, in value, shape and dtype."""
    if isinstance(expected, (tuple, list)):
        assert len(got) == len(expected)
        for g, e in zip(got, expected, strict=True):
            compare(g, e, exact)
        return
    expected = np.asarray(expected)
    assert got.shape == expected.shape
    assert got.dtype == expected.dtype
    np.testing.assert_allclose(got, expected, rtol=1e-12 if exact else 1e-9, atol=0 if exact else 1e-11)


def row_of(x: Any, *places: int) -> Any:
    """The row at places, one per level from the outermost on."""
    if isinstance(x, (tuple, list)):
        return [row_of(part, *places) for part in x]
    for level in range(len(places), 0, -1):  # the highest level is on top
        if isinstance(x, BatchedArray) and x.level == level:
            x = x.value[places[level - 1]] if not isinstance(x.value, BatchedArray) else x.value[places[level - 1], ...]
    return np.asarray(x)


def subsets(n: int) -> list[tuple[bool, ...]]:
    return [which for which in itertools.product((True, False), repeat=n) if any(which)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.label)
def test_rows_are_computed_as_single_arrays(case: Case) -> None:
    arrays = [operand(spec, (ROWS,), 10 + k) for k, spec in enumerate(case.operands)]
    for which in subsets(len(arrays)):
        with np.errstate(all="ignore"):
            expected = [
                case.call(*[a[i] if mapped else a[0] for a, mapped in zip(arrays, which, strict=True)])
                for i in range(ROWS)
            ]
        try:
            got = case.call(*[BatchedArray(a, 1) if mapped else a[0] for a, mapped in zip(arrays, which, strict=True)])
        except (Unbatchable, ValueError):
            assert not which[0], case.label  # NumPy's protocols ask the array, not what it is indexed by or given
            continue
        for i in range(ROWS):
            compare(row_of(got, i), expected[i], case.exact)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.label)
def test_rows_at_two_levels(case: Case) -> None:
    arrays = [operand(spec, (ROWS, INNER), 20 + k) for k, spec in enumerate(case.operands)]
    forms = itertools.product(("both", "outer", "inner"), repeat=len(arrays))
    for form in itertools.islice(forms, 9):
        given = [leveled(a, kind) for a, kind in zip(arrays, form, strict=True)]
        try:
            got = case.call(*given)
        except (Unbatchable, ValueError):
            assert form[0] != "both", case.label
            continue
        for i, j in itertools.product(range(ROWS), range(INNER)):
            with np.errstate(all="ignore"):
                expected = case.call(*[alone(a, kind, i, j) for a, kind in zip(arrays, form, strict=True)])
            compare(row_of(got, i, j), expected, case.exact)


def leveled(a: np.ndarray[Any, Any], kind: str) -> BatchedArray:
    if kind == "both":
        return BatchedArray(BatchedArray(a, 1), 2)
    return BatchedArray(np.ascontiguousarray(a[:, 0]), 1) if kind == "outer" else BatchedArray(a[0], 2)


def alone(a: np.ndarray[Any, Any], kind: str, i: int, j: int) -> np.ndarray[Any, Any]:
    return np.asarray(a[i if kind != "inner" else 0, j if kind != "outer" else 0])


def test_floating_point_warnings_are_silent() -> None:
    x = BatchedArray(np.zeros((3, 2)), 1)
    assert np.isnan((x / 0.0).value).all()
    assert np.isinf(np.log(x).value).all()


def test_a_row_looks_like_an_array() -> None:
    x = BatchedArray(np.zeros((3, 2, 4), np.float32), 1)
    assert (x.shape, x.ndim, x.size, len(x), x.dtype) == ((2, 4), 2, 8, 2, np.float32)
    assert x.strides == (16, 4) and x.itemsize == 4 and x.nbytes == 32
    assert x.flags.c_contiguous and x.flags.writeable
    assert not hasattr(x, "ctypes")


@pytest.mark.parametrize(
    "look",
    [bool, float, int, complex, np.asarray, lambda x: x.item(), lambda x: x.tolist(), lambda x: x.nonzero()],
    ids=["bool", "float", "int", "complex", "asarray", "item", "tolist", "nonzero"],
)
def test_single_values_are_refused(look: Any) -> None:
    with pytest.raises(Unbatchable):
        look(BatchedArray(np.zeros(3), 1))


def test_masks_that_differ_by_row_have_no_common_shape() -> None:
    x = BatchedArray(floats((3, 4), 0), 1)
    with pytest.raises(Unbatchable):
        x[x > 0]


def test_values_with_rows_are_not_written_into_one_array() -> None:
    x = BatchedArray(floats((3, 4), 0), 1)
    with pytest.raises(Unbatchable):
        np.zeros(4)[...] = x
    with pytest.raises(Unbatchable):
        np.copyto(np.zeros(4), x)
    with pytest.raises(Unbatchable):
        np.add(np.zeros(4), x, out=np.zeros(4))


def test_shapes_of_errors_are_those_of_rows() -> None:
    x, y = BatchedArray(np.zeros((3, 2)), 1), BatchedArray(np.zeros((3, 4)), 1)
    with pytest.raises(ValueError, match="broadcast"):
        x + y
    with pytest.raises(np.exceptions.AxisError, match="axis 1 is out of bounds for array of dimension 1"):
        x.sum(axis=1)


def test_elements_named_twice_are_added_twice() -> None:
    z = BatchedArray(np.zeros((2, 3)), 1)
    np.add.at(z, BatchedArray(np.array([[0, 0], [1, 2]]), 1), 1.0)
    assert z.value.tolist() == [[2.0, 0.0, 0.0], [0.0, 1.0, 1.0]]
    grid = BatchedArray(np.zeros((2, 2, 2)), 1)
    np.add.at(grid, (np.array([0, 0]), BatchedArray(np.array([[1, 1], [0, 1]]), 1)), 1.0)
    assert grid.value[:, 0].tolist() == [[0.0, 2.0], [1.0, 1.0]]


def test_put_along_axis_writes_into_each_row() -> None:
    z = BatchedArray(np.zeros((2, 3)), 1)
    np.put_along_axis(z, BatchedArray(np.array([[0], [2]]), 1), 5.0, 0)
    assert z.value.tolist() == [[5.0, 0.0, 0.0], [0.0, 0.0, 5.0]]


def test_the_table_is_large() -> None:
    assert len(FUNCTIONS) > 120
