"""Facts about torch.fft, stft, istft, windows, torch.masked and segments that cannot be said as a sample."""

from __future__ import annotations

import sys
import warnings
from typing import Any

import numpy as np
import pytest

import tapegrad as torch
from tapegrad import once
from tapegrad.ops.fourier import fft_interior

SIGNAL = torch.arange(40.0).sin()


def spectrum(**options: Any) -> Any:
    return torch.stft(SIGNAL, 8, window=torch.hann_window(8), return_complex=True, **options)


# -- transforms -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "result"),
    [
        (torch.float32, torch.complex64),
        (torch.float64, torch.complex128),
        (torch.complex64, torch.complex64),
        (torch.int64, torch.complex64),
        (torch.bool, torch.complex64),
    ],
)
def test_a_transform_keeps_the_precision(given: Any, result: Any) -> None:
    assert torch.fft.fft(torch.ones(3).to(given)).dtype is result
    assert torch.fft.fftn(torch.ones(3).to(given)).dtype is result


def test_an_inverse_takes_its_transform_back() -> None:
    x = torch.from_numpy(np.random.default_rng(0).standard_normal((3, 4, 5)))
    for there, back in (("fft", "ifft"), ("fftn", "ifftn"), ("fft2", "ifft2")):
        for norm in ("backward", "ortho", "forward"):
            y = getattr(torch.fft, back)(getattr(torch.fft, there)(x, norm=norm), norm=norm)
            assert torch.allclose(y.real, x, atol=1e-12)
    for there, back in (("rfft", "irfft"), ("ihfft", "hfft")):
        assert torch.allclose(getattr(torch.fft, back)(getattr(torch.fft, there)(x), 5), x, atol=1e-12)
    for there, back in (("rfftn", "irfftn"), ("ihfftn", "hfftn"), ("rfft2", "irfft2"), ("ihfft2", "hfft2")):
        s = (4, 5) if "2" in there else (3, 4, 5)
        assert torch.allclose(getattr(torch.fft, back)(getattr(torch.fft, there)(x), s), x, atol=1e-12)


def test_a_transform_of_an_empty_batch_is_empty() -> None:
    assert torch.fft.rfft(torch.zeros(0, 4)).shape == (0, 3)


def test_a_transformed_dimension_lies_innermost_in_memory() -> None:
    assert torch.fft.fft(torch.ones(3, 4, 6), dim=0).stride() == (1, 18, 3)
    assert torch.fft.fftn(torch.ones(3, 4, 6), dim=(0, 1)).stride() == (4, 1, 12)


@pytest.mark.parametrize("size", [1, 2, 5, 6])
def test_what_stands_for_two_elements_of_a_spectrum_is_the_interior(size: int) -> None:
    ones = np.ones(size // 2 + 1)
    doubled = fft_interior.forward(ones, 0, size, 2.0)
    assert doubled.sum() == size


@pytest.mark.parametrize("call", ["fft(x, dim=1)", "fftn(x, dim=(0, 0))", "rfft(x + 0j)", "fft(x, 0)", "fft(x.half())"])
def test_a_wrong_transform_is_refused(call: str) -> None:
    with pytest.raises((IndexError, RuntimeError)):
        eval("torch.fft." + call, {"torch": torch, "x": torch.ones(4)})


def test_the_module_is_loaded_when_it_is_first_used() -> None:
    import subprocess

    code = "import sys, tapegrad; assert 'tapegrad.fft' not in sys.modules; tapegrad.fft.fft; print('done')"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "done\n"


# -- short-time transforms --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{}, {"onesided": False}, {"normalized": True}, {"hop_length": 3}])
def test_istft_takes_stft_back(options: Any) -> None:
    window = torch.hann_window(8)
    y = torch.istft(spectrum(**options), 8, window=window, length=40, **options)
    assert torch.allclose(y, SIGNAL, atol=1e-5)


def test_a_missing_window_is_warned_of_once() -> None:
    told = set(once._told)
    once._told.clear()
    with pytest.warns(UserWarning, match="A window was not provided"):
        torch.stft(SIGNAL, 8, return_complex=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        torch.stft(SIGNAL, 8, return_complex=True)
    once._told.update(told)


def test_stft_of_a_real_signal_wants_to_know_what_to_return() -> None:
    with pytest.raises(RuntimeError, match="requires the return_complex parameter"):
        torch.stft(SIGNAL, 8, window=torch.ones(8))


def test_istft_refuses_windows_that_leave_a_gap() -> None:
    with pytest.raises(RuntimeError, match="window overlap add min: 1"):
        torch.istft(spectrum(), 8, window=torch.hann_window(8), center=False)


# -- windows ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["hann", "hamming", "blackman", "bartlett", "kaiser"])
def test_a_periodic_window_is_a_longer_symmetric_one_without_its_last_element(name: str) -> None:
    make = getattr(torch, f"{name}_window")
    assert torch.equal(make(8), make(9, periodic=False)[:8])
    assert make(0).shape == (0,)
    assert make(1).tolist() == [1.0]


@pytest.mark.parametrize("name", torch.signal.windows.__all__)
def test_a_symmetric_window_reads_the_same_backwards(name: str) -> None:
    options = {"a": [0.5, 0.3, 0.2]} if name == "general_cosine" else {}
    window = getattr(torch.signal.windows, name)(9, dtype=torch.float64, **options)
    assert torch.allclose(window, window.flip(0), atol=1e-15)


# -- masks and segments -----------------------------------------------------------------------------------------------


def test_what_is_not_selected_gets_no_gradient() -> None:
    x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    torch.masked.mean(x, 0, mask=torch.tensor([True, False, True])).backward()
    assert x.grad.tolist() == [0.5, 0.0, 0.5]


def test_an_empty_segment_is_the_initial_value() -> None:
    lengths = torch.tensor([0, 2])
    data = torch.tensor([3.0, 5.0])
    assert torch.segment_reduce(data, "max", lengths=lengths, initial=1).tolist() == [1.0, 5.0]
    assert torch.segment_reduce(data, "sum", lengths=lengths).tolist() == [0.0, 8.0]


def test_lengths_that_do_not_fit_are_refused() -> None:
    with pytest.raises(RuntimeError, match="sum to data.size"):
        torch.segment_reduce(torch.ones(3), "sum", lengths=torch.tensor([1, 1]))
    with pytest.raises(RuntimeError, match="negative"):
        torch.segment_reduce(torch.ones(3), "sum", lengths=torch.tensor([-1, 4]))


def test_operators_are_found_by_their_lowest_names() -> None:
    x = torch.arange(6.0)
    assert torch.equal(torch.ops.aten.slice(x, 0, 1, 5, 2), x[1:5:2])
    assert torch.equal(torch.ops.aten.add.Tensor(x, x), 2 * x)
    assert torch.equal(torch.ops.aten._safe_softmax.default(torch.full((2,), -float("inf")), 0), torch.zeros(2))
    with pytest.raises(AttributeError):
        _ = torch.ops.aten.no_such_operator


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_sums_in_a_backward_pass_of_half_precision_do_not_saturate(dtype: Any) -> None:
    bias = torch.zeros(2, dtype=dtype, requires_grad=True)
    (torch.ones(1000, 2, dtype=dtype) + bias).sum().backward()
    assert bias.grad.float().tolist() == [1000.0, 1000.0]


@pytest.mark.parametrize("name", ["gelu", "elu", "softplus", "hardswish", "leaky_relu", "relu6", "softshrink"])
def test_activations_keep_half_precision(name: str) -> None:
    x = torch.tensor([-1.5, 0.25, 3.0], dtype=torch.bfloat16)
    y = getattr(torch.nn.functional, name)(x)
    assert y.dtype is torch.bfloat16
    assert torch.equal(y, getattr(torch.nn.functional, name)(x.float()).bfloat16())
