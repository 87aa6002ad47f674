"""torch.nn.utils.rnn: padding and packing."""

from __future__ import annotations

import copy
from typing import Any

from .attempts import attempts


def ragged(torch: Any, lengths: tuple[int, ...] = (3, 2, 1)) -> list[Any]:
    return [torch.randn(n, 2, requires_grad=True) for n in lengths]


def parts(packed: Any) -> list[Any]:
    return [packed.data, packed.batch_sizes, packed.sorted_indices, packed.unsorted_indices]


def pack_a_sorted_batch(torch: Any) -> Any:
    x = torch.randn(4, 3, 2, requires_grad=True)
    packed = torch.nn.utils.rnn.pack_padded_sequence(x, [4, 3, 1])
    packed.data.square().sum().backward()
    return parts(packed), x.grad


def pack_an_unsorted_batch(torch: Any) -> Any:
    x = torch.randn(3, 4, 2, requires_grad=True)
    lengths = torch.tensor([2, 4, 2])
    packed = torch.nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    packed.data.square().sum().backward()
    return parts(packed), x.grad


def pad_again(torch: Any) -> Any:
    rnn, x = torch.nn.utils.rnn, torch.randn(4, 3, 2, requires_grad=True)
    found = []
    for options in ({}, {"batch_first": True}, {"padding_value": 2.0}, {"total_length": 5}):
        packed = rnn.pack_padded_sequence(x, [2, 4, 1], enforce_sorted=False)
        padded, lengths = rnn.pad_packed_sequence(packed, **options)
        (g,) = torch.autograd.grad(padded.square().sum(), x)
        found.append((padded, lengths, g))
    return found


def pad_to_too_little(torch: Any) -> Any:
    rnn = torch.nn.utils.rnn
    return rnn.pad_packed_sequence(rnn.pack_sequence(ragged(torch)), total_length=2)


def lengths_are_checked(torch: Any) -> Any:
    x, pack = torch.zeros(5, 3, 2), torch.nn.utils.rnn.pack_padded_sequence
    return attempts(
        lambda: pack(x, [3, 5, 1]),
        lambda: pack(x, [5, 3]),
        lambda: pack(x, [5, 3, 0]),
        lambda: pack(x, torch.tensor([[5, 3, 1]])),
        lambda: pack(x[:0], [0, 0, 0]),
        lambda: pack(x, torch.tensor([5, 3, 1], dtype=torch.int32)).batch_sizes,
    )


def pad_sequences(torch: Any) -> Any:
    found = []
    for options in ({}, {"batch_first": True}, {"padding_side": "left"}, {"padding_value": 2.0}):
        xs = ragged(torch)
        padded = torch.nn.utils.rnn.pad_sequence(xs, **options)
        padded.square().sum().backward()
        found.append((padded, [x.grad for x in xs], padded.stride()))
    return found


def pad_sequences_of_integers(torch: Any) -> Any:
    pad = torch.nn.utils.rnn.pad_sequence
    return pad([torch.tensor([1, 2]), torch.tensor([3])]), pad([torch.tensor([1.5]), torch.tensor([3, 4])])


def pad_rows_of_a_tensor(torch: Any) -> Any:
    return torch.nn.utils.rnn.pad_sequence(torch.arange(6).view(2, 3))


def sequences_are_checked(torch: Any) -> Any:
    pad = torch.nn.utils.rnn.pad_sequence
    return attempts(
        lambda: pad([]),
        lambda: pad(5),
        lambda: pad([torch.zeros(2), 5]),
        lambda: pad([torch.zeros(2)], padding_side="both"),
        lambda: pad([torch.zeros(2, 3), torch.zeros(3, 2)]),
    )


def unpad(torch: Any) -> Any:
    rnn, xs = torch.nn.utils.rnn, ragged(torch)
    lengths = torch.tensor([3, 2, 1])
    one = rnn.unpad_sequence(rnn.pad_sequence(xs), lengths)
    other = rnn.unpad_sequence(rnn.pad_sequence(xs, batch_first=True), lengths, batch_first=True)
    return one, other


def pack_sequences(torch: Any) -> Any:
    rnn = torch.nn.utils.rnn
    return attempts(
        lambda: parts(rnn.pack_sequence(ragged(torch))),
        lambda: parts(rnn.pack_sequence(ragged(torch, (1, 3, 2)), enforce_sorted=False)),
        lambda: parts(rnn.pack_sequence(ragged(torch, (1, 3, 2)))),
    )


def unpack_sequences(torch: Any) -> Any:
    rnn, xs = torch.nn.utils.rnn, ragged(torch, (1, 3, 2))
    found = rnn.unpack_sequence(rnn.pack_sequence(xs, enforce_sorted=False))
    sum(x.square().sum() for x in found).backward()
    return found, [x.grad for x in xs]


def made_by_hand(torch: Any) -> Any:
    made = torch.nn.utils.rnn.PackedSequence
    data, sizes = torch.zeros(4, 2), torch.tensor([3, 1])
    return attempts(
        lambda: parts(made(data, sizes)),
        lambda: parts(made((data, sizes))),
        lambda: parts(made(data, sizes, torch.tensor([2, 0, 1]))),
        lambda: parts(made(data)),
    )


def converted(torch: Any) -> Any:
    packed = torch.nn.utils.rnn.pack_sequence(ragged(torch))
    names = ("double", "float", "half", "long", "int", "short", "char", "byte", "cpu")
    return [getattr(packed, name)().data.dtype for name in names], packed.to(torch.float64).batch_sizes.dtype


def conversion_that_changes_nothing(torch: Any) -> Any:
    packed = torch.nn.utils.rnn.pack_sequence(ragged(torch))
    return packed.to("cpu") is packed, packed.float() is packed, packed.is_cuda, packed.double() is packed


def is_a_tuple(torch: Any) -> Any:
    packed = torch.nn.utils.rnn.pack_sequence([torch.ones(2)])
    data, sizes, *_ = packed
    return isinstance(packed, tuple), packed._fields, repr(packed), data, sizes, parts(copy.deepcopy(packed))


def inverse_permutations(torch: Any) -> Any:
    invert = torch.nn.utils.rnn.invert_permutation
    return invert(torch.tensor([2, 0, 3, 1])), invert(None)
