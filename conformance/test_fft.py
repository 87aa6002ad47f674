"""torch.fft, stft, istft and the windows in both libraries: values, types, strides, `out=`, errors.

The names in the expressions are those of `operands` in expressions.py, and `F` for torch.fft.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch as real

import tapegrad as ours

from .expressions import check, lines

TRANSFORMS = [
    "fft", "ifft", "rfft", "irfft", "hfft", "ihfft", "fft2", "ifft2", "rfft2", "irfft2", "hfft2", "ihfft2", "fftn",
    "ifftn", "rfftn", "irfftn", "hfftn", "ihfftn",
]  # fmt: skip
OPTIONS: list[dict[str, Any]] = [{}, {"dim": 0}, {"dim": 1}, {"norm": "ortho"}, {"norm": "forward"}]
SEVERAL: list[dict[str, Any]] = [
    {"dim": (1, 0)}, {"dim": (0, 2)}, {"s": (3, 5), "dim": (2, 0)}, {"s": (-1, 7)}, {"s": 5},
]  # fmt: skip


@pytest.mark.parametrize("kind", ["real", "complex", "permuted"])
@pytest.mark.parametrize("name", TRANSFORMS)
def test_transforms_agree_in_values_types_and_strides(name: str, kind: str) -> None:
    array = np.random.default_rng(0).standard_normal((3, 4, 6))
    options = OPTIONS + (SEVERAL if name[-1] in "n2" else [{"n": 1}, {"n": 9, "dim": 1}])
    for keywords in options:
        results = []
        for torch in (real, ours):
            x = torch.from_numpy(array.copy())
            x = x * (1 + 0.5j) if kind == "complex" else x.permute(2, 0, 1) if kind == "permuted" else x
            try:
                results.append(getattr(torch.fft, name)(x, **keywords))
            except RuntimeError as error:
                results.append(error)
        expected, got = results
        if isinstance(expected, RuntimeError):
            assert isinstance(got, RuntimeError), keywords
            continue
        assert str(got.dtype) == str(expected.dtype)
        if (name, kind) not in {("fft2", "permuted"), ("ifft2", "permuted")}:  # where MKL reorders once more
            strides = [[step for step, n in zip(t.stride(), t.shape, strict=True) if n > 1] for t in (expected, got)]
            assert strides[0] == strides[1], keywords
        np.testing.assert_allclose(got.numpy(), expected.resolve_conj().numpy(), rtol=1e-11, atol=1e-12)


CALLS = lines("""
torch.fft.fft(i)
torch.fft.fft(b)
torch.fft.fft(h)
torch.fft.irfft(x.bfloat16())
torch.fft.rfft(c)
torch.fft.ihfft(c)
torch.fft.rfftn(c)
torch.fft.ihfftn(c)
torch.fft.fft(torch.tensor(1.0))
torch.fft.fft(x, dim=2)
torch.fft.fft(x, n=0)
torch.fft.fft(x, -1)
torch.fft.fft(x, n=2.5)
torch.fft.fft(x, dim="a")
torch.fft.fft(x, norm="x")
torch.fft.fft(x, norm=1)
torch.fft.fft(3)
torch.fft.fft(empty, dim=0)
torch.fft.irfft(torch.ones(1))
torch.fft.irfft(torch.ones(1), n=1)
torch.fft.fftn(x, dim=())
torch.fft.fftn(x, s=())
torch.fft.rfftn(x, dim=())
torch.fft.irfftn(x, dim=())
torch.fft.hfftn(x, dim=())
torch.fft.ihfftn(x, dim=())
torch.fft.fftn(x, dim=(0, 0))
torch.fft.fftn(x, s=(2, 3, 4))
torch.fft.fftn(x, s=(2, 3), dim=(0,))
torch.fft.fftn(x, s=(0, 3))
torch.fft.fftn(x, s=(2, -2))
torch.fft.fftn(x, dim=5)
torch.fft.fftn(torch.tensor(2.0))
torch.fft.rfftn(torch.tensor(2.0))
torch.fft.irfftn(torch.tensor(2.0))
torch.fft.irfftn(x, s=(-1, -1))
torch.fft.fft2(torch.ones(3))
torch.fft.fft(x, out=torch.empty(3))
torch.fft.fft(x, out=torch.empty(2, 3, dtype=torch.complex128))
torch.fft.irfft(x, out=torch.empty(0, dtype=torch.complex64))
torch.fft.irfft(x, out=torch.empty(0, dtype=torch.float64))
torch.fft.rfft(x, out=torch.empty(0))
torch.fft.fftn(x, out=torch.empty(0))
torch.fft.rfftn(x, out=torch.empty(0))
torch.fft.irfftn(x, out=torch.empty(0, dtype=torch.complex128))
torch.fft.hfft(x, out=torch.empty(0, dtype=torch.complex128))
torch.fft.hfftn(x, out=torch.empty(0, dtype=torch.complex128))
torch.fft.ihfftn(x, out=torch.empty(0))
torch.fft.fft(x.requires_grad_(), out=torch.empty(0, dtype=torch.complex64))
torch.fft.fftfreq(4)
torch.fft.fftfreq(5, 0.1)
torch.fft.fftfreq(0)
torch.fft.fftfreq(-1)
torch.fft.fftfreq(2.5)
torch.fft.fftfreq(4, d=0)
torch.fft.fftfreq(4, dtype=torch.int64)
torch.fft.fftfreq(4, dtype=torch.complex64)
torch.fft.fftfreq(4, dtype=torch.float16)
torch.fft.fftfreq(4, 0.3, dtype=torch.float64, requires_grad=True)
torch.fft.fftfreq(4, out=torch.empty(0))
torch.fft.rfftfreq(4)
torch.fft.rfftfreq(5, 0.1)
torch.fft.rfftfreq(0)
torch.fft.rfftfreq(-3)
torch.fft.rfftfreq(4, dtype=torch.int64)
torch.fft.fftshift(i)
torch.fft.fftshift(i, 1)
torch.fft.ifftshift(i, (0, 1))
torch.fft.fftshift(i, 2)
torch.fft.fftshift(torch.tensor(5))
torch.fft.fftshift(3)
torch.stft(x, 2, window=torch.ones(2))
torch.stft(x, 0, window=torch.ones(2), return_complex=True)
torch.stft(x, 9, window=torch.ones(9), center=False, return_complex=True)
torch.stft(x, 2, 0, window=torch.ones(2), return_complex=True)
torch.stft(x, 2, 1, 3, window=torch.ones(3), return_complex=True)
torch.stft(x, 2, 1, window=torch.ones(3), return_complex=True)
torch.stft(x, 2, 1, window=torch.ones(2), return_complex=True)
torch.stft(x, 2, 1, window=torch.ones(2), return_complex=True, align_to_window=True)
torch.stft(x[None], 2, 1, window=torch.ones(2), center=False, return_complex=True)
torch.stft(i, 2, 1, window=torch.ones(2), center=False, return_complex=True)
torch.stft(h, 2, 1, window=torch.ones(2), center=False, return_complex=True)
torch.stft(x, 2, 1, window=torch.ones(2), center=False)
torch.stft(x + 1j, 2, 1, window=torch.ones(2), center=False)
torch.stft(x + 1j, 2, 1, window=torch.ones(2), center=False, onesided=True)
x.stft(2, 1, window=torch.ones(2), center=False, return_complex=True)
torch.istft(x, 4, window=torch.ones(4))
torch.istft(x + 0j, 4, window=torch.ones(4))
torch.istft(x[0] + 0j, 4, window=torch.ones(4))
torch.istft(x[:0] + 0j, 4, window=torch.ones(4))
torch.istft(x[None, None] + 0j, 2, window=torch.ones(2))
torch.istft(x + 0j, 2, 1, window=torch.ones(2))
torch.istft(x + 0j, 2, 1, window=torch.ones(2), onesided=False, return_complex=True)
torch.istft(x + 0j, 2, 1, window=torch.ones(2), onesided=True, return_complex=True)
torch.istft(x + 0j, 2, 1, window=torch.zeros(2))
torch.istft(x + 0j, 2, 1, window=torch.ones(2), length=9)
torch.istft(x + 0j, 2, 1, window=torch.ones(2), length=2)
torch.istft(x + 0j, 2, 0, window=torch.ones(2))
torch.istft(x + 0j, 2, 1, 3, window=torch.ones(2))
torch.istft(x + 0j, 2, 1, window=torch.ones(2) + 0j)
""")


@pytest.mark.parametrize("expression", CALLS)
def test_same_result_or_error(expression: str) -> None:
    check(expression)


@pytest.mark.parametrize("name", ["hann", "hamming", "blackman", "bartlett", "kaiser"])
@pytest.mark.parametrize("arguments", [
    "0", "1", "2", "9", "9, False", "9, periodic=False, dtype=torch.float64", "9, dtype=torch.float16",
    "9, dtype=torch.bfloat16", "-1", "2.5", "9, dtype=torch.int64", "9, dtype=torch.complex64",
    "9, requires_grad=True",
])  # fmt: skip
def test_same_window(name: str, arguments: str) -> None:
    check(f"torch.{name}_window({arguments})")


@pytest.mark.parametrize("name", real.signal.windows.__all__)
@pytest.mark.parametrize("arguments", [
    "0", "1", "2", "9", "9, sym=False", "1, sym=False", "9, dtype=torch.float64", "9, dtype=torch.float16", "-1",
    "9, requires_grad=True",
])  # fmt: skip
def test_same_signal_window(name: str, arguments: str) -> None:
    needed = ", a=[0.4, 0.3, 0.2]" if name == "general_cosine" else ""
    check(f"torch.signal.windows.{name}({arguments}{needed})")


@pytest.mark.parametrize("arguments", [
    "exponential(5, tau=0)", "exponential(5, center=1)", "exponential(5, center=1, sym=False)", "gaussian(5, std=0)",
    "kaiser(5, beta=-1)", "kaiser(5, beta=0)", "general_cosine(5, a=[])", "general_cosine(5, a=3)",
])  # fmt: skip
def test_same_shape_of_a_signal_window_or_error(arguments: str) -> None:
    check(f"torch.signal.windows.{arguments}")


def test_ihfftn_over_one_dimension_writes_into_out_where_torch_does_not() -> None:
    x = ours.arange(4.0)
    out = ours.zeros(3, dtype=ours.complex64)
    ours.fft.ihfftn(x, out=out)
    assert ours.equal(out, ours.fft.ihfftn(x))
    theirs = real.zeros(3, dtype=real.complex64)
    real.fft.ihfftn(real.arange(4.0), out=theirs)
    assert not theirs.any()
