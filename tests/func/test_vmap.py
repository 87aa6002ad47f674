"""What `vmap` does beyond torch's: functions that look at values, buffers written into, leaves made inside."""

from __future__ import annotations

import subprocess
import sys
import threading
import warnings
from typing import Any

import numpy as np
import pytest

import tapegrad as torch
from tapegrad.autograd.node import watchers
from tapegrad.func import batched_passes
from tapegrad.tensor.rows import running

X = torch.tensor([[1.0, -2.0], [3.0, 4.0], [-5.0, 6.0]])


def close(a: Any, b: Any) -> None:
    torch.testing.assert_close(a, b)


# -- functions that look at values -------------------------------------------------------------------------------------


def test_a_branch_on_a_value_is_taken_for_each_row() -> None:
    with pytest.warns(UserWarning, match="called once per row"):
        y = torch.vmap(lambda x: x if x.sum() > 0 else -x)(X)
    assert y.tolist() == [[-1.0, 2.0], [3.0, 4.0], [-5.0, 6.0]]


def test_the_warning_says_what_and_where_and_comes_once() -> None:
    def f(x: Any) -> Any:
        return x * x[0].item()

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(3):
            torch.vmap(f)(X)
    (warning,) = caught
    text = str(warning.message)
    assert text.startswith("vmap: f needs a Python number at line ")
    assert "return x * x[0].item()" in text and "torch.where" in text
    assert warning.filename == __file__


@pytest.mark.filterwarnings("ignore:vmap")
def test_gradients_flow_through_a_function_called_once_per_row() -> None:
    w = torch.tensor([2.0, 3.0], requires_grad=True)
    x = X.clone().requires_grad_()
    y = torch.vmap(lambda x: (x * w).sum() if x[1] > 0 else w.sum())(x)
    y.sum().backward()
    close(w.grad, torch.tensor([-1.0, 11.0]))
    close(x.grad, torch.tensor([[0.0, 0.0], [2.0, 3.0], [2.0, 3.0]]))


@pytest.mark.filterwarnings("ignore:vmap")
def test_rows_are_put_where_out_dims_says_when_called_one_by_one() -> None:
    y = torch.vmap(lambda x: (x * float(x[0]), x), in_dims=1, out_dims=(1, 0))(X.t())
    close(y[0], (X * X[:, :1]).t())
    close(y[1], X)


@pytest.mark.filterwarnings("ignore:vmap")
def test_an_inner_function_that_looks_at_outer_values() -> None:
    f = lambda x: torch.vmap(lambda y: y * 2 if x.sum() > 0 else y)(x)
    assert torch.vmap(f)(X).tolist() == [[1.0, -2.0], [6.0, 8.0], [-10.0, 12.0]]


@pytest.mark.filterwarnings("ignore:vmap")
def test_results_of_different_shapes_are_refused() -> None:
    with pytest.raises(RuntimeError, match="output dynamic shape"):
        torch.vmap(lambda x: x[x > 0])(X)


@pytest.mark.filterwarnings("ignore:vmap")
def test_masks_with_equally_many_elements_work() -> None:
    assert torch.vmap(lambda x: x[x > 3.5])(X[1:]).tolist() == [[4.0], [6.0]]


def test_there_is_no_row_to_look_at_in_an_empty_batch() -> None:
    with pytest.raises(RuntimeError, match="no rows to ask"):
        torch.vmap(lambda x: x * x.sum().item())(torch.zeros(0, 2))


@pytest.mark.filterwarnings("ignore:vmap")
def test_numpy_in_a_function_is_given_one_row_at_a_time() -> None:
    y = torch.vmap(lambda x: torch.from_numpy(np.sort(x.numpy())))(X)
    assert y.tolist() == [[-2.0, 1.0], [3.0, 4.0], [-5.0, 6.0]]


# -- tensors made and written into inside ------------------------------------------------------------------------------


def test_a_buffer_made_inside_gets_rows_when_they_are_written_into_it() -> None:
    def f(x: Any) -> Any:
        out = torch.zeros(3)
        out[0] = x.sum()
        out[1:] = x
        return out

    assert torch.vmap(f)(X).tolist() == [[-1.0, 1.0, -2.0], [7.0, 3.0, 4.0], [1.0, -5.0, 6.0]]


@pytest.mark.parametrize(
    "write",
    [
        lambda out, x: out.add_(x),
        lambda out, x: out.__iadd__(x),
        lambda out, x: out.copy_(x),
        lambda out, x: out.fill_(x.sum()),
        lambda out, x: out.mul_(2).sub_(x, alpha=2),
        lambda out, x: out.index_put_((torch.tensor([0, 1]),), x),
        lambda out, x: out.scatter_(0, torch.tensor([1, 0]), x),
        lambda out, x: out.masked_fill_(x > 0, 5.0),
        lambda out, x: out.addcmul_(x, x),
        lambda out, x: out.lerp_(x, 0.5),
    ],
    ids=["add_", "+=", "copy_", "fill_", "sub_", "index_put_", "scatter_", "masked_fill_", "addcmul_", "lerp_"],
)
def test_writes_of_rows_into_a_buffer(write: Any) -> None:
    def f(x: Any) -> Any:
        out = torch.ones(2)
        write(out, x)
        return out

    close(torch.vmap(f)(X), torch.stack([f(x) for x in X]))


def test_gradients_flow_through_a_buffer() -> None:
    def f(x: Any) -> Any:
        out = torch.zeros(2, 2)
        out[0] = x * x
        out[1, 0] += x.sum()
        return (out * torch.tensor([[1.0, 2.0], [3.0, 4.0]])).sum()

    x, alone = X.clone().requires_grad_(), X.clone().requires_grad_()
    torch.vmap(f)(x).sum().backward()
    sum(f(row) for row in alone).backward()
    close(x.grad, alone.grad)


def test_views_made_before_see_what_is_written() -> None:
    def f(x: Any) -> Any:
        out = torch.zeros(2, 2)
        first, column, twin = out[0], out[:, 1], out.detach()
        out[0] = x
        return first + 0, column + 0, twin + 0

    first, column, twin = torch.vmap(f)(X)
    close(first, X)
    close(column, torch.stack([X[:, 1], torch.zeros(3)], 1))
    close(twin[:, 0], X)


def test_rows_written_through_a_view_are_in_its_base() -> None:
    def f(x: Any) -> Any:
        out = torch.zeros(2, 2)
        out.t()[0].copy_(x)
        return out

    close(torch.vmap(f)(X)[:, :, 0], X)


def test_buffers_at_two_levels() -> None:
    def inner(y: Any, x: Any) -> Any:
        out = torch.zeros(2)
        out[0] = y
        out[1] = x.sum()
        return out

    y = torch.vmap(lambda x: torch.vmap(lambda y: inner(y, x))(x))(X)
    close(y[..., 0], X)
    close(y[..., 1], X.sum(1, keepdim=True).expand(3, 2))


TOTAL = torch.zeros(2)


def test_a_global_is_not_written_into() -> None:
    def f(x: Any) -> Any:
        TOTAL.add_(x)
        return x

    with pytest.raises(RuntimeError, match="vmap: inplace arithmetic"):
        torch.vmap(f)(X)
    assert TOTAL.tolist() == [0.0, 0.0]


def test_an_attribute_of_a_method_s_object_is_not_written_into() -> None:
    class Holder:
        def __init__(self) -> None:
            self.total = torch.zeros(2)

        def add(self, x: Any) -> Any:
            self.total += x
            return x

    with pytest.raises(RuntimeError, match="vmap: inplace arithmetic"):
        torch.vmap(Holder().add)(X)


def test_a_shared_argument_is_not_written_into() -> None:
    with pytest.raises(RuntimeError, match="vmap: inplace arithmetic"):
        torch.vmap(lambda x, t: t.add_(x), in_dims=(0, None))(X, torch.zeros(2))


# -- gradients ---------------------------------------------------------------------------------------------------------


def test_a_leaf_made_inside_has_a_gradient_for_each_row() -> None:
    w = torch.tensor([2.0, 3.0])

    def f(x: Any) -> Any:
        own = w.detach().requires_grad_()
        return torch.autograd.grad((own * x).sin().sum(), own)[0]

    close(torch.vmap(f)(X), X * (w * X).cos())


def test_functional_jacobian_inside() -> None:
    w = torch.tensor([2.0, 3.0])
    y = torch.vmap(lambda x: torch.autograd.functional.jacobian(lambda v: v * v * x, w))(X)
    close(y, torch.diag_embed(2 * w * X))


def test_a_leaf_with_rows_has_a_gradient_for_each_row() -> None:
    def f(x: Any) -> Any:
        own = x.detach().requires_grad_()
        (own**3).sum().backward()
        return own.grad

    close(torch.vmap(f)(X), 3 * X**2)


def test_a_captured_tensor_s_gradient_is_summed_over_the_rows() -> None:
    w = torch.tensor([2.0, 3.0], requires_grad=True)
    (g,) = torch.autograd.grad(torch.vmap(lambda x: (x * w).exp().sum())(X * 0.1).sum(), w)
    close(g, (X * 0.1 * (X * 0.1 * w).exp()).sum(0).detach())


def test_a_captured_result_s_gradient_goes_on_outside() -> None:
    v = torch.tensor([2.0, 3.0], requires_grad=True)
    w = v**2
    torch.vmap(lambda x: torch.vmap(lambda y: (w * y).sum())(x))(X).sum().backward()
    close(v.grad, 2 * v.detach() * X.sum())


def test_gradients_of_a_mapped_function_can_be_checked() -> None:
    w = torch.tensor([0.3, -0.7], dtype=torch.float64, requires_grad=True)
    x = X.double().requires_grad_()
    f = torch.vmap(lambda x, w: (x * w).sin() @ w, in_dims=(0, None))
    assert torch.autograd.gradcheck(f, (x, w))
    assert torch.autograd.gradgradcheck(f, (x, w))


def test_an_exception_leaves_no_level_behind() -> None:
    def f(x: Any) -> Any:
        raise KeyError("mine")

    with pytest.raises(KeyError):
        torch.vmap(torch.vmap(f))(X)
    assert not running and not watchers


def test_other_threads_are_not_inside() -> None:
    seen: list[Any] = []
    w = torch.tensor(2.0, requires_grad=True)

    def elsewhere() -> None:
        y = w * 3
        seen.append((torch.rand(1).numel(), y.grad_fn.next_functions[0][0].name()))

    def f(x: Any) -> Any:
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
        return x

    torch.vmap(f)(X)
    assert seen == [(1, "torch::autograd::AccumulateGrad")]


# -- custom functions --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("numbers", [False, True], ids=["tensors", "NumPy"])
def test_a_custom_function_without_a_rule(numbers: bool) -> None:
    class Cube(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return torch.from_numpy(x.detach().numpy() ** 3) if numbers else x**3

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return g * (torch.from_numpy(3 * x.detach().numpy() ** 2) if numbers else 3 * x**2)

    x = X.clone().requires_grad_()
    y = torch.vmap(Cube.apply)(x)
    y.sum().backward()
    close(y.detach(), X**3)
    close(x.grad, 3 * X**2)


# -- one pass for several cotangents -----------------------------------------------------------------------------------


def test_jacobians_take_one_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    passes = []
    once = batched_passes.rows_of_jacobian
    monkeypatch.setattr(batched_passes, "rows_of_jacobian", lambda *args: passes.append(args[2:]) or once(*args))
    found = torch.autograd.functional.jacobian(lambda x: (x * 2).sin() * 2, torch.zeros(4))
    close(found, 4 * torch.eye(4))
    assert passes == [(0, 4)]


def test_hooks_see_each_row_of_a_jacobian() -> None:
    seen = []

    def f(x: Any) -> Any:
        y = x * 2
        y.register_hook(lambda g: seen.append(g.tolist()))
        return y * 3

    torch.autograd.functional.jacobian(f, torch.zeros(2))
    assert seen == [[3.0, 0.0], [0.0, 3.0]]


def test_a_hook_that_looks_at_values_has_a_pass_for_each_cotangent() -> None:
    x = torch.ones(2, requires_grad=True)
    y = x * 2
    y.register_hook(lambda g: g * g.sum().item())
    (g,) = torch.autograd.grad(y, x, 3 * torch.eye(2), is_grads_batched=True, retain_graph=True)
    assert g.tolist() == [[18.0, 0.0], [0.0, 18.0]]
    with pytest.raises(RuntimeError, match="retain_graph=True"):
        torch.autograd.grad(y, x, torch.eye(2), is_grads_batched=True)


def test_large_jacobians_are_computed_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.autograd.functional, "_AT_ONCE", 12)
    found = torch.autograd.functional.jacobian(lambda x: x.sin().repeat(2), torch.zeros(5))
    close(found, torch.cat([torch.eye(5), torch.eye(5)]))


# -- lightness ---------------------------------------------------------------------------------------------------------


def test_nothing_of_it_is_loaded_until_it_is_used() -> None:
    code = (
        "import sys, tapegrad as torch; x = torch.ones(2, requires_grad=True); (x * x).sum().backward();"
        "torch.autograd.grad((x * x).sum(), x);"
        "print([m for m in sys.modules if m.startswith('tapegrad.func.batched')])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
