"""Thousands of tensors printed by torch and by tapegrad: the texts are equal character for character.

4,480 tensors of all dtypes under 20 settings, then 1,440 with suffixes, subclasses and other default dtypes.  All are
drawn from generators with fixed seeds, so a failure comes again.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch

import tapegrad
from tapegrad.tensor import printing

Array = np.ndarray[Any, Any]

TENSORS_PER_SETTING = 14
INTEGERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
FLOATS = ["float16", "bfloat16", "float32", "float64"]
COMPLEX = ["complex64", "complex128"]
DTYPES = ["bool", *INTEGERS, *FLOATS, *COMPLEX, "float32 at decision points"]

SETTINGS: list[dict[str, Any]] = [
    {},
    {"precision": 0},
    {"precision": 2},
    {"precision": 10},
    {"precision": 17},
    {"sci_mode": True},
    {"sci_mode": False},
    {"sci_mode": True, "precision": 1, "linewidth": 60},
    {"linewidth": 10},
    {"linewidth": 40},
    {"linewidth": 200},
    {"threshold": 5},
    {"threshold": 0, "edgeitems": 1},
    {"threshold": 20, "edgeitems": 2},
    {"threshold": 3, "edgeitems": 0},
    {"edgeitems": 0},
    {"profile": "short"},
    {"profile": "short", "threshold": 10, "sci_mode": True},
    {"profile": "full"},
    {"profile": "default", "precision": 7, "linewidth": 100},
]

# Around the thousand elements above which tensors are summarized.
THRESHOLD_SHAPES = [
    (999,), (1000,), (1001,), (10, 100), (7, 143), (1, 1001), (1001, 1), (6, 167), (2, 501), (5, 7, 29), (2, 6, 90),
    (3, 7, 7, 7), (6, 6, 6, 6), (8, 8, 8, 8), (1, 1, 1001),
]  # fmt: skip

# Values at which notation or width change: the bounds 1e-4, 1e8 and the ratio 1000, and what rounds across a digit.
DECISION_POINTS = [
    0.0, -0.0, 1.0, -1.0, 0.1, 2.5, 9.99994, 9.99995, 0.99995, 99999.5, 1e-4, 9.9999e-5, 1e-3, 1000.0, 1000.5, 1001.0,
    1e8, 100000008.0, 99999992.0, 1e-45, 1.1754944e-38, 3.4e38, 16777216.0, 16777217.0,
]  # fmt: skip
SPECIAL = [0.0, -0.0, math.nan, math.inf, -math.inf]


# -- drawing tensors ---------------------------------------------------------------------------------------------------


def draw_shape(rng: np.random.Generator) -> tuple[int, ...]:
    """Mostly small; also 0-d, empty and around the threshold."""
    kind = rng.random()
    if kind < 0.12:
        return ()
    if kind < 0.35:
        return (int(rng.integers(0, 40)),)
    if kind < 0.42:
        return THRESHOLD_SHAPES[rng.integers(len(THRESHOLD_SHAPES))]
    ndim = int(rng.integers(1, 6))
    shortest = 0 if rng.random() < 0.2 else 1
    return tuple(int(n) for n in rng.integers(shortest, 6 if ndim < 4 else 4, ndim))


def draw_floats(rng: np.random.Generator, n: int) -> Array:
    """Doubles of one of several characters: normal, whole, tiny to huge, near decision points, constant."""
    characters: list[Callable[[], Array]] = [
        lambda: rng.standard_normal(n),
        lambda: np.round(rng.standard_normal(n) * 10.0 ** rng.integers(0, 9)),
        lambda: rng.standard_normal(n) * 10.0 ** rng.integers(-45, 39),
        lambda: 10.0 ** rng.uniform(-45, 39, n) * rng.choice([-1, 1], n),
        lambda: rng.uniform(0.9, 1.1) * rng.choice([1e-4, 1e-3, 1.0, 1e3, 1e5, 1e8], n),
        lambda: rng.integers(-5, 5, n) * rng.choice([1.0, 0.5, 0.25, 1 / 3]),
        lambda: np.round(10.0 ** rng.uniform(0, rng.integers(1, 20), n)),
        lambda: rng.integers(0, 2000, n) * 10.0 ** rng.integers(-8, 3),
        lambda: np.full(n, rng.choice(DECISION_POINTS + SPECIAL)),
    ]
    values = characters[rng.integers(len(characters))]()
    for special in SPECIAL:
        if rng.random() < 0.12:
            values[rng.random(n) < rng.random()] = special
    return values


def draw_integers(rng: np.random.Generator, n: int, dtype: str) -> Array:
    """Integers of any number of digits, the bounds of the type among them."""
    bounds = np.iinfo(dtype)
    high = min(bounds.max, 10 ** int(rng.integers(0, 20)))
    low = max(bounds.min, -high) if rng.random() < 0.6 else 0
    values = rng.integers(low, high, n, dtype=dtype, endpoint=True)
    for bound in (bounds.min, bounds.max):
        if n and rng.random() < 0.1:
            values[rng.integers(n)] = bound
    return values


def draw_values(rng: np.random.Generator, n: int, dtype: str) -> Array:
    if dtype == "bool":
        return rng.random(n) < rng.random()
    if dtype in INTEGERS:
        return draw_integers(rng, n, dtype)
    with np.errstate(over="ignore"):
        if dtype in COMPLEX:
            values = np.empty(n, dtype)
            values.real, values.imag = draw_floats(rng, n), draw_floats(rng, n)
            return values
        if dtype == "float32 at decision points":
            return rng.choice(rng.choice(DECISION_POINTS, 3), n).astype("float32")
        return draw_floats(rng, n).astype("float32" if dtype == "bfloat16" else dtype)


def draw_array(rng: np.random.Generator, dtype: str) -> Array:
    """An array of any shape, in a third of all cases not contiguous. bfloat16 values come as float32."""
    shape = draw_shape(rng)
    array = draw_values(rng, math.prod(shape), dtype).reshape(shape)
    layouts: list[Callable[[Array], Array]] = [lambda a: a.T, lambda a: a[::2], lambda a: np.swapaxes(a, 0, -1)]
    if array.ndim and rng.random() < 0.33:
        array = layouts[rng.integers(len(layouts))](array)
    return array


def draw_arrays(dtype: str, purpose: str, count: int) -> Iterator[Array]:
    rng = np.random.default_rng(zlib.crc32(f"{dtype} {purpose}".encode()))
    return (draw_array(rng, dtype) for _ in range(count))


# -- the two libraries -------------------------------------------------------------------------------------------------


def make(library: Any, array: Array, dtype: str) -> Any:
    t = library.from_numpy(array)
    return t.to(library.bfloat16) if dtype == "bfloat16" else t


@pytest.fixture(autouse=True)
def default_settings() -> Iterator[None]:
    yield
    for library in (torch, tapegrad):
        library.set_printoptions(profile="default")
        library.set_default_dtype(library.float32)


def assert_same_text(array: Array, dtype: str, then: Callable[[Any, Any], Any] = lambda library, t: t) -> None:
    theirs, ours = (repr(then(library, make(library, array, dtype))) for library in (torch, tapegrad))
    assert ours == theirs


# -- comparisons -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize("dtype", DTYPES)
def test_repr_is_torchs(dtype: str, settings: dict[str, Any]) -> None:
    for library in (torch, tapegrad):
        library.set_printoptions(**settings)
    assert printing.get_printoptions() == torch._tensor_str.get_printoptions()
    for array in draw_arrays(dtype, str(settings), TENSORS_PER_SETTING):
        assert_same_text(array, dtype)


RECORDED: dict[str, Callable[[Any], Any]] = {
    "leaf": lambda t: t,
    "CloneBackward0": lambda t: t.clone(),
    "UnsqueezeBackward0": lambda t: t.unsqueeze(0),
    "ExpandBackward0": lambda t: t.expand(2, *t.shape),
    "TransposeBackward0": lambda t: t.transpose(0, -1),
    "PermuteBackward0": lambda t: t.permute(tuple(reversed(range(t.ndim)))),
    "SelectBackward0": lambda t: t[0] if t.ndim and len(t) else t,
}


@pytest.mark.parametrize("dtype", [*FLOATS, *COMPLEX])
@pytest.mark.parametrize("operation", RECORDED)
def test_suffixes_of_recorded_tensors_are_torchs(operation: str, dtype: str) -> None:
    for array in draw_arrays(dtype, operation, 20):
        assert_same_text(array, dtype, lambda _, t: RECORDED[operation](t.requires_grad_()))


@pytest.mark.parametrize("requires_grad", [True, False])
@pytest.mark.parametrize("dtype", FLOATS)
def test_parameters_print_as_torchs(dtype: str, requires_grad: bool) -> None:
    for array in draw_arrays(dtype, "parameter", 20):
        assert_same_text(array, dtype, lambda library, t: library.nn.Parameter(t, requires_grad))


@pytest.mark.parametrize("dtype", FLOATS)
def test_subclasses_of_parameter_print_as_torchs(dtype: str) -> None:
    def as_weight(library: Any, t: Any) -> Any:
        return type("Weight", (library.nn.Parameter,), {})(t)

    for array in draw_arrays(dtype, "subclass", 20):
        assert_same_text(array, dtype, as_weight)


@pytest.mark.parametrize("default", FLOATS)
@pytest.mark.parametrize("dtype", DTYPES[:-1])
def test_the_default_dtype_decides_which_types_are_named(dtype: str, default: str) -> None:
    for library in (torch, tapegrad):
        library.set_default_dtype(getattr(library, default))
    for array in draw_arrays(dtype, default, 6):
        assert_same_text(array, dtype)


@pytest.mark.parametrize("specification", ["", ".2f", ">12", "d", "05", "e", "g", "s", "x"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_format_gives_torchs_text_or_error(dtype: str, specification: str) -> None:
    def outcome(t: Any) -> Any:
        try:
            return format(t, specification)
        except (TypeError, ValueError) as error:
            return type(error), str(error)

    for array in (draw_values(np.random.default_rng(3), 1, dtype), draw_values(np.random.default_rng(5), 1, dtype)):
        for shaped in (array, array.reshape(())):
            assert outcome(make(tapegrad, shaped, dtype)) == outcome(make(torch, shaped, dtype))


def test_a_context_of_options_ends_as_torchs() -> None:
    for options in SETTINGS:
        with printing.printoptions(**options), torch._tensor_str.printoptions(**options):
            assert printing.get_printoptions() == torch._tensor_str.get_printoptions()
    assert printing.get_printoptions() == torch._tensor_str.get_printoptions()
