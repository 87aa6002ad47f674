"""`torch.nn.utils.rnn`: sequences of several lengths, padded or packed, for recurrent layers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple, cast

import numpy as np

from ...ops.packing import pack_padded, pad_packed, pad_sequences, positions
from ...tensor.dtypes import I64
from ...tensor.tensor import Tensor, new_tensor


class PackedSequence_(NamedTuple):
    """The fields of a packed sequence."""

    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None
    unsorted_indices: Tensor | None


class PackedSequence(PackedSequence_):
    """Sequences of several lengths without padding, as recurrent layers take them.

    Made by `pack_padded_sequence` or `pack_sequence`.

    Attributes:
        data: the elements, (elements, *): the first of each sequence, then the second of each that has one, …
        batch_sizes: how many sequences have a first element, a second, …; int64.
        sorted_indices: the order, longest first, in which the sequences were packed; None if they were sorted.
        unsorted_indices: where each sequence has gone: the inverse of `sorted_indices`.

    >>> import tapegrad as torch
    >>> from tapegrad.nn.utils.rnn import pack_sequence
    >>> packed = pack_sequence([torch.tensor([1.0, 2.0]), torch.tensor([3.0])])
    >>> packed.data, packed.batch_sizes
    (tensor([1., 3., 2.]), tensor([2, 1]))
    """

    def __new__(
        cls,
        data: Any,
        batch_sizes: Tensor | None = None,
        sorted_indices: Tensor | None = None,
        unsorted_indices: Tensor | None = None,
    ) -> PackedSequence:
        if batch_sizes is None:
            if not isinstance(data, (list, tuple)) or len(data) != 2:
                raise AssertionError(
                    "Expected data to be a list or tuple of length 2\n"
                    "  Without batch_sizes, write PackedSequence((data, batch_sizes))."
                )
            data, batch_sizes = data
        elif batch_sizes.device.type != "cpu":
            raise ValueError(f"batch_sizes should always be on CPU. Found: {batch_sizes.device}.")
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        return super().__new__(cls, data, cast(Tensor, batch_sizes), sorted_indices, unsorted_indices)

    def to(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """The packed sequence with `data.to(...)`; itself if nothing changes."""
        data = self.data.to(*args, **kwargs)
        return self if data is self.data else type(self)(data, *self[1:])

    def cpu(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """Itself: everything is on the CPU."""
        return self.to("cpu", *args, **kwargs)

    def cuda(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """Refused: there is no CUDA device."""
        return type(self)(self.data.cuda(*args, **kwargs), *self[1:])

    def pin_memory(self) -> PackedSequence:
        """The packed sequence in page-locked memory."""
        return type(self)(self.data.pin_memory(), *self[1:])

    def _as(self, dtype: str) -> PackedSequence:
        import tapegrad

        return self.to(dtype=getattr(tapegrad, dtype))

    def double(self) -> PackedSequence:
        """With elements of type float64."""
        return self._as("float64")

    def float(self) -> PackedSequence:
        """With elements of type float32."""
        return self._as("float32")

    def half(self) -> PackedSequence:
        """With elements of type float16."""
        return self._as("float16")

    def long(self) -> PackedSequence:
        """With elements of type int64."""
        return self._as("int64")

    def int(self) -> PackedSequence:
        """With elements of type int32."""
        return self._as("int32")

    def short(self) -> PackedSequence:
        """With elements of type int16."""
        return self._as("int16")

    def char(self) -> PackedSequence:
        """With elements of type int8."""
        return self._as("int8")

    def byte(self) -> PackedSequence:
        """With elements of type uint8."""
        return self._as("uint8")

    @property
    def is_cuda(self) -> bool:
        """False: there is no CUDA device."""
        return self.data.is_cuda

    def is_pinned(self) -> bool:
        """Whether the data is in page-locked memory."""
        return self.data.is_pinned()


def invert_permutation(permutation: Tensor | None) -> Tensor | None:
    """The permutation that undoes another; None for None.

    >>> import tapegrad as torch
    >>> torch.nn.utils.rnn.invert_permutation(torch.tensor([2, 0, 1]))
    tensor([1, 2, 0])
    """
    if permutation is None:
        return None
    inverse = np.empty_like(permutation._data)
    inverse[permutation._data] = np.arange(permutation._data.size, dtype=permutation._data.dtype)
    return new_tensor(inverse)


def _check_lengths(lengths: Any, steps: int, batch: int) -> None:
    if lengths.size != batch:
        raise RuntimeError(
            f"Expected `len(lengths)` to be equal to batch_size, but got {lengths.size} (batch_size={batch})"
        )
    if (lengths <= 0).any():
        raise RuntimeError(
            "Length of all samples has to be greater than 0, but found an element in 'lengths' that is <= 0"
        )
    if (np.diff(lengths) > 0).any():
        raise RuntimeError(
            "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. You can pass"
            " `enforce_sorted=False` to pack_padded_sequence and/or pack_sequence to sidestep this requirement if you"
            " do not need ONNX exportability."
        )
    if lengths[0] > steps:  # torch would go on with a batch that has more steps than elements
        raise RuntimeError(f"A length of {lengths[0]} exceeds the {steps} steps of the padded batch.")


def pack_padded_sequence(
    input: Tensor, lengths: Tensor | list[int], batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """Pack a padded batch of sequences.

    Args:
        input: shape (time, batch, *), or (batch, time, *) if `batch_first`.
        lengths: the length of each sequence; int64 if a tensor.
        enforce_sorted: the sequences are sorted already, longest first; otherwise they are sorted here.

    Raises:
        RuntimeError: lengths that do not fit the batch, are not positive, or not sorted.

    >>> import tapegrad as torch
    >>> padded = torch.tensor([[1.0, 2.0], [3.0, 0.0]])
    >>> torch.nn.utils.rnn.pack_padded_sequence(padded, [2, 1], batch_first=True).data
    tensor([1., 3., 2.])
    """
    x: Any = input
    array = lengths._data if isinstance(lengths, Tensor) else np.array(lengths, dtype=I64)
    if array.ndim != 1:
        raise RuntimeError(
            f"'lengths' argument should be a 1D CPU int64 tensor, but got {array.ndim}D cpu"
            f" {_short_name(lengths)} tensor"
        )
    array = array.astype(I64, copy=False)
    order: Tensor | None = None
    if not enforce_sorted:
        order = new_tensor(np.argsort(-array, kind="stable"))
        array = array[order._data]
        x = x.index_select(0 if batch_first else 1, order)
    if not x.numel():
        raise RuntimeError("Cannot pack empty tensors.")
    batch, steps = (x.size(0), x.size(1)) if batch_first else (x.size(1), x.size(0))
    _check_lengths(array, steps, batch)
    mask = positions(array, steps)
    data = pack_padded.call(x, mask, batch_first)
    return PackedSequence(data, new_tensor(mask[: array[0]].sum(1, dtype=I64)), order, None)


def _short_name(lengths: Any) -> str:
    from ...tensor.dtypes import scalar_type_name

    return scalar_type_name(lengths.dtype) if isinstance(lengths, Tensor) else "Long"


def pad_packed_sequence(
    sequence: PackedSequence,
    batch_first: bool = False,
    padding_value: float = 0.0,
    total_length: int | None = None,
) -> tuple[Tensor, Tensor]:
    """Undo `pack_padded_sequence`.

    Args:
        sequence: the packed batch.
        batch_first: return shape (batch, time, *) instead of (time, batch, *).
        padding_value: what stands where a sequence has ended.
        total_length: the number of steps, if more than the longest sequence has.

    Returns:
        The padded batch and the length of each sequence, in the order before packing.

    Raises:
        ValueError: `total_length` is less than the longest sequence has.

    >>> import tapegrad as torch
    >>> from tapegrad.nn.utils.rnn import pack_sequence, pad_packed_sequence
    >>> pad_packed_sequence(pack_sequence([torch.tensor([1.0, 2.0]), torch.tensor([3.0])]), batch_first=True)
    (tensor([[1., 2.],
            [3., 0.]]), tensor([2, 1]))
    """
    sizes = sequence.batch_sizes._data
    longest = len(sizes)
    if total_length is not None and total_length < longest:
        raise ValueError(
            "Expected total_length to be at least the length of the longest sequence in input, but got"
            f" total_length={total_length} and max sequence length being {longest}"
        )
    lengths = (sizes[:, None] > np.arange(sizes[0])).sum(0, dtype=I64)
    mask = positions(lengths, longest if total_length is None else total_length)
    padded: Any = pad_packed.call(sequence.data, mask, padding_value, batch_first)
    order = sequence.unsorted_indices
    if order is None:
        return padded, new_tensor(lengths)
    return padded.index_select(0 if batch_first else 1, order), new_tensor(lengths[order._data])


def pad_sequence(
    sequences: Tensor | list[Tensor],
    batch_first: bool = False,
    padding_value: float = 0.0,
    padding_side: str = "right",
) -> Tensor:
    """A padded batch of sequences, each of shape (time, *).

    Args:
        sequences: the sequences; their shapes agree but for the first dimension.
        batch_first: return shape (batch, time, *) instead of (time, batch, *).
        padding_value: what stands before or after a sequence.
        padding_side: "right" to pad after a sequence, "left" to pad before it.

    Raises:
        RuntimeError: no sequences, shapes that do not agree, or another padding side.

    >>> import tapegrad as torch
    >>> torch.nn.utils.rnn.pad_sequence([torch.tensor([1, 2]), torch.tensor([3])], batch_first=True)
    tensor([[1, 2],
            [3, 0]])
    """
    if not isinstance(sequences, Iterable):
        raise RuntimeError(
            f"pad_sequence: Expected iterable for input sequences, but got arg of type: {type(sequences)}"
        )
    given = list(sequences.unbind(0) if isinstance(sequences, Tensor) else sequences)
    if not given:
        raise RuntimeError("received an empty list of sequences")
    for i, sequence in enumerate(given):
        if not isinstance(sequence, Tensor):
            raise TypeError(f"expected Tensor as element {i} in argument 0, but got {type(sequence).__name__}")
    if padding_side not in ("left", "right"):
        raise RuntimeError(f"Expected padding_side to be one of left or right, but got {padding_side}.")
    rest = given[0].shape[1:]
    for sequence in given:
        if sequence.shape[1:] != rest:
            raise _shapes_differ(rest, sequence.shape[1:])
    padded: Tensor = pad_sequences.call(
        given, padding_value=padding_value, batch_first=batch_first, left=padding_side == "left"
    )
    return padded


def _shapes_differ(rest: Any, other: Any) -> RuntimeError:
    at = next((i for i, (n, m) in enumerate(zip(rest, other, strict=False)) if n != m), 0)
    a, b = (tuple(shape[at : at + 1]) or (0,) for shape in (rest, other))
    return RuntimeError(
        f"The size of tensor a ({a[0]}) must match the size of tensor b ({b[0]}) at non-singleton dimension {at + 1}\n"
        "  Sequences must agree in all dimensions but the first; found"
        f" (*, {str(tuple(rest))[1:]} and (*, {str(tuple(other))[1:]}."
    )


def unpad_sequence(padded_sequences: Tensor, lengths: Tensor, batch_first: bool = False) -> list[Tensor]:
    """Undo `pad_sequence`: the list of sequences of which a padded batch consists.

    >>> import tapegrad as torch
    >>> torch.nn.utils.rnn.unpad_sequence(torch.tensor([[1, 2], [3, 0]]), torch.tensor([2, 1]), batch_first=True)
    [tensor([1, 2]), tensor([3])]
    """
    rows: Any = padded_sequences if batch_first else padded_sequences.transpose(1, 0)
    at = np.arange(rows.size(1))
    return [row[new_tensor(at < n)] for row, n in zip(rows.unbind(0), lengths.tolist(), strict=True)]


def pack_sequence(sequences: list[Tensor], enforce_sorted: bool = True) -> PackedSequence:
    """Pack a list of sequences, each of shape (time, *).

    Args:
        sequences: the sequences; their shapes agree but for the first dimension.
        enforce_sorted: they are sorted already, longest first; otherwise they are sorted here.

    >>> import tapegrad as torch
    >>> torch.nn.utils.rnn.pack_sequence([torch.tensor([1, 2]), torch.tensor([3])]).data
    tensor([1, 3, 2])
    """
    lengths = [sequence.size(0) for sequence in sequences]
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """Undo `pack_sequence`: the list of sequences that were packed.

    >>> import tapegrad as torch
    >>> from tapegrad.nn.utils.rnn import pack_sequence, unpack_sequence
    >>> unpack_sequence(pack_sequence([torch.tensor([1, 2]), torch.tensor([3])]))
    [tensor([1, 2]), tensor([3])]
    """
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)


__all__ = [
    "PackedSequence", "invert_permutation", "pack_padded_sequence", "pack_sequence", "pad_packed_sequence",
    "pad_sequence", "unpack_sequence", "unpad_sequence",
]  # fmt: skip
