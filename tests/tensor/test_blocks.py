"""Large arrays: by the block and in threads as without, and nobody's gradient is written over."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import tapegrad as torch
from tapegrad.tensor import arena, blocks
from tapegrad.tensor.steps import Program, record

Array = np.ndarray[Any, Any]
ROWS, COLUMNS = 600, 500
assert ROWS * COLUMNS > blocks.LARGE
F = torch.nn.functional


@pytest.fixture(params=[1, 2])
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    """So many threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


def some(*shape: int, seed: int = 0, kind: Any = np.float32) -> Array:
    return np.random.default_rng(seed).standard_normal(shape).astype(kind)


def address(array: Array) -> int:
    return int(array.__array_interface__["data"][0])


# -- the calls of a function -------------------------------------------------------------------------------------------


def recorded(function: Callable[..., Any], *few: Any) -> Program | None:
    return record(lambda *arrays: (function(*arrays),), few, ())


def run(program: Program, *arrays: Array) -> Array:
    out = np.empty_like(arrays[0], dtype=program.results[0][1])
    program.run(list(arrays), [out], [np.empty(arrays[0].size, kind) for kind in program.kinds])
    return out


FUNCTIONS: list[Callable[[Array, Array], Any]] = [
    lambda a, b: a * b,
    lambda a, b: a * (a + a) - 2 * b,
    lambda a, b: np.where(a > b, a, 0),
    lambda a, b: np.where((a > 0) & (b < 1), np.exp(-b * b) * a, b / 3),
    lambda a, b: np.where(a > 0, np.where(b > 0, a, b), a - b) * a,
    lambda a, b: np.add(np.exp(np.negative(a)), np.ones((), np.float32)) + b,
]


@pytest.mark.parametrize("number", range(len(FUNCTIONS)))
def test_a_program_computes_what_its_function_does(number: int) -> None:
    function = FUNCTIONS[number]
    a, b = some(100), some(100, seed=1)
    program = recorded(function, a[:16], b[:16])
    assert program is not None
    np.testing.assert_array_equal(run(program, a, b), function(a, b), strict=True)


def test_steps_written_into_their_own_result_are_followed() -> None:
    def function(a: Array) -> Array:
        y = np.negative(a)
        np.exp(y, y)
        y += 1
        return np.reciprocal(y, y)

    a = some(100)
    program = recorded(function, a[:16])
    assert program is not None
    np.testing.assert_array_equal(run(program, a), function(a))
    np.testing.assert_array_equal(a, some(100))


UNSUITED: list[Callable[[Array], Any]] = [
    lambda a: a - a.max(),
    lambda a: np.add.reduce(a),
    lambda a: a.astype(np.float64) * 2,
    lambda a: a[::2] + 1,
    lambda a: np.sort(a),
    lambda a: a + np.arange(16, dtype=a.dtype),
    lambda a: np.exp(a, a),
    lambda a: np.modf(a)[0],
    lambda a: 1.0,
]


@pytest.mark.parametrize("number", range(len(UNSUITED)))
def test_other_functions_have_no_program(number: int) -> None:
    assert recorded(UNSUITED[number], some(16)) is None


def test_what_nobody_reads_is_not_computed() -> None:
    def function(a: Array) -> Array:
        np.sqrt(a)
        return a + 1

    program = recorded(function, some(16))
    assert program is not None
    assert program.kinds == []


@pytest.mark.parametrize(
    ("function", "may"),
    [
        (lambda g, x: g * x, True),
        (lambda g, x: np.where(x > 0, g, 0), False),  # where is written in two steps
        (lambda g, x: np.where(x > 0, g * 2, 0), True),
        (lambda g, x: (g * x) > 0, False),  # of another type
    ],
)
def test_a_result_may_go_where_nothing_is_read_any_more(function: Callable[..., Any], may: bool) -> None:
    program = recorded(function, some(16), some(16))
    assert program is not None
    assert (program.in_place == 0) is may


def test_an_input_read_by_a_later_result_is_not_written_over() -> None:
    program = record(lambda g, x: (g * x, g + x), (some(16), some(16)), ())
    assert program is not None
    assert program.in_place == 1
    program = record(lambda g, x: (g, g * x), (some(16), some(16)), ())
    assert program is not None
    assert program.results[0] == ("input", 0) and program.in_place is None


# -- by the block ------------------------------------------------------------------------------------------------------

LAYOUTS: dict[str, Callable[[], Array]] = {
    "contiguous": lambda: some(ROWS, COLUMNS),
    "transposed": lambda: some(COLUMNS, ROWS).T,
    "channels last": lambda: some(5, 100, 120, 5).transpose(0, 3, 1, 2),
    "double": lambda: some(ROWS, COLUMNS, kind=np.float64),
    "with gaps": lambda: some(ROWS, 2 * COLUMNS)[:, ::2],
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_functions_of_large_arrays_give_what_they_give_for_small_ones(layout: str, threads: int) -> None:
    x = LAYOUTS[layout]()
    np.testing.assert_array_equal(blocks.ufunc(np.exp, x), np.exp(x), strict=True)
    assert blocks.ufunc(np.exp, x).strides == np.exp(x).strides
    results = blocks.through(lambda a, b: (a * b, None, b, a + 1), (x, x), ())
    if layout == "with gaps":
        assert results is None
    else:
        assert results is not None
        product, nothing, same, more = results
        assert nothing is None and same is x
        for got, expected in ((product, x * x), (more, x + 1)):
            np.testing.assert_array_equal(got, expected, strict=True)
            assert got.strides == expected.strides


def test_a_repeated_element_is_taken_as_one(threads: int) -> None:
    one, x = np.broadcast_to(np.float32(3), (ROWS, COLUMNS)), some(ROWS, COLUMNS)
    results = blocks.through(lambda g, x: (g, g * x), (one, x), (), True)
    assert results is not None
    assert results[0] is one
    np.testing.assert_array_equal(results[1], 3 * x)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_masks_lie_as_what_they_belong_to(kind: Any, threads: int) -> None:
    x, y = some(ROWS, COLUMNS, kind=kind), some(ROWS, COLUMNS, seed=1, kind=kind)
    results = blocks.through(lambda m, a, b: (np.where(m, a, b), a > b), (x.T > 0, x.T, y.T), ())
    assert results is not None
    np.testing.assert_array_equal(results[0], np.where(x > 0, x, y).T, strict=True)
    np.testing.assert_array_equal(results[1], (x > y).T, strict=True)
    assert results[0].strides == x.T.strides
    assert blocks.through(lambda m, a: (np.where(m, a, 0),), (x > 0, y.T.copy().T), ()) is None


def test_after_repeated_elements_arrays_still_have_to_lie_alike() -> None:
    one, x = np.broadcast_to(np.float32(3), (ROWS, COLUMNS)), some(ROWS, COLUMNS)
    turned = some(COLUMNS, ROWS, seed=1).T
    assert blocks.through(lambda g, x, y: (g * x + y,), (one, x, turned), ()) is None
    results = blocks.through(lambda g, x, y: (g * x + y,), (one, turned, turned), ())
    assert results is not None
    np.testing.assert_array_equal(results[0], 3 * turned + turned)


CHOICES: list[tuple[Any, Any]] = [(some(ROWS, COLUMNS), some(ROWS, COLUMNS, seed=1)), (some(ROWS, COLUMNS), 2.5),
                                  (0, some(ROWS, COLUMNS)), (1.5, 2), (some(COLUMNS), 1.0)]  # fmt: skip


@pytest.mark.parametrize("number", range(len(CHOICES)))
def test_a_choice_is_that_of_numpy(number: int, threads: int) -> None:
    x, y = CHOICES[number]
    condition = some(ROWS, COLUMNS, seed=2) > 0
    np.testing.assert_array_equal(blocks.chosen(condition, x, y), np.where(condition, x, y), strict=True)


@pytest.mark.parametrize("operands", [(some(ROWS, COLUMNS), some(ROWS, COLUMNS, seed=1)), (some(ROWS, COLUMNS), 3)])
@pytest.mark.parametrize("function", [np.multiply, np.maximum, lambda x, y: x * y + y])
def test_functions_of_pairs_and_numbers_give_what_they_give(function: Any, operands: Any, threads: int) -> None:
    np.testing.assert_array_equal(blocks.pair(function, *operands), function(*operands), strict=True)


@pytest.mark.parametrize("size", [blocks.MEDIUM + 1, blocks.LARGE + 1])
def test_gradients_that_meet_are_added_in_memory_that_nobody_else_has(size: int) -> None:
    x, y = some(size), some(size, seed=1)
    expected = x + y
    if blocks.SOLE > 0:
        given = [x.copy()]
        where = address(given[0])
        found = blocks.met(given.pop(), y)
        assert address(found) == where
        np.testing.assert_array_equal(found, expected)
    found = blocks.met(x, y)
    assert not np.shares_memory(found, x)
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(x, some(size))


def test_what_is_returned_twice_is_there_twice() -> None:
    def function(x: Array) -> tuple[Array, Array]:
        y = x + 1
        return y, y

    x = some(ROWS, COLUMNS)
    results = blocks.through(function, (x,), ())
    assert results is not None
    for found in results:
        np.testing.assert_array_equal(found, x + 1)


POINTWISE: dict[str, Callable[[Any, Any], Any]] = {
    "x²·eʸ": lambda x, y: x**2 * torch.exp(y),
    "gelu": lambda x, y: F.gelu(x) + F.gelu(y, approximate="tanh"),
    "silu": lambda x, y: F.silu(x) - F.softplus(y),
    "tanh": lambda x, y: torch.tanh(x) / (torch.sigmoid(y) + 2),
    "relu": lambda x, y: F.relu(x) * F.leaky_relu(y, 0.1),
    "used twice": lambda x, y: x * x + x * y + x,
    "elu": lambda x, y: F.elu(x) + F.mish(y) + F.hardswish(x),
    "power": lambda x, y: (x * x + 1) ** y,
}


def values(function: Callable[..., Any], *arrays: Array) -> list[Array]:
    """Result and gradients."""
    leaves = [torch.from_numpy(a.copy()).requires_grad_() for a in arrays]
    y = function(*leaves)
    (y * y.detach().cos()).sum().backward()
    return [y.detach().numpy(), *[leaf.grad.numpy() for leaf in leaves if leaf.grad is not None]]


@pytest.mark.parametrize("name", POINTWISE)
def test_large_tensors_have_the_results_and_gradients_of_their_parts(name: str, threads: int) -> None:
    x, y = some(ROWS, COLUMNS), some(ROWS, COLUMNS, seed=1)
    whole = values(POINTWISE[name], x, y)
    rows = ROWS // 4  # too small for blocks
    parts = [values(POINTWISE[name], x[i : i + rows], y[i : i + rows]) for i in range(0, ROWS, rows)]
    for found, *pieces in zip(whole, *parts, strict=True):
        np.testing.assert_array_equal(found, np.concatenate(pieces), strict=True)


def test_operands_that_broadcast_are_computed_as_they_are(threads: int) -> None:
    x, row, column = some(ROWS, COLUMNS), some(COLUMNS), some(ROWS, 1)
    _, by_x, by_row, by_column = values(lambda x, r, c: x * r + x * c, x, row, column)
    g = np.cos(x * row + x * column) * (x * row + x * column)
    assert by_x.shape == x.shape and by_row.shape == row.shape and by_column.shape == column.shape
    y = torch.from_numpy(x.astype(np.float64) * row + x.astype(np.float64) * column)
    g = y.cos().numpy() * 1.0
    np.testing.assert_allclose(by_x, g * (row + column), rtol=2e-5, atol=2e-5)


def test_compiled_and_mapped_functions_take_large_arrays() -> None:
    x = torch.from_numpy(some(ROWS, COLUMNS))

    def gradient(x: torch.Tensor) -> torch.Tensor:
        leaf = x.detach().requires_grad_()
        (F.gelu(leaf) * leaf).sum().backward()
        assert leaf.grad is not None
        return leaf.grad

    expected = gradient(x).numpy()
    compiled = torch.compile(gradient, backend="numpy")
    for _ in range(4):
        np.testing.assert_array_equal(compiled(x).numpy(), expected)
    mapped = torch.func.vmap(torch.func.grad(lambda row: (F.gelu(row) * row).sum()))(x)
    np.testing.assert_array_equal(mapped.numpy(), expected)


def test_what_user_settings_say_of_floating_point_errors_holds_in_threads(threads: int) -> None:
    with np.errstate(over="raise"), pytest.raises(FloatingPointError, match="overflow"):
        torch.full((ROWS, COLUMNS), 1000.0).exp()


# -- whose memory it is ------------------------------------------------------------------------------------------------


def test_gradients_that_others_hold_stay_as_they_are(threads: int) -> None:
    data, start = some(ROWS, COLUMNS), some(ROWS, COLUMNS, seed=1)
    x = torch.from_numpy(data).requires_grad_()
    seen: list[torch.Tensor] = []

    def keep(g: torch.Tensor) -> None:
        seen.append(g)

    y = x * 1.0
    y.register_hook(keep)
    z = y + y.exp() + (y * 3)  # the same gradient goes three ways
    z.retain_grad()
    g = torch.from_numpy(start.copy())
    z.backward(g, retain_graph=True)
    np.testing.assert_array_equal(g.numpy(), start)
    assert z.grad is not None and x.grad is not None
    np.testing.assert_array_equal(z.grad.numpy(), start)
    first, hooked = x.grad.numpy().copy(), seen[0].numpy().copy()
    x.grad.zero_()
    z.backward(g)
    np.testing.assert_array_equal(x.grad.numpy(), first)
    np.testing.assert_array_equal(seen[0].numpy(), hooked)
    np.testing.assert_array_equal(seen[1].numpy(), hooked)


def test_a_gradient_that_is_a_view_is_not_written_over(threads: int) -> None:
    data = some(ROWS, COLUMNS)
    x = torch.from_numpy(data).requires_grad_()
    y = x.exp().reshape(-1)
    a, b = y.reshape(COLUMNS, ROWS).tanh(), y.view(ROWS, COLUMNS).sigmoid()
    (a.reshape(-1) + b.reshape(-1)).sum().backward()
    assert x.grad is not None
    e = np.exp(data)
    a, b = np.tanh(e), 1 / (1 + np.exp(-e))
    np.testing.assert_allclose(x.grad.numpy(), e * ((1 - a * a) + b * (1 - b)), rtol=1e-5, atol=1e-6)


def test_gradients_of_several_leaves_are_several_arrays(threads: int) -> None:
    x, y = (torch.from_numpy(some(ROWS, COLUMNS, seed=i)).requires_grad_() for i in range(2))
    ((x + y) * 2.0).exp().sum().backward()
    assert x.grad is not None and y.grad is not None
    np.testing.assert_array_equal(x.grad.numpy(), y.grad.numpy())
    x.grad.zero_()
    assert y.grad.numpy().any()


def test_a_function_owns_what_its_caller_does_not_hold() -> None:
    def asked(g: Array) -> bool:
        from sys import getrefcount

        return blocks.is_own(getrefcount(g), g)

    held = np.empty(3)
    assert not asked(held)
    assert not asked(held[:2])
    if blocks.SOLE > 0:  # where the interpreter counts so that it can be told
        given, lent = asked(np.empty(3)), asked(arena.empty((ROWS, COLUMNS), np.dtype("f4")))
        assert given and lent


# -- memory that is lent -----------------------------------------------------------------------------------------------

SHAPE = (3, arena.SMALLEST // 4)  # a size that nothing else asks for
KIND = np.dtype("f4")


def test_memory_is_lent_again_when_the_last_view_of_it_is_gone() -> None:
    first = arena.empty(SHAPE, KIND)
    where, view = address(first), first[1:, ::2]
    del first
    second = arena.empty(SHAPE, KIND)
    assert address(second) != where
    view[...] = 1
    del view
    third = arena.empty(SHAPE, KIND)
    assert address(third) == where


def test_small_arrays_are_ordinary_ones() -> None:
    assert arena.empty((10,), KIND).base is None


def test_no_more_than_a_limit_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arena, "KEPT", 3 * arena.SMALLEST * 4)
    many = [arena.empty(SHAPE, KIND) for _ in range(5)]
    del many
    assert sum(size * len(kept) for size, kept in arena._free.items()) <= arena.KEPT


def test_lent_memory_is_laid_out_as_asked() -> None:
    x = some(5, 100, 120, 5).transpose(0, 3, 1, 2)
    y = arena.empty_like(x, [0, 2, 3, 1])
    assert y.shape == x.shape and y.strides == x.strides and y.dtype == x.dtype


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_lent_memory_is_not_shared_with_a_forked_process() -> None:
    array = arena.empty(SHAPE, KIND)
    array[...] = 1
    child = os.fork()
    if child == 0:
        array[...] = 2
        os._exit(0)
    os.waitpid(child, 0)
    assert (array == 1).all()


def test_scratch_memory_is_each_threads_own() -> None:
    import threading

    found: list[Array] = []
    thread = threading.Thread(target=lambda: found.append(arena.scratch(0, 10, KIND)))
    thread.start()
    thread.join()
    mine = arena.scratch(0, 10, KIND)
    assert address(found[0]) != address(mine) == address(arena.scratch(0, 5, KIND))
    assert address(arena.scratch(1, 10, KIND)) != address(mine)
