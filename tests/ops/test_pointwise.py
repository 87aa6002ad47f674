"""Facts about pointwise operators that samples cannot express: types, in-place writes, out=, symbols, errors."""

from __future__ import annotations

import math
import subprocess
import sys
import warnings

import numpy as np
import pytest

import tapegrad as torch

# -- promotion --------------------------------------------------------------------------------------------------------


def test_a_number_does_not_widen_a_tensor() -> None:
    assert (torch.ones(2) * 2.5).dtype is torch.float32
    assert (torch.ones(2, dtype=torch.float16) + 1).dtype is torch.float16
    assert (torch.ones(2, dtype=torch.uint8) + 300).tolist() == [45, 45]


def test_a_tensor_without_dimensions_does_not_widen_one_with() -> None:
    assert (torch.ones(2) + torch.tensor(1.0, dtype=torch.float64)).dtype is torch.float32
    assert (torch.ones(2, dtype=torch.int32) + torch.tensor(1)).dtype is torch.int32
    assert (torch.ones(2) + torch.tensor(1j, dtype=torch.complex128)).dtype is torch.complex64


def test_a_higher_category_decides_the_type() -> None:
    assert (torch.ones(2, dtype=torch.int64) + 1.5).dtype is torch.float32
    assert (torch.ones(2, dtype=torch.int64) + torch.ones(2, dtype=torch.float16)).dtype is torch.float16
    assert (torch.tensor([True]) + torch.tensor([True])).tolist() == [True]
    assert (torch.tensor([True]) + 1).tolist() == [2]


def test_division_of_integers_gives_the_default_type() -> None:
    assert (torch.tensor([1, 2]) / 2).dtype is torch.float32
    assert torch.exp(torch.tensor([1])).dtype is torch.float32


def test_gradients_come_back_in_the_type_and_shape_of_their_operand() -> None:
    a = torch.ones(3, dtype=torch.float32, requires_grad=True)
    b = torch.ones(2, 1, dtype=torch.float64, requires_grad=True)
    (a * b).sum().backward()
    assert a.grad.dtype is torch.float32 and a.grad.tolist() == [2, 2, 2]
    assert b.grad.dtype is torch.float64 and b.grad.tolist() == [[3], [3]]


@pytest.mark.parametrize("expression", ["x * 2j", "x ** 2j", "(1 + 1j) - x", "(2 + 1j) ** x", "x / (1 + 1j)"])
def test_the_gradient_of_a_real_operand_of_a_complex_result_is_real(expression: str) -> None:
    x = torch.tensor([1.5, 2.0], requires_grad=True)
    eval(expression, {"x": x}).real.sum().backward()
    assert x.grad is not None and x.grad.dtype is torch.float32


def test_half_precision_is_computed_in_single_and_rounded_once() -> None:
    x = torch.tensor([0.1], dtype=torch.float16)
    assert torch.sigmoid(x).item() == np.float16(1 / (1 + np.exp(-np.float32(x.item()))))


# -- in-place forms ---------------------------------------------------------------------------------------------------


def test_an_in_place_form_writes_into_its_own_memory() -> None:
    x = torch.ones(3)
    address = x.data_ptr()
    for method, arguments in (
        ("add_", (1,)),
        ("mul_", (torch.ones(3),)),
        ("pow_", (2,)),
        ("exp_", ()),
        ("clamp_", (0, 1)),
    ):
        assert getattr(x, method)(*arguments) is x
    assert x.data_ptr() == address


@pytest.mark.parametrize("symbol", ["+=", "-=", "*=", "/=", "//=", "%=", "**="])
def test_an_augmented_assignment_keeps_the_memory(symbol: str) -> None:
    x = torch.tensor([4.0, 9.0])
    scope = {"x": x}
    exec(f"x {symbol} 2", scope)
    assert scope["x"] is x
    assert x.tolist() == eval(f"[4.0 {symbol[:-1]} 2, 9.0 {symbol[:-1]} 2]")


def test_an_in_place_write_counts_as_one_version() -> None:
    x = torch.ones(2)
    for n, write in enumerate((lambda: x.add_(1), lambda: x.mul_(x), lambda: x.exp_(), lambda: x.clamp_(max=1)), 1):
        write()
        assert x._version == n


def test_a_parameter_is_updated_under_no_grad() -> None:
    w = torch.ones(2, requires_grad=True)
    with torch.no_grad():
        w -= 0.5 * torch.ones(2)
    assert w.tolist() == [0.5, 0.5] and w.is_leaf and w._version == 1


def test_a_recorded_write_keeps_what_its_rule_reads() -> None:
    x = torch.tensor([2.0, 3.0], requires_grad=True)
    y = x * 1
    y.pow_(3)
    y.pow_(2)
    y.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), 6 * np.array([2.0, 3.0]) ** 5, rtol=1e-6)


def test_a_factor_of_itself_is_modified_by_the_write() -> None:
    y = torch.tensor([2.0, 3.0], requires_grad=True) * 1
    y.mul_(y)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


def test_an_operand_of_an_in_place_form_must_not_overlap_what_is_written() -> None:
    x = torch.arange(6.0)
    with pytest.raises(RuntimeError, match="some elements of the input tensor and the written-to tensor refer to a"):
        x[1:].add_(x[:-1])
    assert x.add_(x).tolist() == [0, 2, 4, 6, 8, 10]


def test_an_expanded_tensor_is_not_written_into() -> None:
    with pytest.raises(RuntimeError, match="more than one element of the written-to tensor refers to a single memory"):
        torch.ones(1).expand(3).add_(1)


def test_an_in_place_form_cannot_enlarge_its_tensor() -> None:
    with pytest.raises(RuntimeError, match=r"output with shape \[1\] doesn't match the broadcast shape \[3\]"):
        torch.ones(1).add_(torch.ones(3))


def test_an_in_place_form_cannot_raise_the_category_of_its_tensor() -> None:
    with pytest.raises(RuntimeError, match="result type Float can't be cast to the desired output type Long"):
        torch.ones(2, dtype=torch.int64).mul_(0.5)


def test_comparisons_in_place_cut_the_gradient_off() -> None:
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = (x * 3).gt_(4)
    y.sum().backward()
    assert y.tolist() == [0, 1] and x.grad.tolist() == [0, 0]


@pytest.mark.parametrize("name", ["acosh_", "asinh_", "atanh_"])
def test_some_in_place_forms_have_no_derivative(name: str) -> None:
    y = getattr(torch.full((2,), 0.5, requires_grad=True) * 1, name)()
    with pytest.raises(NotImplementedError, match=f"the derivative for 'inplace version of {name[:-1]}'"):
        y.sum().backward()


# -- out= -------------------------------------------------------------------------------------------------------------


def test_a_result_is_written_into_out() -> None:
    out = torch.empty(2, dtype=torch.float64)
    assert torch.add(torch.ones(2), 1, out=out) is out
    assert out.tolist() == [2, 2] and out._version == 1


def test_an_out_of_another_shape_is_resized_with_a_warning_unless_it_is_empty() -> None:
    out = torch.empty(3)
    with pytest.warns(UserWarning, match="An output with one or more elements was resized"):
        torch.exp(torch.zeros(2), out=out)
    assert out.tolist() == [1, 1]
    empty = torch.empty(0)
    torch.exp(torch.zeros(2), out=empty)
    assert empty.tolist() == [1, 1]


def test_out_is_refused_where_a_gradient_would_be_lost() -> None:
    x = torch.ones(2, requires_grad=True)
    with pytest.raises(
        RuntimeError, match=r"functions with out=\.\.\. arguments don't support automatic differentiation"
    ):
        torch.exp(x, out=torch.empty(2))
    with torch.no_grad():
        assert torch.exp(x, out=torch.empty(2)).requires_grad is False


def test_out_of_a_function_that_keeps_integers_is_of_the_same_type() -> None:
    with pytest.raises(RuntimeError, match="Found dtype Double but expected Float"):
        torch.neg(torch.ones(2), out=torch.empty(2, dtype=torch.float64))


# -- symbols ----------------------------------------------------------------------------------------------------------


class Other:
    """A type that knows how to compute with tensors."""

    def __radd__(self, left: object) -> str:
        return "added"

    def __rpow__(self, left: object) -> str:
        return "raised"

    def __gt__(self, right: object) -> str:
        return "compared"


def test_other_types_get_their_chance_at_a_symbol() -> None:
    x = torch.ones(2)
    assert x + Other() == "added"
    assert x ** Other() == "raised"
    assert (x < Other()) == "compared"


@pytest.mark.parametrize("expression", ["x + 'a'", "x - None", "x ** [1]", "'a' / x", "x & 'a'", "x < 'a'"])
def test_a_symbol_with_a_foreign_type_is_a_type_error(expression: str) -> None:
    with pytest.raises(TypeError, match="not supported between|unsupported operand"):
        eval(expression, {"x": torch.ones(2)})


def test_a_tensor_equals_nothing_but_tensors_arrays_and_numbers() -> None:
    x = torch.tensor([1.0, 2.0])
    assert (x == np.array([1.0, 0.0])).tolist() == [True, False]
    assert (x == None) is False and (x != "a") is True  # noqa: E711 - the comparison is the point
    assert hash(x) == id(x) and x in {x}


def test_arrays_beside_tensors_are_computed_by_numpy() -> None:
    assert (torch.ones(2) + np.ones(2)).dtype is torch.float64
    with pytest.raises(TypeError, match="unsupported operand"):
        np.ones(2) * torch.ones(2)


def test_numpy_scalars_are_numbers() -> None:
    assert (torch.ones(2) * np.float64(2)).dtype is torch.float32
    assert (np.float32(2) * torch.ones(2)).tolist() == [2, 2]


@pytest.mark.parametrize(
    ("expression", "expected"), [("-x", [-1, 2]), ("+x", [1, -2]), ("abs(x)", [1, 2]), ("~x", [-2, 1])]
)
def test_symbols_of_one_operand(expression: str, expected: list[int]) -> None:
    assert eval(expression, {"x": torch.tensor([1, -2])}).tolist() == expected


# -- conventions at kinks ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "at", "slope"),
    [
        (lambda x: x.abs(), 0.0, 0.0),
        (lambda x: x.abs(), math.nan, 0.0),
        (lambda x: x.sqrt(), 0.0, math.inf),
        (lambda x: x.clamp(0, 1), 0.0, 1.0),
        (lambda x: x.clamp(0, 1), 1.0, 1.0),
        (lambda x: x.clamp(2, 1), 1.5, 0.0),
        (lambda x: x**0, 0.0, 0.0),
        (lambda x: 0**x, 0.0, 0.0),
        (lambda x: torch.maximum(x, x.detach()), 1.0, 0.5),
        (lambda x: torch.fmax(x, x.detach()), 1.0, 1.0),
        (lambda x: torch.atan2(x, x * 0), 0.0, 0.0),
        (lambda x: torch.xlogy(x, 0.0), 0.0, 0.0),
        (lambda x: x.sign(), 0.0, 0.0),
        (lambda x: x.frac(), 0.5, 1.0),
        (lambda x: torch.sinc(x), 0.0, 0.0),
        (lambda x: torch.nan_to_num(x), math.inf, 0.0),
    ],
)
def test_slope_at_a_kink(function: object, at: float, slope: float) -> None:
    x = torch.tensor(at, requires_grad=True)
    function(x).backward()  # type: ignore[operator]
    assert x.grad.item() == slope


def test_where_lets_nan_through_from_the_branch_not_taken() -> None:
    x = torch.tensor([0.0, 1.0], requires_grad=True)
    torch.where(x > 0, x / x, x).sum().backward()
    assert math.isnan(x.grad[0].item())


def test_nan_has_no_sign() -> None:
    assert torch.sign(torch.tensor([math.nan, -0.0])).tolist() == [0, 0]


# -- integers ---------------------------------------------------------------------------------------------------------


def test_rounding_of_quotients_and_remainders() -> None:
    x = torch.tensor([7, -7])
    assert (x // 2).tolist() == [3, -4] and (x % 3).tolist() == [1, 2]
    assert torch.div(x, 2, rounding_mode="trunc").tolist() == [3, -3] and torch.fmod(x, 3).tolist() == [1, -1]


def test_integers_are_not_divided_by_zero() -> None:
    for expression in ("x // 0", "x % 0", "torch.fmod(x, 0)"):
        with pytest.raises(RuntimeError, match="ZeroDivisionError"):
            eval(expression, {"x": torch.tensor([1]), "torch": torch})


def test_a_negative_power_of_integers_is_refused_as_a_number_and_rounded_as_a_tensor() -> None:
    with pytest.raises(RuntimeError, match="Integers to negative integer powers are not allowed"):
        torch.tensor([2]) ** -1
    assert torch.pow(torch.tensor([2, 1, -1]), torch.tensor([-1, -1, -1])).tolist() == [0, 1, -1]


def test_shifts_by_too_many_places_lose_all_bits_but_the_sign() -> None:
    x = torch.tensor([3, -3], dtype=torch.int8)
    assert (x << 8).tolist() == [0, 0] and (x >> 9).tolist() == [0, -1]


def test_masks_are_not_subtracted() -> None:
    mask = torch.tensor([True])
    for expression in ("mask - mask", "mask - 1", "1 - mask", "-mask"):
        with pytest.raises(RuntimeError, match="operator, (on|with)"):
            eval(expression, {"mask": mask})


# -- errors -----------------------------------------------------------------------------------------------------------


def test_an_operator_without_a_kernel_for_a_type_says_so() -> None:
    with pytest.raises(NotImplementedError, match="\"bitwise_and_cpu\" not implemented for 'Float'"):
        torch.ones(2) & 1
    with pytest.raises(NotImplementedError, match="floor is not supported for complex inputs"):
        torch.floor(torch.tensor([1j]))


def test_shapes_that_do_not_broadcast_are_named() -> None:
    for call in (
        lambda: torch.ones(2) + torch.ones(3),
        lambda: torch.addcmul(torch.ones(2), torch.ones(3), torch.ones(1)),
        lambda: torch.where(torch.tensor([True, False]), torch.ones(3), 1.0),
        lambda: torch.ones(2) < torch.ones(3),
    ):
        with pytest.raises(RuntimeError, match=r"The size of tensor a \(2\) must match the size of tensor b \(3\)"):
            call()


def test_operators_without_a_derivative_refuse_at_the_backward_pass() -> None:
    x = torch.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match="derivative for aten::floor_divide is not implemented"):
        (x // 2).sum().backward()
    with pytest.raises(NotImplementedError, match="the derivative for 'zeta' is not implemented"):
        torch.special.zeta(x + 1, x).sum().backward()


def test_poles_and_overflows_do_not_warn() -> None:
    edge = torch.tensor([math.nan, math.inf, -math.inf, 0.0, -1.0, 1e38], requires_grad=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in ("log", "sqrt", "exp", "reciprocal", "acos", "lgamma", "digamma", "logit", "sinc", "tan", "atanh"):
            getattr(torch, name)(edge).sum().backward()
        for y in (edge / 0, edge**-1, edge**0.5, edge % 0, torch.logaddexp(edge, edge), edge.half()):
            y.sum().backward()


# -- complex numbers --------------------------------------------------------------------------------------------------


def test_real_and_imaginary_parts_are_views() -> None:
    z = torch.tensor([1 + 2j, 3 - 4j])
    z.imag.zero_()
    z.real = torch.tensor([5.0, 6.0])
    assert z.tolist() == [5 + 0j, 6 + 0j]
    torch.view_as_real(z).mul_(2)
    assert z.tolist() == [10 + 0j, 12 + 0j]


def test_real_functions_of_real_tensors_return_them_as_they_are() -> None:
    x = torch.ones(2)
    assert torch.real(x) is x and x.conj() is x and torch.resolve_conj(x) is x


def test_the_parts_of_a_complex_number_are_of_one_floating_point_type() -> None:
    with pytest.raises(
        RuntimeError, match="Expected both inputs to be Half, Float or Double tensors but got Float and Long"
    ):
        torch.complex(torch.ones(1), torch.ones(1, dtype=torch.int64))
    with pytest.raises(RuntimeError, match="Expected object of scalar type Float but got scalar type Double"):
        torch.polar(torch.ones(1), torch.ones(1, dtype=torch.float64))


# -- imports ----------------------------------------------------------------------------------------------------------


def test_scipy_is_loaded_by_the_first_special_function() -> None:
    code = (
        "import sys, tapegrad as torch; torch.ones(2).exp().sigmoid();"
        "assert 'scipy' not in sys.modules and 'tapegrad.special' not in sys.modules;"
        "torch.erf(torch.ones(1)); assert 'scipy.special' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
