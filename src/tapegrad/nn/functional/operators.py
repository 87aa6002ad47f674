"""Functions of `torch.nn.functional` that are operators as they are."""

from ...ops.convolution import conv1d, conv2d, conv3d, conv_transpose1d, conv_transpose2d, conv_transpose3d
from ...ops.distances import pdist
from ...ops.shuffling import channel_shuffle, pixel_shuffle, pixel_unshuffle

native_channel_shuffle = channel_shuffle

__all__ = [
    "channel_shuffle", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d",
    "native_channel_shuffle", "pdist", "pixel_shuffle", "pixel_unshuffle",
]  # fmt: skip
