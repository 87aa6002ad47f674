"""The kernels of convolution give what NumPy's products of columns give."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tapegrad as torch
from tapegrad.kernels import convolution, finding, using
from tapegrad.ops import convolution_kernels

Array = np.ndarray[Any, Any]
Ints = tuple[int, ...]
F = torch.nn.functional

# Images, channels of a group, channels of its results, size, kernel, stride, padding, dilation, groups.
CASES: list[tuple[int, int, int, Ints, Ints, Ints, Ints, Ints, int]] = [
    (1, 1, 1, (5,), (2,), (1,), (0,), (1,), 1),
    (3, 2, 3, (40,), (3,), (2,), (1,), (2,), 2),
    (2, 3, 7, (9, 8), (3, 3), (1, 1), (1, 1), (1, 1), 1),
    (5, 1, 1, (9, 30), (3, 3), (1, 1), (1, 1), (1, 1), 6),
    (1, 4, 5, (12, 7), (2, 4), (3, 2), (2, 0), (1, 2), 1),
    (2, 2, 6, (11, 13), (3, 2), (2, 3), (0, 1), (2, 3), 3),
    (2, 3, 4, (6, 6), (1, 1), (3, 3), (0, 0), (1, 1), 1),
    (2, 2, 3, (4, 5, 6), (2, 3, 2), (1, 2, 1), (1, 1, 0), (1, 1, 2), 1),
    (1, 2, 4, (1, 2500), (1, 3), (1, 1), (0, 1), (1, 1), 1),  # lines longer than a piece
    (1, 2, 4, (300, 20), (3, 3), (1, 1), (1, 1), (1, 1), 1),  # more lines than are in one
    (2, 1, 2, (8, 8), (5, 5), (2, 2), (2, 2), (1, 1), 1),
]


def some(shape: Ints, kind: str, seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal(shape).astype(kind)


def arrays_of(case: tuple[Any, ...], kind: str) -> tuple[Array, Array, Array]:
    images, channels, outs, size, kernel, *_, groups = case
    return (
        some((images, channels * groups, *size), kind),
        some((outs * groups, channels, *kernel), kind, 1),
        some((outs * groups,), kind, 2),
    )


def convolved(case: tuple[Any, ...], *arrays: Array) -> list[Array]:
    """The result, and the gradients of a sum with uneven weights."""
    stride, padding, dilation, groups = case[5:]
    leaves = [torch.from_numpy(a).requires_grad_() for a in arrays]
    function: Any = (F.conv1d, F.conv2d, F.conv3d)[len(stride) - 1]
    y = function(*leaves, stride=stride, padding=padding, dilation=dilation, groups=groups)
    found = y.detach().numpy()
    y.backward(torch.from_numpy(some(tuple(y.shape), found.dtype.char, 3)))
    return [found, *[leaf.grad.numpy() for leaf in leaves if leaf.grad is not None]]


def check_alike(found: list[Array], expected: list[Array], kind: str) -> None:
    for got, wanted in zip(found, expected, strict=True):
        assert got.dtype == kind and got.shape == wanted.shape
        bound = (2e-6 if kind == "f4" else 1e-14) * np.abs(wanted).max()
        np.testing.assert_allclose(got, wanted, rtol=0, atol=bound)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of kernels, as they are used."""
    names: list[str] = []

    def find(kernel: finding.Kernel, dtype: Any, elements: int) -> Any:
        found = finding.find(kernel, dtype, elements)
        if found is not None:
            names.append(kernel.name)
        return found

    monkeypatch.setattr(convolution_kernels, "find", find)
    return names


@pytest.mark.usefixtures("compiled_kernels")
@pytest.mark.parametrize("kind", ["f4", "f8"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_results_and_gradients(case: tuple[Any, ...], kind: str, counted: list[str]) -> None:
    arrays = arrays_of(case, kind)
    found = convolved(case, *arrays)
    assert {"convolution", "weight_gradient"} == set(counted)
    with using("off"):
        check_alike(found, convolved(case, *[a.astype("f8") for a in arrays]), kind)


@pytest.mark.usefixtures("compiled_kernels")
def test_arrays_in_any_layout(counted: list[str]) -> None:
    case = CASES[2]
    x, w, b = arrays_of(case, "f4")
    turned = [
        x.transpose(2, 3, 0, 1).copy().transpose(2, 3, 0, 1),
        w.transpose(1, 3, 0, 2).copy().transpose(2, 0, 3, 1),
        b,
    ]
    assert not turned[0].flags.c_contiguous and not turned[1].flags.c_contiguous
    found = convolved(case, *turned)
    for a, c in zip(found, convolved(case, x, w, b), strict=True):
        np.testing.assert_array_equal(a, c)
    y = F.conv2d(torch.from_numpy(x), (leaf := torch.from_numpy(w).requires_grad_()), padding=1)
    y.sum().backward()  # a gradient that is one number, seen everywhere
    with using("off"):
        F.conv2d(torch.from_numpy(x), (other := torch.from_numpy(w).requires_grad_()), padding=1).sum().backward()
    assert leaf.grad is not None and other.grad is not None
    check_alike([leaf.grad.numpy()], [other.grad.numpy()], "f4")
    assert len(counted) > 4


@pytest.mark.usefixtures("compiled_kernels")
@pytest.mark.parametrize("kind", ["f4", "f8"])
def test_transposed_convolutions(kind: str, counted: list[str]) -> None:
    x, w, b = some((3, 4, 5, 6), kind), some((4, 3, 3, 2), kind, 1), some((6,), kind, 2)

    def run() -> list[Array]:
        leaves = [torch.from_numpy(a.copy()).requires_grad_() for a in (x, w, b)]
        x_, w_, b_ = leaves
        y = F.conv_transpose2d(x_, w_, b_, stride=(2, 3), padding=1, output_padding=(1, 2), groups=2)
        y.square().sum().backward()
        return [y.detach().numpy(), *[leaf.grad.numpy() for leaf in leaves if leaf.grad is not None]]

    found = run()
    assert {"convolution", "weight_gradient"} == set(counted)
    with using("off"):
        check_alike(found, run(), kind)


@pytest.mark.usefixtures("compiled_kernels")
def test_second_derivatives() -> None:
    x = torch.from_numpy(some((2, 2, 5, 6), "f8")).requires_grad_()
    w = torch.from_numpy(some((3, 2, 2, 3), "f8", 1)).requires_grad_()
    assert torch.autograd.gradgradcheck(lambda x, w: F.conv2d(x, w, stride=(1, 2), padding=1), (x, w))


@pytest.mark.usefixtures("compiled_kernels")
@pytest.mark.parametrize("images", [1, 3, 24])
def test_results_are_the_same_bits_for_any_number_of_threads(images: int) -> None:
    case = (images, 24, 40, (20, 20), (3, 3), (1, 1), (1, 1), (1, 1), 1)
    arrays = arrays_of(case, "f4")
    assert images * 24 * 40 * 20 * 20 * 9 > convolution_kernels.LARGE_WORK
    before, found = torch.get_num_threads(), []
    try:
        for count in (1, 2, 5):
            torch.set_num_threads(count)
            found.append(convolved(case, *arrays))
    finally:
        torch.set_num_threads(before)
    for others in found[1:]:
        for a, b in zip(found[0], others, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.usefixtures("compiled_kernels")
@pytest.mark.parametrize("special", [np.inf, np.nan])
def test_what_is_infinite_or_no_number_reaches_what_it_reaches_by_numpy(special: float) -> None:
    case = (2, 1, 2, (6, 7), (3, 2), (1, 1), (0, 0), (1, 1), 1)
    x, w, b = arrays_of(case, "f4")
    x[1, 0, 2, 6] = special
    found = convolved(case, x, w, b)
    with using("off"):
        expected = convolved(case, x, w, b)
    for got, wanted in zip(found, expected, strict=True):
        np.testing.assert_array_equal(np.isnan(got), np.isnan(wanted))
        np.testing.assert_array_equal(np.isinf(got), np.isinf(wanted))
    assert not all(np.isfinite(a).all() for a in found)


@pytest.mark.usefixtures("compiled_kernels")
def test_numpy_does_what_kernels_do_not(counted: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    case = CASES[2]
    for kind in ("f2", "c8"):
        convolved(case, *arrays_of(case, kind))
    F.conv2d(torch.ones(1, 1, 3, 3, dtype=torch.int64), torch.ones(1, 1, 2, 2, dtype=torch.int64))
    F.conv2d(torch.ones(0, 1, 3, 3), torch.ones(1, 1, 2, 2))
    assert counted == []
    monkeypatch.setattr(convolution_kernels, "LARGEST", 100)  # bytes
    convolved(case, *arrays_of(case, "f4"))
    assert set(counted) == {"convolution"}


def test_frames_are_used_again_for_images_of_the_same_kind() -> None:
    arrays = (some((2, 1, 4, 4), "f4"), some((2, 1, 3, 3), "f4"))
    weights = convolution_kernels.weights_of(arrays[1], 1)
    shape = (arrays[0].shape, arrays[0].strides, (2, 2, 4, 4), arrays[0].strides)
    plans = [convolution_kernels._plan(*shape, weights, (1, 1), (1, 1), (-1, -1), 4) for _ in range(2)]
    assert plans[0] is plans[1]
    assert plans[0].frame == 36 and plans[0].span == 3 * 6 + 4


@pytest.mark.usefixtures("compiled_kernels")
@pytest.mark.parametrize("case", [CASES[5], CASES[7]], ids=str)
def test_kernels_are_programs_of_python(case: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    arrays = arrays_of(case, "f8")
    compiled = convolved(case, *arrays)

    def flat(array: Array) -> Array:
        """Everything that an array's indices can reach, as a kernel sees it."""
        last = sum((n - 1) * s for n, s in zip(array.shape, array.strides, strict=True))
        return np.lib.stride_tricks.as_strided(array, (last // array.itemsize + 1,), (array.itemsize,))

    def find(kernel: finding.Kernel, *_: Any) -> Any:
        function = getattr(convolution, kernel.name)
        return lambda *given: function(*[flat(g) if isinstance(g, np.ndarray) else g for g in given])

    monkeypatch.setattr(convolution_kernels, "find", find)
    check_alike(convolved(case, *arrays), compiled, "f8")
