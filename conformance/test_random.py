"""Random numbers through both libraries, from the same seeds: values, and the generators' states after them.

Uniform numbers, integers, permutations and Bernoulli numbers have torch's bits, and so have the others in the types
narrower than float64. In float64 they may differ by two units in the last place, where NumPy's functions differ from
those of the C library. torch's numbers are those of its kernels for AVX2 and AVX-512, which agree; without AVX2 torch
itself gives others.
"""

from __future__ import annotations

import copy
import pickle
import random
import re
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch as real

import tapegrad as ours
from tapegrad.random.discrete import bernoulli as bernoulli_array
from tapegrad.random.generator import stream_of
from tapegrad.random.permutation import permutation
from tapegrad.random.selection import largest
from tapegrad.random.stream import Stream

FLOATS = ("float32", "float64", "float16", "bfloat16")
INTEGERS = ("int64", "int32", "int16", "int8", "uint8")
SIZES = [*range(41), 100, 623, 624, 625, 1000]
PAIR = (real, ours)

Call = Callable[[Any, Any, Any], Any]


def bits(t: Any) -> np.ndarray[Any, Any]:
    """The elements of a tensor of either library, as NumPy holds them; bfloat16 widened to float32."""
    t = t.detach()
    return np.asarray((t.float() if str(t.dtype) == "torch.bfloat16" else t).numpy())


def ulps(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> int:
    """The largest distance of corresponding numbers, in units in the last place; NaNs are equal."""
    whole = {2: np.int16, 4: np.int32, 8: np.int64}[a.dtype.itemsize]
    ranks = []
    for x in (a, b):
        pattern = x.view(whole)
        ranks.append(np.where(pattern < 0, np.iinfo(whole).min - pattern, pattern).astype(object))
    apart = np.abs(ranks[0] - ranks[1])
    apart[np.isnan(a) & np.isnan(b)] = 0
    return int(apart.max(initial=0))


def assert_same(theirs: Any, mine: Any, allowed: int = 0) -> None:
    """Equal dtype, shape and strides, and elements at most `allowed` units in the last place apart."""
    assert str(theirs.dtype) == str(mine.dtype)
    assert tuple(theirs.shape) == tuple(mine.shape)
    if theirs.numel():
        assert theirs.stride() == mine.stride()
    a, b = bits(theirs), bits(mine)
    if allowed:
        assert ulps(a, b) <= allowed
    else:
        np.testing.assert_array_equal(a, b)
        assert (np.signbit(a) == np.signbit(b)).all() if a.dtype.kind == "f" else True


def generators(seed: int) -> tuple[Any, Any]:
    return real.Generator().manual_seed(seed), ours.Generator().manual_seed(seed)


def assert_in_step(g: Any, h: Any) -> None:
    assert g.get_state().numpy().tobytes() == h.get_state().numpy().tobytes()


def of(lib: Any, array: Any) -> Any:
    return lib.from_numpy(array)


# -- single draws, every size, in one sequence -----------------------------------------------------------------------

# name -> (call, units in the last place allowed in float64)
FLOAT_DRAWS: dict[str, tuple[Call, int]] = {
    "uniform_": (lambda t, g, lib: t.uniform_(generator=g), 0),
    "uniform_ of bounds": (lambda t, g, lib: t.uniform_(-0.37, 1.71, generator=g), 0),
    "uniform_ symmetric": (lambda t, g, lib: t.uniform_(-0.1, 0.1, generator=g), 0),
    "normal_": (lambda t, g, lib: t.normal_(generator=g), 2),
    "normal_ of spread": (lambda t, g, lib: t.normal_(0, 2.7, generator=g), 2),
    "exponential_": (lambda t, g, lib: t.exponential_(1.7, generator=g), 2),
    "cauchy_": (lambda t, g, lib: t.cauchy_(0.3, 1.7, generator=g), 2),
    "log_normal_": (lambda t, g, lib: t.log_normal_(0.3, 1.7, generator=g), 2),
    "bernoulli_": (lambda t, g, lib: t.bernoulli_(0.37, generator=g), 0),
    "geometric_": (lambda t, g, lib: t.geometric_(0.37, generator=g), 0),
    "random_": (lambda t, g, lib: t.random_(generator=g), 0),
    "random_ of bounds": (lambda t, g, lib: t.random_(-3, 100, generator=g), 0),
}
INTEGER_DRAWS: dict[str, Call] = {
    "random_": lambda t, g, lib: t.random_(generator=g),
    "random_ of to": lambda t, g, lib: t.random_(100, generator=g),
    "random_ from": lambda t, g, lib: t.random_(3, None, generator=g),
    "bernoulli_": lambda t, g, lib: t.bernoulli_(0.37, generator=g),
    "geometric_": lambda t, g, lib: t.geometric_(0.37, generator=g),
}


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("draw", FLOAT_DRAWS)
def test_a_sequence_of_float_draws_of_every_size_is_torchs(draw: str, dtype: str) -> None:
    call, allowed = FLOAT_DRAWS[draw]
    for seed in (0, 42):
        g, h = generators(seed)
        for size in SIZES:
            theirs = call(real.empty(size, dtype=getattr(real, dtype)), g, real)
            mine = call(ours.empty(size, dtype=getattr(ours, dtype)), h, ours)
            assert_same(theirs, mine, allowed if dtype == "float64" else 0)
        assert_in_step(g, h)


@pytest.mark.parametrize("dtype", INTEGERS)
@pytest.mark.parametrize("draw", INTEGER_DRAWS)
def test_a_sequence_of_integer_draws_of_every_size_is_torchs(draw: str, dtype: str) -> None:
    g, h = generators(7)
    for size in SIZES:
        theirs = INTEGER_DRAWS[draw](real.empty(size, dtype=getattr(real, dtype)), g, real)
        mine = INTEGER_DRAWS[draw](ours.empty(size, dtype=getattr(ours, dtype)), h, ours)
        assert_same(theirs, mine)
    assert_in_step(g, h)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("draw", FLOAT_DRAWS)
def test_a_hundred_thousand_draws_are_torchs(draw: str, dtype: str) -> None:
    call, allowed = FLOAT_DRAWS[draw]
    g, h = generators(3)
    theirs = call(real.empty(100_000, dtype=getattr(real, dtype)), g, real)
    mine = call(ours.empty(100_000, dtype=getattr(ours, dtype)), h, ours)
    assert_same(theirs, mine, allowed if dtype == "float64" else 0)
    assert_in_step(g, h)


@pytest.mark.parametrize(("mean", "std"), [(0.3, 2.7), (-5.0, 0.1), (1e-3, 1.0), (2.0, 0.0)])
@pytest.mark.parametrize("dtype", FLOATS)
def test_normals_of_a_mean_add_it_as_torch_does(dtype: str, mean: float, std: float) -> None:
    """Near zero, where mean and normal cancel, a difference of one unit in the normal is many in the sum."""
    for seed in range(20):
        g, h = generators(seed)
        for size in (5, 15, 16, 17, 33, 200):
            theirs = real.empty(size, dtype=getattr(real, dtype)).normal_(mean, std, generator=g)
            mine = ours.empty(size, dtype=getattr(ours, dtype)).normal_(mean, std, generator=h)
            assert_same(theirs, mine)
        assert_in_step(g, h)


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_complex_draws_are_torchs(dtype: str) -> None:
    for size in (1, 3, 7, 8, 9, 40):
        for name in ("rand", "randn"):
            g, h = generators(size)
            theirs = getattr(real, name)(size, dtype=getattr(real, dtype), generator=g)
            mine = getattr(ours, name)(size, dtype=getattr(ours, dtype), generator=h)
            np.testing.assert_array_equal(theirs.numpy(), mine.numpy())
            assert_in_step(g, h)


BOUNDS = [
    (0, 1), (0, 2), (-5, 17), (0, 2**28 - 1), (0, 2**28), (0, 2**28 + 1), (7, 2**31), (0, 2**32), (0, 2**32 + 1),
    (-(2**40), 2**41 + 7), (-(2**63), 2**63 - 1), (2**63 - 5, 2**63 - 1),
]  # fmt: skip


@pytest.mark.parametrize(("low", "high"), BOUNDS)
def test_integers_of_every_range_are_torchs(low: int, high: int) -> None:
    g, h = generators(11)
    for size in (1, 10, 1000):
        assert_same(real.randint(low, high, (size,), generator=g), ours.randint(low, high, (size,), generator=h))
    assert_in_step(g, h)


@pytest.mark.parametrize("dtype", ["int64", "float64", "float32", "bfloat16"])
def test_integers_of_64_bits_are_torchs(dtype: str) -> None:
    g, h = generators(12)
    theirs = real.empty(1000, dtype=getattr(real, dtype)).random_(-(2**63), None, generator=g)
    assert_same(theirs, ours.empty(1000, dtype=getattr(ours, dtype)).random_(-(2**63), None, generator=h))
    assert_in_step(g, h)


@pytest.mark.parametrize("dtype", FLOATS)
def test_bounds_that_a_float_type_cannot_hold_are_moved_as_torch_moves_them(dtype: str) -> None:
    digits = {"float16": 11, "bfloat16": 8, "float32": 24, "float64": 53}[dtype]
    edge = 2**digits
    bounds = [(0, edge), (1, edge), (0, edge + 3), (-edge - 5, 7), (edge - 1, 2 * edge - 1), (edge + 1, 4 * edge - 3)]
    for low, high in bounds:
        g, h = generators(13)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            theirs = real.empty(500, dtype=getattr(real, dtype)).random_(low, high, generator=g)
            mine = ours.empty(500, dtype=getattr(ours, dtype)).random_(low, high, generator=h)
        assert_same(theirs, mine)


@pytest.mark.parametrize("n", [*range(20), 31, 100, 511, 512, 513, 1000, 4096, 10_007, 100_000])
def test_permutations_are_torchs(n: int) -> None:
    for seed in range(3):
        g, h = generators(seed)
        assert_same(real.randperm(n, generator=g), ours.randperm(n, generator=h))
        assert_in_step(g, h)


@pytest.mark.parametrize("dtype", ["int32", "int16", "float32", "float64", "float16"])
def test_permutations_of_other_types_are_torchs(dtype: str) -> None:
    g, h = generators(1)
    theirs = real.randperm(1000, dtype=getattr(real, dtype), generator=g)
    assert_same(theirs, ours.randperm(1000, dtype=getattr(ours, dtype), generator=h))


# -- several draws after each other ----------------------------------------------------------------------------------


def mixed_step(chance: random.Random) -> Call:
    """One draw of a random kind and size."""
    n = chance.choice([1, 2, 3, 5, 8, 14, 15, 16, 17, 31, 32, 33, 100, 700])
    dtype = chance.choice(["float32", "float64"])
    kinds: list[Call] = [
        lambda lib, g, _: lib.rand(n, dtype=getattr(lib, dtype), generator=g),
        lambda lib, g, _: lib.randn(n, dtype=getattr(lib, dtype), generator=g),
        lambda lib, g, _: lib.randn(n, dtype=getattr(lib, dtype), generator=g),
        lambda lib, g, _: lib.randint(0, 1000, (n,), generator=g),
        lambda lib, g, _: lib.randint(0, 2**40, (n,), generator=g),
        lambda lib, g, _: lib.randperm(n, generator=g),
        lambda lib, g, _: lib.empty(n).exponential_(generator=g),
        lambda lib, g, _: lib.empty(n).log_normal_(generator=g),
        lambda lib, g, _: lib.empty(n).bernoulli_(0.3, generator=g),
        lambda lib, g, _: lib.bernoulli(lib.rand(n, generator=g), generator=g),
        lambda lib, g, _: lib.normal(lib.rand(n, generator=g), lib.rand(n, generator=g), generator=g),
        lambda lib, g, _: lib.multinomial(lib.rand(n, generator=g) + 0.1, max(n // 2, 1), generator=g),
        lambda lib, g, _: lib.multinomial(lib.rand(n, generator=g) + 0.1, n, replacement=True, generator=g),
        lambda lib, g, _: lib.poisson(20 * lib.rand(n, generator=g), generator=g),
    ]
    return chance.choice(kinds)


@pytest.mark.parametrize("seed", range(40))
def test_mixed_draws_stay_in_step(seed: int) -> None:
    """Spare normals, half-used blocks of words and re-drawn tails carry over from one draw to the next."""
    g, h = generators(seed)
    chance = random.Random(seed)
    for _ in range(30):
        step = mixed_step(chance)
        assert_same(step(real, g, None), step(ours, h, None), 2)
        assert_in_step(g, h)


def test_draws_from_the_default_generator_are_torchs() -> None:
    for lib in PAIR:
        lib.manual_seed(2024)
    for call in (
        lambda lib: lib.rand(3, 4),
        lambda lib: lib.randn(3, 4),
        lambda lib: lib.randn(4, 5),
        lambda lib: lib.randint(10, (7,)),
        lambda lib: lib.randperm(9),
        lambda lib: lib.zeros(5).normal_(1, 2),
        lambda lib: lib.normal(0.0, 2.0, (3, 7)),
    ):
        assert_same(call(real), call(ours))
    assert_in_step(real.default_generator, ours.default_generator)


# -- tensors with parameters, layouts --------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", FLOATS)
def test_bernoulli_of_probabilities_is_torchs(dtype: str) -> None:
    g, h = generators(5)
    p = np.linspace(0, 1, 1000)
    theirs = real.bernoulli(real.tensor(p, dtype=getattr(real, dtype)), generator=g)
    mine = ours.bernoulli(ours.tensor(p, dtype=getattr(ours, dtype)), generator=h)
    assert_same(theirs, mine)
    assert_in_step(g, h)


@pytest.mark.parametrize("target", ["float32", "float64", "int64", "bool"])
@pytest.mark.parametrize("source", ["float32", "float64"])
def test_bernoulli_in_place_takes_its_bits_from_the_type_of_the_probabilities(target: str, source: str) -> None:
    g, h = generators(6)
    p = np.random.default_rng(0).random((4, 1)).astype(source)
    theirs = real.empty(3, 4, 5, dtype=getattr(real, target)).bernoulli_(of(real, p), generator=g)
    mine = ours.empty(3, 4, 5, dtype=getattr(ours, target)).bernoulli_(of(ours, p), generator=h)
    assert_same(theirs, mine)
    assert_in_step(g, h)


@pytest.mark.parametrize("size", [(3,), (4, 5), (20, 30)])
@pytest.mark.parametrize("kind_of_std", ["float32", "float64"])
@pytest.mark.parametrize("kind_of_mean", ["float32", "float64"])
def test_normal_of_tensors_is_torchs(kind_of_mean: str, kind_of_std: str, size: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    mean, std = rng.normal(size=size).astype(kind_of_mean), rng.random(size[-1:]).astype(kind_of_std)
    for call in (
        lambda lib, g: lib.normal(of(lib, mean), of(lib, std), generator=g),
        lambda lib, g: lib.normal(of(lib, mean), 1.7, generator=g),
        lambda lib, g: lib.normal(of(lib, mean), generator=g),
        lambda lib, g: lib.normal(0.3, of(lib, std), generator=g),
        lambda lib, g: lib.normal(of(lib, np.asfortranarray(mean)), of(lib, std), generator=g),
    ):
        g, h = generators(8)
        assert_same(call(real, g), call(ours, h))
        assert_in_step(g, h)


LAYOUTS: dict[str, Callable[[], np.ndarray[Any, Any]]] = {
    "transposed": lambda: np.zeros((5, 7), np.float32).T,
    "permuted": lambda: np.zeros((3, 4, 5), np.float32).transpose(2, 0, 1),
    "every second": lambda: np.zeros(40, np.float32)[::2],
    "column": lambda: np.zeros((20, 3), np.float32)[:, 1],
    "block": lambda: np.zeros((9, 9), np.float32)[2:7, 3:8],
    "transposed block": lambda: np.zeros((9, 9), np.float32)[2:7, 3:8].T,
    "channels last": lambda: np.moveaxis(np.zeros((2, 4, 5, 3), np.float32), -1, 1),
    "with a dimension of one": lambda: np.zeros((6, 1, 5), np.float32).transpose(2, 1, 0),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("draw", FLOAT_DRAWS)
def test_a_tensor_that_is_not_contiguous_is_filled_in_the_order_of_memory(draw: str, layout: str) -> None:
    g, h = generators(9)
    a, b = LAYOUTS[layout](), LAYOUTS[layout]()
    FLOAT_DRAWS[draw][0](of(real, a), g, real)
    FLOAT_DRAWS[draw][0](of(ours, b), h, ours)
    np.testing.assert_array_equal(a, b)
    assert_in_step(g, h)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_like_functions_keep_the_order_of_memory(layout: str) -> None:
    for call in (
        lambda lib, t, g: lib.rand_like(t, generator=g),
        lambda lib, t, g: lib.randn_like(t, generator=g),
        lambda lib, t, g: lib.randn_like(t, dtype=lib.float64, generator=g),
        lambda lib, t, g: lib.randint_like(t, 100, generator=g),
        lambda lib, t, g: lib.rand_like(t, memory_format=lib.contiguous_format, generator=g),
        lambda lib, t, g: lib.bernoulli(t, generator=g),
        lambda lib, t, g: lib.zeros(()) + t.bernoulli_(lib.rand_like(t, generator=g), generator=g),
    ):
        g, h = generators(10)
        theirs, mine = (call(lib, of(lib, LAYOUTS[layout]()), s) for lib, s in ((real, g), (ours, h)))
        assert_same(theirs, mine)
        assert_in_step(g, h)


def test_like_functions_close_the_gaps_of_an_expanded_tensor() -> None:
    layouts = [((2, 2, 3), (0, 12, 4)), ((3, 4, 2), (4, 0, 12)), ((4, 3, 2), (0, 0, 4)), ((2, 3, 4), (4, 8, 0))]
    for shape, strides in layouts:
        wide = np.lib.stride_tricks.as_strided(np.zeros(64, np.float32), shape, strides)
        g, h = generators(2)
        assert_same(real.rand_like(of(real, wide), generator=g), ours.rand_like(of(ours, wide), generator=h))


# -- categories and counts -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("replacement", [False, True])
def test_multinomial_is_torchs(replacement: bool, dtype: str) -> None:
    rng = np.random.default_rng(1)
    for seed in range(150):
        n = int(rng.choice([1, 2, 3, 5, 16, 17, 40, 300]))
        count = int(rng.integers(1, n + 1)) if seed % 3 else min(n, 1 + seed % 5)
        shape = (n,) if seed % 2 else (3, n)
        # whole weights have ties and zeros, which are drawn last
        weights = rng.integers(0, 4, shape) if seed % 4 < 2 else rng.random(shape)
        weights = np.maximum(weights, np.eye(1, n)[0])
        g, h = generators(seed)
        theirs = real.multinomial(real.tensor(weights, dtype=getattr(real, dtype)), count, replacement, generator=g)
        mine = ours.multinomial(ours.tensor(weights, dtype=getattr(ours, dtype)), count, replacement, generator=h)
        assert_same(theirs, mine)
        assert_in_step(g, h)


def test_multinomial_of_a_transposed_tensor_is_torchs() -> None:
    weights = np.random.default_rng(2).random((5, 3))
    for replacement in (False, True):
        for count in (1, 3):
            g, h = generators(4)
            theirs = real.multinomial(of(real, weights.T), count, replacement, generator=g)
            assert_same(theirs, ours.multinomial(of(ours, weights.T), count, replacement, generator=h))


def test_the_largest_values_come_in_torchs_order_where_they_are_equal() -> None:
    rng = np.random.default_rng(3)
    for i in range(600):
        n = int(rng.integers(1, 400))
        k = int(rng.integers(1, n + 1)) if i % 3 else min(n, int(rng.integers(1, 6)))
        values = rng.integers(0, int(rng.choice([1, 2, 5, 100])), n).astype(np.float32)
        if i % 7 == 0:
            values.sort()
        if i % 10 == 0:
            values[rng.integers(0, n, 3)] = np.nan
        assert (real.topk(real.from_numpy(values), k).indices.numpy() == largest(values, k)).all()


def test_the_largest_of_an_adversarial_input_come_in_torchs_order() -> None:
    """Long runs that are badly split drive the selection to its heap."""
    n = 3000
    organ_pipe = np.concatenate([np.arange(n // 2), np.arange(n // 2)[::-1]]).astype(np.float32)
    for values in (organ_pipe, -organ_pipe, np.tile(np.arange(4, dtype=np.float32), n // 4)):
        for k in (1, 40, n // 2, n):
            assert (real.topk(real.from_numpy(values), k).indices.numpy() == largest(values, k)).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_poisson_and_binomial_are_torchs(dtype: str) -> None:
    rate = np.linspace(0, 60, 500).astype(dtype)
    count = np.arange(500).astype(dtype)
    p = np.linspace(0, 1, 500).astype(dtype)
    for seed in range(5):
        g, h = generators(seed)
        assert_same(real.poisson(of(real, rate), generator=g), ours.poisson(of(ours, rate), generator=h))
        theirs = real.binomial(of(real, count), of(real, p), generator=g)
        assert_same(theirs, ours.binomial(of(ours, count), of(ours, p), generator=h))
        assert_in_step(g, h)


@pytest.mark.parametrize("p", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_dropout_drops_what_torch_drops(p: float) -> None:
    for array in (np.ones((4, 5), np.float32), np.ones((30, 7)), np.ones((6, 5), np.float32).T):
        results = []
        for lib in PAIR:
            lib.manual_seed(1)
            results.append(lib.nn.functional.dropout(of(lib, array), p))
        assert_same(*results)
        assert_in_step(real.default_generator, ours.default_generator)


def test_dropout_of_channels_drops_what_torch_drops() -> None:
    array = np.ones((4, 5, 3, 2), np.float32)
    results = []
    for lib in PAIR:
        lib.manual_seed(1)
        results.append(lib.nn.functional.dropout2d(of(lib, array), 0.4))
    assert_same(*results)
    assert_in_step(real.default_generator, ours.default_generator)


# -- generators ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [0, 1, -1, -5, 2**31, 2**32 - 1, 2**32, 2**32 + 1, 2**63, 2**64 - 1, -(2**63)])
def test_every_seed_starts_torchs_sequence(seed: int) -> None:
    g, h = generators(seed)
    assert g.initial_seed() == h.initial_seed()
    assert_in_step(g, h)
    assert_same(real.rand(700, generator=g), ours.rand(700, generator=h))
    assert_in_step(g, h)


def test_a_generator_starts_from_torchs_default_seed() -> None:
    assert real.Generator().initial_seed() == ours.Generator().initial_seed()
    assert_same(real.rand(5, generator=real.Generator()), ours.rand(5, generator=ours.Generator()))


@pytest.mark.parametrize("before", [0, 1, 5, 623, 624, 625, 1248, 3000])
def test_a_state_from_torch_is_continued(before: int) -> None:
    g = real.Generator().manual_seed(99)
    real.rand(before, generator=g)
    real.randn(3, generator=g)
    h = ours.Generator()
    assert h.set_state(ours.from_numpy(g.get_state().numpy())) is h
    assert_in_step(g, h)
    assert_same(real.randn(5, generator=g), ours.randn(5, generator=h))
    assert_same(real.rand(1300, generator=g), ours.rand(1300, generator=h))
    assert_in_step(g, h)


@pytest.mark.parametrize("before", [0, 5, 623, 624, 625])
def test_torch_continues_our_state(before: int) -> None:
    h = ours.Generator().manual_seed(98)
    ours.rand(before, generator=h)
    ours.randn(1, generator=h)
    g = real.Generator()
    g.set_state(real.from_numpy(h.get_state().numpy()))
    assert_same(real.randn(20, generator=g), ours.randn(20, generator=h))
    assert_in_step(g, h)


def test_a_float_spare_in_torchs_state_is_kept() -> None:
    state = real.Generator().manual_seed(1).get_state().numpy().copy()
    state[5048:5053] = [0, 0, 128, 63, 1]
    g, h = real.Generator(), ours.Generator()
    g.set_state(real.from_numpy(state))
    h.set_state(ours.from_numpy(state))
    assert_in_step(g, h)


@pytest.mark.parametrize(
    "duplicate",
    [lambda g: g.clone_state(), copy.deepcopy, copy.copy, lambda g: pickle.loads(pickle.dumps(g))],
    ids=["clone_state", "deepcopy", "copy", "pickle"],
)
def test_copies_of_a_generator_continue_independently(duplicate: Callable[[Any], Any]) -> None:
    g, h = generators(31)
    real.randn(3, generator=g), ours.randn(3, generator=h)
    a, b = duplicate(g), duplicate(h)
    assert_same(real.randn(5, generator=a), ours.randn(5, generator=b))
    assert_in_step(g, h)
    assert_in_step(a, b)


def draw_and_fail(lib: Any) -> None:
    with lib.random.fork_rng(devices=[]):
        lib.randn(100)
        raise KeyError


def test_fork_rng_puts_the_state_back() -> None:
    for lib in PAIR:
        lib.manual_seed(3)
        lib.randn(1)
        before = lib.get_rng_state().numpy().tobytes()
        with lib.random.fork_rng():
            lib.randn(100)
        assert lib.get_rng_state().numpy().tobytes() == before
        with pytest.raises(KeyError):
            draw_and_fail(lib)
        assert lib.get_rng_state().numpy().tobytes() == before
        with lib.random.fork_rng(enabled=False):
            lib.rand(1)
        assert lib.get_rng_state().numpy().tobytes() != before
    assert_in_step(real.default_generator, ours.default_generator)


def test_the_module_random_has_torchs_names() -> None:
    assert set(real.random.__all__) <= set(dir(ours.random))
    assert {n for n in dir(real.Generator) if n[0] != "_"} == {n for n in dir(ours.Generator) if n[0] != "_"}


# -- raw arrays ------------------------------------------------------------------------------------------------------


def test_bernoulli_uses_two_words_a_number_and_a_probability_in_float32_one() -> None:
    s = Stream(0)
    bernoulli_array(s, (3,), np.dtype(np.float32), 0.5)
    bernoulli_array(s, (4,), np.dtype(np.float32), np.full(4, 0.5, np.float32))
    g = real.Generator().manual_seed(0)
    real.empty(3).bernoulli_(0.5, generator=g)
    real.empty(4).bernoulli_(real.full((4,), 0.5), generator=g)
    assert g.get_state().numpy().tobytes() == s.state().tobytes()


def test_a_permutation_of_raw_arrays_shares_the_default_stream() -> None:
    for lib in PAIR:
        lib.manual_seed(0)
    np.testing.assert_array_equal(real.randperm(600).numpy(), permutation(stream_of(None), 600, np.dtype(np.int64)))


# -- call forms, errors and history ----------------------------------------------------------------------------------

# Each is evaluated with both libraries as `torch`; results and the first sentence of errors and warnings are compared.
CALLS = """
torch.rand(2, 3)
torch.rand((2, 3))
torch.rand([2, 3])
torch.rand(torch.Size([2, 3]))
torch.rand(size=(2, 3))
torch.rand(())
torch.rand()
torch.rand(2.0)
torch.rand('a')
torch.rand(True)
torch.rand([True])
torch.rand(-1)
torch.rand(2, -3)
torch.rand(2, None)
torch.rand([2, 2.0])
torch.rand((2, (3,)))
torch.rand(np.int64(3))
torch.rand((np.int64(3), 2))
torch.rand(torch.tensor(2), torch.tensor(3))
torch.rand(torch.tensor([2, 3]))
torch.rand(2**40, 2**40)
torch.rand(2, 3, dtype=torch.float64, requires_grad=True, generator=g)
torch.rand(2, dtype=torch.int64)
torch.rand(2, dtype=torch.bool)
torch.rand(2, dtype=float)
torch.rand(2, dtype='float32')
torch.rand(2, device='cpu', layout=torch.strided, pin_memory=False)
torch.rand(2, device='cuda')
torch.rand(2, device='foo')
torch.rand(2, generator=5)
torch.rand(2, generator=None)
torch.rand(2, names=('a',))
torch.rand(2, foo=1)
torch.rand(2, out=5)
torch.rand(2, 3, out=torch.empty(0))
torch.rand(2, 3, out=torch.empty(4))
torch.rand(2, 3, out=torch.empty(2, 3, dtype=torch.float64))
torch.rand(2, 3, out=torch.empty(2, 3), dtype=torch.float64)
torch.rand(2, 3, out=xr)
torch.randn(2, 3, out=torch.empty(4))
torch.randn(2, dtype=torch.int64)
torch.randn(())
torch.randn(0, 3)
torch.randn(2, 3, names=None)
torch.randint(5, (2, 3))
torch.randint(1, 5, (2, 3))
torch.randint(high=5, size=(2, 3))
torch.randint(low=1, high=5, size=(2, 3))
torch.randint(1, high=5, size=(2, 3))
torch.randint(5, size=(2, 3))
torch.randint(5, [2, 3], dtype=torch.float32)
torch.randint(5, (2, 3), generator=g)
torch.randint(5, (2, 3), generator=5)
torch.randint(5, (2, 3), dtype=torch.float32, requires_grad=True)
torch.randint(5, (2, 3), requires_grad=True)
torch.randint(5, 3)
torch.randint(5)
torch.randint(0, 5, 3)
torch.randint(0, 10, size=2)
torch.randint(5, 1, (2,))
torch.randint(0, (2,))
torch.randint(-3, (2,))
torch.randint(0, 2.5, (2,))
torch.randint(3.0, (2,))
torch.randint(True, (2,))
torch.randint('a', (2,))
torch.randint(1, 5, (2,), 7)
torch.randint(0, 10, (-1,))
torch.randint(torch.tensor(3), (2,))
torch.randint(0, np.int64(3), (2,))
torch.randint(0, 300, (2,), dtype=torch.uint8)
torch.randint(-1, 5, (2,), dtype=torch.uint8)
torch.randint(0, 3, (2,), dtype=torch.bool)
torch.randint(0, 2, (2,), dtype=torch.bool)
torch.randint(0, 2**63, (2,))
torch.randint(0, 2**40, (2,), dtype=torch.float32)
torch.randint(0, 70000, (2,), dtype=torch.float16)
torch.randint(0, 65504, (2,), dtype=torch.float16)
torch.randint(0, 3000, (2,), dtype=torch.bfloat16)
torch.randint(0, 5, (2,), dtype=torch.uint16)
torch.randint(0, 5, (2,), dtype=torch.complex64)
torch.randint(0, 10, (2,), out=torch.empty(2, dtype=torch.int64))
torch.randint(0, 10, (2,), out=torch.empty(2))
torch.randint(0, 10, (2,), out=5)
torch.randint(3, (3,), out=torch.ones(3, requires_grad=True))
torch.randperm(5)
torch.randperm(n=5)
torch.randperm(np.int64(3))
torch.randperm(torch.tensor(3))
torch.randperm(5, dtype=torch.float32, requires_grad=True)
torch.randperm(5, requires_grad=True)
torch.randperm(-1)
torch.randperm(5.0)
torch.randperm(True)
torch.randperm()
torch.randperm(2**63)
torch.randperm(257, dtype=torch.uint8)
torch.randperm(256, dtype=torch.uint8)
torch.randperm(129, dtype=torch.int8)
torch.randperm(32769, dtype=torch.int16)
torch.randperm(2050, dtype=torch.float16)
torch.randperm(2049, dtype=torch.float16)
torch.randperm(5, dtype=torch.bool)
torch.randperm(5, dtype=torch.complex64)
torch.randperm(5, dtype=torch.uint16)
torch.randperm(5, out=torch.empty(5))
torch.randperm(5, out=torch.empty(4))
torch.randperm(5, out=torch.empty(3), dtype=torch.int64)
torch.rand_like(x)
torch.rand_like(input=x)
torch.rand_like()
torch.rand_like(x, 2)
torch.rand_like(5)
torch.rand_like(xi)
torch.rand_like(xi, dtype=torch.float32)
torch.rand_like(x, dtype=torch.float64, requires_grad=True)
torch.rand_like(x, dtype=5)
torch.rand_like(x, device='cuda')
torch.rand_like(x, generator=5)
torch.rand_like(x, memory_format=5)
torch.rand_like(xr)
torch.rand_like(torch.ones(2, 3, 4, 5), memory_format=torch.channels_last)
torch.rand_like(torch.ones(2, 3), memory_format=torch.channels_last)
torch.randn_like(xi)
torch.randint_like(x, 5)
torch.randint_like(x, 1, 5)
torch.randint_like(x, low=1, high=5)
torch.randint_like(x, high=5)
torch.randint_like(x, 5, dtype=torch.int64)
torch.randint_like(xi, 5, requires_grad=True)
torch.randint_like(xi, 5.0)
torch.randint_like(xi, torch.tensor(5))
torch.randint_like(x)
torch.randint_like(x, 5, 1)
torch.normal(x, x)
torch.normal(x)
torch.normal(0, 1, (2, 3))
torch.normal(mean=0.0, std=1.0, size=(2, 3))
torch.normal(std=x, mean=0.0)
torch.normal(0.0, 1.0, size=(2, 3), dtype=torch.float64, requires_grad=True, generator=g)
torch.normal(0.0, 1.0)
torch.normal()
torch.normal(0.0, -1.5, (2,))
torch.normal(x, -1.0)
torch.normal(x, -x)
torch.normal(0.0, -x)
torch.normal(xi, 1.0)
torch.normal(0.0, xi)
torch.normal(x, xi)
torch.normal(x, torch.ones(3, 2))
torch.normal(torch.ones(3), x)
torch.normal(xr, 1.0)
torch.normal(0.0, xr)
torch.normal(xr, xr)
torch.normal(x, x, out=torch.empty(0))
torch.normal(x, x, out=torch.empty(4))
torch.normal(x, x, out=torch.empty(2, 3, dtype=torch.float64))
torch.normal(x, x, out=torch.empty(2, 3, dtype=torch.int64))
torch.normal(xr, 1.0, out=torch.empty(3))
torch.normal(0.0, 1.0, (2,), out=torch.empty(4))
torch.normal(0.0, 1.0, (2,), dtype=torch.int64)
torch.normal(0, 1, (2, -1))
torch.normal(x, x, (2, 3))
torch.normal(x, 2.0, dtype=torch.float64)
torch.normal('a', x)
torch.normal(x, x, generator=5)
torch.normal(torch.tensor(1.0), 1.0, (2, 3))
torch.normal(2.0, torch.ones(2, dtype=torch.complex64))
torch.normal(torch.ones(2, dtype=torch.complex64), 2.0)
torch.bernoulli(x)
torch.bernoulli(input=x)
torch.bernoulli(x, 0.5)
torch.bernoulli(x, p=1.5)
torch.bernoulli(x, 'a')
torch.bernoulli(x, generator=5)
torch.bernoulli(x, 0.5, out=torch.empty(2, 3))
torch.bernoulli(x * 2)
torch.bernoulli(-x)
torch.bernoulli(xi)
torch.bernoulli(xi, 0.5)
torch.bernoulli(xr)
torch.bernoulli(0.5)
torch.bernoulli(x, out=torch.empty(0))
torch.bernoulli(x, out=xr)
torch.bernoulli(x, out=torch.empty(2, 3, dtype=torch.int64))
torch.poisson(x)
torch.poisson(x, g)
torch.poisson(xr)
torch.poisson(-x)
torch.poisson(xi)
torch.poisson(x, generator=5)
torch.binomial(x * 5, x * 0.5, generator=g)
torch.binomial(x, x.double())
torch.binomial(x, 2.0)
torch.binomial(x.half(), x.half())
torch.multinomial(w, 2)
torch.multinomial(w, 4)
torch.multinomial(w, 4, replacement=True)
torch.multinomial(num_samples=2, input=w)
torch.multinomial(w, 5)
torch.multinomial(w, 0)
torch.multinomial(w, 2.0)
torch.multinomial(w, True)
torch.multinomial(w, 2, 1)
torch.multinomial(w, 2, generator=5)
torch.multinomial(-w, 2)
torch.multinomial(-w, 2, True)
torch.multinomial(w * 0, 2)
torch.multinomial(w * 0, 2, True)
torch.multinomial(w / 0, 2)
torch.multinomial(w / 0, 2, True)
torch.multinomial(torch.tensor([1.0, float('inf')]), 2, True)
torch.multinomial(w.reshape(1, 2, 2), 2)
torch.multinomial(torch.tensor(1.0), 2)
torch.multinomial(torch.zeros(0), 1)
torch.multinomial(torch.zeros(0), 2, True)
torch.multinomial(torch.tensor([[0, 1.0], [0, 0]]), 1)
torch.multinomial(xi, 2)
torch.multinomial([1.0], 2)
torch.multinomial(w, 2, out=torch.empty(2))
torch.multinomial(w, 2, out=5)
torch.multinomial(w, 2, out=torch.empty(4, dtype=torch.int64))
torch.multinomial(xr, 2)
x.bernoulli(0.5)
x.bernoulli()
x.multinomial(2)
x.uniform_(1, 2)
x.uniform_(to=2)
x.uniform_(**{'from': -1, 'to': 1})
x.uniform_(from_=0)
x.uniform_(2, 1)
x.uniform_(1, 1)
x.uniform_(0, 1e39)
x.uniform_(-3e38, 3e38)
x.uniform_(0, float('inf'))
x.uniform_(0, float('nan'))
x.uniform_(0, 1, g)
x.uniform_('a')
x.uniform_(None, 2)
x.uniform_(1 + 2j)
x.uniform_(True, 2)
x.uniform_(np.float64(1), np.int64(3))
x.uniform_(torch.tensor(0.0), torch.tensor(2.0))
x.uniform_(torch.ones(2))
x.uniform_(generator=5)
x.half().uniform_(0, 70000)
xi.uniform_()
x.normal_(mean=1, std=2)
x.normal_(0, -1)
x.normal_(0, -1.5)
x.normal_(0, float('nan'))
x.normal_(1, 2, 3)
x.normal_(std=1, foo=2)
xi.normal_()
x.random_()
x.random_(5)
x.random_(2, 5)
x.random_(2, None)
x.random_(to=5)
x.random_(**{'from': 2, 'to': 5})
x.random_(0, to=5)
x.random_(0)
x.random_(5, 2)
x.random_(2.5)
x.random_(True)
x.random_(None)
x.random_(to=None)
x.random_(1, 2, 3)
x.random_(2**63)
x.random_(torch.tensor(3))
x.random_(np.int64(3))
x.random_(2, foo=1)
x.random_(generator=5)
x.random_(2**25, None)
x.random_(2**24, 2**24 + 1)
x.double().random_(2**60, 2**60 + 3)
x.half().random_(-2**63, None)
x.to(torch.int8).random_(0, 200)
x.to(torch.int8).random_(300, None)
x.to(torch.uint8).random_(5, None)
x.to(torch.bool).random_()
x.to(torch.bool).random_(0, None)
x.to(torch.complex64).random_()
x.to(torch.complex64).random_(3)
x.bernoulli_()
x.bernoulli_(1)
x.bernoulli_(2)
x.bernoulli_(float('nan'))
x.bernoulli_('a')
x.bernoulli_(0.1, 0.2)
x.bernoulli_(0.5, generator=5)
x.bernoulli_(torch.tensor(0.3))
x.bernoulli_(p=torch.tensor([0.1, 0.2, 0.3]))
x.bernoulli_(torch.tensor([0.3, 0.3]))
x.bernoulli_(torch.ones(2, 2, 3))
x.bernoulli_(torch.tensor([1, 0, 1]))
x.bernoulli_(torch.tensor([1.0, 0, 2]))
x.to(torch.complex64).bernoulli_()
x.to(torch.complex64).bernoulli_(x)
x.exponential_(lambd=2)
x.exponential_(0)
x.exponential_(-1.5)
x.exponential_(float('inf'))
x.exponential_(float('nan'))
x.exponential_('a')
xi.exponential_()
x.geometric_(0.5)
x.geometric_(p=0.5)
x.geometric_()
x.geometric_(0)
x.geometric_(1.5)
x.geometric_(0.1, 0.2)
x.to(torch.bool).geometric_(0.5)
x.log_normal_(mean=1, std=2)
x.log_normal_(1, -2.5)
xi.log_normal_()
x.cauchy_(median=0, sigma=1)
x.cauchy_(0, -1.5)
x.cauchy_(sigma='a')
xi.cauchy_()
xr.uniform_()
xr.bernoulli_()
torch.Generator('cpu').device
torch.Generator().manual_seed(True)
torch.Generator().manual_seed(3.7)
torch.Generator().manual_seed('a')
torch.Generator().manual_seed(None)
torch.Generator().manual_seed(np.int64(4))
torch.Generator().manual_seed(2**64)
torch.Generator().manual_seed(-2**63 - 1)
torch.manual_seed(3.7).initial_seed()
torch.manual_seed(np.int64(4)).initial_seed()
torch.manual_seed('a')
torch.Generator('foo')
torch.Generator().get_offset()
torch.Generator().set_offset(3)
torch.Generator().graphsafe_get_state()
torch.set_rng_state(torch.zeros(5))
torch.set_rng_state(torch.zeros(5, dtype=torch.uint8))
torch.set_rng_state(torch.zeros(5056, dtype=torch.uint8))
torch.set_rng_state(np.zeros(5056, np.uint8))
torch.set_rng_state([1])
torch.set_rng_state(None)
torch.random.thread_safe_generator()
""".strip().splitlines()


def outcome(lib: Any, call: str) -> dict[str, Any]:
    """Everything observable about a call."""
    scope = {
        "torch": lib,
        "np": np,
        "g": lib.Generator().manual_seed(0),
        "w": lib.tensor([0.0, 10, 3, 0]),
        "x": lib.ones(2, 3),
        "xi": lib.ones(2, 3, dtype=lib.int64),
        "xr": lib.ones(2, 3, requires_grad=True),
    }
    lib.manual_seed(3)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result: Any = eval(call, scope)
        except Exception as error:
            return {"error": error}
    seen: dict[str, Any] = {
        "warnings": [first_sentence(str(w.message)) for w in caught],
        "state": lib.get_rng_state().numpy().tobytes(),
        "g": scope["g"].get_state().numpy().tobytes(),
    }
    if isinstance(result, lib.Tensor):
        seen |= {
            "values": bits(result).tolist(),
            "tensor": (tuple(result.shape), str(result.dtype), result.requires_grad, result.is_leaf),
            "grad_fn": result.grad_fn.name() if result.grad_fn else None,
        }
        if result.numel():
            seen["stride"] = result.stride()
    else:
        seen["result"] = repr(result)
    return seen


def first_sentence(message: str) -> str:
    return re.split(r"\. |\n", message.strip())[0].rstrip(".")


@pytest.mark.parametrize("call", CALLS)
def test_a_call_ends_as_it_does_in_torch(call: str) -> None:
    theirs, mine = outcome(real, call), outcome(ours, call)
    if "error" not in theirs:
        assert "error" not in mine, mine
        assert mine == theirs
        return
    assert isinstance(mine.get("error"), type(theirs["error"])), mine
    assert str(mine["error"]).startswith(first_sentence(str(theirs["error"])))


DRAWS_WITH_HISTORY: dict[str, Callable[[Any, Any], Any]] = {
    "uniform_": lambda lib, t: t.uniform_(),
    "normal_": lambda lib, t: t.normal_(),
    "random_": lambda lib, t: t.random_(),
    "random_(to)": lambda lib, t: t.random_(5),
    "random_(from, to)": lambda lib, t: t.random_(1, 5),
    "bernoulli_": lambda lib, t: t.bernoulli_(),
    "bernoulli_(tensor)": lambda lib, t: t.bernoulli_(lib.full((4,), 0.5)),
    "bernoulli_(leaf)": lambda lib, t: t.bernoulli_(lib.full((4,), 0.5, dtype=lib.float64, requires_grad=True)),
    "exponential_": lambda lib, t: t.exponential_(),
    "geometric_": lambda lib, t: t.geometric_(0.5),
    "log_normal_": lambda lib, t: t.log_normal_(),
    "cauchy_": lambda lib, t: t.cauchy_(),
}


@pytest.mark.parametrize("draw", DRAWS_WITH_HISTORY)
def test_overwriting_a_tensor_ends_its_gradient_as_in_torch(draw: str) -> None:
    seen = []
    for lib in PAIR:
        leaf = lib.ones(4, requires_grad=True)
        t = leaf * 2
        assert DRAWS_WITH_HISTORY[draw](lib, t) is t
        fn = t.grad_fn
        edges = [f.name() if f else None for f, _ in fn.next_functions]
        (t * 3).sum().backward()
        seen.append((fn.name(), edges, t._version, leaf.grad.tolist()))
    assert seen[0] == seen[1]


@pytest.mark.parametrize("draw", DRAWS_WITH_HISTORY)
def test_overwriting_a_view_rewrites_the_history_of_its_base_as_in_torch(draw: str) -> None:
    seen = []
    for lib in PAIR:
        leaf = lib.ones(2, 4, requires_grad=True)
        base = leaf * 2
        row = base[0]
        DRAWS_WITH_HISTORY[draw](lib, row)
        names = row.grad_fn.name(), base.grad_fn.name()
        base.sum().backward()
        seen.append((names, base._version, leaf.grad.tolist()))
    assert seen[0] == seen[1]


@pytest.mark.parametrize(
    "call",
    [
        lambda lib, t: lib.normal(t, 1.0),
        lambda lib, t: lib.normal(0.0, t),
        lambda lib, t: lib.normal(t, t),
        lambda lib, t: lib.normal(t[0], t),
        lambda lib, t: lib.bernoulli(t),
        lambda lib, t: lib.poisson(t),
    ],
)
def test_draws_from_tensors_that_require_a_gradient_have_none(call: Callable[[Any, Any], Any]) -> None:
    seen = []
    for lib in PAIR:
        leaf = lib.full((2, 3), 0.5, requires_grad=True)
        lib.manual_seed(0)
        out = call(lib, leaf)
        out.sum().backward()
        seen.append((out.grad_fn.name(), leaf.grad.tolist(), out.tolist()))
    assert seen[0] == seen[1]


@pytest.mark.parametrize("call", [lambda lib, t: lib.binomial(t, t), lambda lib, t: lib.bernoulli(t, 0.5)])
def test_draws_without_a_derivative_refuse_as_in_torch(call: Callable[[Any, Any], Any]) -> None:
    messages = []
    for lib in PAIR:
        out = call(lib, lib.full((2,), 0.5, requires_grad=True))
        with pytest.raises(RuntimeError) as caught:
            out.sum().backward()
        messages.append(str(caught.value))
    assert messages[1].startswith(messages[0])
