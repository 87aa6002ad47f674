"""Samples of torch.fft, stft, istft, and of the windows."""

from typing import Any

from . import Sample, normal

x = normal(3, 4)
pairs = normal(3, 5, 2, seed=1)
cube = normal(2, 3, 4, 2, seed=2)
signal = normal(2, 40, seed=3)


def parts(t: Any) -> Any:
    """Real numbers instead of complex ones: pairs along a new dimension."""
    return t.resolve_conj().real, t.resolve_conj().imag


def z(torch: Any, a: Any) -> Any:
    """Complex numbers from pairs."""
    return torch.complex(a[..., 0], a[..., 1])


def spectra(torch: Any, a: Any, **options: Any) -> Any:
    return torch.stft(a, 8, window=torch.hann_window(8, dtype=a.dtype), return_complex=True, **options)


SAMPLES = [
    Sample("fft", lambda torch, a: (*parts(torch.fft.fft(a)), *parts(torch.fft.fft(a, dim=0, norm="ortho"))), (x,)),
    Sample("fft: result", lambda torch, a: torch.fft.fft(a), (x,), smooth=False),
    Sample("fft: padded and cut", lambda torch, a: (*parts(torch.fft.fft(a, 7)), *parts(torch.fft.fft(a, 2, 0))), (x,)),
    Sample("fft: complex", lambda torch, a: (*parts(torch.fft.fft(z(torch, a))), torch.fft.fft(z(torch, a)).real),
           (pairs,)),
    Sample("ifft", lambda torch, a: (*parts(torch.fft.ifft(a)), *parts(torch.fft.ifft(a, norm="forward"))), (x,)),
    Sample("ifft: complex", lambda torch, a: parts(torch.fft.ifft(z(torch, a), 6, norm="ortho")), (pairs,)),
    Sample("rfft", lambda torch, a: (*parts(torch.fft.rfft(a)), *parts(torch.fft.rfft(a, dim=0, norm="ortho"))), (x,)),
    Sample("rfft: padded and cut", lambda torch, a: (*parts(torch.fft.rfft(a, 7)), *parts(torch.fft.rfft(a, 3))), (x,)),
    Sample("rfft: one element", lambda torch, a: parts(torch.fft.rfft(a, 1)), (x,)),
    Sample("irfft", lambda torch, a: (torch.fft.irfft(z(torch, a)), torch.fft.irfft(z(torch, a), 7, 0, "ortho")),
           (pairs,)),
    Sample("irfft: real", lambda torch, a: (torch.fft.irfft(a), torch.fft.irfft(a, 1), torch.fft.irfft(a, 2)), (x,)),
    Sample("hfft", lambda torch, a: (torch.fft.hfft(z(torch, a)), torch.fft.hfft(z(torch, a), 7, 0, "ortho")),
           (pairs,)),
    Sample("ihfft", lambda torch, a: (*parts(torch.fft.ihfft(a)), *parts(torch.fft.ihfft(a, 7, 0, "ortho"))), (x,)),
    Sample("fftn", lambda torch, a: parts(torch.fft.fftn(a)), (x,)),
    Sample("fftn: complex", lambda torch, a: parts(torch.fft.fftn(z(torch, a), (3, 5), (2, 0), "ortho")), (cube,)),
    Sample("fftn: no dimension", lambda torch, a: parts(torch.fft.fftn(z(torch, a), dim=())), (pairs,)),
    Sample("fft2", lambda torch, a: (*parts(torch.fft.fft2(z(torch, a))), *parts(torch.fft.ifft2(z(torch, a)))),
           (cube,)),
    Sample("ifftn", lambda torch, a: parts(torch.fft.ifftn(z(torch, a), (-1, 2))), (cube,)),
    Sample("rfftn", lambda torch, a: (*parts(torch.fft.rfftn(a)), *parts(torch.fft.rfftn(a, (5, 2), (2, 0)))),
           (normal(2, 3, 4),)),
    Sample("rfft2", lambda torch, a: parts(torch.fft.rfft2(a, norm="forward")), (normal(2, 3, 4),)),
    Sample("irfftn", lambda torch, a: (torch.fft.irfftn(z(torch, a)), torch.fft.irfftn(z(torch, a), (2, 5), (2, 0))),
           (cube,)),
    Sample("irfft2", lambda torch, a: torch.fft.irfft2(z(torch, a), norm="ortho"), (cube,)),
    Sample("hfftn", lambda torch, a: (torch.fft.hfftn(z(torch, a)), torch.fft.hfft2(z(torch, a), (3, 5))), (cube,)),
    Sample("ihfftn", lambda torch, a: (*parts(torch.fft.ihfftn(a)), *parts(torch.fft.ihfft2(a, (3, 5)))),
           (normal(2, 3, 4),)),
    Sample("fftshift", lambda torch, a: (torch.fft.fftshift(a), torch.fft.fftshift(a, 1), torch.fft.ifftshift(a, (0,))),
           (normal(3, 4),)),
    Sample("stft", lambda torch, a: parts(spectra(torch, a)), (signal,)),
    Sample("stft: node", lambda torch, a: spectra(torch, a[0]), (signal,), smooth=False),
    Sample("stft: two-sided", lambda torch, a: parts(spectra(torch, a, onesided=False, normalized=True)), (signal,)),
    Sample("stft: not centred", lambda torch, a: parts(spectra(torch, a, center=False, hop_length=3)), (signal,)),
    Sample("stft: short window", lambda torch, a, w: parts(torch.stft(a, 8, win_length=5, window=w, center=False,
           align_to_window=True, return_complex=True)), (signal, normal(5, low=0.5, high=1))),
    Sample("stft: constant padding", lambda torch, a: parts(spectra(torch, a, pad_mode="constant")), (signal,)),
    Sample("istft", lambda torch, a, w: torch.istft(spectra(torch, a), 8, window=w),
           (signal, normal(8, low=0.5, high=1))),
    Sample("istft: length", lambda torch, a: torch.istft(spectra(torch, a[0], normalized=True), 8, normalized=True,
           window=torch.hann_window(8, dtype=a.dtype), length=25), (signal,)),
    Sample("istft: two-sided", lambda torch, a: torch.istft(spectra(torch, a, onesided=False), 8, onesided=False,
           window=torch.ones(8, dtype=a.dtype)), (signal,)),
    Sample("istft: complex", lambda torch, a: parts(torch.istft(spectra(torch, a, onesided=False), 8, onesided=False,
           window=torch.ones(8, dtype=a.dtype), return_complex=True)), (signal,)),
]  # fmt: skip
