"""Discrete Fourier transforms: `torch.fft`.

`single.py` has the transforms over one dimension, `several.py` those over several, `frequencies.py` what belongs to
their results; `arguments.py` checks and prepares what they take.  The records are in `ops/fourier.py`.

The module is loaded when it is first used.

>>> import tapegrad as torch
>>> torch.fft.rfft(torch.tensor([1.0, 0.0, 0.0, 0.0]))
tensor([1.+0.j, 1.+0.j, 1.+0.j])
"""

from ..twins import twins
from .frequencies import fftfreq, fftshift, ifftshift, rfftfreq
from .several import (
    fft2,
    fftn,
    hfft2,
    hfftn,
    ifft2,
    ifftn,
    ihfft2,
    ihfftn,
    irfft2,
    irfftn,
    rfft2,
    rfftn,
)
from .single import fft, hfft, ifft, ihfft, irfft, rfft

__all__ = [
    "fft", "fft2", "fftfreq", "fftn", "fftshift", "hfft", "hfft2", "hfftn", "ifft", "ifft2", "ifftn", "ifftshift",
    "ihfft", "ihfft2", "ihfftn", "irfft", "irfft2", "irfftn", "rfft", "rfft2", "rfftfreq", "rfftn",
]  # fmt: skip

globals().update(twins(globals(), __all__, "fft_"))  # their names in torch
