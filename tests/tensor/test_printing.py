"""What tensors print. The expected texts are PyTorch 2.13's; conformance/test_printing.py compares thousands more."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tapegrad.tensor.device import device
from tapegrad.tensor.dtypes import bfloat16, float16, float32, float64, set_default_dtype
from tapegrad.tensor.printing import get_printoptions, printoptions, set_printoptions
from tapegrad.tensor.tensor import Parameter, Tensor, new_tensor

DEFAULTS = {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80, "sci_mode": None}


@pytest.fixture(autouse=True)
def default_settings():
    yield
    set_printoptions(profile="default")
    set_default_dtype(float32)


def show(values, dtype="float32"):
    return repr(new_tensor(np.array(values, dtype)))


def recorded(values):
    """A tensor whose grad_fn is MulBackward0."""
    return new_tensor(np.array(values, "float32")).requires_grad_() * 1


# -- numbers -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (2.5, "tensor(2.5000)"),
        (-0.0, "tensor(-0.)"),
        ([1.0, 2.0], "tensor([1., 2.])"),
        ([1.0, -2.25], "tensor([ 1.0000, -2.2500])"),
        ([1.0, math.nan, -math.inf], "tensor([1., nan, -inf])"),
        ([10.0, math.nan, -math.inf], "tensor([10., nan, -inf])"),
        ([0.5, math.nan, -math.inf], "tensor([0.5000,    nan,   -inf])"),
        ([0.0, -0.0, math.nan], "tensor([0., -0., nan])"),
        ([0.1], "tensor([0.1000])"),
    ],
)
def test_floats_share_a_notation_and_a_width(values, text):
    assert show(values) == text


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([1.5, 1500.0], "tensor([   1.5000, 1500.0000])"),
        ([1.5, 1501.5], "tensor([1.5000e+00, 1.5015e+03])"),
        ([1.0, 1000.0], "tensor([   1., 1000.])"),
        ([1.0, 1001.0], "tensor([1.0000e+00, 1.0010e+03])"),
        ([1e8], "tensor([100000000.])"),
        ([100000008.0], "tensor([1.0000e+08])"),
        ([0.0001], "tensor([1.0000e-04])"),
        ([0.00011], "tensor([0.0001])"),
        ([1e-45, 1e38], "tensor([1.4013e-45, 1.0000e+38])"),
        ([0.0, 1e-5, math.inf], "tensor([0.0000e+00, 1.0000e-05,        inf])"),
    ],
)
def test_the_range_of_magnitudes_decides_on_exponents(values, text):
    assert show(values) == text


@pytest.mark.parametrize(
    ("values", "dtype", "text"),
    [
        ([0.1, 1.0], "float64", "tensor([0.1000, 1.0000], dtype=torch.float64)"),
        ([0.1, 65504], "float16", "tensor([9.9976e-02, 6.5504e+04], dtype=torch.float16)"),
        ([1, 2], "float16", "tensor([1., 2.], dtype=torch.float16)"),
        ([1, -20], "int64", "tensor([  1, -20])"),
        ([1, -20], "int32", "tensor([  1, -20], dtype=torch.int32)"),
        ([0, 255], "uint8", "tensor([  0, 255], dtype=torch.uint8)"),
        ([2**64 - 1], "uint64", "tensor([18446744073709551615], dtype=torch.uint64)"),
        ([True, False], "bool", "tensor([ True, False])"),
        (True, "bool", "tensor(True)"),
        (7, "int64", "tensor(7)"),
    ],
)
def test_each_dtype_has_its_form_and_suffix(values, dtype, text):
    assert show(values, dtype) == text


def test_bfloat16_prints_the_values_it_holds():
    assert show([0.1, 3.0], bfloat16.numpy) == "tensor([0.1001, 3.0000], dtype=torch.bfloat16)"


@pytest.mark.parametrize(
    ("values", "dtype", "text"),
    [
        ([1 + 2j, -1.5 - 3j], "complex64", "tensor([ 1.0000+2.j, -1.5000-3.j])"),
        (1.5 + 2.25j, "complex64", "tensor(1.5000+2.2500j)"),
        ([complex(1, -0.0), 1e-6j], "complex64", "tensor([1.-0.0000e+00j, 0.+1.0000e-06j])"),
        ([complex(math.nan, math.inf), 1], "complex64", "tensor([nan+infj, 1.+0.j])"),
        ([1j], "complex128", "tensor([0.+1.j], dtype=torch.complex128)"),
    ],
)
def test_complex_parts_are_formatted_apart(values, dtype, text):
    assert show(values, dtype) == text


@pytest.mark.parametrize(
    ("default", "shown", "hidden"),
    [
        (float64, ["float32", "float16", "complex64", "int32"], ["float64", "complex128", "int64", "bool"]),
        (float16, ["float32", "float64", "complex128", "int32"], ["float16", "complex64", "int64", "bool"]),
        (float32, ["float16", "float64", "complex128", "uint8"], ["float32", "complex64", "int64", "bool"]),
    ],
)
def test_types_that_the_elements_tell_are_not_named(default, shown, hidden):
    set_default_dtype(default)
    assert all(show([1], dtype).endswith(f", dtype=torch.{dtype})") for dtype in shown)
    assert not any("dtype" in show([1], dtype) for dtype in hidden)


# -- layout ------------------------------------------------------------------------------------------------------------


def test_long_rows_break_at_the_line_width():
    assert show(range(30), "int64") == (
        "tensor([ 0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14, 15, 16, 17,\n"
        "        18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29])"
    )


def test_outer_dimensions_are_set_apart_by_blank_lines():
    assert show(np.arange(8).reshape(2, 2, 1, 2), "int64") == (
        "tensor([[[[0, 1]],\n\n         [[2, 3]]],\n\n\n        [[[4, 5]],\n\n         [[6, 7]]]])"
    )


def test_a_view_prints_in_the_order_of_its_indices():
    assert repr(new_tensor(np.arange(6.0, dtype="float32").reshape(2, 3).T[::2])) == (
        "tensor([[0., 3.],\n        [2., 5.]])"
    )


@pytest.mark.parametrize(
    ("shape", "dtype", "text"),
    [
        ((0,), "float32", "tensor([])"),
        ((0,), "int64", "tensor([], dtype=torch.int64)"),
        ((0,), "complex64", "tensor([], dtype=torch.complex64)"),
        ((0, 3), "float32", "tensor([], size=(0, 3))"),
        ((2, 0), "bool", "tensor([], size=(2, 0), dtype=torch.bool)"),
    ],
)
def test_empty_tensors_tell_size_and_type(shape, dtype, text):
    assert show(np.empty(shape), dtype) == text


def test_a_thousand_elements_are_printed_in_full_and_one_more_is_summarized():
    assert "..." not in show(range(1000), "int64")
    assert show(range(1001), "int64") == "tensor([   0,    1,    2,  ...,  998,  999, 1000])"


def test_a_summary_shows_the_edges_of_every_dimension():
    assert show(np.arange(2000).reshape(2, 10, 100), "int64") == (
        "tensor([[[   0,    1,    2,  ...,   97,   98,   99],\n"
        "         [ 100,  101,  102,  ...,  197,  198,  199],\n"
        "         [ 200,  201,  202,  ...,  297,  298,  299],\n"
        "         ...,\n"
        "         [ 700,  701,  702,  ...,  797,  798,  799],\n"
        "         [ 800,  801,  802,  ...,  897,  898,  899],\n"
        "         [ 900,  901,  902,  ...,  997,  998,  999]],\n"
        "\n"
        "        [[1000, 1001, 1002,  ..., 1097, 1098, 1099],\n"
        "         [1100, 1101, 1102,  ..., 1197, 1198, 1199],\n"
        "         [1200, 1201, 1202,  ..., 1297, 1298, 1299],\n"
        "         ...,\n"
        "         [1700, 1701, 1702,  ..., 1797, 1798, 1799],\n"
        "         [1800, 1801, 1802,  ..., 1897, 1898, 1899],\n"
        "         [1900, 1901, 1902,  ..., 1997, 1998, 1999]]])"
    )


def test_elements_left_out_of_a_summary_have_no_say_in_the_notation():
    values = np.ones(1001)
    values[500] = 1e-30
    assert show(values) == "tensor([1., 1., 1.,  ..., 1., 1., 1.])"


def test_a_summary_reads_only_the_edges():
    enormous = np.broadcast_to(np.float32(2.0), (10**9, 10**9))
    assert repr(new_tensor(enormous)).startswith("tensor([[2., 2., 2.,  ..., 2., 2., 2.],\n")


# -- suffixes ----------------------------------------------------------------------------------------------------------


def test_a_leaf_that_requires_a_gradient_says_so():
    t = new_tensor(np.ones(2, "float32")).requires_grad_()
    assert repr(t) == "tensor([1., 1.], requires_grad=True)"


def test_a_recorded_result_names_its_grad_fn():
    assert repr(recorded([1.0, 2.0])) == "tensor([1., 2.], grad_fn=<MulBackward0>)"


def test_a_suffix_that_does_not_fit_moves_to_a_new_line():
    assert repr(recorded(np.arange(9) + 0.5)) == (
        "tensor([0.5000, 1.5000, 2.5000, 3.5000, 4.5000, 5.5000, 6.5000, 7.5000, 8.5000],\n"
        "       grad_fn=<MulBackward0>)"
    )
    assert show(np.full(8, 0.5), "float64") == (
        "tensor([0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000],\n       dtype=torch.float64)"
    )


def test_a_device_other_than_the_cpu_is_named_first(monkeypatch):
    monkeypatch.setattr(Tensor, "device", device("cuda:0"))
    assert show([[]]) == "tensor([], device='cuda:0', size=(1, 0))"
    assert show([1], "int32") == "tensor([1], device='cuda:0', dtype=torch.int32)"


def test_a_history_that_cannot_be_told_does_not_keep_a_tensor_from_printing(monkeypatch):
    def untellable(self):
        raise RuntimeError("Output 0 of UnbindBackward0 is a view and its base or another view has been modified")

    monkeypatch.setattr(Tensor, "grad_fn", property(untellable))
    assert repr(new_tensor(np.array(4.0, "float32"))) == "tensor(4., grad_fn=<Invalid>)"


def test_parameters_print_their_class():
    values = new_tensor(np.ones(2, "float32"))
    assert repr(Parameter(values)) == "Parameter containing:\ntensor([1., 1.], requires_grad=True)"
    assert repr(Parameter(values, requires_grad=False)) == "Parameter containing:\ntensor([1., 1.])"


def test_subclasses_print_under_their_own_name():
    class Weight(Parameter):
        pass

    values = new_tensor(np.arange(20, dtype="float32") / 4)
    assert repr(Weight(values, requires_grad=False)) == (
        "Parameter containing:\n"
        "Parameter(Weight([0.0000, 0.2500, 0.5000, 0.7500, 1.0000, 1.2500, 1.5000, 1.7500, 2.0000,\n"
        "        2.2500, 2.5000, 2.7500, 3.0000, 3.2500, 3.5000, 3.7500, 4.0000, 4.2500,\n"
        "        4.5000, 4.7500]))"
    )


def test_given_contents_stand_in_for_the_elements():
    assert new_tensor(np.ones(2)).__repr__(tensor_contents="…") == "tensor(…, dtype=torch.float64)"


# -- format ------------------------------------------------------------------------------------------------------------


def test_a_tensor_without_dimensions_formats_as_its_number():
    loss = recorded(0.12345)
    assert f"{loss:.3f} {loss}" == "0.123 0.12345000356435776"
    assert f"{new_tensor(np.array(7)):03d}" == "007"


def test_other_tensors_format_as_their_repr_and_refuse_a_specification():
    t = new_tensor(np.ones(1, "float32"))
    assert f"{t}" == "tensor([1.])"
    with pytest.raises(TypeError, match=r"^unsupported format string passed to Tensor\.__format__"):
        f"{t:.3f}"


def test_a_parameter_without_dimensions_formats_as_its_repr():
    p = Parameter(new_tensor(np.array(3.0, "float32")))
    assert f"{p}" == "Parameter containing:\ntensor(3., requires_grad=True)"
    with pytest.raises(TypeError, match=r"^unsupported format string passed to Parameter\.__format__"):
        f"{p:.3f}"


# -- options -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"precision": 2}, "tensor([0.00, 0.33, 0.67, 1.00])"),
        ({"precision": 0}, "tensor([0, 0, 1, 1])"),
        ({"sci_mode": True, "precision": 1}, "tensor([0.0e+00, 3.3e-01, 6.7e-01, 1.0e+00])"),
        ({"threshold": 3, "edgeitems": 1}, "tensor([0.,  ..., 1.])"),
        ({"threshold": 3, "edgeitems": 0}, "tensor([...], size=(4,))"),
        ({"edgeitems": 0}, "tensor([0.0000, 0.3333, 0.6667, 1.0000], size=(4,))"),
        ({"linewidth": 24}, "tensor([0.0000, 0.3333,\n        0.6667, 1.0000])"),
        ({"profile": "short"}, "tensor([0.00, 0.33, 0.67, 1.00])"),
    ],
)
def test_options_shape_the_text(options, text):
    set_printoptions(**options)
    assert show(np.arange(4) / 3) == text


def test_sci_mode_can_be_forbidden():
    set_printoptions(sci_mode=False)
    assert show([1e-8, 1e4 + 0.5]) == "tensor([    0.0000, 10000.5000])"


def test_a_profile_is_set_before_the_options_beside_it():
    set_printoptions(profile="full", precision=7)
    assert get_printoptions() == DEFAULTS | {"threshold": math.inf, "precision": 7}
    set_printoptions(profile="default")
    assert get_printoptions() == DEFAULTS


def test_options_keep_their_value_but_for_sci_mode():
    set_printoptions(precision=6, sci_mode=True)
    set_printoptions(linewidth=100)
    assert get_printoptions() == DEFAULTS | {"precision": 6, "linewidth": 100}


def test_an_unknown_profile_changes_nothing():
    set_printoptions(profile="wide")
    assert get_printoptions() == DEFAULTS


def test_options_of_a_with_block_end_with_it_also_after_an_error():
    def fail_inside():
        with printoptions(profile="short"):
            assert get_printoptions() == DEFAULTS | {"precision": 2, "edgeitems": 2}
            raise KeyError

    set_printoptions(precision=6, sci_mode=False)
    before = get_printoptions()
    with pytest.raises(KeyError):
        fail_inside()
    assert get_printoptions() == before
