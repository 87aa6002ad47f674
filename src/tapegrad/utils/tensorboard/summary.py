"""TensorBoard's records of values: one function for each kind."""

from __future__ import annotations

import io
import wave
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
        AssertionError: `value` has more or fewer elements than one.
    """
    array = as_array(value).squeeze()
    if array.ndim:
        raise AssertionError(f"Tensor should contain one element (0 dimensions). {name!r} has the shape {array.shape}.")
    number = float(array)
    if not new_style:
        return Summary(value=[Summary.Value(tag=name, simple_value=number)])
    field = "double" if double_precision else "float"
    content = TensorProto(dtype=f"DT_{field.upper()}", **{f"{field}_val": [number]})
    metadata = SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name="scalars"))
    return Summary(value=[Summary.Value(tag=name, tensor=content, metadata=metadata)])


def tensorflow_bins() -> Array:
    """The edges that TensorFlow uses: a tenth wider each, on both sides of zero."""
    right = [1e-12]
    while right[-1] * 1.1 < 1e20:
        right.append(right[-1] * 1.1)
    return np.array([*(-x for x in reversed(right)), 0.0, *right])


def histogram(name: str, values: Any, bins: Any = "tensorflow", max_bins: int | None = None) -> Any:
    """How often values occur.

    Raises:
        ValueError: there are no values.
    """
    array = as_array(values).reshape(-1).astype(np.float64)
    if not array.size:
        raise ValueError("The input has no element.")
    counts, edges = np.histogram(array, bins=tensorflow_bins() if bins == "tensorflow" else bins)
    if max_bins is not None and len(counts) > max_bins:
        step = len(counts) // max_bins  # as in torch, which leaves up to twice as many
        counts = np.add.reduceat(counts, np.arange(0, len(counts), step))
        edges = np.append(edges[:-1][::step], edges[-1])
    filled = np.flatnonzero(counts)
    first, last = (int(filled[0]), int(filled[-1]) + 1) if filled.size else (0, len(counts))
    # The first limit closes an empty bin, which says where the next one begins.
    return histogram_raw(
        name,
        array.min(),
        array.max(),
        len(array),
        array.sum(),
        float(array @ array),
        edges[first : last + 1].tolist(),
        [0.0, *counts[first:last].astype(float).tolist()],
    )


def histogram_raw(
    name: str, min: float, max: float, num: float, sum: float, sum_squares: float, bucket_limits: Any, counts: Any
) -> Any:
    """A histogram from numbers that are there already."""
    content = HistogramProto(
        min=min, max=max, num=num, sum=sum, sum_squares=sum_squares, bucket_limit=bucket_limits, bucket=counts
    )
    return Summary(value=[Summary.Value(tag=name, histo=content)])


def grid(pictures: Array, columns: int = 8) -> Array:
    """Pictures of shape (N, C, H, W) in rows, as one of shape (H, W, 3): grey ones have each channel alike."""
    n, channels, height, width = pictures.shape
    if channels == 1:
        pictures = np.repeat(pictures, 3, 1)
    columns = min(n, columns)
    rows = -(-n // columns)
    sheet = np.zeros((rows * height, columns * width, pictures.shape[1]), pictures.dtype)
    for i, picture in enumerate(pictures):
        y, x = i // columns * height, i % columns * width
        sheet[y : y + height, x : x + width] = picture.transpose(1, 2, 0)
    return sheet


def pixels(values: Any, dataformats: str) -> Array:
    """A picture, or several in rows of eight, as bytes of shape (H, W, C).

    Args:
        values: bytes, or numbers from 0 to 1, of the dimensions that `dataformats` names: N pictures, C channels,
            H rows, W columns.

    Raises:
        AssertionError: the array has other dimensions, or a letter is there twice.
    """
    array = as_array(values)
    letters = dataformats.upper()
    if len(set(letters)) != len(letters):
        raise AssertionError(f"You can not use the same dimension shorthand twice. Found {dataformats!r}.")
    if array.ndim != len(letters):
        raise AssertionError(
            f"size of input tensor and input format are different. Found the shape {array.shape} for {dataformats!r}."
        )
    ordered = np.einsum(array, list(map("NCHW".index, letters)), sorted(map("NCHW".index, letters)))
    for axis, letter in enumerate("NC"):
        if letter not in letters:
            ordered = np.expand_dims(ordered, axis)
    sheet = grid(ordered)
    if sheet.dtype == np.uint8:
        return sheet
    return (sheet.astype(np.float32) * 255).clip(0, 255).astype(np.uint8)


def image(name: str, values: Any, dataformats: str = "CHW", rescale: float = 1, boxes: Any = None) -> Any:
    """A picture, or several in rows of eight: bytes, or numbers from 0 to 1; see `pixels`.

    Args:
        rescale: how many times larger it is shown.
        boxes: pairs of a rectangle (left, top, right, bottom) and a label or None, to be drawn into it.
    """
    from PIL import Image, ImageDraw

    picture = Image.fromarray(pixels(values, dataformats))
    for (left, top, right, bottom), label in boxes or ():
        draw = ImageDraw.Draw(picture)
        corners = [(left, top), (left, bottom), (right, bottom), (right, top), (left, top)]
        draw.line(corners, width=2, fill="Red")
        if label:
            _draw_label(draw, left, bottom, label)
    width, height = picture.size
    if rescale != 1:
        picture = picture.resize((int(width * rescale), int(height * rescale)), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    picture.save(file, format="PNG")
    channels = len(picture.getbands())
    shown = Summary.Image(height=height, width=width, colorspace=channels, encoded_image_string=file.getvalue())
    return Summary(value=[Summary.Value(tag=name, image=shown)])


def _draw_label(draw: Any, left: float, bottom: float, label: str) -> None:
    """A text on a red ground, in the lower left corner of a box."""
    from PIL import ImageFont

    font: Any = ImageFont.load_default()
    x0, y0, x1, y1 = font.getbbox(label)
    height, margin = y1 - y0, np.ceil(0.05 * (y1 - y0))
    draw.rectangle([(left, bottom - height - 2 * margin), (left + x1 - x0, bottom)], fill="Red")
    draw.text((left + margin, bottom - height - margin), label, fill="black", font=font)


def video(name: str, values: Any, fps: float = 4) -> Any:
    """Moving pictures of shape (N, T, C, H, W) side by side, as an animated GIF: bytes, or numbers from 0 to 1.

    Raises:
        ValueError: the array has other dimensions.
    """
    from PIL import Image

    array = as_array(values)
    if array.ndim != 5:
        raise ValueError(f"a video has the dimensions (N, T, C, H, W); found the shape {array.shape}")
    frames = [Image.fromarray(pixels(array[:, t], "NCHW")) for t in range(array.shape[1])]
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], duration=round(1000 / fps), loop=0)
    first = frames[0]
    shown = Summary.Image(height=first.height, width=first.width, colorspace=3, encoded_image_string=file.getvalue())
    return Summary(value=[Summary.Value(tag=name, image=shown)])


def audio(name: str, values: Any, sample_rate: int = 44100) -> Any:
    """A sound: numbers from -1 to 1, one for each sample; what is beyond is cut off.

    Raises:
        AssertionError: there is more than one channel.
    """
    array = as_array(values).squeeze()
    if array.size and abs(array).max() > 1:
        print("warning: audio amplitude out of range, auto clipped.")
        array = array.clip(-1, 1)
    if array.ndim != 1:
        raise AssertionError("input tensor should be 1 dimensional.")
    samples = (array * np.iinfo(np.int16).max).astype("<i2")
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((1, 2, sample_rate, 0, "NONE", ""))
        sound.writeframes(samples.tobytes())
    shown = Summary.Audio(
        sample_rate=sample_rate,
        num_channels=1,
        length_frames=len(samples),
        encoded_audio_string=file.getvalue(),
        content_type="audio/wav",
    )
    return Summary(value=[Summary.Value(tag=name, audio=shown)])


def text(name: str, string: str) -> Any:
    """A text, shown as Markdown."""
    metadata = SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name="text", content=b""))
    one = TensorShapeProto(dim=[TensorShapeProto.Dim(size=1)])
    content = TensorProto(dtype="DT_STRING", string_val=[string.encode()], tensor_shape=one)
    return Summary(value=[Summary.Value(tag=f"{name}/text_summary", metadata=metadata, tensor=content)])
