"""Dual numbers: autograd.forward_ad."""

from __future__ import annotations

from typing import Any


def ad(lib: Any) -> Any:
    return lib.autograd.forward_ad


def dual(torch: Any, values: Any = (1.0, 2.0), along: Any = (1.0, -1.0), **more: Any) -> Any:
    return ad(torch).make_dual(torch.tensor(values, **more), torch.tensor(along))


def parts(torch: Any, t: Any) -> Any:
    """Values and tangent of a dual tensor, without histories."""
    primal, tangent = ad(torch).unpack_dual(t)
    return primal.detach(), None if tangent is None else tangent.detach()


def along(torch: Any, f: Any, *values: Any) -> Any:
    """f at dual arguments."""
    with ad(torch).dual_level():
        duals = [dual(torch, v, [0.5 * (i + 1) for i in range(len(v))]) for v in values]
        results = f(*duals)
        results = results if isinstance(results, (tuple, list)) else [results]
        return [parts(torch, r) for r in results]


# -- levels ------------------------------------------------------------------------------------------------------------


def make_dual_without_level(torch: Any) -> Any:
    return dual(torch)


def level_number(torch: Any) -> Any:
    with ad(torch).dual_level() as level:
        return level


def nested_levels(torch: Any) -> Any:
    with ad(torch).dual_level(), ad(torch).dual_level():
        return None


def enter_and_exit(torch: Any) -> Any:
    level = ad(torch).enter_dual_level()
    found = ad(torch).unpack_dual(dual(torch), level=level)
    ad(torch).exit_dual_level(level=level)
    return level, found


def exit_of_another_level(torch: Any) -> Any:
    with ad(torch).dual_level():
        ad(torch).exit_dual_level(level=3)


def tangents_end_with_their_level(torch: Any) -> Any:
    with ad(torch).dual_level():
        x = dual(torch)
    with ad(torch).dual_level():
        return parts(torch, x), parts(torch, x * 2)


def level_as_decorator(torch: Any) -> Any:
    @ad(torch).dual_level()
    def f() -> Any:
        return parts(torch, dual(torch) * 3)

    return f()


# -- make_dual, unpack_dual --------------------------------------------------------------------------------------------


def printed(torch: Any) -> Any:
    with ad(torch).dual_level():
        return repr(dual(torch)), repr(dual(torch) * 2), repr(ad(torch).unpack_dual(dual(torch)))


def unpack_of_no_dual(torch: Any) -> Any:
    with ad(torch).dual_level():
        return repr(ad(torch).unpack_dual(torch.ones(2)))


def unpack_without_level(torch: Any) -> Any:
    return repr(ad(torch).unpack_dual(torch.ones(2)))


def unpack_of_a_number(torch: Any) -> Any:
    with ad(torch).dual_level():
        return ad(torch).unpack_dual(3)


def dual_of_integers(torch: Any) -> Any:
    with ad(torch).dual_level():
        return ad(torch).make_dual(torch.ones(2, dtype=torch.int64), torch.ones(2))


def dual_with_integer_tangent(torch: Any) -> Any:
    with ad(torch).dual_level():
        return ad(torch).make_dual(torch.ones(2), torch.ones(2, dtype=torch.int64))


def dual_with_tangent_of_another_shape(torch: Any) -> Any:
    with ad(torch).dual_level():
        return ad(torch).make_dual(torch.ones(2), torch.ones(3))


def dual_of_a_dual(torch: Any) -> Any:
    with ad(torch).dual_level():
        return ad(torch).make_dual(dual(torch), torch.ones(2))


def dual_is_a_view(torch: Any) -> Any:
    with ad(torch).dual_level():
        x = torch.ones(2)
        d = ad(torch).make_dual(x, torch.ones(2))
        return d._is_view(), d._base is x, d.is_leaf, d.requires_grad, d.data_ptr() == x.data_ptr()


def dual_of_a_leaf_that_requires_grad(torch: Any) -> Any:
    with ad(torch).dual_level():
        d = ad(torch).make_dual(torch.ones(2, requires_grad=True), torch.ones(2))
        return d.is_leaf, d.requires_grad, d.grad_fn.name()


def detach_and_data_drop_the_tangent(torch: Any) -> Any:
    with ad(torch).dual_level():
        x = dual(torch)
        return parts(torch, x.detach()), parts(torch, x.data), parts(torch, x.clone())


def tangents_pass_under_no_grad(torch: Any) -> Any:
    with ad(torch).dual_level(), torch.no_grad():
        return parts(torch, dual(torch) * 2)


def switched_off(torch: Any) -> Any:
    with ad(torch).dual_level(), ad(torch)._set_fwd_grad_enabled(False):
        return parts(torch, dual(torch) * 2)


def complex_dual(torch: Any) -> Any:
    with ad(torch).dual_level():
        z = ad(torch).make_dual(torch.tensor([1 + 2j]), torch.tensor([0.5 - 1j]))
        return [parts(torch, r) for r in (z * z, z.exp(), z.abs(), z.real, z.conj() * z, z.angle(), 1 / z)]


# -- operations --------------------------------------------------------------------------------------------------------


def of_pointwise_operations(torch: Any) -> Any:
    return along(torch, lambda x: [x.exp(), x.sin(), x**2, 1 / x, x.sigmoid(), x.relu(), x.abs(), -x], (1.0, -2.0))


def of_two_operands(torch: Any) -> Any:
    return along(torch, lambda x, y: [x * y, x / y, x - y, x**y, torch.atan2(x, y), torch.maximum(x, y)],
                 (1.0, 2.0), (3.0, 1.5))  # fmt: skip


def of_numbers_and_broadcasting(torch: Any) -> Any:
    return along(torch, lambda x: [x + 1, 2 - x, x * 3, x[:, None] * x, x + torch.ones(3, 2)], (1.0, 2.0))


def of_mixed_types(torch: Any) -> Any:
    return along(torch, lambda x: [x * torch.tensor([1, 2]), x + torch.ones(2, dtype=torch.float64)], (1.0, 2.0))


def of_reductions(torch: Any) -> Any:
    return along(
        torch, lambda x: [x.sum(), x.mean(), x.prod(), x.norm(), x.logsumexp(0), x.max(), x.std(), x.cumsum(0)],
                 (1.0, 2.0, 4.0))  # fmt: skip


def of_results_with_indices(torch: Any) -> Any:
    return along(
        torch, lambda x: [x.max(0).values, x.sort().values, x.topk(2).values, x.median(), x.kthvalue(2).values],
                 (3.0, 1.0, 2.0))  # fmt: skip


def of_products(torch: Any) -> Any:
    return along(torch, lambda x, y: [x @ y, torch.outer(x, y), x[None] @ y[:, None], torch.einsum("i,j->ij", x, y)],
                 (1.0, 2.0), (3.0, 4.0))  # fmt: skip


def of_views(torch: Any) -> Any:
    return along(
        torch, lambda x: [x[1:], x[0], x.view(2, 2).t(), x.reshape(2, 2)[:, 1], x.unsqueeze(0), x.expand(2, 4)],
                 (1.0, 2.0, 3.0, 4.0))  # fmt: skip


def of_splits(torch: Any) -> Any:
    return along(torch, lambda x: [*x.unbind(), *x.split(2), *x.chunk(2)], (1.0, 2.0, 3.0, 4.0))


def of_joins(torch: Any) -> Any:
    return along(torch, lambda x, y: [torch.cat([x, y]), torch.stack([y, x]), torch.cat([x, torch.ones(1)])],
                 (1.0, 2.0), (3.0, 4.0))  # fmt: skip


def of_indexing(torch: Any) -> Any:
    i = torch.tensor([2, 0, 0])
    return along(
        torch, lambda x: [x[i], x[x > 1.5], x.gather(0, i), x.index_select(0, i), x.take(i), x.roll(1), x.flip(0)],
                 (1.0, 2.0, 3.0))  # fmt: skip


def of_where_and_clamp(torch: Any) -> Any:
    return along(torch, lambda x: [torch.where(x > 1.5, x, -x), x.clamp(1.5, 2.5), x.masked_fill(x > 2, 0.0)],
                 (1.0, 2.0, 3.0))  # fmt: skip


def of_losses(torch: Any) -> Any:
    f = torch.nn.functional
    return along(torch, lambda x, y: [f.mse_loss(x, y), f.l1_loss(x, y), f.smooth_l1_loss(x, y), f.softmax(x, 0),
                                      f.log_softmax(x, 0), f.cross_entropy(x[None], torch.tensor([1]))],
                 (1.0, 2.0), (0.5, 4.0))  # fmt: skip


def of_layers(torch: Any) -> Any:
    f = torch.nn.functional
    w, b = torch.arange(6.0).reshape(2, 3) / 5, torch.ones(2)
    return along(torch, lambda x: [f.linear(x, w, b), f.layer_norm(x**2, (3,)), f.gelu(x), f.softplus(x)],
                 (1.0, 2.5, 0.5))  # fmt: skip


def of_convolutions(torch: Any) -> Any:
    f = torch.nn.functional
    w = torch.arange(4.0).reshape(2, 1, 2)
    return along(torch, lambda x: [f.conv1d(x[None, None], w), f.max_pool1d(x[None, None], 2),
                                   f.avg_pool1d(x[None, None], 2)], (1.0, 2.5, 0.5, 3.0))  # fmt: skip


def of_matrices(torch: Any) -> Any:
    return along(torch, lambda x: [torch.linalg.inv(x.view(2, 2)), torch.linalg.det(x.view(2, 2)),
                                   torch.linalg.solve(x.view(2, 2), torch.ones(2))], (1.0, 2.0, 3.0, 5.0))  # fmt: skip


# -- in place ----------------------------------------------------------------------------------------------------------


def in_place(torch: Any) -> Any:
    with ad(torch).dual_level():
        x = dual(torch)
        x.mul_(3).add_(1)
        return parts(torch, x)


def in_place_of_a_dual_into_another_tensor(torch: Any) -> Any:
    with ad(torch).dual_level():
        x, y = dual(torch), torch.ones(2)
        y.mul_(x)
        return parts(torch, y)


def in_place_by_a_view(torch: Any) -> Any:
    with ad(torch).dual_level():
        x = dual(torch)
        y = x * 1
        y[0] *= 5
        return parts(torch, y)


def assignment_to_elements(torch: Any) -> Any:
    with ad(torch).dual_level():
        b = torch.zeros(3)
        b[1:] = dual(torch)
        return parts(torch, b)


def overwritten_by_a_constant(torch: Any) -> Any:
    with ad(torch).dual_level():
        x = dual(torch) * 1
        x.zero_()
        y = dual(torch) * 1
        y.copy_(torch.ones(2))
        z = dual(torch) * 1
        z[0] = 7.0
        return parts(torch, x), parts(torch, y), parts(torch, z)


def in_place_shape(torch: Any) -> Any:
    with ad(torch).dual_level():
        x = dual(torch, ((1.0, 2.0),), ((1.0, -1.0),)) * 1
        x.t_()
        return parts(torch, x)


# -- with reverse mode -------------------------------------------------------------------------------------------------


def reverse_inside_forward(torch: Any) -> Any:
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    with ad(torch).dual_level():
        d = ad(torch).make_dual(x, torch.tensor([1.0, 0.5]))
        (g,) = torch.autograd.grad((d**3).sum(), x)
        return parts(torch, g)


def forward_of_recorded_results(torch: Any) -> Any:
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    with ad(torch).dual_level():
        d = ad(torch).make_dual(x, torch.tensor([1.0, 0.5]))
        tangent = ad(torch).unpack_dual(d**3).tangent
        return torch.autograd.grad(tangent.sum(), x)


def backward_leaves_no_tangent_in_grad(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    with ad(torch).dual_level():
        d = ad(torch).make_dual(x, torch.ones(2))
        (d**3).sum().backward()
        return parts(torch, x.grad)


def hessian_vector_product(torch: Any) -> Any:
    x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    with ad(torch).dual_level():
        d = ad(torch).make_dual(x, torch.tensor([1.0, 0.0, -1.0]))
        y = (d[0] * d[1].exp() + d[2] ** 3 * d[0]).sin()
        (g,) = torch.autograd.grad(y, x)
        return parts(torch, g)


def derivative_through_saved_results(torch: Any) -> Any:
    x = torch.tensor([0.3, 0.6], requires_grad=True)
    with ad(torch).dual_level():
        d = ad(torch).make_dual(x, torch.tensor([1.0, 0.5]))
        (g,) = torch.autograd.grad((d.tanh() * d.exp()).softmax(0)[0], x)
        return parts(torch, g)


# -- custom functions --------------------------------------------------------------------------------------------------


def custom(lib: Any) -> Any:
    class Cube(lib.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_forward(x)
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return 3 * ctx.saved_tensors[0] ** 2 * g

        @staticmethod
        def jvp(ctx: Any, t: Any) -> Any:
            return 3 * ctx.saved_tensors[0] ** 2 * t

    return Cube


def custom_jvp(torch: Any) -> Any:
    with ad(torch).dual_level():
        return parts(torch, custom(torch).apply(dual(torch)))


def custom_jvp_of_several(torch: Any) -> Any:
    class Both(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, y: Any) -> Any:
            ctx.save_for_forward(x, y)
            return x * y, x + y

        @staticmethod
        def jvp(ctx: Any, s: Any, t: Any) -> Any:
            x, y = ctx.saved_tensors
            return s * y + x * t, s + t

    with ad(torch).dual_level():
        results = Both.apply(dual(torch), torch.ones(2))
        return [parts(torch, r) for r in results]


def custom_jvp_without_materialized_tangents(torch: Any) -> Any:
    seen = []

    class First(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, y: Any) -> Any:
            ctx.set_materialize_grads(False)
            return x * 2

        @staticmethod
        def jvp(ctx: Any, s: Any, t: Any) -> Any:
            seen.append(t is None)
            return s * 2

    with ad(torch).dual_level():
        return parts(torch, First.apply(dual(torch), torch.ones(2))), seen
