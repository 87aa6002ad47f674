"""Passes inside of passes, several threads, and passes that fail."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any


def outcome(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except Exception as error:
        kinds = [k.__name__ for k in type(error).__mro__ if k.__module__ == "builtins"]
        return kinds[0], str(error).split("\n")[0].split(". ")[0].rstrip(".")


def in_threads(run: Callable[[int], None], count: int) -> None:
    threads = [threading.Thread(target=run, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def function_of(lib: Any, backward: Callable[..., Any]) -> Any:
    """A Function that returns its input times two, with a derivative of its own."""

    class Double(lib.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x * 2

    Double.backward = staticmethod(backward)
    return Double


def a_pass_in_a_derivative(torch: Any) -> Any:
    def backward(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        with torch.enable_grad():
            inner = x.detach().requires_grad_()
            (inner * 2).sum().backward()
        return inner.grad * g

    x = torch.ones(3, requires_grad=True)
    (function_of(torch, backward).apply(x) * 3).sum().backward()
    return x.grad


def a_pass_in_a_derivative_into_the_same_leaf(torch: Any) -> Any:
    x, w = torch.ones(3, requires_grad=True), torch.ones(3, requires_grad=True)

    def backward(ctx: Any, g: Any) -> Any:
        with torch.enable_grad():
            (w * 5).sum().backward()
        return g * 2

    (function_of(torch, backward).apply(x) * w).sum().backward()
    return x.grad, w.grad


def passes_in_passes_in_passes(torch: Any) -> Any:
    depths = []

    def backward_at(depth: int) -> Callable[..., Any]:
        def backward(ctx: Any, g: Any) -> Any:
            depths.append(depth)
            if depth < 20:
                with torch.enable_grad():
                    y = torch.ones(1, requires_grad=True)
                    function_of(torch, backward_at(depth + 1)).apply(y).sum().backward()
                return g * y.grad
            return g * 2

        return backward

    x = torch.ones(1, requires_grad=True)
    function_of(torch, backward_at(0)).apply(x).sum().backward()
    return depths, x.grad


def grad_in_a_derivative(torch: Any) -> Any:
    def backward(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        with torch.enable_grad():
            inner = x.detach().requires_grad_()
            return g * torch.autograd.grad((inner**2).sum(), inner)[0]

    x = torch.tensor([1.0, 2.0], requires_grad=True)
    function_of(torch, backward).apply(x).sum().backward()
    return x.grad


def the_same_graph_in_a_derivative(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    y = (x * x).sum()

    def backward(ctx: Any, g: Any) -> Any:
        y.backward()
        return g * 2

    z = function_of(torch, backward).apply(x).sum()
    z.backward()
    return x.grad, outcome(lambda: y.backward())


def a_pass_is_not_recorded_within(torch: Any) -> Any:
    seen = []

    def backward(ctx: Any, g: Any) -> Any:
        seen.append((torch.is_grad_enabled(), g.requires_grad))
        return g * 2

    x = torch.ones(2, requires_grad=True)
    y = function_of(torch, backward).apply(x)
    y.sum().backward()
    torch.autograd.grad(function_of(torch, backward).apply(x).sum(), x, create_graph=True)
    return seen, torch.is_grad_enabled()


def a_derivative_that_fails(torch: Any) -> Any:
    attempts = []

    def backward(ctx: Any, g: Any) -> Any:
        attempts.append(1)
        if len(attempts) == 1:
            raise KeyError("first")
        return g * 2

    x = torch.ones(2, requires_grad=True)
    y = function_of(torch, backward).apply(x * 3).sum()
    first = outcome(lambda: y.backward(retain_graph=True))
    before = x.grad
    y.backward()
    return first, before, x.grad, torch.is_grad_enabled()


def a_failure_in_a_pass_in_a_pass(torch: Any) -> Any:
    def inner(ctx: Any, g: Any) -> Any:
        raise ValueError("inner")

    def outer(ctx: Any, g: Any) -> Any:
        with torch.enable_grad():
            y = torch.ones(1, requires_grad=True)
            function_of(torch, inner).apply(y).sum().backward()
        return g

    x = torch.ones(1, requires_grad=True)
    z = function_of(torch, outer).apply(x).sum()
    return outcome(lambda: z.backward()), x.grad, torch.is_grad_enabled()


def a_failure_leaves_other_graphs_alone(torch: Any) -> Any:
    def backward(ctx: Any, g: Any) -> Any:
        raise ValueError("no")

    x = torch.ones(2, requires_grad=True)
    failed = outcome(lambda: function_of(torch, backward).apply(x).sum().backward())
    (x * 5).sum().backward()
    return failed, x.grad


def threads_add_to_one_leaf(torch: Any) -> Any:
    w = torch.zeros(4, requires_grad=True)

    def run(i: int) -> None:
        for _ in range(20):
            (w * (i + 1)).sum().backward()

    in_threads(run, 8)
    return w.grad


def threads_share_a_part_of_the_graph(torch: Any) -> Any:
    x = torch.ones(3, requires_grad=True)
    shared = x * 2

    def run(i: int) -> None:
        (shared * i).sum().backward(retain_graph=True)

    in_threads(run, 6)
    return x.grad


def threads_take_gradients_of_one_graph(torch: Any) -> Any:
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = (x**3).sum()
    found: list[Any] = [None] * 5

    def run(i: int) -> None:
        found[i] = torch.autograd.grad(y, x, retain_graph=True)[0]

    in_threads(run, 5)
    return found, x.grad


def threads_have_modes_of_their_own(torch: Any) -> Any:
    seen: list[Any] = [None] * 3
    x = torch.ones(1, requires_grad=True)

    def run(i: int) -> None:
        with torch.set_grad_enabled(i != 1):
            seen[i] = (torch.is_grad_enabled(), (x * 2).requires_grad)

    with torch.no_grad():
        in_threads(run, 3)
        return seen, torch.is_grad_enabled()


def a_graph_made_in_another_thread(torch: Any) -> Any:
    made = []
    x = torch.ones(2, requires_grad=True)
    in_threads(lambda i: made.append((x * 3).sum()), 1)
    made[0].backward()
    return x.grad


def a_failure_in_one_thread(torch: Any) -> Any:
    def backward(ctx: Any, g: Any) -> Any:
        raise ValueError("one")

    x, y = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    found: list[Any] = [None] * 2

    def run(i: int) -> None:
        graph = function_of(torch, backward).apply(x) if i == 0 else y * 2
        found[i] = outcome(lambda: graph.sum().backward())

    in_threads(run, 2)
    return found, x.grad, y.grad


def hooks_in_threads(torch: Any) -> Any:
    w = torch.zeros(1, requires_grad=True)
    w.register_hook(lambda g: g * 2)

    def run(i: int) -> None:
        (w * 1).sum().backward()

    in_threads(run, 6)
    return w.grad


def functions_by_their_older_names(torch: Any) -> Any:
    function = torch.autograd.function
    bases = function.InplaceFunction, function.NestedIOFunction, torch.autograd.Function

    class Inplace(function.InplaceFunction):
        pass

    return (
        [issubclass(kind, function._SingleLevelFunction) for kind in bases],
        [isinstance(kind, function.FunctionMeta) for kind in bases],
        [issubclass(kind, torch.autograd.Function) for kind in bases],
        issubclass(type(a_node(torch)), function.BackwardCFunction),
        isinstance(a_node(torch), function.FunctionCtx),
        Inplace(True).inplace,
        outcome(lambda: function.NestedIOFunction.forward_extended(None)),
    )


def a_node(lib: Any) -> Any:
    double = function_of(lib, lambda ctx, g: g)
    return double.apply(lib.ones(1, requires_grad=True)).grad_fn
