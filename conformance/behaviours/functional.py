"""autograd.functional: products with Jacobians and Hessians, and these themselves."""

from __future__ import annotations

import warnings
from typing import Any


def functional(lib: Any) -> Any:
    return lib.autograd.functional


def vector(torch: Any, *values: float, **more: Any) -> Any:
    return torch.tensor(values, **more)


def two(lib: Any) -> Any:
    return vector(lib, 1.0, 2.0), vector(lib, 3.0, -1.0)


def cube(x: Any) -> Any:
    return (x**3).sum()


# -- vjp ---------------------------------------------------------------------------------------------------------------


def vjp_of_one_input(torch: Any) -> Any:
    return functional(torch).vjp(lambda x: x.exp(), vector(torch, 1.0, 2.0), torch.ones(2))


def vjp_of_a_scalar_needs_no_v(torch: Any) -> Any:
    return functional(torch).vjp(cube, vector(torch, 1.0, 2.0))


def vjp_of_several(torch: Any) -> Any:
    v = (torch.ones(2), vector(torch, 0.5, 2.0))
    return functional(torch).vjp(lambda x, y: (x * y, x - y), two(torch), v)


def vjp_without_v(torch: Any) -> Any:
    functional(torch).vjp(lambda x: x * 2, torch.ones(2))


def vjp_with_v_of_another_shape(torch: Any) -> Any:
    functional(torch).vjp(lambda x: x * 2, torch.ones(2), torch.ones(3))


def vjp_with_entry_of_another_shape(torch: Any) -> Any:
    functional(torch).vjp(lambda x: (x * 2, x * 3), torch.ones(2), (torch.ones(2), torch.ones(3)))


def vjp_with_too_many_vs(torch: Any) -> Any:
    functional(torch).vjp(lambda x: x * 2, torch.ones(2), (torch.ones(2), torch.ones(2)))


def vjp_with_too_few_vs(torch: Any) -> Any:
    functional(torch).vjp(lambda x: (x * 2, x), torch.ones(2), torch.ones(2))


def vjp_of_a_list(torch: Any) -> Any:
    functional(torch).vjp(cube, [torch.ones(2)])


def vjp_of_a_tuple_with_a_number(torch: Any) -> Any:
    functional(torch).vjp(lambda x, y: cube(x), (torch.ones(2), 3))


def vjp_of_a_function_with_a_number_for_result(torch: Any) -> Any:
    functional(torch).vjp(lambda x: 3.0, torch.ones(2))


def vjp_with_a_number_for_v(torch: Any) -> Any:
    functional(torch).vjp(lambda x: x * 2, torch.ones(2), 3.0)


def vjp_of_an_unused_input_is_zero(torch: Any) -> Any:
    return functional(torch).vjp(lambda x, y: cube(x), two(torch))


def vjp_strict_of_an_unused_input(torch: Any) -> Any:
    functional(torch).vjp(lambda x, y: cube(x), two(torch), strict=True)


def vjp_strict_of_a_constant(torch: Any) -> Any:
    functional(torch).vjp(lambda x: torch.ones(()), torch.ones(2), strict=True)


def vjp_strict_of_a_detached_result(torch: Any) -> Any:
    functional(torch).vjp(lambda x: (x.sum(), x.detach()), torch.ones(2), (torch.ones(()), torch.ones(2)), strict=True)


def vjp_of_a_detached_result(torch: Any) -> Any:
    return functional(torch).vjp(lambda x: x.detach().sum(), torch.ones(2))


def vjp_strict_linear_with_create_graph(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    functional(torch).vjp(lambda x: x.sum(), x, create_graph=True, strict=True)


def vjp_with_create_graph(torch: Any) -> Any:
    x = vector(torch, 1.0, 2.0, requires_grad=True)
    y, g = functional(torch).vjp(cube, x, create_graph=True)
    g.sum().backward()
    return y, g, x.grad


def vjp_with_create_graph_of_v(torch: Any) -> Any:
    v = torch.ones(2, requires_grad=True)
    _, g = functional(torch).vjp(lambda x: x.exp(), torch.zeros(2), v, create_graph=True)
    return torch.autograd.grad(g.sum(), v)


def vjp_leaves_grad_alone(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    y, g = functional(torch).vjp(cube, x)
    return y, g, x.grad


def vjp_under_no_grad(torch: Any) -> Any:
    with torch.no_grad():
        return functional(torch).vjp(cube, torch.ones(2)), torch.is_grad_enabled()


def vjp_of_complex_numbers(torch: Any) -> Any:
    x = torch.tensor([1 + 2j, 3 - 1j])
    return functional(torch).vjp(lambda x: x * x, x, torch.ones(2, dtype=torch.complex64))[1].abs()


def vjp_of_integers(torch: Any) -> Any:
    functional(torch).vjp(lambda x: x.sum(), torch.tensor([1, 2]))


# -- jvp ---------------------------------------------------------------------------------------------------------------


def jvp_of_one_input(torch: Any) -> Any:
    return functional(torch).jvp(lambda x: x.exp(), vector(torch, 1.0, 2.0), vector(torch, 1.0, 0.0))


def jvp_of_several(torch: Any) -> Any:
    v = (torch.ones(2), vector(torch, 0.5, 2.0))
    return functional(torch).jvp(lambda x, y: (x * y, x - y), two(torch), v)


def jvp_of_one_number_needs_no_v(torch: Any) -> Any:
    return functional(torch).jvp(lambda x: x**2, torch.tensor(3.0))


def jvp_without_v(torch: Any) -> Any:
    functional(torch).jvp(lambda x: x * 2, torch.ones(2))


def jvp_with_v_of_another_shape(torch: Any) -> Any:
    functional(torch).jvp(lambda x: x * 2, torch.ones(2), torch.ones(3))


def jvp_of_a_linear_function(torch: Any) -> Any:
    return functional(torch).jvp(lambda x: x * 2, torch.ones(2), torch.ones(2))


def jvp_of_an_unused_input(torch: Any) -> Any:
    return functional(torch).jvp(lambda x, y: x.exp(), two(torch), two(torch))


def jvp_of_a_constant(torch: Any) -> Any:
    return functional(torch).jvp(lambda x: torch.ones(2), torch.ones(2), torch.ones(2))


def jvp_strict_of_an_unused_input(torch: Any) -> Any:
    functional(torch).jvp(lambda x, y: x.exp(), two(torch), two(torch), strict=True)


def jvp_strict_of_a_constant(torch: Any) -> Any:
    functional(torch).jvp(lambda x: torch.ones(2), torch.ones(2), torch.ones(2), strict=True)


def jvp_with_create_graph(torch: Any) -> Any:
    x = vector(torch, 1.0, 2.0, requires_grad=True)
    y, t = functional(torch).jvp(lambda x: x**3, x, torch.ones(2), create_graph=True)
    t.sum().backward()
    return y, t.detach(), t.requires_grad, x.grad


def jvp_strict_linear_with_create_graph(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    functional(torch).jvp(lambda x: x * 2, x, torch.ones(2), create_graph=True, strict=True)


# -- jacobian ----------------------------------------------------------------------------------------------------------


def jacobian_of_a_vector_function(torch: Any) -> Any:
    return functional(torch).jacobian(lambda x: x.exp().cumsum(0), vector(torch, 0.0, 1.0, 2.0))


def jacobian_of_a_matrix(torch: Any) -> Any:
    return functional(torch).jacobian(lambda x: x.exp().sum(1), torch.arange(6.0).reshape(2, 3))


def jacobian_of_several_inputs(torch: Any) -> Any:
    return functional(torch).jacobian(lambda x, y: x * y.sum(), two(torch))


def jacobian_of_several_results(torch: Any) -> Any:
    return functional(torch).jacobian(lambda x: (x * 2, x.sum()), vector(torch, 1.0, 2.0))


def jacobian_of_several_of_both(torch: Any) -> Any:
    return functional(torch).jacobian(lambda x, y: (x * y, x.sum() * y), two(torch))


def jacobian_of_tuples_of_one(torch: Any) -> Any:
    return functional(torch).jacobian(lambda x: (x * 2,), (torch.ones(2),))


def jacobian_of_a_scalar_function(torch: Any) -> Any:
    return functional(torch).jacobian(cube, vector(torch, 1.0, 2.0))


def jacobian_of_a_number(torch: Any) -> Any:
    return functional(torch).jacobian(lambda x: x**2, torch.tensor(3.0))


def jacobian_of_an_unused_input(torch: Any) -> Any:
    return functional(torch).jacobian(lambda x, y: x * 2, two(torch))


def jacobian_of_a_constant(torch: Any) -> Any:
    return functional(torch).jacobian(lambda x: torch.ones(3), torch.ones(2))


def jacobian_of_an_empty_result(torch: Any) -> Any:
    return functional(torch).jacobian(lambda x: x[:0], torch.ones(2)).shape


def jacobian_vectorized(torch: Any) -> Any:
    return functional(torch).jacobian(lambda x, y: (x * y, y.exp()), two(torch), vectorize=True)


def jacobian_forward_mode_vectorized(torch: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's first use of its forward mode compiles deprecated scripts
        return functional(torch).jacobian(
            lambda x: x.exp().cumsum(0), vector(torch, 0.0, 1.0), vectorize=True, strategy="forward-mode"
        )


def jacobian_forward_mode_by_loop(torch: Any) -> Any:
    functional(torch).jacobian(cube, torch.ones(2), strategy="forward-mode")


def jacobian_forward_mode_with_create_graph(torch: Any) -> Any:
    functional(torch).jacobian(cube, torch.ones(2), create_graph=True, strategy="forward-mode", vectorize=True)


def jacobian_forward_mode_strict(torch: Any) -> Any:
    functional(torch).jacobian(cube, torch.ones(2), strict=True, strategy="forward-mode", vectorize=True)


def jacobian_forward_mode_with_everything(torch: Any) -> Any:
    functional(torch).jacobian(cube, torch.ones(2), strict=True, create_graph=True, strategy="forward-mode")


def jacobian_of_an_unknown_strategy(torch: Any) -> Any:
    functional(torch).jacobian(cube, torch.ones(2), strategy="sideways")


def jacobian_strict_and_vectorized(torch: Any) -> Any:
    functional(torch).jacobian(cube, torch.ones(2), strict=True, vectorize=True)


def jacobian_strict_of_an_unused_input(torch: Any) -> Any:
    functional(torch).jacobian(lambda x, y: x * 2, two(torch), strict=True)


def jacobian_strict_of_a_constant(torch: Any) -> Any:
    functional(torch).jacobian(lambda x: torch.ones(2), torch.ones(2), strict=True)


def jacobian_strict_linear_with_create_graph(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    functional(torch).jacobian(lambda x: x * 2, x, strict=True, create_graph=True)


def jacobian_with_create_graph(torch: Any) -> Any:
    x = vector(torch, 1.0, 2.0, requires_grad=True)
    j = functional(torch).jacobian(lambda x: x.exp() * x.sum(), x, create_graph=True)
    j.sum().backward()
    return j.detach(), j.requires_grad, x.grad


def jacobian_without_create_graph_is_not_recorded(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    return functional(torch).jacobian(lambda x: x * x, x), x.grad


def jacobian_keeps_the_dtype(torch: Any) -> Any:
    return functional(torch).jacobian(lambda x: x.double() ** 2, torch.ones(2))


def jacobian_under_no_grad(torch: Any) -> Any:
    with torch.no_grad():
        return functional(torch).jacobian(lambda x: x * x, torch.ones(2))


def jacobian_of_a_function_with_a_list(torch: Any) -> Any:
    functional(torch).jacobian(lambda x: [x], torch.ones(2))


# -- hessian -----------------------------------------------------------------------------------------------------------


def rosenbrock(x: Any) -> Any:
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


def hessian_of_rosenbrock(torch: Any) -> Any:
    return functional(torch).hessian(rosenbrock, vector(torch, 0.5, 1.0, 1.5))


def hessian_of_several(torch: Any) -> Any:
    return functional(torch).hessian(lambda x, y: (x * x * y).sum() + y.prod(), two(torch))


def hessian_of_a_tuple_of_one(torch: Any) -> Any:
    return functional(torch).hessian(cube, (vector(torch, 1.0, 2.0),))


def hessian_of_one_element(torch: Any) -> Any:
    return functional(torch).hessian(lambda x: x**3, torch.ones(1))


def hessian_of_a_linear_function(torch: Any) -> Any:
    return functional(torch).hessian(lambda x: x.sum(), torch.ones(2))


def hessian_strict_of_a_linear_function(torch: Any) -> Any:
    functional(torch).hessian(lambda x: x.sum(), torch.ones(2), strict=True)


def hessian_strict_of_an_unused_input(torch: Any) -> Any:
    functional(torch).hessian(lambda x, y: cube(x), two(torch), strict=True)


def hessian_of_an_unused_input(torch: Any) -> Any:
    return functional(torch).hessian(lambda x, y: cube(x), two(torch))


def hessian_of_a_vector_function(torch: Any) -> Any:
    functional(torch).hessian(lambda x: x**2, torch.ones(2))


def hessian_of_several_results(torch: Any) -> Any:
    functional(torch).hessian(lambda x: (x.sum(), x.sum()), torch.ones(2))


def hessian_of_a_number_for_result(torch: Any) -> Any:
    functional(torch).hessian(lambda x: 1.0, torch.ones(2))


def hessian_of_a_list(torch: Any) -> Any:
    functional(torch).hessian(cube, [torch.ones(2)])


def hessian_vectorized(torch: Any) -> Any:
    return functional(torch).hessian(rosenbrock, vector(torch, 0.5, 1.0, 1.5), vectorize=True)


def hessian_forward_over_reverse(torch: Any) -> Any:
    return (
        functional(torch)
        .hessian(
            lambda x: x.exp().prod(), vector(torch, 0.5, 1.0), vectorize=True, outer_jacobian_strategy="forward-mode"
        )
        .detach()
    )


def hessian_of_an_unknown_strategy(torch: Any) -> Any:
    functional(torch).hessian(cube, torch.ones(2), outer_jacobian_strategy="sideways")


def hessian_with_create_graph(torch: Any) -> Any:
    x = vector(torch, 1.0, 2.0, requires_grad=True)
    h = functional(torch).hessian(lambda x: (x**4).sum(), x, create_graph=True)
    h.sum().backward()
    return h.detach(), h.requires_grad, x.grad


# -- hvp and vhp -------------------------------------------------------------------------------------------------------


def hvp_of_one_input(torch: Any) -> Any:
    return functional(torch).hvp(rosenbrock, vector(torch, 0.5, 1.0, 1.5), vector(torch, 1.0, -1.0, 2.0))


def vhp_of_one_input(torch: Any) -> Any:
    return functional(torch).vhp(rosenbrock, vector(torch, 0.5, 1.0, 1.5), vector(torch, 1.0, -1.0, 2.0))


def hvp_of_several(torch: Any) -> Any:
    return functional(torch).hvp(lambda x, y: (x * x * y).sum() + y.prod(), two(torch), two(torch))


def vhp_of_several(torch: Any) -> Any:
    return functional(torch).vhp(lambda x, y: (x * x * y).sum() + y.prod(), two(torch), two(torch))


def hvp_without_v(torch: Any) -> Any:
    functional(torch).hvp(cube, torch.ones(2))


def vhp_without_v(torch: Any) -> Any:
    functional(torch).vhp(cube, torch.ones(2))


def hvp_of_one_element_without_v(torch: Any) -> Any:
    return functional(torch).hvp(cube, torch.ones(1))


def vhp_of_one_element_without_v(torch: Any) -> Any:
    return functional(torch).vhp(cube, torch.ones(1))


def hvp_of_a_vector_function(torch: Any) -> Any:
    functional(torch).hvp(lambda x: x * x, torch.ones(2), torch.ones(2))


def vhp_of_several_results(torch: Any) -> Any:
    functional(torch).vhp(lambda x: (x.sum(), x.sum()), torch.ones(2), torch.ones(2))


def hvp_of_a_linear_function(torch: Any) -> Any:
    return functional(torch).hvp(lambda x: x.sum(), torch.ones(2), torch.ones(2))


def vhp_of_a_linear_function(torch: Any) -> Any:
    return functional(torch).vhp(lambda x: x.sum(), torch.ones(2), torch.ones(2))


def hvp_strict_of_a_linear_function(torch: Any) -> Any:
    functional(torch).hvp(lambda x: x.sum(), torch.ones(2), torch.ones(2), strict=True)


def vhp_strict_of_a_linear_function(torch: Any) -> Any:
    functional(torch).vhp(lambda x: x.sum(), torch.ones(2), torch.ones(2), strict=True)


def hvp_strict_of_an_unused_input(torch: Any) -> Any:
    functional(torch).hvp(lambda x, y: cube(x), two(torch), two(torch), strict=True)


def vhp_strict_of_an_unused_input(torch: Any) -> Any:
    functional(torch).vhp(lambda x, y: cube(x), two(torch), two(torch), strict=True)


def hvp_strict_of_a_quadratic(torch: Any) -> Any:
    return functional(torch).hvp(lambda x: (x * x).sum(), torch.ones(2), torch.ones(2), strict=True)


def vhp_strict_of_a_quadratic_with_create_graph(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    functional(torch).vhp(lambda x: (x * x).sum(), x, torch.ones(2), strict=True, create_graph=True)


def hvp_strict_of_a_quadratic_with_create_graph(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    functional(torch).hvp(lambda x: (x * x).sum(), x, torch.ones(2), strict=True, create_graph=True)


def hvp_with_create_graph(torch: Any) -> Any:
    x = vector(torch, 1.0, 2.0, requires_grad=True)
    _, h = functional(torch).hvp(lambda x: (x**4).sum(), x, torch.ones(2), create_graph=True)
    h.sum().backward()
    return h.detach(), x.grad


def vhp_with_create_graph(torch: Any) -> Any:
    x = vector(torch, 1.0, 2.0, requires_grad=True)
    _, h = functional(torch).vhp(lambda x: (x**4).sum(), x, torch.ones(2), create_graph=True)
    h.sum().backward()
    return h.detach(), x.grad


def vhp_with_v_of_another_shape(torch: Any) -> Any:
    functional(torch).vhp(cube, torch.ones(2), torch.ones(3))
