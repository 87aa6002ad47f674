"""nn.Module: hooks before and after forward, and on gradients."""

from __future__ import annotations

import importlib
from typing import Any


class Log(list[Any]):
    """A list that hooks write into."""

    def hook(self, name: str, returns: Any = None) -> Any:
        """A hook that notes its name and the number of its arguments."""

        def called(*args: Any) -> Any:
            self.append((name, len(args)))
            return returns

        return called


def double(torch: Any) -> Any:
    """A module that doubles."""

    class Double(torch.nn.Module):  # type: ignore[misc]
        def forward(self, x: Any, *rest: Any, **more: Any) -> Any:
            return x * 2

    return Double()


def fails(torch: Any) -> Any:
    """A module that raises."""

    class Fails(torch.nn.Module):  # type: ignore[misc]
        def forward(self, x: Any) -> Any:
            raise KeyError("from forward")

    return Fails()


def module_of(lib: Any) -> Any:
    """The module that has the hooks for all modules."""
    return importlib.import_module(lib.nn.__name__ + ".modules.module")


def order_of_hooks(torch: Any) -> Any:
    log, m = Log(), double(torch)
    m.register_forward_hook(log.hook("after"))
    m.register_forward_hook(log.hook("after, first"), prepend=True)
    m.register_forward_pre_hook(log.hook("before"))
    m.register_forward_pre_hook(log.hook("before, first"), prepend=True)
    m(torch.ones(1))
    return list(log)


def removed_hooks(torch: Any) -> Any:
    log, m = Log(), double(torch)
    first, second = m.register_forward_hook(log.hook("a")), m.register_forward_hook(log.hook("b"))
    m(torch.ones(1))
    first.remove()
    first.remove()
    m(torch.ones(1))
    second.remove()
    m(torch.ones(1))
    return list(log), len(m._forward_hooks)


def handle_as_context(torch: Any) -> Any:
    log, m = Log(), double(torch)
    with m.register_forward_pre_hook(log.hook("a")):
        m(torch.ones(1))
    m(torch.ones(1))
    return list(log)


def pre_hook_that_changes_the_argument(torch: Any) -> Any:
    m = double(torch)
    m.register_forward_pre_hook(lambda module, args: args[0] + 1)
    m.register_forward_pre_hook(lambda module, args: (args[0] * 10,))
    return m(torch.ones(1))


def pre_hook_with_kwargs(torch: Any) -> Any:
    m, seen = double(torch), []
    m.register_forward_pre_hook(lambda module, args, kwargs: seen.append((args, kwargs)), with_kwargs=True)
    m.register_forward_pre_hook(lambda module, args, kwargs: ((args[0] * 3,), {**kwargs, "b": 2}), with_kwargs=True)
    m.register_forward_hook(lambda module, args, kwargs, out: seen.append((args, kwargs, out)), with_kwargs=True)
    return m(torch.ones(1), a=1), seen


def pre_hook_with_kwargs_that_returns_something_else(torch: Any) -> Any:
    m = double(torch)
    m.register_forward_pre_hook(lambda module, args, kwargs: args, with_kwargs=True)
    return m(torch.ones(1))


def hook_that_changes_the_result(torch: Any) -> Any:
    m = double(torch)
    m.register_forward_hook(lambda module, args, out: out + 1)
    m.register_forward_hook(lambda module, args, out: [out])
    return m(torch.ones(1))


def hook_that_is_called_always(torch: Any) -> Any:
    m, log = fails(torch), Log()
    m.register_forward_hook(log.hook("never"))
    m.register_forward_hook(log.hook("always"), always_call=True)
    m.register_forward_hook(log.hook("always, kwargs"), always_call=True, with_kwargs=True)
    try:
        m(torch.ones(1))
    except KeyError as error:
        return list(log), str(error)


def hook_that_is_called_always_and_fails(torch: Any) -> Any:
    m = fails(torch)

    def hook(module: Any, args: Any, out: Any) -> None:
        raise ValueError("from the hook")

    m.register_forward_hook(hook, always_call=True)
    return m(torch.ones(1))


def hook_that_is_called_always_runs_once(torch: Any) -> Any:
    m, log = double(torch), Log()

    def breaks(module: Any, args: Any, out: Any) -> None:
        raise ValueError("from the hook")

    m.register_forward_hook(log.hook("always"), always_call=True)
    m.register_forward_hook(breaks)
    try:
        m(torch.ones(1))
    except ValueError:
        return list(log)


def hooks_for_all_modules(torch: Any) -> Any:
    log, nn = Log(), module_of(torch)
    m = torch.nn.Sequential(double(torch))
    m.register_forward_hook(log.hook("own"))
    handles = [
        nn.register_module_forward_pre_hook(log.hook("before")),
        nn.register_module_forward_hook(log.hook("after")),
        nn.register_module_forward_hook(log.hook("after, kwargs"), with_kwargs=True),
    ]
    try:
        m(torch.ones(1))
    finally:
        for handle in handles:
            handle.remove()
    m(torch.ones(1))
    return list(log), len(nn._global_forward_hooks), len(nn._global_forward_pre_hooks)


def backward_hooks_for_all_modules(torch: Any) -> Any:
    seen: list[Any] = []
    nn, m = module_of(torch), double(torch)
    handles = [
        nn.register_module_full_backward_hook(lambda module, gi, go: seen.append((gi, go))),
        nn.register_module_full_backward_pre_hook(lambda module, go: seen.append(go)),
    ]
    try:
        m(torch.ones(2, requires_grad=True)).sum().backward()
    finally:
        for handle in handles:
            handle.remove()
    return seen


def full_backward_hook(torch: Any) -> Any:
    seen: list[Any] = []
    m = torch.nn.Linear(2, 3)
    m.register_full_backward_hook(lambda module, gi, go: seen.append((gi, go)))
    y = m(torch.ones(1, 2, requires_grad=True))
    y.sum().backward()
    return seen, y.grad_fn, m.weight.grad


def full_backward_hook_that_changes_the_gradient(torch: Any) -> Any:
    m, x = double(torch), torch.ones(2, requires_grad=True)
    m.register_full_backward_hook(lambda module, gi, go: (gi[0] * 5,))
    m(x).sum().backward()
    return x.grad


def full_backward_hooks_in_order(torch: Any) -> Any:
    log, m, x = Log(), double(torch), torch.ones(2, requires_grad=True)
    m.register_full_backward_hook(log.hook("a"))
    m.register_full_backward_hook(log.hook("b"), prepend=True)
    m.register_full_backward_pre_hook(log.hook("c"))
    m.register_full_backward_pre_hook(log.hook("d"), prepend=True)
    m(x).sum().backward()
    return list(log)


def full_backward_pre_hook_that_changes_the_gradient(torch: Any) -> Any:
    m, x = double(torch), torch.ones(2, requires_grad=True)
    m.register_full_backward_pre_hook(lambda module, go: (go[0] * 3,))
    m(x).sum().backward()
    return x.grad


def full_backward_hook_of_several_arguments(torch: Any) -> Any:
    seen: list[Any] = []

    class Mix(torch.nn.Module):  # type: ignore[misc]
        def forward(self, a: Any, n: int, b: Any, c: Any) -> Any:
            return a * n, b + c, "text"

    m = Mix()
    m.register_full_backward_hook(lambda module, gi, go: seen.append((gi, go)))
    m.register_full_backward_pre_hook(lambda module, go: seen.append(go))
    a, b = torch.ones(2, requires_grad=True), torch.ones(2)
    out = m(a, 2, b, torch.ones(2, requires_grad=True))
    out[1].sum().backward()
    return seen, out


def full_backward_hook_returns_the_wrong_number(torch: Any) -> Any:
    m = double(torch)
    m.register_full_backward_hook(lambda module, gi, go: (gi[0], gi[0]))
    m(torch.ones(2, requires_grad=True)).sum().backward()


def full_backward_pre_hook_returns_the_wrong_number(torch: Any) -> Any:
    m = double(torch)
    m.register_full_backward_pre_hook(lambda module, go: ())
    m(torch.ones(2, requires_grad=True)).sum().backward()


def full_backward_hook_without_inputs_that_require_grad(torch: Any) -> Any:
    seen: list[Any] = []
    m = torch.nn.Linear(2, 1)
    m.register_full_backward_hook(lambda module, gi, go: seen.append((gi, go)))
    m(torch.ones(1, 2)).sum().backward()
    return seen


def full_backward_hook_without_inputs_returns_a_gradient(torch: Any) -> Any:
    m = torch.nn.Linear(2, 1)
    m.register_full_backward_hook(lambda module, gi, go: (torch.ones(1, 2),))
    m(torch.ones(1, 2)).sum().backward()


def full_backward_hook_of_a_dict(torch: Any) -> Any:
    seen: list[Any] = []

    class Net(torch.nn.Module):  # type: ignore[misc]
        def forward(self, x: Any) -> Any:
            return {"y": x * 2}

    m = Net()
    m.register_full_backward_hook(lambda module, gi, go: seen.append((gi, go)))
    m(torch.ones(1, requires_grad=True))["y"].sum().backward()
    return seen


def full_backward_hook_without_recording(torch: Any) -> Any:
    seen: list[Any] = []
    m = double(torch)
    m.register_full_backward_hook(lambda module, gi, go: seen.append(1))
    with torch.no_grad():
        y = m(torch.ones(1, requires_grad=True))
    return y, seen


def full_backward_hook_and_writing_in_place(torch: Any) -> Any:
    m = double(torch)
    m.register_full_backward_hook(lambda module, gi, go: None)
    m(torch.ones(1, requires_grad=True)).add_(1)


def full_backward_hook_twice_through_the_module(torch: Any) -> Any:
    seen: list[Any] = []
    m, x = double(torch), torch.ones(1, requires_grad=True)
    m.register_full_backward_hook(lambda module, gi, go: seen.append((gi, go)))
    m(m(x)).sum().backward()
    return seen, x.grad


def full_backward_hook_with_retained_graph(torch: Any) -> Any:
    seen: list[Any] = []
    m, x = double(torch), torch.ones(1, requires_grad=True)
    m.register_full_backward_hook(lambda module, gi, go: seen.append((gi, go)))
    y = m(x).sum()
    y.backward(retain_graph=True)
    y.backward()
    return seen, x.grad


def older_backward_hook(torch: Any) -> Any:
    seen: list[Any] = []
    m, x = double(torch), torch.ones(1, requires_grad=True)
    m.register_backward_hook(lambda module, gi, go: seen.append((gi, go)))
    m(x * 1).sum().backward()
    return seen


def older_backward_hook_of_several_nodes(torch: Any) -> Any:
    seen: list[Any] = []
    m = torch.nn.Sequential(double(torch), double(torch))
    m.register_backward_hook(lambda module, gi, go: seen.append((gi, go)))
    m(torch.ones(1, requires_grad=True)).sum().backward()
    return seen


def older_backward_hook_of_a_list(torch: Any) -> Any:
    class Net(torch.nn.Module):  # type: ignore[misc]
        def forward(self, x: Any) -> Any:
            return [x * 2]

    m = Net()
    m.register_backward_hook(lambda module, gi, go: None)
    m(torch.ones(1, requires_grad=True))


def both_kinds_of_backward_hooks(torch: Any) -> Any:
    m = double(torch)
    m.register_backward_hook(lambda *a: None)
    m.register_full_backward_hook(lambda *a: None)


def both_kinds_of_backward_hooks_the_other_way(torch: Any) -> Any:
    m = double(torch)
    m.register_full_backward_hook(lambda *a: None)
    m.register_backward_hook(lambda *a: None)


def hooks_assigned_as_a_dictionary(torch: Any) -> Any:
    import collections

    log, m = Log(), double(torch)
    m._forward_hooks = collections.OrderedDict({0: log.hook("a")})
    m(torch.ones(1))
    m._forward_hooks[1] = log.hook("b")
    m(torch.ones(1))
    return list(log)


def hooks_are_copied(torch: Any) -> Any:
    import copy

    log, m = Log(), torch.nn.ReLU()
    m.register_forward_hook(log.hook("a"))
    copied = copy.deepcopy(m)
    m._forward_hooks.clear()
    copied(torch.ones(1))
    m(torch.ones(1))
    return len(copied._forward_hooks), len(m._forward_hooks)


def hook_on_forward_replaced_on_the_instance(torch: Any) -> Any:
    m = double(torch)
    m.forward = lambda x: x * 7
    return m(torch.ones(1))


def calling_implementations(torch: Any) -> Any:
    m, x = double(torch), torch.ones(1)
    return m._call_impl(x), m._wrapped_call_impl(x), m.__call__(x), m._slow_forward(x)


def handle_numbers_its_hook(torch: Any) -> Any:
    m = double(torch)
    first, second = m.register_forward_hook(print), m.register_forward_hook(print)
    return second.id - first.id, list(m._forward_hooks) == [first.id, second.id]


def handle_removes_extra_entries(torch: Any) -> Any:
    m = double(torch)
    handle = m.register_forward_hook(print, with_kwargs=True, always_call=True)
    before = [len(d) for d in (m._forward_hooks, m._forward_hooks_with_kwargs, m._forward_hooks_always_called)]
    handle.remove()
    return before, [len(d) for d in (m._forward_hooks, m._forward_hooks_with_kwargs, m._forward_hooks_always_called)]
