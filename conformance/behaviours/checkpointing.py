"""torch.utils.checkpoint, both ways."""

from __future__ import annotations

import contextlib
import importlib
import warnings
from typing import Any


def module_of(lib: Any) -> Any:
    return importlib.import_module(lib.__name__ + ".utils.checkpoint")


def run(lib: Any, function: Any, *args: Any, **kwargs: Any) -> Any:
    return module_of(lib).checkpoint(function, *args, **kwargs)


def both_ways(torch: Any, program: Any) -> Any:
    """What a program returns for each way; or its error."""
    found = []
    for reentrant in (True, False):
        try:
            found.append(program(reentrant))
        except Exception as error:
            kinds = [k.__name__ for k in type(error).__mro__ if k.__module__ == "builtins"]
            found.append((kinds[0], str(error).split("\n")[0].split(". ")[0]))
    return found


def gradients(torch: Any) -> Any:
    def program(reentrant: bool) -> Any:
        x, w = torch.tensor([1.0, 2.0], requires_grad=True), torch.tensor([3.0, 4.0], requires_grad=True)
        y = run(torch, lambda x, w: (x * w).sin() * x, x, w, use_reentrant=reentrant)
        y.sum().backward()
        return y.detach(), y.requires_grad, x.grad, w.grad

    return both_ways(torch, program)


def names_of_nodes(torch: Any) -> Any:
    def program(reentrant: bool) -> Any:
        return run(torch, torch.exp, torch.ones(2, requires_grad=True), use_reentrant=reentrant).grad_fn.name()

    return both_ways(torch, program)


def how_often_it_is_called(torch: Any) -> Any:
    def program(reentrant: bool) -> Any:
        calls: list[bool] = []

        def f(x: Any) -> Any:
            calls.append(torch.is_grad_enabled())
            return (x * x).exp()

        y = run(torch, f, torch.ones(2, requires_grad=True), use_reentrant=reentrant).sum()
        before = list(calls)
        y.backward()
        return before, calls

    return both_ways(torch, program)


def several_results(torch: Any) -> Any:
    def program(reentrant: bool) -> Any:
        x = torch.ones(2, requires_grad=True)
        a, b = run(torch, lambda x: (x * x, x.exp()), x, use_reentrant=reentrant)
        (a + 2 * b).sum().backward()
        return x.grad

    return both_ways(torch, program)


def arguments_that_are_no_tensors(torch: Any) -> Any:
    def program(reentrant: bool) -> Any:
        x = torch.ones(2, requires_grad=True)
        run(torch, lambda x, k, n: x**k if n is None else x, x, 3, None, use_reentrant=reentrant).sum().backward()
        return x.grad

    return both_ways(torch, program)


def keyword_arguments(torch: Any) -> Any:
    def program(reentrant: bool) -> Any:
        x = torch.ones(2, requires_grad=True)
        run(torch, lambda x, k: x**k, x, k=3, use_reentrant=reentrant).sum().backward()
        return x.grad

    return both_ways(torch, program)


def captured_parameters(torch: Any) -> Any:
    def program(reentrant: bool) -> Any:
        x, w = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
        run(torch, lambda x: (x * w).exp(), x, use_reentrant=reentrant).sum().backward()
        return x.grad, w.grad

    return both_ways(torch, program)


def input_without_gradient(torch: Any) -> Any:
    def program(reentrant: bool) -> Any:
        w = torch.ones(2, requires_grad=True)
        y = run(torch, lambda x: (x * w).exp(), torch.ones(2), use_reentrant=reentrant)
        return y.requires_grad

    return both_ways(torch, program)


def random_numbers_are_drawn_again(torch: Any) -> Any:
    def program(reentrant: bool) -> Any:
        torch.manual_seed(3)
        x = torch.ones(4, requires_grad=True)
        y = run(torch, lambda x: torch.nn.functional.dropout(x, 0.5).exp(), x, use_reentrant=reentrant)
        torch.rand(3)
        y.sum().backward()
        return y.detach(), x.grad, torch.rand(2)

    return both_ways(torch, program)


def random_numbers_are_not_drawn_again(torch: Any) -> Any:
    def program(reentrant: bool) -> Any:
        torch.manual_seed(3)
        x = torch.ones(4, requires_grad=True)
        y = run(
            torch,
            lambda x: (x * torch.rand(4)).exp(),
            x,
            use_reentrant=reentrant,
            preserve_rng_state=False,
        )
        y.sum().backward()
        return y.detach(), x.grad, torch.rand(2)

    return both_ways(torch, program)


def autograd_grad(torch: Any) -> Any:
    def program(reentrant: bool) -> Any:
        x = torch.ones(2, requires_grad=True)
        return torch.autograd.grad(run(torch, lambda x: (x * x).exp(), x, use_reentrant=reentrant).sum(), x)

    return both_ways(torch, program)


def backward_with_inputs(torch: Any) -> Any:
    def program(reentrant: bool) -> Any:
        x = torch.ones(2, requires_grad=True)
        run(torch, lambda x: (x * x).exp(), x, use_reentrant=reentrant).sum().backward(inputs=[x])
        return x.grad

    return both_ways(torch, program)


def backward_twice(torch: Any) -> Any:
    def program(reentrant: bool) -> Any:
        x = torch.ones(2, requires_grad=True)
        y = run(torch, lambda x: (x * x).exp(), x, use_reentrant=reentrant).sum()
        y.backward(retain_graph=True)
        y.backward()
        return x.grad

    return both_ways(torch, program)


def backward_twice_without_retaining(torch: Any) -> Any:
    def program(reentrant: bool) -> Any:
        x = torch.ones(2, requires_grad=True)
        y = run(torch, lambda x: (x * x).exp(), x, use_reentrant=reentrant).sum()
        y.backward()
        y.backward()

    return both_ways(torch, program)


def second_derivatives(torch: Any) -> Any:
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = run(torch, lambda x: (x * x).sin(), x, use_reentrant=False).sum()
    (g,) = torch.autograd.grad(y, x, create_graph=True)
    return g.detach(), torch.autograd.grad(g.sum(), x)


def nested(torch: Any) -> Any:
    def program(reentrant: bool) -> Any:
        def inner(x: Any) -> Any:
            return x.sin() * x

        def outer(x: Any) -> Any:
            return run(torch, inner, x.exp(), use_reentrant=reentrant).cos()

        x = torch.tensor([1.0, 2.0], requires_grad=True)
        run(torch, outer, x, use_reentrant=reentrant).sum().backward()
        return x.grad

    return both_ways(torch, program)


def under_no_grad(torch: Any) -> Any:
    def program(reentrant: bool) -> Any:
        with torch.no_grad():
            return run(torch, torch.exp, torch.ones(2, requires_grad=True), use_reentrant=reentrant)

    return both_ways(torch, program)


def result_without_gradient(torch: Any) -> Any:
    def program(reentrant: bool) -> Any:
        x = torch.ones(2, requires_grad=True)
        y = run(torch, lambda x: x.detach() * 2, x, use_reentrant=reentrant)
        y.sum().backward()

    return both_ways(torch, program)


def failure_of_the_function(torch: Any) -> Any:
    def program(reentrant: bool) -> Any:
        run(torch, lambda x: 1 / 0, torch.ones(2, requires_grad=True), use_reentrant=reentrant)

    return both_ways(torch, program)


def the_way_is_not_given(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    run(torch, torch.exp, x).sum().backward()
    return x.grad


def context_if_reentrant(torch: Any) -> Any:
    def contexts() -> Any:
        return contextlib.nullcontext(), contextlib.nullcontext()

    run(torch, torch.exp, torch.ones(2, requires_grad=True), use_reentrant=True, context_fn=contexts)


def contexts_are_entered(torch: Any) -> Any:
    seen: list[str] = []

    @contextlib.contextmanager
    def note(name: str) -> Any:
        seen.append(name)
        yield
        seen.append("end of " + name)

    x = torch.ones(2, requires_grad=True)
    y = run(torch, lambda x: x.exp(), x, use_reentrant=False, context_fn=lambda: (note("first"), note("again")))
    y.sum().backward()
    return seen


def unknown_determinism_check(torch: Any) -> Any:
    run(torch, torch.exp, torch.ones(2, requires_grad=True), use_reentrant=False, determinism_check="strict")


def different_number_the_second_time(torch: Any) -> Any:
    calls: list[int] = []

    def f(x: Any) -> Any:
        calls.append(1)
        return x.exp() if len(calls) > 1 else x.exp().sin().cos()

    run(torch, f, torch.ones(2, requires_grad=True), use_reentrant=False).sum().backward()


def more_the_second_time(torch: Any) -> Any:
    calls: list[int] = []

    def f(x: Any) -> Any:
        calls.append(1)
        return x.exp() if len(calls) == 1 else x.exp().sin().cos()

    checkpoint = module_of(torch)
    with checkpoint.set_checkpoint_early_stop(False):
        y = run(torch, f, torch.ones(2, requires_grad=True), use_reentrant=False)
    y.sum().backward()


def different_shape_the_second_time(torch: Any) -> Any:
    calls: list[int] = []

    def f(x: Any) -> Any:
        calls.append(1)
        return (x if len(calls) == 1 else x[:1]).exp().sum()

    run(torch, f, torch.ones(2, requires_grad=True), use_reentrant=False).backward()


def different_shape_unchecked(torch: Any) -> Any:
    calls: list[int] = []

    def f(x: Any) -> Any:
        calls.append(1)
        return (x if len(calls) == 1 else x[:1]).exp().sum()

    x = torch.ones(2, requires_grad=True)
    run(torch, f, x, use_reentrant=False, determinism_check="none").backward()
    return x.grad


def early_stop(torch: Any) -> Any:
    found = []
    for stop in (True, False):
        seen: list[str] = []

        def f(x: Any, seen: list[str] = seen) -> Any:
            y = x.sin()
            seen.append("after what is saved")
            return y + 1

        with module_of(torch).set_checkpoint_early_stop(stop):
            y = run(torch, f, torch.ones(2, requires_grad=True), use_reentrant=False)
        y.sum().backward()
        found.append(len(seen))
    return found


def chain(lib: Any, log: list[str]) -> Any:
    def step(name: str, function: Any) -> Any:
        def run_step(x: Any) -> Any:
            log.append(name)
            return function(x)

        return run_step

    return [step(name, getattr(lib, name)) for name in ("sin", "exp", "tanh", "cos", "sum")]


def sequential(torch: Any) -> Any:
    def program(reentrant: bool) -> Any:
        log: list[str] = []
        x = torch.tensor([1.0, 2.0], requires_grad=True)
        y = module_of(torch).checkpoint_sequential(chain(torch, log), 2, x, use_reentrant=reentrant)
        forward = len(log)
        y.backward()
        return y.detach(), x.grad, forward, log[forward:]

    return both_ways(torch, program)


def sequential_in_three(torch: Any) -> Any:
    log: list[str] = []
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    module_of(torch).checkpoint_sequential(chain(torch, log), 3, x, use_reentrant=False).backward()
    return x.grad, log


def sequential_in_one(torch: Any) -> Any:
    log: list[str] = []
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    module_of(torch).checkpoint_sequential(chain(torch, log), 1, x, use_reentrant=False).backward()
    return x.grad, log


def sequential_with_an_unknown_argument(torch: Any) -> Any:
    module_of(torch).checkpoint_sequential([torch.exp], 1, torch.ones(2), use_reentrant=False, depth=3)


def sequential_without_the_way(torch: Any) -> Any:
    module_of(torch).checkpoint_sequential([torch.exp, torch.sin], 2, torch.ones(2, requires_grad=True))


def as_an_attribute(torch: Any) -> Any:
    importlib.import_module(torch.__name__ + ".utils.checkpoint")
    x = torch.ones(2, requires_grad=True)
    torch.utils.checkpoint.checkpoint(torch.exp, x, use_reentrant=False).sum().backward()
    return x.grad


def error_is_a_runtime_error(torch: Any) -> Any:
    return issubclass(module_of(torch).CheckpointError, RuntimeError)


def saved_tensors_are_gone(torch: Any) -> Any:
    import weakref

    kept: list[Any] = []

    def f(x: Any) -> Any:
        y = x.exp()
        kept.append(weakref.ref(y))
        return y * y

    with warnings.catch_warnings():
        z = run(torch, f, torch.ones(2, requires_grad=True), use_reentrant=False)
        return z.grad_fn.name(), kept[0]() is None
