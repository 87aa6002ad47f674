"""Tensors made under inference_mode: which they are, and what they refuse afterwards."""

from __future__ import annotations

import copy
import pickle
import threading
from collections.abc import Callable
from typing import Any

import numpy as np


def inside(lib: Any, make: Callable[[], Any]) -> Any:
    """What a function returns under inference_mode."""
    with lib.inference_mode():
        return make()


def ones(lib: Any) -> Any:
    return inside(lib, lambda: lib.ones(3))


def outcome(call: Callable[[], Any]) -> Any:
    """What a call returns, or the error's text up to its first full stop (torch leaves no space after some)."""
    try:
        return call()
    except Exception as error:
        return str(error).split(".")[0]


def which(tensors: Any) -> list[bool]:
    return [t.is_inference() for t in tensors]


def factories(torch: Any) -> Any:
    def make() -> Any:
        x = torch.ones(2)
        return (x, torch.zeros(1), torch.rand(1), torch.tensor(1.0), torch.arange(3), torch.empty(1), torch.eye(2),
                torch.from_numpy(np.ones(2)), torch.as_tensor([1]), torch.full((1,), 2), torch.zeros_like(x),
                x.new_zeros(1), torch.Tensor([1]), torch.randperm(2), torch.linspace(0, 1, 3), x)  # fmt: skip

    return inside(torch, lambda: which(make())), which(inside(torch, make))


def results(torch: Any) -> Any:
    n, w = torch.ones(3), torch.ones(3, requires_grad=True)

    def make() -> Any:
        return (n + n, w * 2, w.sum(), torch.cat([n, n]), torch.where(n > 0, n, n), torch.softmax(n, 0), n.max(0)[0],
                n.sort()[1], n.clone(), torch.stack([w, w]), n.double(), n.float(), n.contiguous(), n[n > 0],
                n[[0, 1]], torch.ones(2, 2) @ torch.ones(2, 2), n.exp())  # fmt: skip

    return inside(torch, lambda: which(make())), which(inside(torch, make))


def views(torch: Any) -> Any:
    n, w = torch.ones(3), torch.ones(3, requires_grad=True)

    def make() -> Any:
        a = torch.ones(3)
        return (n[0], n.view(3), w[0], w.view(3), n.detach(), w.detach(), n.reshape(3), n.view(3, 1), n.data,
                n.expand(2, 3), w.data, n.chunk(3)[0], n[None],
                n.view(3)[0], a[0], a.view(3), a.detach(), a.data, a.view(3)[0],
                a.chunk(3)[1])  # fmt: skip

    return inside(torch, lambda: which(make())), which(inside(torch, make))


def views_made_afterwards(torch: Any) -> Any:
    a = ones(torch)
    return which([a[0], a.view(3), a.detach(), a.data, a.unbind()[0], a.reshape(3), a.float(), a.contiguous()])


def results_made_afterwards(torch: Any) -> Any:
    a, n, w = ones(torch), torch.ones(3), torch.ones(3, requires_grad=True)
    return which([a + 1, a.clone(), a * a, a.sum(), a.double(), a + n, a + w, a.exp(), torch.ones(3).copy_(a)])


def copies(torch: Any) -> Any:
    a, n = ones(torch), torch.ones(3)
    afterwards = which([copy.deepcopy(a), pickle.loads(pickle.dumps(a))])
    return afterwards, which(inside(torch, lambda: [copy.deepcopy(n), torch.nn.Parameter(n)])), a.numpy().tolist()


def parameters_made_inside(torch: Any) -> Any:
    p = inside(torch, lambda: torch.nn.Parameter(torch.ones(2)))
    return p.is_inference(), p.requires_grad, p.is_leaf, outcome(lambda: p * torch.ones(2, requires_grad=True))


def questions(torch: Any) -> Any:
    a = ones(torch)
    return torch.is_inference(a), a.is_leaf, a.requires_grad, a._base, a[0]._is_view(), repr(a)


def version_counters(torch: Any) -> Any:
    n = torch.ones(3)
    during = inside(torch, lambda: outcome(lambda: torch.ones(1)._version))
    part = inside(torch, lambda: n[0])
    return during, outcome(lambda: ones(torch)._version), part._version, outcome(lambda: ones(torch)[0]._version)


def saved_by_operations(torch: Any) -> Any:
    a, w = ones(torch), torch.ones(3, requires_grad=True)
    functional = torch.nn.functional
    row, weight = torch.ones(1, 3, requires_grad=True), torch.ones(2, 3, requires_grad=True)
    index = inside(torch, lambda: torch.tensor([0, 1]))
    calls: list[Callable[[], Any]] = [
        lambda: w * a,
        lambda: a * w,
        lambda: w / a,
        lambda: w**a,
        lambda: torch.ones(2, 3, requires_grad=True) @ a,
        lambda: functional.linear(a.view(1, 3), weight),
        lambda: functional.linear(row, inside(torch, lambda: torch.ones(2, 3))),
        lambda: functional.mse_loss(w, a),
        lambda: functional.binary_cross_entropy(torch.sigmoid(w), a),
        lambda: torch.where(inside(torch, lambda: torch.ones(3) > 0), w, w),
        lambda: w[index],
        lambda: torch.gather(w, 0, index),
        lambda: torch.einsum("i,i", w, a),
        lambda: torch.dot(w, a),
        lambda: torch.maximum(w, a),
        lambda: torch.clamp(w, min=a),
        lambda: torch.addcmul(torch.ones(3), w, a),
        lambda: w.masked_fill(inside(torch, lambda: torch.ones(3) > 0), 0.0),
        lambda: (w * 1).mul_(a),
    ]
    return [outcome(call) for call in calls]


def not_saved_by_operations(torch: Any) -> Any:
    a, w = ones(torch), torch.ones(3, requires_grad=True)
    results = [w + a, a - w, torch.cat([w, a]), torch.where(a > 0, w, w), w * a.clone(), torch.addcmul(w, a, a)]
    with torch.no_grad():
        results.append(w * a)
    return results


def saved_by_functions(torch: Any) -> Any:
    class Product(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, a: Any, b: Any) -> Any:
            ctx.save_for_backward(a, b)
            return a * b

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g, g

    w = torch.ones(3, requires_grad=True)
    made = inside(torch, lambda: Product.apply(torch.ones(3), w))
    return outcome(lambda: Product.apply(ones(torch), w)), made.is_inference(), made.requires_grad


def saved_under_hooks_and_checkpoints(torch: Any) -> Any:
    import importlib

    a, w = ones(torch), torch.ones(3, requires_grad=True)
    checkpoint = importlib.import_module(f"{torch.__name__}.utils.checkpoint").checkpoint
    with torch.autograd.graph.saved_tensors_hooks(lambda t: t, lambda t: t):
        hooked = outcome(lambda: w * a)
    return hooked, outcome(lambda: checkpoint(lambda x: x * w, a, use_reentrant=False))


def writes_afterwards(torch: Any) -> Any:
    n = torch.ones(3)

    def written(write: Callable[[Any], Any]) -> Any:
        a = ones(torch)
        return outcome(lambda: write(a))  # torch has written by then

    with torch.no_grad():
        unrecorded = written(lambda a: a.add_(1))
    return unrecorded, [
        written(write)
        for write in (
            lambda a: a.add_(1),
            lambda a: a.mul_(2),
            lambda a: a.__isub__(1),
            lambda a: a.zero_(),
            lambda a: a.fill_(5.0),
            lambda a: a.exp_(),
            lambda a: a.clamp_(min=4),
            lambda a: a.uniform_(),
            lambda a: a.copy_(n + 4),
            lambda a: a.__setitem__(0, 5.0),
            lambda a: a.__setitem__(n > 0, 5.0),
            lambda a: a.masked_fill_(n > 0, 5.0),
            lambda a: a.index_add_(0, torch.tensor([0]), torch.ones(1)),
            lambda a: a.scatter_(0, torch.tensor([0]), 5.0),
            lambda a: torch.exp(n, out=a),
            lambda a: torch.cat([n], out=a),
            lambda a: a.resize_(2),
            lambda a: a.unsqueeze_(0),
            lambda a: a.transpose_(0, 0),
            lambda a: a[0].add_(1),
            lambda a: a.view(3).mul_(2),
            lambda a: a.set_(n),
        )
    ]


def writes_inside(torch: Any) -> Any:
    n, w = torch.ones(3), torch.ones(3, requires_grad=True)
    m, a = w * 2, ones(torch)

    def write() -> None:
        for t in (n, w, m, a):
            t.add_(1)
        n[0].add_(1)

    inside(torch, write)
    return n, n._version, w, w._version, m, m._version, a, which([n, w, m, a])


def results_of_writes_inside(torch: Any) -> Any:
    out = torch.ones(3)

    def make() -> Any:
        return torch.ones(3).add_(1), torch.ones(3).resize_(2), torch.add(out, out, out=out), torch.ones(2, 3).t_()

    made = inside(torch, make)
    return which(made), made, out._version


def write_inside_makes_saved_values_stale(torch: Any) -> Any:
    m = torch.ones(3, requires_grad=True) * 1
    y = m * m
    inside(torch, lambda: m.add_(1))
    y.sum().backward()


def write_through_a_view_made_inside(torch: Any) -> Any:
    n, m = torch.ones(3), torch.ones(3, requires_grad=True) * 2
    of_plain, of_recorded = inside(torch, lambda: (n.view(3), m.view(3)))
    return of_plain.add_(1), n, outcome(lambda: of_recorded.add_(1))


def recorded_write_through_a_view_made_inside(torch: Any) -> Any:
    n = torch.ones(3)
    inside(torch, lambda: n.view(3)).mul_(torch.ones(3, requires_grad=True))


def gradients_required(torch: Any) -> Any:
    a = ones(torch)
    during = inside(torch, lambda: torch.ones(2).requires_grad_())
    return (
        during,
        outcome(lambda: a.requires_grad_()),
        outcome(lambda: setattr(a, "requires_grad", True)),
        a.requires_grad_(False),
        outcome(lambda: torch.nn.Parameter(a)),
        during * 2,
        (during + 1).sum().backward(),
        during.grad,
    )


def gradients_that_are_inference_tensors(torch: Any) -> Any:
    w = torch.ones(3, requires_grad=True)
    (w * w).backward(ones(torch))
    first = w.grad
    w.grad = ones(torch)
    added = outcome(lambda: (w * 2).sum().backward())
    twice = outcome(lambda: torch.autograd.grad(w * w, w, ones(torch), create_graph=True))
    return first, added, twice


def data_exchanged(torch: Any) -> Any:
    a, n = ones(torch), torch.ones(3)
    a.data, n.data = torch.zeros(3), ones(torch)
    return a.is_inference(), n.is_inference()


def mode_off_inside_of_on(torch: Any) -> Any:
    with torch.inference_mode():
        x = torch.ones(2)
        with torch.inference_mode(False):
            made = which([x, torch.ones(2), x + 1])
            return made, (torch.ones(2, requires_grad=True) * 2).requires_grad, outcome(lambda: x.add_(1))


def nested_modes(torch: Any) -> Any:
    with torch.inference_mode():
        a = torch.ones(1)
        with torch.inference_mode():
            b = torch.ones(1)
        c = torch.ones(1)
        with torch.inference_mode(False):
            d, early = torch.ones(1), a.is_inference()
        e = torch.ones(1)
    return which([a, b, c, d, e, torch.ones(1)]), early


def enable_grad_inside(torch: Any) -> Any:
    w = torch.ones(3, requires_grad=True)
    with torch.inference_mode(), torch.enable_grad():
        y = w * 2
        return (
            y.requires_grad,
            y.is_inference(),
            torch.is_grad_enabled(),
            torch.is_inference_mode_enabled(),
            w[:2].grad_fn,
        )


def set_grad_enabled_inside(torch: Any) -> Any:
    w = torch.ones(3, requires_grad=True)
    with torch.inference_mode():
        torch.set_grad_enabled(True)
        inner = torch.is_grad_enabled(), (w * 2).requires_grad
    return inner, torch.is_grad_enabled()


def no_grad_inside_and_around(torch: Any) -> Any:
    w = torch.ones(3, requires_grad=True)
    with torch.inference_mode(), torch.no_grad():
        first = w * 2
    with torch.no_grad():
        with torch.inference_mode():
            second = w * 2
        third, enabled = w * 2, torch.is_grad_enabled()
    return which([first, second, third]), enabled


def other_threads(torch: Any) -> Any:
    seen = []

    def look() -> None:
        seen.append((torch.ones(2).is_inference(), torch.is_inference_mode_enabled()))

    with torch.inference_mode():
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
        look()
    return seen


def generators(torch: Any) -> Any:
    @torch.inference_mode()
    def steps() -> Any:
        yield torch.ones(1)
        yield torch.ones(1)

    running = steps()
    first, between, second = next(running), torch.ones(1), next(running)
    return which([first, between, second])


def mode_of_a_context(torch: Any) -> Any:
    return torch.inference_mode().mode, torch.inference_mode(False).mode, torch.inference_mode(mode=False).clone().mode


def optimizer_steps(torch: Any) -> Any:
    p = inside(torch, lambda: torch.ones(2, requires_grad=True))
    p.grad = torch.ones(2)
    return outcome(lambda: torch.optim.SGD([p], lr=1.0).step())
