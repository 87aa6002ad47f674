"""gradcheck and gradgradcheck: what they accept, what they refuse and what they say."""

from __future__ import annotations

import itertools
from typing import Any


def custom(torch: Any, forward: Any, backward: Any, materialize: bool = True) -> Any:
    """A Function from two plain functions: of the argument, and of the cotangent and the argument."""

    class Custom(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            ctx.set_materialize_grads(materialize)
            return forward(x)

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return backward(g, *ctx.saved_tensors)

    return Custom.apply


def wrong_square(lib: Any) -> Any:
    return custom(lib, lambda x: x * x, lambda g, x: g * 3 * x)


def argument(lib: Any, *values: Any) -> Any:
    kind = lib.complex128 if any(isinstance(v, complex) for v in values) else lib.float64
    return lib.tensor(values or (1.0, 2.0), dtype=kind, requires_grad=True)


def whole_message(torch: Any, check: Any) -> Any:
    try:
        return check()
    except torch.autograd.gradcheck.__globals__["GradcheckError"] as error:
        return str(error)


def right_gradient(torch: Any) -> Any:
    return torch.autograd.gradcheck(lambda x: x.exp() * x.sum(), argument(torch))


def right_gradient_of_several(torch: Any) -> Any:
    x, y = argument(torch, 1.0, 2.0), argument(torch, 3.0, -1.0)
    return torch.autograd.gradcheck(lambda x, y: (x * y, x - y.sin()), (x, y))


def right_gradient_in_fast_mode(torch: Any) -> Any:
    return torch.autograd.gradcheck(lambda x: (x.exp() * x.sum(), x), argument(torch), fast_mode=True)


def right_gradient_of_complex_numbers(torch: Any) -> Any:
    return torch.autograd.gradcheck(lambda z: z * z.conj() * z, argument(torch, 1 + 2j, 0.5 - 1j))


def right_gradient_of_complex_numbers_in_fast_mode(torch: Any) -> Any:
    return torch.autograd.gradcheck(lambda z: z * z.conj() * z, argument(torch, 1 + 2j, 0.5 - 1j), fast_mode=True)


def right_gradient_from_complex_to_real(torch: Any) -> Any:
    return torch.autograd.gradcheck(lambda z: z.abs(), argument(torch, 1 + 2j, 0.5 - 1j))


def right_gradient_from_real_to_complex(torch: Any) -> Any:
    return torch.autograd.gradcheck(lambda x: x * (1 + 2j), argument(torch))


def wrong_gradient(torch: Any) -> Any:
    return whole_message(torch, lambda: torch.autograd.gradcheck(wrong_square(torch), argument(torch)))


def wrong_gradient_of_a_matrix(torch: Any) -> Any:
    x = torch.ones(2, 1, dtype=torch.float64, requires_grad=True)
    return whole_message(torch, lambda: torch.autograd.gradcheck(wrong_square(torch), x))


def wrong_gradient_in_fast_mode(torch: Any) -> Any:
    torch.autograd.gradcheck(wrong_square(torch), argument(torch), fast_mode=True)


def wrong_gradient_of_complex_numbers(torch: Any) -> Any:
    x = argument(torch, 1 + 1j, 2 + 0j)
    return whole_message(torch, lambda: torch.autograd.gradcheck(wrong_square(torch), x))


def wrong_gradient_of_complex_numbers_in_fast_mode(torch: Any) -> Any:
    torch.autograd.gradcheck(wrong_square(torch), argument(torch, 1 + 1j, 2 + 0j), fast_mode=True)


def wrong_gradient_from_complex_to_real(torch: Any) -> Any:
    bad = wrong_square(torch)
    x = argument(torch, 1 + 1j, 2 + 0j)
    return whole_message(torch, lambda: torch.autograd.gradcheck(lambda z: bad(z.abs()), x))


def wrong_gradient_from_real_to_complex(torch: Any) -> Any:
    bad = custom(torch, lambda x: x * 1j, lambda g, x: (g * 1j).real)
    return whole_message(torch, lambda: torch.autograd.gradcheck(bad, argument(torch)))


def wrong_gradient_of_the_second_of_each(torch: Any) -> Any:
    bad = wrong_square(torch)
    xs = argument(torch), argument(torch, 3.0, 4.0)
    return whole_message(torch, lambda: torch.autograd.gradcheck(lambda a, b: (a * b, bad(b)), xs))


def wrong_gradient_without_exception(torch: Any) -> Any:
    return torch.autograd.gradcheck(wrong_square(torch), argument(torch), raise_exception=False)


def wrong_gradient_within_a_wide_tolerance(torch: Any) -> Any:
    return torch.autograd.gradcheck(wrong_square(torch), argument(torch), atol=10)


def gradient_with_an_offset(torch: Any) -> Any:
    bad = custom(torch, lambda x: x * 2, lambda g, x: g + 1)
    return whole_message(torch, lambda: torch.autograd.gradcheck(bad, argument(torch)))


def gradient_that_changes(torch: Any) -> Any:
    counter = itertools.count()
    bad = custom(torch, lambda x: x * 2, lambda g, x: g * (2 + next(counter) * 1e-7))
    torch.autograd.gradcheck(bad, argument(torch))


def gradient_that_may_change(torch: Any) -> Any:
    counter = itertools.count()
    bad = custom(torch, lambda x: x * 2, lambda g, x: g * (2 + next(counter) * 1e-7))
    return torch.autograd.gradcheck(bad, argument(torch), nondet_tol=1e-3)


def gradient_that_ignores_the_cotangent_a_little(torch: Any) -> Any:
    bad = custom(torch, lambda x: x * 2, lambda g, x: g * 2 + 1e-7)
    torch.autograd.gradcheck(bad, argument(torch))


def no_input_requires_a_gradient(torch: Any) -> Any:
    torch.autograd.gradcheck(lambda x: x * 2, torch.ones(2))


def single_precision(torch: Any) -> Any:
    torch.autograd.gradcheck(lambda x: x**3, torch.ones(2, requires_grad=True))


def single_precision_linear(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    return torch.autograd.gradcheck(lambda x: x * 2, x, eps=1e-2, atol=1e-2)


def output_without_gradient_that_depends_on_the_input(torch: Any) -> Any:
    torch.autograd.gradcheck(lambda x: x.detach() * 2, argument(torch))


def output_without_gradient_that_is_constant(torch: Any) -> Any:
    return torch.autograd.gradcheck(lambda x: torch.ones(2, dtype=torch.float64), argument(torch))


def integer_outputs_are_left_out(torch: Any) -> Any:
    return torch.autograd.gradcheck(lambda x: (x * 2, x.argmax()), argument(torch))


def expanded_input(torch: Any) -> Any:
    x = torch.ones(1, dtype=torch.float64).expand(3).requires_grad_()
    torch.autograd.gradcheck(lambda x: x * 2, x)


def shape_that_depends_on_values(torch: Any) -> Any:
    torch.autograd.gradcheck(lambda x: x[x > 1], argument(torch))


def backward_that_fails_on_none(torch: Any) -> Any:
    def backward(g: Any, x: Any) -> Any:
        if g is None:
            raise RuntimeError("no gradient")
        return g * 2

    torch.autograd.gradcheck(custom(torch, lambda x: x * 2, backward, materialize=False), argument(torch))


def backward_that_fails_on_none_unchecked(torch: Any) -> Any:
    bad = custom(torch, lambda x: x * 2, lambda g, x: g * 2, materialize=False)
    return torch.autograd.gradcheck(bad, argument(torch), check_undefined_grad=False)


def backward_that_makes_something_of_none(torch: Any) -> Any:
    bad = custom(torch, lambda x: x * 2, lambda g, x: x if g is None else g * 2, materialize=False)
    torch.autograd.gradcheck(bad, argument(torch))


def backward_that_passes_none_on(torch: Any) -> Any:
    good = custom(torch, lambda x: x * 2, lambda g, x: None if g is None else g * 2, materialize=False)
    return torch.autograd.gradcheck(good, argument(torch))


def list_of_outputs(torch: Any) -> Any:
    return torch.autograd.gradcheck(lambda x: [x * 2, x.exp()], argument(torch))


def list_of_inputs(torch: Any) -> Any:
    return torch.autograd.gradcheck(lambda x: x * x, [argument(torch)])


def input_that_is_no_tensor(torch: Any) -> Any:
    return torch.autograd.gradcheck(lambda x, k: x * k, (argument(torch), 3))


def input_that_is_no_leaf(torch: Any) -> Any:
    return torch.autograd.gradcheck(lambda x: x * x, argument(torch) * 2)


def unused_input(torch: Any) -> Any:
    return torch.autograd.gradcheck(lambda x, y: x * x, (argument(torch), argument(torch)))


def transposed_input(torch: Any) -> Any:
    x = torch.arange(6, dtype=torch.float64).reshape(2, 3).t().requires_grad_()
    return torch.autograd.gradcheck(lambda x: x.cumsum(0) * x, x)


def inputs_are_left_as_they_were(torch: Any) -> Any:
    x = argument(torch)
    torch.autograd.gradcheck(lambda x: x * x, x)
    return x, x.grad


def forward_mode_too(torch: Any) -> Any:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's first use of its forward mode compiles deprecated scripts
        return torch.autograd.gradcheck(lambda x: x.exp() * x.sum(), argument(torch), check_forward_ad=True)


def neither_mode(torch: Any) -> Any:
    torch.autograd.gradcheck(lambda x: x, argument(torch), check_backward_ad=False)


def batched_without_backward(torch: Any) -> Any:
    torch.autograd.gradcheck(
        lambda x: x, argument(torch), check_backward_ad=False, check_forward_ad=True, check_batched_grad=True
    )


def batched_forward_without_forward(torch: Any) -> Any:
    torch.autograd.gradcheck(lambda x: x, argument(torch), check_batched_forward_grad=True)


def batched(torch: Any) -> Any:
    return torch.autograd.gradcheck(lambda x: x.exp(), argument(torch), check_batched_grad=True)


def positional_eps(torch: Any) -> Any:
    try:
        torch.autograd.gradcheck(lambda x: x, argument(torch), 1e-6)
    except TypeError as error:
        return str(error)


def error_is_a_runtime_error(torch: Any) -> Any:
    from importlib import import_module

    error = import_module(torch.autograd.gradcheck.__module__).GradcheckError
    return error.__name__, issubclass(error, RuntimeError)


def right_second_derivative(torch: Any) -> Any:
    return torch.autograd.gradgradcheck(lambda x: x**3 * x.sum(), argument(torch))


def right_second_derivative_in_fast_mode(torch: Any) -> Any:
    return torch.autograd.gradgradcheck(lambda x: x**3 * x.sum(), argument(torch), fast_mode=True)


def right_second_derivative_of_complex_numbers(torch: Any) -> Any:
    return torch.autograd.gradgradcheck(lambda z: z * z * z.conj(), argument(torch, 1 + 2j, 0.5 - 1j))


def second_derivative_of_a_linear_function(torch: Any) -> Any:
    return torch.autograd.gradgradcheck(lambda x: x * 3, argument(torch))


def second_derivative_with_cotangents(torch: Any) -> Any:
    return torch.autograd.gradgradcheck(lambda x: x**3, argument(torch), argument(torch))


def second_derivative_with_constant_cotangents(torch: Any) -> Any:
    return torch.autograd.gradgradcheck(lambda x: x**3, argument(torch), torch.ones(2, dtype=torch.float64))


def second_derivative_with_gaps(torch: Any) -> Any:
    return torch.autograd.gradgradcheck(lambda x: x**3, argument(torch), gen_non_contig_grad_outputs=True)


def wrong_second_derivative(torch: Any) -> Any:
    bad = wrong_square(torch)
    outer = custom(torch, lambda x: x**3, lambda g, x: g * 3 * bad(x))
    torch.autograd.gradgradcheck(outer, argument(torch))


def wrong_second_derivative_without_exception(torch: Any) -> Any:
    bad = wrong_square(torch)
    outer = custom(torch, lambda x: x**3, lambda g, x: g * 3 * bad(x))
    return torch.autograd.gradgradcheck(outer, argument(torch), raise_exception=False)


def second_derivative_of_nothing(torch: Any) -> Any:
    torch.autograd.gradgradcheck(lambda x: x**3, torch.ones(2))


def second_derivative_by_neither_mode(torch: Any) -> Any:
    torch.autograd.gradgradcheck(lambda x: x**3, argument(torch), check_rev_over_rev=False)


def second_derivative_undefined_without_reverse(torch: Any) -> Any:
    torch.autograd.gradgradcheck(lambda x: x**3, argument(torch), check_rev_over_rev=False, check_fwd_over_rev=True)
