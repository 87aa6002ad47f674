"""Convolution, pooling, interpolation, look-ups and scattering at sizes that go by blocks, in threads and by groups."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch as real

import tapegrad as ours

Call = Callable[..., Any]


def conv(name: str, *options: Any) -> Call:
    """A convolution by torch's name, with what follows input, weight and bias."""
    return lambda lib, *tensors: getattr(lib.nn.functional, name)(*tensors, *options)


def function(name: str, *args: Any, **options: Any) -> Call:
    """A function of `nn.functional`."""
    return lambda lib, *tensors: getattr(lib.nn.functional, name)(*tensors, *args, **options)


# shapes of floating-point operands, function
CASES: dict[str, tuple[list[tuple[int, ...]], Call]] = {
    "conv2d": ([(32, 16, 14, 14), (32, 16, 3, 3), (32,)], conv("conv2d", 1, 1)),
    "conv2d, stride": ([(8, 12, 29, 27), (20, 12, 5, 3), (20,)], conv("conv2d", 2, 1)),
    "conv2d, dilation": ([(8, 12, 29, 27), (20, 12, 3, 3), (20,)], conv("conv2d", 1, 2, 2)),
    "conv2d, groups": ([(8, 32, 28, 28), (32, 8, 3, 3), (32,)], conv("conv2d", 1, 1, 1, 4)),
    "conv2d, by channel": ([(8, 32, 28, 28), (32, 1, 3, 3), (32,)], conv("conv2d", 1, 1, 1, 32)),
    "conv2d, one element": ([(8, 32, 28, 28), (16, 32, 1, 1), (16,)], conv("conv2d")),
    "conv2d, one element, stride": ([(8, 32, 28, 28), (16, 32, 1, 1), (16,)], conv("conv2d", 2)),
    "conv1d": ([(16, 16, 300), (32, 16, 5), (32,)], conv("conv1d", 1, 2)),
    "conv3d": ([(4, 6, 12, 12, 12), (8, 6, 3, 3, 3), (8,)], conv("conv3d", (1, 2, 1), 1)),
    "conv_transpose2d": ([(16, 32, 14, 14), (32, 16, 3, 3), (16,)], conv("conv_transpose2d", 2, 1, 1)),
    "conv_transpose2d, groups": ([(4, 8, 20, 20), (8, 6, 4, 4), (12,)], conv("conv_transpose2d", 3, 2, 0, 2, 2)),
    "max_pool2d": ([(32, 16, 28, 28)], function("max_pool2d", 2)),
    "max_pool2d, overlapping": ([(16, 16, 28, 28)], function("max_pool2d", 3, 2, 1)),
    "max_pool2d, large": ([(16, 16, 28, 28)], function("max_pool2d", 6, 4, 2)),
    "max_pool3d": ([(4, 8, 16, 16, 16)], function("max_pool3d", 2)),
    "adaptive_max_pool2d": ([(16, 16, 28, 28)], function("adaptive_max_pool2d", 4)),
    "avg_pool2d": ([(16, 16, 28, 28)], function("avg_pool2d", 3, 1, 1)),
    "avg_pool1d, long": ([(4, 8, 2048)], function("avg_pool1d", 3, 2, 1)),
    "adaptive_avg_pool2d": ([(16, 16, 28, 30)], function("adaptive_avg_pool2d", (5, 7))),
    "bilinear": ([(8, 16, 28, 28)], function("interpolate", scale_factor=2, mode="bilinear")),
    "bilinear, long": ([(2, 2, 150, 200)], function("interpolate", size=(301, 190), mode="bilinear")),
    "bicubic": ([(8, 16, 28, 28)], function("interpolate", size=(50, 13), mode="bicubic")),
    "nearest": ([(8, 16, 28, 28)], function("interpolate", scale_factor=2)),
    "reflected": ([(8, 16, 28, 28)], function("pad", (3, 1, 2, 4), mode="reflect")),
    "grid_sample": ([(4, 16, 28, 28), (4, 20, 20, 2)], function("grid_sample", align_corners=False)),
}


def agree(shapes: list[tuple[int, ...]], call: Call, index: Any = None) -> None:
    """Values and gradients in double precision are the same up to rounding."""
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal(shape) for shape in shapes]
    found = []
    for lib in (real, ours):
        leaves = [lib.tensor(a, requires_grad=True) for a in arrays]
        out = call(lib, *leaves) if index is None else call(lib, lib.tensor(index), *leaves)
        weights = np.random.default_rng(1).standard_normal(tuple(out.shape))
        out.backward(lib.tensor(weights))
        found.append([out.detach().numpy(), *[leaf.grad.numpy() for leaf in leaves]])
    for expected, got in zip(*found, strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("name", CASES)
def test_layers_of_images(name: str) -> None:
    agree(*CASES[name])


ROWS, WIDTH, TOKENS = 600, 32, 900

LOOK_UPS: dict[str, tuple[list[tuple[int, ...]], Call]] = {
    "embedding": ([(ROWS, WIDTH)], lambda lib, i, w: lib.nn.functional.embedding(i, w)),
    "embedding, padding": ([(ROWS, WIDTH)], lambda lib, i, w: lib.nn.functional.embedding(i, w, 7)),
    "embedding, by frequency": (
        [(ROWS, WIDTH)],
        lambda lib, i, w: lib.nn.functional.embedding(i, w, scale_grad_by_freq=True),
    ),
    "embedding_bag": ([(ROWS, WIDTH)], lambda lib, i, w: lib.nn.functional.embedding_bag(i.view(-1, 9), w)),
    "embedding_bag, weights": (
        [(ROWS, WIDTH), (100, 9)],
        lambda lib, i, w, f: lib.nn.functional.embedding_bag(i.view(-1, 9), w, per_sample_weights=f, mode="sum"),
    ),
    "index_select": ([(ROWS, WIDTH)], lambda lib, i, x: x.index_select(0, i)),
    "index_add": ([(ROWS, WIDTH), (TOKENS, WIDTH)], lambda lib, i, x, s: x.index_add(0, i, s, alpha=2)),
    "index_add, columns": ([(WIDTH, ROWS), (WIDTH, TOKENS)], lambda lib, i, x, s: x.index_add(1, i, s)),
    "index_reduce, mean": ([(ROWS, WIDTH), (TOKENS, WIDTH)], lambda lib, i, x, s: x.index_reduce(0, i, s, "mean")),
    "index_reduce, amax": ([(ROWS, WIDTH), (TOKENS, WIDTH)], lambda lib, i, x, s: x.index_reduce(0, i, s, "amax")),
    "index_reduce, columns": ([(WIDTH, ROWS), (WIDTH, TOKENS)], lambda lib, i, x, s: x.index_reduce(1, i, s, "prod")),
    "gather": ([(ROWS, WIDTH)], lambda lib, i, x: x.gather(1, (i % WIDTH).view(-1, 3)[:, :2])),
    "scatter_reduce": (
        [(ROWS, WIDTH), (TOKENS, WIDTH)],
        lambda lib, i, x, s: x.scatter_reduce(0, i[:, None].expand(TOKENS, WIDTH), s, "amin"),
    ),
    "segment_reduce": (
        [(TOKENS, WIDTH)],
        lambda lib, i, x: lib.segment_reduce(x, "sum", lengths=lib.tensor([300, 0, 2, 598])),
    ),
}


@pytest.mark.filterwarnings("ignore:index_reduce")  # both say that it may change
@pytest.mark.parametrize("few", [False, True], ids=["many rows", "few rows"])
@pytest.mark.parametrize("name", LOOK_UPS)
def test_rows_by_index(name: str, few: bool) -> None:
    index = np.random.default_rng(2).integers(0, 11 if few else ROWS, TOKENS)
    agree(*LOOK_UPS[name], index)


@pytest.mark.parametrize("special", [float("nan"), float("-inf")])
@pytest.mark.parametrize("options", [(2, 2, 0), (3, 2, 1), (5, 3, 2)], ids=str)
def test_places_of_maxima_among_special_numbers(options: tuple[int, int, int], special: float) -> None:
    rng = np.random.default_rng(0)
    x = rng.integers(0, 5, (32, 16, 28, 28)).astype(np.float32)
    x[rng.random(x.shape) < 0.5] = special
    (a, i), (b, j) = [
        lib.nn.functional.max_pool2d(lib.tensor(x), *options, return_indices=True) for lib in (real, ours)
    ]
    np.testing.assert_array_equal(b.numpy(), a.numpy())
    np.testing.assert_array_equal(j.numpy(), i.numpy())
