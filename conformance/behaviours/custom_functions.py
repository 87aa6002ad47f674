"""autograd.Function: what its users rely on."""

from __future__ import annotations

from typing import Any


def make(torch: Any, forward: Any, backward: Any, **more: Any) -> Any:
    """A Function from plain functions."""
    methods = {"forward": forward, "backward": backward, **more}
    return type("My", (torch.autograd.Function,), {name: staticmethod(f) for name, f in methods.items()})


def double(torch: Any, backward: Any) -> Any:
    """One argument, doubled, with the given backward; the result after a backward pass."""
    x = torch.ones(2, requires_grad=True)
    make(torch, lambda ctx, a: a * 2, backward).apply(x).sum().backward()
    return x.grad


def apply_and_backward(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    y = make(torch, lambda ctx, a, k: a * k, lambda ctx, g: (g * 2, None)).apply(x, 2)
    y.sum().backward()
    return y, y.grad_fn, type(y.grad_fn).__name__, x.grad


def too_few_gradients(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    make(torch, lambda ctx, a, k: a * k, lambda ctx, g: (g * 2,)).apply(x, 2).sum().backward()


def trailing_nones_are_allowed(torch: Any) -> Any:
    return double(torch, lambda ctx, g: (g * 2, None, None))


def too_many_gradients(torch: Any) -> Any:
    return double(torch, lambda ctx, g: (g, g))


def gradient_of_a_wrong_shape(torch: Any) -> Any:
    return double(torch, lambda ctx, g: torch.ones(3))


def gradient_that_is_no_tensor(torch: Any) -> Any:
    return double(torch, lambda ctx, g: 3)


def gradient_of_another_dtype_is_converted(torch: Any) -> Any:
    return double(torch, lambda ctx, g: g.double())


def no_gradient(torch: Any) -> Any:
    return double(torch, lambda ctx, g: None)


def results_that_are_no_tensors(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    return make(torch, lambda ctx, a: (a * 2, 5, None), lambda ctx, *g: g[0]).apply(x)


def unused_result_gets_zeros(torch: Any) -> Any:
    seen: list[Any] = []

    def backward(ctx: Any, *g: Any) -> Any:
        seen.extend(g)
        return g[0]

    x = torch.ones(2, requires_grad=True)
    make(torch, lambda ctx, a: (a * 2, a * 3), backward).apply(x)[0].sum().backward()
    return seen


def unused_result_gets_none_if_asked(torch: Any) -> Any:
    seen: list[Any] = []

    def forward(ctx: Any, a: Any) -> Any:
        ctx.set_materialize_grads(False)
        return a * 2, a * 3

    def backward(ctx: Any, *g: Any) -> Any:
        seen.extend(g)
        return g[0]

    x = torch.ones(2, requires_grad=True)
    make(torch, forward, backward).apply(x)[0].sum().backward()
    return seen


def saving_what_is_no_tensor(torch: Any) -> Any:
    def forward(ctx: Any, a: Any) -> Any:
        ctx.save_for_backward(a, 3)
        return a * 1

    make(torch, forward, lambda ctx, g: g).apply(torch.ones(2, requires_grad=True))


def make_exp(torch: Any, *_: Any) -> Any:
    """exp, written with its result saved."""

    def forward(ctx: Any, a: Any) -> Any:
        out = a.exp()
        ctx.save_for_backward(out)
        return out

    return make(torch, forward, lambda ctx, g: g * ctx.saved_tensors[0])


def saved_result_has_history(torch: Any) -> Any:
    exp = make_exp(torch)
    x = torch.ones(2, requires_grad=True)
    (g,) = torch.autograd.grad(exp.apply(x).sum(), x, create_graph=True)
    return g.detach(), torch.autograd.grad(g.sum(), x)


def saved_tensors_are_freed(torch: Any) -> Any:
    y = make_exp(torch).apply(torch.ones(2, requires_grad=True))
    y.sum().backward()
    y.sum().backward()


def saved_result_overwritten(torch: Any) -> Any:
    y = make_exp(torch).apply(torch.ones(2, requires_grad=True))
    y.add_(1)
    y.sum().backward()


def saved_input_overwritten(torch: Any) -> Any:
    def forward(ctx: Any, a: Any) -> Any:
        ctx.save_for_backward(a)
        return a * 1

    x = torch.ones(2, requires_grad=True) * 1
    y = make(torch, forward, lambda ctx, g: g * ctx.saved_tensors[0]).apply(x)
    x.add_(1)
    y.sum().backward()


def dirty_input(torch: Any) -> Any:
    def forward(ctx: Any, a: Any) -> Any:
        a.mul_(2)
        ctx.mark_dirty(a)
        return a

    f = make(torch, forward, lambda ctx, g: g * 2)
    x = torch.ones(2, requires_grad=True)
    z = x * 1
    r = f.apply(z)
    same = r is z
    r.sum().backward()
    return same, r, x.grad


def dirty_leaf(torch: Any) -> Any:
    def forward(ctx: Any, a: Any) -> Any:
        ctx.mark_dirty(a)
        return a

    make(torch, forward, lambda ctx, g: g).apply(torch.ones(2, requires_grad=True))


def input_returned_as_it_is(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    r = make(torch, lambda ctx, a: a, lambda ctx, g: g * 7).apply(x)
    r.sum().backward()
    return r is x, r, r._is_view(), x.grad


def non_differentiable_result(torch: Any) -> Any:
    def forward(ctx: Any, a: Any) -> Any:
        values, indices = a.sort()
        ctx.mark_non_differentiable(indices)
        return values, indices

    x = torch.tensor([2.0, 1.0], requires_grad=True)
    values, indices = make(torch, forward, lambda ctx, g, h: g).apply(x)
    values.sum().backward()
    return values, indices, x.grad


def under_no_grad(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    with torch.no_grad():
        return make(torch, lambda ctx, a: a * 2, lambda ctx, g: g).apply(x)


def setup_context_form(torch: Any) -> Any:
    seen: list[Any] = []

    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.k = inputs[1]
        ctx.save_for_backward(inputs[0], output)
        seen.append(ctx.needs_input_grad)

    f = make(torch, lambda a, k: a * k, lambda ctx, g: (g * ctx.k, None), setup_context=setup_context)
    x = torch.ones(2, requires_grad=True)
    y = f.apply(x, 3)
    saved = y.grad_fn.saved_tensors
    y.sum().backward()
    return seen, saved, x.grad


def once_differentiable_twice(torch: Any) -> Any:
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, g: Any) -> Any:
        return g * 2

    x = torch.ones(2, requires_grad=True)
    y = make(torch, lambda ctx, a: a * 2, backward).apply(x)
    (g,) = torch.autograd.grad(y.sum(), x, create_graph=True)
    return g.requires_grad


def backward_missing(torch: Any) -> Any:
    class Half(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, a: Any) -> Any:
            return a * 1

    Half.apply(torch.ones(2, requires_grad=True)).sum().backward()


def forward_missing(torch: Any) -> Any:
    torch.autograd.Function.apply(torch.ones(2, requires_grad=True))


def called_as_an_object(torch: Any) -> Any:
    make(torch, lambda ctx, a: a, lambda ctx, g: g)()(torch.ones(2))


def view_returned_and_written_into(torch: Any) -> Any:
    v = make(torch, lambda ctx, a: a.view(2, 1), lambda ctx, g: g.view(2)).apply(torch.ones(2, requires_grad=True) * 1)
    v.add_(1)


def several_views_returned_and_written_into(torch: Any) -> Any:
    f = make(torch, lambda ctx, a: (a[:1], a[1:]), lambda ctx, g, h: torch.cat([g, h]))
    v = f.apply(torch.ones(2, requires_grad=True) * 1)
    v[0].add_(1)


def backward_inside_backward(torch: Any) -> Any:
    def backward(ctx: Any, g: Any) -> Any:
        with torch.enable_grad():
            t = torch.full((2,), 3.0, requires_grad=True)
            (t * t).sum().backward()
        return g * t.grad

    return double(torch, backward)
