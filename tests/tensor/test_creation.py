"""Tensors from data. Compared with torch at large in conformance/test_creation.py; here is what stands on its own."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import tapegrad as torch


def test_numbers_decide_the_type() -> None:
    kinds = [torch.tensor(v).dtype for v in (True, 1, 1.5, 2j, [True, 1], [1, 2.5], [1.0, 2j], [])]
    assert kinds == [
        torch.bool, torch.int64, torch.float32, torch.complex64, torch.int64, torch.float32, torch.complex64,
        torch.float32,
    ]  # fmt: skip


def test_tensor_copies_and_as_tensor_shares() -> None:
    array = np.zeros(3)
    copied, shared = torch.tensor(array), torch.as_tensor(array)
    array[0] = 5
    assert copied.tolist() == [0, 0, 0]
    assert shared.tolist() == [5, 0, 0]
    shared[1] = 7
    assert array[1] == 7
    assert torch.as_tensor(shared) is shared


def test_from_numpy_shares_memory_both_ways_and_keeps_strides() -> None:
    array = np.arange(6.0).reshape(2, 3).T
    t = torch.from_numpy(array)
    t[0, 1] = -1
    assert array[0, 1] == -1
    assert t.stride() == (1, 3)
    assert np.shares_memory(t.numpy(), array)


def test_storage_of_a_slice_from_numpy_begins_with_the_slice() -> None:
    array = np.arange(10.0)
    t = torch.from_numpy(array[2:5])
    assert (t.storage_offset(), t.untyped_storage().nbytes()) == (0, 24)
    t.fill_(0)
    assert array.tolist() == [0, 1, 0, 0, 0, 5, 6, 7, 8, 9]


@pytest.mark.parametrize(
    ("data", "error", "says"),
    [
        ([[1, 2], [3]], ValueError, "expected sequence of length 2 at dim 1 (got 1)"),
        ([[1, 2], 3], TypeError, "not a sequence"),
        ([1, [2, 3]], TypeError, "'list' object cannot be interpreted as an integer"),
        (["a"], ValueError, "too many dimensions 'str'"),
        ("a", TypeError, "new(): invalid data type 'str'"),
        (None, RuntimeError, "Could not infer dtype of NoneType"),
        ([1, None], RuntimeError, "Could not infer dtype of NoneType"),
        (1 << 63, ValueError, "Overflow when unpacking long long"),
        (np.array(["a"]), TypeError, "can't convert np.ndarray of type numpy.str_"),
        (np.ones(2)[::-1], ValueError, "At least one stride in the given numpy array is negative"),
        (np.ones(2, ">f4"), ValueError, "given numpy array has byte order different from the native byte order"),
    ],
)
def test_data_that_makes_no_tensor_is_refused_in_torchs_words(data: object, error: type[Exception], says: str) -> None:
    with pytest.raises(error) as caught:
        torch.tensor(data)
    assert str(caught.value).startswith(says)


def test_self_containing_list_is_refused() -> None:
    endless: list[object] = []
    endless.append(endless)
    with pytest.raises(ValueError, match="too many dimensions"):
        torch.tensor(endless)


def test_large_nested_lists_are_read_without_recursion_over_elements() -> None:
    rows = [[float(i + j) for j in range(300)] for i in range(300)]
    assert torch.tensor(rows).sum().item() == sum(map(sum, rows))


def test_integers_out_of_range_are_refused_and_negative_ones_wrap() -> None:
    with pytest.raises(RuntimeError, match="value cannot be converted to type uint8 without overflow"):
        torch.tensor([300], dtype=torch.uint8)
    assert torch.tensor([-1], dtype=torch.uint8).item() == 255


def test_half_precision_is_rounded_twice_as_in_torch() -> None:
    value = 1.00048828130  # a little above the middle between two halves, which float32 cannot see
    assert torch.tensor(value, dtype=torch.float16).item() == 1.0
    assert np.float16(value) > 1.0


def test_tensor_of_a_tensor_warns_and_copies() -> None:
    x = torch.ones(2, requires_grad=True)
    with pytest.warns(UserWarning, match="To copy construct from a tensor, it is recommended to use"):
        y = torch.tensor(x)
    assert y.is_leaf and not y.requires_grad and y.data_ptr() != x.data_ptr()


def in_new_process(code: str) -> str:
    run = subprocess.run([sys.executable, "-W", "always", "-c", code], capture_output=True, text=True, check=True)
    return run.stderr


def test_each_of_torchs_warnings_of_once_is_given_once() -> None:
    said = in_new_process(
        "import numpy as np, tapegrad as torch\n"
        "a = np.ones(2); a.flags.writeable = False\n"
        "for _ in range(2):\n"
        "    torch.from_numpy(a); torch.tensor([np.ones(2), np.ones(2)]); torch.ones(1).storage()\n"
        "    torch.ones(1, dtype=torch.complex64).float(); float(torch.ones(1, requires_grad=True))\n"
        "    torch.frombuffer(b'abcd', dtype=torch.uint8)\n"
    )
    for beginning in (
        "The given NumPy array is not writable",
        "The given buffer is not writable",
        "Creating a tensor from a list of numpy.ndarrays is extremely slow",
        "TypedStorage is deprecated",
        "Casting complex values to real discards the imaginary part",
        "Converting a tensor with requires_grad=True to a scalar may lead to unexpected behavior",
    ):
        assert said.count(beginning) == 1, beginning
    assert said.count("Warning") == 6


def test_writing_into_a_read_only_array_is_refused() -> None:
    said = (
        "import numpy as np, tapegrad as torch, warnings\n"
        "warnings.simplefilter('ignore')\n"
        "a = np.ones(2); a.flags.writeable = False; t = torch.from_numpy(a)\n"
        "for write in (t.zero_, lambda: t.fill_(2), lambda: t.copy_(torch.ones(2))):\n"
        "    try: write()\n"
        "    except RuntimeError as e: assert 'not writable' in str(e), e\n"
        "    else: raise SystemExit('written')\n"
        "assert a.tolist() == [1, 1]\n"
    )
    in_new_process(said)


def test_frombuffer_looks_into_the_buffer() -> None:
    buffer = bytearray(8)
    t = torch.frombuffer(buffer, dtype=torch.float32, offset=4)
    t.fill_(1)
    assert bytes(buffer) == b"\0\0\0\0\0\0\x80?"


def test_asarray_refuses_a_copy_it_was_not_to_make() -> None:
    array = np.ones(2)
    assert torch.asarray(array, copy=False).data_ptr() == array.ctypes.data
    with pytest.raises(ValueError, match="can't alias tensor with dtype 'Double' into dtype 'Float'"):
        torch.asarray(array, dtype=torch.float32, copy=False)


def test_dlpack_passes_memory_to_and_from_numpy() -> None:
    t = torch.arange(3.0)
    array = np.from_dlpack(t)
    assert np.shares_memory(array, t.numpy())
    assert torch.from_dlpack(array).data_ptr() == t.data_ptr()
