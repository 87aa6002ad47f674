"""Hooks on tensors: when they fire, in which order, what they may change, and what becomes of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def noting(seen: list[Any], name: str) -> Callable[..., None]:
    """A hook that notes its name and what it was given."""

    def hook(*args: Any) -> None:
        seen.append((name, [None if a is None else a.detach().clone() for a in args if not isinstance(a, tuple)]))

    return hook


def leaf(lib: Any) -> Any:
    return lib.tensor([1.0, 2.0], requires_grad=True)


def outcome(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except Exception as error:
        kinds = [k.__name__ for k in type(error).__mro__ if k.__module__ == "builtins"]
        return kinds[0], str(error).split("\n")[0].split(". ")[0].rstrip(".")


def hooks_of_a_tensor_fire_in_order(torch: Any) -> Any:
    x, seen = leaf(torch), []
    x.register_hook(noting(seen, "first"))
    x.register_hook(lambda g: g * 10)
    x.register_hook(noting(seen, "third"))
    (x * x).sum().backward()
    return seen, x.grad


def hooks_of_a_result_and_of_its_inputs(torch: Any) -> Any:
    x, seen = leaf(torch), []
    y = x * 3
    z = y * y
    for name, t in (("x", x), ("y", y), ("z", z)):
        t.register_hook(noting(seen, name))
    z.sum().backward()
    return seen


def a_changed_gradient_flows_on(torch: Any) -> Any:
    x = leaf(torch)
    y = x * 3
    y.register_hook(lambda g: g * 0 + 1)
    (y * y).sum().backward()
    return x.grad


def a_hook_on_a_result_sees_all_paths_at_once(torch: Any) -> Any:
    x, seen = leaf(torch), []
    y = x * 3
    y.register_hook(noting(seen, "y"))
    (y * y + y.exp() * 0 + y).sum().backward()
    return seen


def a_gradient_that_a_hook_copies_and_changes(torch: Any) -> Any:
    x = leaf(torch)
    y = x * 3
    y.register_hook(lambda g: None)
    y.register_hook(lambda g: g.clone().mul_(2))
    (y * y).sum().backward()
    return x.grad


def hooks_on_a_tensor_later_written_into(torch: Any) -> Any:
    x, seen = leaf(torch), []
    y = x * 3
    y.register_hook(noting(seen, "before"))
    y.mul_(5)
    y.register_hook(noting(seen, "after"))
    y.sum().backward()
    return seen, x.grad


def hooks_on_a_tensor_whose_view_is_written_into(torch: Any) -> Any:
    x, seen = leaf(torch), []
    y = x * 3
    y.register_hook(noting(seen, "before"))
    y[0].mul_(5)
    y.register_hook(noting(seen, "after"))
    y.sum().backward()
    return seen, x.grad


def a_kept_gradient_of_a_tensor_later_written_into(torch: Any) -> Any:
    x = leaf(torch)
    y = x * 3
    y.retain_grad()
    y.mul_(5)
    (y * 2).sum().backward()
    return y.grad, y.retains_grad, x.grad


def kept_gradients_come_after_hooks(torch: Any) -> Any:
    x = leaf(torch)
    y = x * 3
    y.retain_grad()
    y.register_hook(lambda g: g * 2)
    y.sum().backward()
    return y.grad, x.grad


def kept_twice_and_for_a_leaf(torch: Any) -> Any:
    x = leaf(torch)
    y = x * 3
    y.retain_grad(), y.retain_grad(), x.retain_grad()
    y.sum().backward(), y.retains_grad, x.retains_grad
    return y.grad, x.grad, y.retains_grad, x.retains_grad


def hooks_after_accumulation(torch: Any) -> Any:
    x, seen = leaf(torch), []
    x.register_post_accumulate_grad_hook(lambda t: seen.append((t is x, t.grad.clone())))
    (x * 2).sum().backward()
    (x * 3).sum().backward()
    return seen


def hooks_after_accumulation_on_results(torch: Any) -> Any:
    return outcome(lambda: (leaf(torch) * 2).register_post_accumulate_grad_hook(print))


def gradient_given_up_by_a_hook(torch: Any) -> Any:
    x = leaf(torch)

    def step(t: Any) -> None:
        with torch.no_grad():
            t -= 0.5 * t.grad
        t.grad = None

    x.register_post_accumulate_grad_hook(step)
    (x * x).sum().backward()
    return x, x.grad


def hooks_and_inputs(torch: Any) -> Any:
    x, w, seen = leaf(torch), leaf(torch), []
    y = x * w
    for name, t in (("x", x), ("w", w), ("y", y)):
        t.register_hook(noting(seen, name))
    x.register_post_accumulate_grad_hook(noting(seen, "x after"))
    w.register_post_accumulate_grad_hook(noting(seen, "w after"))
    y.sum().backward(inputs=[x])
    return seen, w.grad


def hooks_and_grad(torch: Any) -> Any:
    x, seen = leaf(torch), []
    y = x * 3
    x.register_hook(noting(seen, "x"))
    y.register_hook(lambda g: g * 2)
    x.register_post_accumulate_grad_hook(noting(seen, "after"))
    return torch.autograd.grad(y.sum(), x), seen, x.grad


def hooks_and_second_derivatives(torch: Any) -> Any:
    x, seen = leaf(torch), []
    x.register_hook(lambda g: seen.append(g.requires_grad))
    (g,) = torch.autograd.grad((x**3).sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(g.sum(), x)
    return seen, second


def removed_hooks(torch: Any) -> Any:
    x, seen = leaf(torch), []
    one, two = x.register_hook(noting(seen, "one")), x.register_hook(noting(seen, "two"))
    one.remove()
    one.remove()
    with two:
        x.sum().backward()
    x.sum().backward()
    return seen


def hook_that_removes_itself(torch: Any) -> Any:
    x, seen = leaf(torch), []

    def hook(g: Any) -> None:
        seen.append("once")
        handle.remove()

    handle = x.register_hook(hook)
    x.sum().backward()
    x.sum().backward()
    return seen


def hooks_that_return_something_wrong(torch: Any) -> Any:
    def returning(value: Any) -> Any:
        x = leaf(torch)
        y = x * 2
        y.register_hook(lambda g: value)
        return outcome(lambda: y.sum().backward()), x.grad

    return [returning(value) for value in (3, "a", torch.ones(2).double(), torch.ones(2) * 1j)]


def hook_on_what_needs_no_gradient(torch: Any) -> Any:
    x = torch.ones(2)
    calls = [
        lambda: x.register_hook(print),
        lambda: x.retain_grad(),
        lambda: x.register_post_accumulate_grad_hook(print),
    ]
    return [outcome(call) for call in calls]


def hooks_on_detached_tensors(torch: Any) -> Any:
    x, seen = leaf(torch), []
    x.register_hook(noting(seen, "x"))
    y = x.detach().requires_grad_()
    (y * 2).sum().backward()
    return seen, y.grad


def hooks_see_gradients_by_grad_mode(torch: Any) -> Any:
    x, seen = leaf(torch), []
    y = x * 3
    y.register_hook(lambda g: seen.append(torch.is_grad_enabled()))
    y.sum().backward(retain_graph=True)
    torch.autograd.grad(y.sum(), x, create_graph=True)
    return seen


def hooks_on_one_of_several_results(torch: Any) -> Any:
    x, seen = torch.tensor([3.0, 1.0, 2.0], requires_grad=True), []
    values, _ = x.sort()
    first, _, third = values.unbind()
    first.register_hook(noting(seen, "first"))
    values.register_hook(noting(seen, "values"))
    (first * 2 + third).backward()
    return seen, x.grad


def hooks_of_nodes_and_tensors(torch: Any) -> Any:
    x, seen = leaf(torch), []
    y = x * 3
    y.register_hook(noting(seen, "tensor"))
    y.grad_fn.register_prehook(lambda grads: seen.append("before the node"))
    y.grad_fn.register_hook(lambda inputs, outputs: seen.append("after the node"))
    x.register_hook(noting(seen, "leaf"))
    y.sum().backward()
    return seen


def a_hook_that_makes_another_pass(torch: Any) -> Any:
    x, w, seen = leaf(torch), leaf(torch), []

    def hook(g: Any) -> None:
        with torch.enable_grad():
            (w * w).sum().backward()
        seen.append(w.grad.clone())

    y = x * 3
    y.register_hook(hook)
    y.sum().backward()
    return seen, x.grad


def a_graph_after_a_hook_that_failed(torch: Any) -> Any:
    x = leaf(torch)
    y = x * x
    z = y.exp()

    def fail(g: Any) -> None:
        raise KeyError("hook")

    handle = y.register_hook(fail)
    first = outcome(lambda: z.sum().backward(retain_graph=True))
    handle.remove()
    z.sum().backward()
    return first, x.grad
