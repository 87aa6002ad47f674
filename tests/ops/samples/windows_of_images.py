"""Samples of convolution, pooling, padding, folding and interpolation."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import Sample, normal


def F(torch: Any) -> Any:
    return torch.nn.functional


def of(name: str, *args: Any, **options: Any) -> Any:
    """The function of this name, of one tensor."""
    return lambda torch, x: getattr(F(torch), name)(x, *args, **options)


def both(name: str, **options: Any) -> Any:
    """The function of this name, of all tensors given."""
    return lambda torch, *xs: getattr(F(torch), name)(*xs, **options)


line, image, volume = normal(2, 4, 7), normal(2, 4, 6, 5), normal(1, 2, 4, 5, 4)
b3 = normal(3, seed=4)

SAMPLES = [
    Sample("nn.conv1d", both("conv1d"), (line, normal(3, 4, 3, seed=1), b3)),
    Sample("nn.conv1d: no bias, unbatched", both("conv1d"), (line[0], normal(3, 4, 3, seed=1))),
    Sample("nn.conv1d: same", both("conv1d", padding="same", dilation=2), (line, normal(3, 4, 2, seed=1), b3)),
    Sample("nn.conv1d: rest unread", both("conv1d", stride=3), (line, normal(3, 4, 2, seed=1), b3)),
    Sample("nn.conv2d", both("conv2d"), (image, normal(3, 4, 3, 2, seed=1), b3)),
    Sample("nn.conv2d: all options", both("conv2d", stride=(2, 1), padding=(1, 2), dilation=(1, 2), groups=2),
           (image, normal(6, 2, 3, 2, seed=1), normal(6, seed=2))),
    Sample("nn.conv2d: depthwise", both("conv2d", groups=4), (image, normal(8, 1, 2, 2, seed=1))),
    Sample("nn.conv2d: no samples", both("conv2d"), (normal(0, 4, 6, 5), normal(3, 4, 3, 2, seed=1), b3)),
    Sample("nn.conv3d", both("conv3d", padding=1), (volume, normal(3, 2, 2, 3, 2, seed=1), b3)),
    Sample("nn.conv_transpose1d", both("conv_transpose1d", stride=2, output_padding=1),
           (line, normal(4, 3, 3, seed=1), b3)),
    Sample("nn.conv_transpose1d: unbatched", both("conv_transpose1d"), (line[0], normal(4, 3, 3, seed=1))),
    Sample("nn.conv_transpose1d: dilated, output_padding", both("conv_transpose1d", dilation=2, output_padding=1),
           (line, normal(4, 3, 3, seed=1), b3)),
    Sample("nn.conv_transpose2d: groups", both("conv_transpose2d", stride=2, padding=1, groups=2),
           (image, normal(4, 3, 3, 2, seed=1), normal(6, seed=3))),
    Sample("nn.conv_transpose3d", both("conv_transpose3d"), (volume, normal(2, 3, 2, 2, 2, seed=1), b3)),
    Sample("nn.unfold", of("unfold", (2, 3), padding=1, stride=2), (image,)),
    Sample("nn.unfold: unbatched", of("unfold", 2, dilation=2), (image[0],)),
    Sample("nn.fold", of("fold", (3, 4), 2), (normal(2, 8, 6),)),
    Sample("nn.fold: unbatched", of("fold", (4, 4), 2, stride=2), (normal(8, 4),)),
    Sample("nn.pad", of("pad", (1, 2)), (image,)),
    Sample("nn.pad: value", of("pad", (1, 2, 0, 1), value=2.5), (image,)),
    Sample("nn.pad: cut off", of("pad", (-1, 2, 1, -3)), (image,)),
    Sample("nn.pad: 1-d", of("pad", (2, 0)), (normal(3),)),
    Sample("nn.pad: reflect 1", of("pad", (2, 1), mode="reflect"), (line,)),
    Sample("nn.pad: reflect 2", of("pad", (2, 1, 1, 3), mode="reflect"), (image,)),
    Sample("nn.pad: reflect 3", of("pad", (1, 1, 1, 2, 0, 1), mode="reflect"), (volume,)),
    Sample("nn.pad: replicate 1", of("pad", (3, 9), mode="replicate"), (line[0],)),
    Sample("nn.pad: replicate 2", of("pad", (3, -1, 1, 2), mode="replicate"), (image,)),
    Sample("nn.pad: circular", of("pad", (2, 1, 0, 3), mode="circular"), (image,)),
    Sample("nn.pad: circular, no samples", of("pad", (1, 1, 1, 0), mode="circular"), (normal(0, 3, 3, 3),)),
    Sample("nn.pixel_shuffle", of("pixel_shuffle", 2), (image,)),
    Sample("nn.pixel_unshuffle", of("pixel_unshuffle", 2), (normal(2, 1, 4, 6),)),
    Sample("nn.channel_shuffle", of("channel_shuffle", 2), (image,)),
]  # fmt: skip

for dims, x in ((1, line), (2, image), (3, volume)):
    SAMPLES += [
        Sample(f"nn.max_pool{dims}d", of(f"max_pool{dims}d", 2), (x,)),
        Sample(f"nn.max_pool{dims}d: options", of(f"max_pool{dims}d", 3, 2, 1, ceil_mode=True), (x,)),
        Sample(f"nn.max_pool{dims}d: dilation", of(f"max_pool{dims}d", 2, 1, dilation=2), (x,)),
        Sample(f"nn.max_pool{dims}d: indices", of(f"max_pool{dims}d", 2, return_indices=True), (x,)),
        Sample(f"nn.avg_pool{dims}d", of(f"avg_pool{dims}d", 2), (x,)),
        Sample(f"nn.avg_pool{dims}d: options", of(f"avg_pool{dims}d", 3, 2, 1, True, False), (x,)),
        Sample(f"nn.avg_pool{dims}d: ceil", of(f"avg_pool{dims}d", 2, 3, 1, True), (x,)),
        Sample(f"nn.adaptive_avg_pool{dims}d", of(f"adaptive_avg_pool{dims}d", 3), (x,)),
        Sample(f"nn.adaptive_avg_pool{dims}d: one", of(f"adaptive_avg_pool{dims}d", 1), (x,)),
        Sample(f"nn.adaptive_max_pool{dims}d", of(f"adaptive_max_pool{dims}d", 3), (x,)),
        Sample(f"nn.lp_pool{dims}d", of(f"lp_pool{dims}d", 2, 2), (x,)),
        Sample(f"nn.interpolate: nearest {dims}", of("interpolate", scale_factor=1.7), (x,)),
        Sample(f"nn.interpolate: nearest-exact {dims}",
               of("interpolate", scale_factor=0.6, mode="nearest-exact"), (x,)),
        Sample(f"nn.interpolate: area {dims}", of("interpolate", size=3, mode="area"), (x,)),
    ]  # fmt: skip
    smooth = ("linear", "bilinear", "trilinear")[dims - 1]
    for align in (False, True):
        for size in (3, 9):
            SAMPLES += [
                Sample(f"nn.interpolate: {mode}, align {align}, to {size}",
                       of("interpolate", size=size, mode=mode, align_corners=align), (x,))
                for mode in ((smooth, "bicubic") if dims == 2 else (smooth,))
            ]  # fmt: skip
for mode in ("bilinear", "bicubic"):
    SAMPLES += [
        Sample(f"nn.interpolate: {mode}, antialias, by {factor}",
               of("interpolate", scale_factor=factor, mode=mode, antialias=True), (normal(1, 2, 9, 8),))
        for factor in (0.4, 1.5)
    ]  # fmt: skip
SAMPLES += [
    Sample("nn.avg_pool2d: divisor", of("avg_pool2d", 2, divisor_override=3), (image,)),
    Sample("nn.max_pool2d: nan and inf", of("max_pool2d", 2),
           (np.array([[[[np.nan, 1.0, np.inf, -np.inf], [2.0, 3.0, -np.inf, -np.inf]]]]),), smooth=False),
    Sample("nn.max_pool2d: ties", of("max_pool2d", 2, 1), (np.ones((1, 1, 3, 3)),), smooth=False),
    Sample("nn.max_pool2d: nothing but -inf, padding", of("max_pool2d", 2, 2, 1), (np.full((1, 1, 4, 4), -np.inf),),
           smooth=False),
    Sample("nn.max_unpool2d",
           lambda torch, a: F(torch).max_unpool2d(*F(torch).max_pool2d(a, 2, return_indices=True), 2,
                                                  output_size=(6, 5)),
           (image,)),
    Sample("nn.max_unpool1d",
           lambda torch, a: F(torch).max_unpool1d(*F(torch).max_pool1d(a, 2, return_indices=True), 2), (line,)),
    Sample("nn.fractional_max_pool2d",
           lambda torch, a, s: F(torch).fractional_max_pool2d(a, 2, 3, _random_samples=s.detach()),
           (image, normal(2, 4, 2, low=0.0, high=1.0)), smooth=False),
    Sample("nn.local_response_norm", of("local_response_norm", 3), (image,)),
    Sample("nn.local_response_norm: 3-d", of("local_response_norm", 2, 0.1, 0.5, 2.0), (line,)),
]  # fmt: skip
