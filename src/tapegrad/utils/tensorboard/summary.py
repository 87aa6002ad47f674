"""TensorBoard's records of values: one function for each kind."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from tensorboard.compat.proto.summary_pb2 import HistogramProto, Summary, SummaryMetadata
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto

from ...tensor.dtypes import Array
from ...tensor.tensor import Tensor


def as_array(x: Any) -> Array:
    """Numbers, arrays and tensors as an array."""
    if isinstance(x, Tensor):
        x = x.detach()
        return (x.float() if x._data.dtype.kind == "V" else x).numpy()
    return np.asarray(x)


def scalar(name: str, value: Any, double_precision: bool = False, new_style: bool = False) -> Any:
    """One number.

    Raises:
        ValueError: `value` has more or fewer elements than one.
    """
    array = as_array(value).squeeze()
    if array.ndim:
        raise ValueError(f"scalar should be 0D: {name!r} has the shape {array.shape}")
    number = float(array)
    if not new_style and not double_precision:
        return Summary(value=[Summary.Value(tag=name, simple_value=number)])
    field = "double" if double_precision else "float"
    content = TensorProto(dtype=f"DT_{field.upper()}", **{f"{field}_val": [number]})
    metadata = SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name="scalars"))
    return Summary(value=[Summary.Value(tag=name, tensor=content, metadata=metadata)])


def tensorflow_bins() -> Array:
    """The edges that TensorFlow uses: a tenth wider each, on both sides of zero."""
    steps = int(np.ceil(np.log(1e20 / 1e-12) / np.log(1.1)))
    right = 1e-12 * 1.1 ** np.arange(steps)
    return np.concatenate([-right[::-1], [0.0], right])


def histogram(name: str, values: Any, bins: Any = "tensorflow", max_bins: int | None = None) -> Any:
    """How often values occur.

    Raises:
        ValueError: there are no values, or some are not finite.
    """
    array = as_array(values).reshape(-1).astype(np.float64)
    if not array.size:
        raise ValueError("The input has no element.")
    if not np.isfinite(array).all():
        raise ValueError(f"the values of {name!r} are not all finite, so they have no histogram")
    counts, edges = np.histogram(array, bins=tensorflow_bins() if bins == "tensorflow" else bins)
    if max_bins is not None and len(counts) > max_bins:
        step = -(-len(counts) // max_bins)
        counts = np.add.reduceat(counts, np.arange(0, len(counts), step))
        edges = np.append(edges[:-1][::step], edges[-1])
    filled = np.flatnonzero(counts)
    first, last = (int(filled[0]), int(filled[-1]) + 1) if filled.size else (0, len(counts))
    # The first limit closes an empty bin, which says where the next one begins.
    return Summary(
        value=[
            Summary.Value(
                tag=name,
                histo=HistogramProto(
                    min=array.min(),
                    max=array.max(),
                    num=len(array),
                    sum=array.sum(),
                    sum_squares=array @ array,
                    bucket_limit=edges[first : last + 1].tolist(),
                    bucket=[0.0, *counts[first:last].astype(float).tolist()],
                ),
            )
        ]
    )


def image(name: str, values: Any, dataformats: str = "CHW") -> Any:
    """A picture, or several side by side: bytes, or numbers from 0 to 1.

    Args:
        values: of the dimensions that `dataformats` names: N pictures, C channels (1, 3 or 4), H rows, W columns.

    Raises:
        ValueError: the array has other dimensions.
    """
    from PIL import Image

    array = as_array(values)
    if array.ndim != len(dataformats) or len(set(dataformats.upper())) != len(dataformats):
        raise ValueError(f"an image of dimensions {dataformats!r} cannot have the shape {array.shape}")
    letters = dataformats.upper()
    pixels = np.einsum(array, list(map("NHWC".index, letters)), sorted(map("NHWC".index, letters)))
    for axis, letter in ((0, "N"), (3, "C")):
        if letter not in letters:
            pixels = np.expand_dims(pixels, axis)
    pixels = np.concatenate(list(pixels), axis=1)
    if pixels.dtype != np.uint8:
        pixels = (np.clip(pixels.astype(np.float64), 0, 1) * 255).astype(np.uint8)
    channels = pixels.shape[2]
    file = io.BytesIO()
    Image.fromarray(pixels[:, :, 0] if channels == 1 else pixels).save(file, format="PNG")
    shown = Summary.Image(
        height=pixels.shape[0], width=pixels.shape[1], colorspace=channels, encoded_image_string=file.getvalue()
    )
    return Summary(value=[Summary.Value(tag=name, image=shown)])


def text(name: str, string: str) -> Any:
    """A text, shown as Markdown."""
    metadata = SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name="text", content=b""))
    one = TensorShapeProto(dim=[TensorShapeProto.Dim(size=1)])
    content = TensorProto(dtype="DT_STRING", string_val=[string.encode()], tensor_shape=one)
    return Summary(value=[Summary.Value(tag=f"{name}/text_summary", metadata=metadata, tensor=content)])
