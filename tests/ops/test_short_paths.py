"""The functions of pointwise operators that are generated when they are first called."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import Any

import numpy as np
import pytest

import tapegrad as torch
from tapegrad.autograd.node import Node
from tapegrad.ops.frames import unary
from tapegrad.ops.op import TABLE
from tapegrad.ops.vocabulary import RAW, TENSOR
from tapegrad.twins import LATER, twin


@pytest.fixture
def halved() -> Any:
    """An operator that nobody has called yet."""
    yield unary("halved", lambda x: x * np.float32(0.5), lambda g: 0.5 * g, doc="Half of each element.")
    for table in (TABLE, RAW, TENSOR):
        table.pop("halved", None)


def test_whoever_holds_a_function_calls_the_generated_code(halved: Any) -> None:
    before, method = halved.__code__, halved.as_method()
    another = twin(halved, "another")
    assert getattr(halved, LATER) == [halved, another]
    x = torch.ones(3, requires_grad=True)
    assert halved(x).tolist() == [0.5] * 3
    assert halved.__code__ is another.__code__ is not before
    assert twin(halved).__code__ is halved.__code__
    for f in (halved, another, method):
        y = f(x)
        y.sum().backward()
        assert (y.tolist(), x.grad.tolist(), y.grad_fn.name()) == ([0.5] * 3, [0.5] * 3, "HalvedBackward0")
        x.grad = None


def test_the_first_call_may_come_from_several_threads(halved: Any) -> None:
    together, found = threading.Barrier(4), []

    def call() -> None:
        together.wait()
        found.append(halved(torch.ones(2)).tolist())

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[0.5, 0.5]] * 4


def test_a_function_that_was_refused_its_argument_first_works_later(halved: Any) -> None:
    with pytest.raises(TypeError, match=r"halved\(\): argument 'input' \(position 1\) must be Tensor, not int"):
        halved(3)
    assert halved(torch.ones(())).item() == 0.5


def test_methods_take_no_out() -> None:
    with pytest.raises(TypeError, match="out"):
        torch.ones(2).exp(out=torch.ones(2))  # type: ignore[call-arg]
    out = torch.empty(2)
    assert torch.exp(torch.zeros(2), out=out) is out
    assert out.tolist() == [1.0, 1.0]


def test_methods_are_documented_as_the_functions_are() -> None:
    for name in ("exp", "abs", "relu", "isnan"):
        method, function = getattr(torch.Tensor, name), getattr(torch, name)
        assert method is not function
        assert method.__doc__ and (method.__doc__, method.__module__) == (function.__doc__, function.__module__)
        assert (method.__name__, method.__qualname__) == (name, name)
    assert torch.Tensor.exp.op is torch.exp.op


KINDS = {
    "a leaf": lambda x: x,
    "a result": lambda x: x * 1,
    "a view": lambda x: x.view(-1),
    "a view of a view": lambda x: x.view(1, -1)[0],
    "a scalar": lambda x: x[0],
    "a parameter": lambda x: torch.nn.Parameter(x.detach()),
    "a constant": lambda x: x.detach(),
}


SLOPES = {
    "__add__": (lambda a, b: 1.0, lambda a, b: 1.0),
    "__sub__": (lambda a, b: 1.0, lambda a, b: -1.0),
    "__mul__": (lambda a, b: b, lambda a, b: a),
    "__truediv__": (lambda a, b: 1 / b, lambda a, b: -a / b**2),
}


@pytest.mark.parametrize("second", KINDS)
@pytest.mark.parametrize("first", KINDS)
@pytest.mark.parametrize("symbol", SLOPES)
def test_operands_of_all_kinds_get_their_gradients(symbol: str, first: str, second: str) -> None:
    a = KINDS[first](torch.tensor([2.0, 4.0, 8.0], requires_grad=True))
    b = KINDS[second](torch.tensor([1.0, 0.5, 4.0], requires_grad=True))
    y = getattr(a, symbol)(b)
    arrays = a.detach().numpy(), b.detach().numpy()
    np.testing.assert_array_equal(y.detach().numpy(), getattr(arrays[0], symbol)(arrays[1]))
    assert y.requires_grad == (a.requires_grad or b.requires_grad)
    with torch.no_grad():
        silent = getattr(a, symbol)(b)
    assert silent.grad_fn is None and not silent.requires_grad
    for x, slope in zip((a, b), SLOPES[symbol], strict=True):
        if x.requires_grad:
            (found,) = torch.autograd.grad(y.sum(), x, retain_graph=True)
            expected = np.broadcast_to(slope(*arrays), tuple(y.shape))
            assert found.tolist() == (expected if x.ndim == y.ndim else expected.sum()).tolist()


def test_recording_is_noticed_by_those_who_watch() -> None:
    x = torch.ones(2, requires_grad=True)
    (x * x).exp()  # generated, and plain
    seen: list[Node] = []
    from tapegrad.autograd.node import watchers

    watchers.append(seen.append)
    try:
        y = (x * 2.0).exp()
    finally:
        watchers.remove(seen.append)
    assert [node.name() for node in seen] == ["MulBackward0", "ExpBackward0"]
    assert seen[-1] is y.grad_fn


def test_scalars_stay_tensors_with_a_numpy_whose_ufuncs_give_no_arrays() -> None:
    program = """
import tapegrad.ops.short_paths as paths
paths._ELLIPSIS = False
import tapegrad as torch
x = torch.tensor(2.0, requires_grad=True)
y = (x * x + 3.0).exp()
y.backward()
print(y._data.__class__.__name__, y.shape, x.grad.item() == 4 * y.item())
"""
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["ndarray", "torch.Size([])", "True"]


def test_nodes_nobody_looks_at_are_looked_up_fast() -> None:
    assert not hasattr(Node, "__getattr__")  # with it, Python takes four times as long for each attribute
    y = torch.ones(2, requires_grad=True) * 2
    assert type(y._fn) is Node
    assert type(y.grad_fn).__name__ == "MulBackward0"
    with pytest.raises(AttributeError, match="'MulBackward0' object has no attribute 'nothing'"):
        y.grad_fn.nothing  # noqa: B018


class TestWritesInPlace:
    """Sums that are computed where they belong."""

    def test_a_bias_is_added_where_the_sum_belongs(self) -> None:
        x, w = torch.ones(2, 3, requires_grad=True), torch.ones(3, requires_grad=True)
        y = x * 2
        memory, node = y.data_ptr(), y.grad_fn
        y.add_(w)
        assert (y.data_ptr(), y._version, y.grad_fn.name()) == (memory, 1, "AddBackward0")
        assert y.grad_fn.next_functions[0][0] is node
        y.sub_(torch.full((2, 1), 5.0))
        y.backward(torch.arange(6.0).view(2, 3))
        assert y.tolist() == [[-2.0] * 3] * 2
        assert x.grad.tolist() == [[0.0, 2.0, 4.0], [6.0, 8.0, 10.0]]
        assert w.grad.tolist() == [3.0, 5.0, 7.0]

    def test_overlapping_memory_is_read_before_it_is_written(self) -> None:
        leaf = torch.arange(6.0, requires_grad=True)
        x = leaf * 1
        with pytest.raises(RuntimeError, match="some elements of the input tensor and the written-to tensor"):
            x[1:].add_(x[:-1])
        assert x.tolist() == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
        x.add_(x)
        assert x.tolist() == [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]
        square = (leaf * 1)[:4].view(2, 2)
        square.add_(square.detach().clone().t())
        assert square.tolist() == [[0.0, 3.0], [3.0, 6.0]]

    @pytest.mark.parametrize("shape", [(3, 1), (2, 2), (4,), (1, 2, 3)])
    def test_a_sum_of_another_shape_is_refused_and_nothing_changed(self, shape: tuple[int, ...]) -> None:
        y = torch.ones(2, 3, requires_grad=True) * 2
        with pytest.raises(RuntimeError):
            y.add_(torch.ones(shape, requires_grad=True))
        assert (y.tolist(), y._version) == ([[2.0] * 3] * 2, 0)

    def test_a_product_keeps_the_values_that_its_rule_reads(self) -> None:
        x, w = torch.full((2,), 3.0, requires_grad=True), torch.full((2,), 5.0, requires_grad=True)
        y = x * 1
        y.mul_(w)
        y.sum().backward()
        assert (x.grad.tolist(), w.grad.tolist()) == ([5.0, 5.0], [3.0, 3.0])


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("n", [1, 3, 4, 5, 8, 9, 31, 500, 2049, 40_000])
def test_the_gradient_of_a_broadcast_scalar_is_the_sum_in_torchs_order(n: int, kind: Any) -> None:
    values = np.random.default_rng(n).standard_normal(n).astype(kind)
    scale = torch.ones((), dtype=torch.float32 if kind is np.float32 else torch.float64, requires_grad=True)
    (scale + torch.zeros(n, dtype=scale.dtype)).backward(torch.tensor(values))
    assert scale.grad.item() == torch.tensor(values).sum(0).item()


def test_an_operator_of_integers_refuses_floats_in_place_by_its_name() -> None:
    x = torch.ones(2)
    with pytest.raises(NotImplementedError, match="\"bitwise_or_cpu\" not implemented for 'Float'"):
        x.bitwise_or_(torch.ones(2))
    assert x._version == 0
