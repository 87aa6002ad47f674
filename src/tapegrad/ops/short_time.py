"""The short-time Fourier transform and its inverse: spectra of a signal as seen through a sliding window.

Composed of what torch composes them of: windows of memory (`as_strided`), a product, and a transform; the inverse adds
up the overlapping parts again (`unfold_backward`) and divides by what the windows themselves add up to.
"""

from __future__ import annotations

import warnings
from typing import Any

from ..errors import DtypeError
from ..once import warn_once
from ..tensor.arguments import wrap_dim
from ..tensor.dtypes import COMPLEX, FLOAT, scalar_type_name
from ..tensor.factories import ones
from ..tensor.tensor import Tensor
from .complex_numbers import view_as_complex, view_as_real
from .fourier import BY_ROOT, BY_SIZE, UNSCALED, fft_c2c, fft_c2r, fft_r2c
from .padding import constant_pad
from .pointwise import tensors_of
from .slicing import sliced
from .strided import as_strided
from .windows import unfold_backward

_TO_FLOAT = "Convert the tensor first: x.float()."
_ONE_SIDED_COMPLEX = "Cannot have onesided output if window or input is complex"


def stft(
    input: Tensor,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: Tensor | None = None,
    center: bool = True,
    pad_mode: str = "reflect",
    normalized: bool = False,
    onesided: bool | None = None,
    return_complex: bool | None = None,
    align_to_window: bool | None = None,
) -> Tensor:
    """The short-time Fourier transform: the spectra of frames of a signal, each `hop_length` after the one before.

    Args:
        input: a signal (time) or several (batch, time), real or complex.
        n_fft: the number of elements of a frame.
        hop_length: the distance between frames; a quarter of `n_fft` by default.
        win_length: the number of elements of the window, in the middle of the frame; `n_fft` by default.
        window: what each frame is multiplied by; ones by default.
        center: pad the signal so that frame t is centred at t · hop_length; else it starts there.
        pad_mode: how, as in `torch.nn.functional.pad`.
        normalized: divide by √n_fft.
        onesided: keep the first n_fft // 2 + 1 frequencies; by default if signal and window are real.
        return_complex: must be given for real signals; False gives pairs of real numbers, which is deprecated.
        align_to_window: without `center`, the first frame starts so that its window does at the first element.

    Returns:
        Complex numbers, ([batch,] frequencies, frames).

    Raises:
        RuntimeError: sizes do not go together, or `return_complex` was not given.

    >>> import tapegrad as torch
    >>> torch.stft(torch.ones(8), 4, window=torch.hann_window(4), return_complex=True).shape
    torch.Size([3, 9])
    """
    if center:
        if align_to_window is not None:
            raise RuntimeError("stft align_to_window should only be set when center = false")
        input = _centred(tensors_of("stft", input=input)[0], n_fft, pad_mode)
    tensors_of("stft", input=input, **({} if window is None else {"window": window}))
    hop_length = n_fft // 4 if hop_length is None else hop_length
    win_length = n_fft if win_length is None else win_length
    if window is None:
        warn_once(
            "A window was not provided. A rectangular window will be applied,which is known to cause spectral leakage."
            " Other windows such as torch.hann_window or torch.hamming_window are recommended to reduce spectral"
            " leakage.To suppress this warning and use a rectangular window, explicitly set"
            " `window=torch.ones(n_fft, device=<device>)`."
        )
    given = (
        f"stft({_described(input)}, n_fft={n_fft}, hop_length={hop_length}, win_length={win_length},"
        f" window={_window_described(window)}, normalized={int(normalized)}, onesided={_shown(onesided)},"
        f" return_complex={_shown(return_complex)}, align_to_window={_shown(align_to_window)}) : expected "
    )
    complex_in = input.dtype.category == COMPLEX or (window is not None and window.dtype.category == COMPLEX)
    _check_return_complex(return_complex, complex_in)
    _check_signal(input, n_fft, hop_length, win_length, window, given)
    frames = _frames(input, n_fft, hop_length, win_length, window, not center and bool(align_to_window))
    if frames.dtype.itemsize == 2:
        raise DtypeError(f"MKL FFT doesn't support tensors of type: {scalar_type_name(frames.dtype)}", _TO_FLOAT)
    both = not complex_in if onesided is None else onesided
    scale = BY_ROOT if normalized else UNSCALED
    if frames.dtype.category == COMPLEX:
        if both:
            raise DtypeError(_ONE_SIDED_COMPLEX, "Write onesided=False.")
        spectra = fft_c2c.call(frames, (2,), scale, True)
    else:
        spectra = fft_r2c.call(frames, (2,), scale, both)
    spectra.transpose_(1, 2)
    if input.ndim == 1:
        spectra.squeeze_(0)
    return view_as_real(spectra) if return_complex is False else spectra


def _centred(input: Tensor, n_fft: int, mode: str) -> Tensor:
    """The signal with half a frame more at both ends."""
    from ..nn.functional import pad

    shape = input._data.shape
    padded = pad(input.view((1,) * (3 - len(shape)) + shape), [n_fft // 2, n_fft // 2], mode)
    return padded.view(padded._data.shape[3 - len(shape) :] if shape else ())


def _check_return_complex(return_complex: bool | None, complex_in: bool) -> None:
    if return_complex is None and not complex_in:
        raise RuntimeError(
            "stft requires the return_complex parameter be given for real inputs, and will further require that"
            " return_complex=True in a future PyTorch release."
        )
    if return_complex is False:
        warn_once(
            "stft with return_complex=False is deprecated. In a future pytorch release, stft will return complex"
            " tensors for all inputs, and return_complex=False will raise an error.\nNote: you can still call"
            " torch.view_as_real on the complex output to recover the old return format."
        )


def _check_signal(
    input: Tensor, n_fft: int, hop_length: int, win_length: int, window: Tensor | None, given: str
) -> None:
    """Refuse sizes that do not go together; `given` is the call, for the message."""
    if input.dtype.category < FLOAT:
        raise DtypeError(given + "a tensor of floating point or complex values")
    if input.ndim not in (1, 2):
        raise RuntimeError(given + "a 1D or 2D tensor")
    length = input._data.shape[-1]
    if not 0 < n_fft <= length:
        raise RuntimeError(given + f"0 < n_fft < {length}, but got n_fft={n_fft}")
    if hop_length <= 0:
        raise RuntimeError(given + f"hop_length > 0, but got hop_length={hop_length}")
    if not 0 < win_length <= n_fft:
        raise RuntimeError(given + f"0 < win_length <= n_fft, but got win_length={win_length}")
    if window is not None and window._data.shape != (win_length,):
        raise RuntimeError(
            given + f"a 1D window tensor of size equal to win_length={win_length}, but got window with size"
            f" {list(window.shape)}"
        )


def _frames(input: Tensor, n_fft: int, hop_length: int, win_length: int, window: Tensor | None, align: bool) -> Tensor:
    """The frames of a signal, times the window: (batch, frames, n_fft)."""
    x = input.unsqueeze(0) if input.ndim == 1 else input
    left = (n_fft - win_length) // 2
    right = n_fft - win_length - left
    if align:
        x = constant_pad.call(x, (left, right), 0)
    if win_length < n_fft:
        if window is None:
            window = ones((win_length,), dtype=input.dtype)
        window = constant_pad.call(window, (left, right), 0)
    batch, length = x._data.shape
    step, next_element = x.stride()
    count = 1 + (length - n_fft) // hop_length
    frames = as_strided(x, (batch, count, n_fft), (step, hop_length * next_element, next_element))
    return frames if window is None else frames.mul(window)


def istft(
    input: Tensor,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: Tensor | None = None,
    center: bool = True,
    normalized: bool = False,
    onesided: bool | None = None,
    length: int | None = None,
    return_complex: bool = False,
) -> Tensor:
    """The inverse of `stft`: the signal whose spectra are nearest, by least squares.

    D. W. Griffin and J. S. Lim, "Signal estimation from modified short-time Fourier transform", IEEE Transactions on
    Acoustics, Speech, and Signal Processing 32 (1984).

    Args:
        input: complex numbers, ([batch,] frequencies, frames).
        n_fft, hop_length, win_length, window, center, normalized: as they were given to `stft`.
        onesided: whether only the first n_fft // 2 + 1 frequencies are there; by default if they are not `n_fft`.
        length: the number of elements of the signal, to which it is cut off or padded with zeros.
        return_complex: the signal is complex.

    Raises:
        RuntimeError: sizes do not go together, or the windows add up to 0 somewhere.

    >>> import tapegrad as torch
    >>> window = torch.hann_window(4)
    >>> torch.istft(torch.stft(torch.ones(8), 4, window=window, return_complex=True), 4, window=window)
    tensor([1., 1., 1., 1., 1., 1., 1., 1.])
    """
    tensors_of("istft", input=input, **({} if window is None else {"window": window}))
    if window is None:
        warn_once(
            "A window was not provided. A rectangular window will be applied.Please provide the same window used by"
            " stft to make the inversion lossless.To suppress this warning and use a rectangular window, explicitly"
            " set `window=torch.ones(n_fft, device=<device>)`."
        )
    hop_length = n_fft // 4 if hop_length is None else hop_length
    win_length = n_fft if win_length is None else win_length
    given = (
        f"istft({_kind_described(input)}, n_fft={n_fft}, hop_length={hop_length}, win_length={win_length},"
        f" window={_window_described(window)}, center={int(center)}, normalized={int(normalized)},"
        f" onesided={_shown(onesided)}, length={length}, return_complex={int(return_complex)}) "
    )
    if input.dtype.category != COMPLEX:
        raise DtypeError(
            "istft requires a complex-valued input tensor matching the output from stft with return_complex=True.",
            f"Found: a tensor of {input.dtype}. Write torch.view_as_complex(x) for pairs of real numbers.",
        )
    both = _check_spectra(input, n_fft, hop_length, win_length, window, onesided, given + ": ")
    parts = view_as_real(input)
    if parts.ndim == 3:
        parts = parts.unsqueeze(0)
    spectra = view_as_complex(parts.transpose(1, 2))
    if window is None:
        window = ones((win_length,), dtype=parts.dtype)
    if win_length != n_fft:
        left = (n_fft - win_length) // 2
        window = constant_pad.call(window, (left, n_fft - win_length - left), 0)
    frames = _frames_of(spectra, n_fft, window, BY_ROOT if normalized else BY_SIZE, both, return_complex)
    y = _overlapped(frames * window.view(1, 1, n_fft), window, hop_length, center, length, given)
    return y.squeeze(0) if input.ndim == 2 else y


def _check_spectra(
    input: Tensor,
    n_fft: int,
    hop_length: int,
    win_length: int,
    window: Tensor | None,
    onesided: bool | None,
    given: str,
) -> bool:
    """Refuse sizes that do not go together; returns whether the spectra are one-sided."""
    shape = input._data.shape
    if len(shape) < 2:
        wrap_dim(-3, len(shape) + 1)
    if not input._data.size:
        raise RuntimeError(given + "input tensor cannot be empty.")
    if len(shape) > 3:
        raise RuntimeError(given + f"expected a tensor with 3 or 4 dimensions, but got {len(shape) + 1}")
    both = shape[-2] != n_fft if onesided is None else onesided
    if shape[-2] != (n_fft // 2 + 1 if both else n_fft):
        wanted = "n_fft / 2 + 1 when onesided=True" if both else "n_fft when onesided=False"
        raise RuntimeError(
            f"{given}expected the frequency dimension (3rd to the last) of the input tensor to match {wanted}, but got"
            f" {shape[-2]}"
        )
    if not 0 < hop_length <= win_length:
        raise RuntimeError(given + "expected 0 < hop_length <= win_length")
    if not 0 < win_length <= n_fft:
        raise RuntimeError(given + "expected 0 < win_length <= n_fft")
    if window is not None and window._data.shape != (win_length,):
        raise RuntimeError(given + "Invalid window shape. window has to be 1D and length of `win_length`")
    return both


def _frames_of(spectra: Tensor, n_fft: int, window: Tensor, scale: int, onesided: bool, return_complex: bool) -> Tensor:
    """The frames whose spectra are given: (batch, frames, n_fft)."""
    if return_complex:
        if onesided:
            raise DtypeError(_ONE_SIDED_COMPLEX, "Write onesided=False.")
        return fft_c2c.call(spectra, (2,), scale, False)
    if window.dtype.category == COMPLEX:
        raise DtypeError("Complex windows are incompatible with return_complex=False")
    if not onesided:
        spectra = sliced(spectra, -1, 0, n_fft // 2 + 1)
    return fft_c2r.call(spectra, (2,), scale, n_fft)


def _overlapped(
    frames: Tensor, window: Tensor, hop_length: int, center: bool, length: int | None, given: str
) -> Tensor:
    """The signal of which frames, times the window, are parts."""
    batch, count, n_fft = frames._data.shape
    whole = n_fft + hop_length * (count - 1)
    y = unfold_backward.call(frames, (batch, whole), 1, n_fft, hop_length)
    squares = window.pow(2).expand(1, count, n_fft)
    weights = unfold_backward.call(squares, (1, whole), 1, n_fft, hop_length)
    start = n_fft // 2 if center else 0
    end = start + length if length is not None else whole - n_fft // 2 if center else whole
    y, weights = sliced(y, 1, start, end), sliced(weights, 1, start, end)
    if weights.abs().min().item() < 1e-11:
        raise RuntimeError(
            f"{given}window overlap add min: 1\n[ CPUBoolType{{}} ]\nThe windows add up to 0 at some elements, whose"
            " values are lost. Choose a smaller hop_length, or center=True for a window that begins with 0."
        )
    y = y / weights
    if end > whole:
        warnings.warn(
            "The length of signal is shorter than the length parameter. Result is being padded with zeros in the tail."
            " Please check your center and hop_length settings.",
            UserWarning,
            stacklevel=3,
        )
        y = constant_pad.call(y, (0, end - whole), 0)
    return y


# -- how torch's messages show what was given -------------------------------------------------------------------------


def _described(t: Tensor) -> str:
    return f"torch.{scalar_type_name(t.dtype)}Tensor{list(t.shape)}"


def _kind_described(t: Tensor) -> str:
    return f"CPU{scalar_type_name(t.dtype)}Type{list(t.shape)}"


def _window_described(window: Tensor | None) -> str:
    return "None" if window is None else f"torch.{scalar_type_name(window.dtype)}Tensor{{{list(window.shape)}}}"


def _shown(flag: bool | None) -> str:
    return "None" if flag is None else str(int(flag))


METHODS: dict[str, Any] = {"istft": istft, "stft": stft}

__all__ = ["istft", "stft"]
