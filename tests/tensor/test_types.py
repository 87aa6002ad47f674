"""Element types, their limits and promotion; shapes, devices, layouts; torch's older constructors; settings."""

from __future__ import annotations

import itertools

import pytest

import tapegrad as torch

EVERY = [
    torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64,
    torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.complex64, torch.complex128,
]  # fmt: skip


def test_aliases_are_the_same_types() -> None:
    assert torch.float is torch.float32 and torch.double is torch.float64 and torch.half is torch.float16
    assert torch.long is torch.int64 and torch.int is torch.int32 and torch.short is torch.int16
    assert torch.cfloat is torch.complex64 and torch.cdouble is torch.complex128


def test_types_describe_themselves() -> None:
    assert (torch.int8.itemsize, torch.int8.is_signed, torch.uint8.is_signed, torch.bool.is_signed) == (
        1, True, False, False,
    )  # fmt: skip
    assert torch.float32.to_complex() is torch.complex64 and torch.complex128.to_real() is torch.float64
    assert repr(torch.bfloat16) == "torch.bfloat16" and repr(type(torch.bfloat16)) == "<class 'torch.dtype'>"
    with pytest.raises(RuntimeError, match="Unknown Complex ScalarType for Int"):
        torch.int32.to_complex()
    with pytest.raises(TypeError, match="cannot create 'torch.dtype' instances"):
        torch.dtype()


def test_types_that_can_only_be_named_are_refused_by_name_when_used() -> None:
    assert {torch.qint8: 1, torch.float8_e4m3fn: 2}[torch.qint8] == 1
    with pytest.raises(NotImplementedError, match="tapegrad has no torch.complex32"):
        torch.zeros(2, dtype=torch.complex32)


def test_promotion_is_commutative_and_associative_and_never_lowers() -> None:
    for a, b in itertools.product(EVERY, repeat=2):
        both = torch.promote_types(a, b)
        assert both is torch.promote_types(b, a)
        assert torch.can_cast(a, both) and torch.can_cast(b, both)
    # torch's own: (uint8, int8, float16) and such are the same in any order
    for a, b, c in itertools.product(EVERY, repeat=3):
        if {a, b, c} >= {torch.float16, torch.bfloat16}:
            continue  # float16 and bfloat16 meet in float32, which is all there is above both
        left = torch.promote_types(torch.promote_types(a, b), c)
        assert left is torch.promote_types(a, torch.promote_types(b, c))


def test_wide_unsigned_types_promote_with_floats_only() -> None:
    assert torch.promote_types(torch.uint16, torch.float16) is torch.float16
    with pytest.raises(RuntimeError, match="Promotion for uint16, uint32, uint64 types is not supported, attempted to"):
        torch.promote_types(torch.uint16, torch.int32)


def test_tensors_with_dimensions_decide_before_those_without_and_numbers() -> None:
    vector, scalar = torch.ones(2, dtype=torch.float16), torch.ones((), dtype=torch.float64)
    assert torch.result_type(vector, scalar) is torch.float16
    assert torch.result_type(torch.ones(2, dtype=torch.int8), 2.5) is torch.float32
    assert torch.result_type(torch.ones(2, dtype=torch.int8), 300) is torch.int8
    with pytest.raises(TypeError, match=r"^result_type\(\) received an invalid combination of arguments"):
        torch.result_type(vector, "a")


def test_default_type_must_be_floating() -> None:
    for wrong in (torch.int64, torch.complex64, 3, float):
        with pytest.raises(TypeError, match="only floating-point types are supported as the default type"):
            torch.set_default_dtype(wrong)
    assert torch.get_default_dtype() is torch.float32


def test_limits_print_as_torchs() -> None:
    assert repr(torch.finfo(torch.bfloat16)) == (
        "finfo(resolution=0.01, min=-3.38953e+38, max=3.38953e+38, eps=0.0078125, smallest_normal=1.17549e-38,"
        " tiny=1.17549e-38, dtype=bfloat16)"
    )
    assert repr(torch.iinfo(torch.int32)) == "iinfo(min=-2.14748e+09, max=2.14748e+09, dtype=int32)"


def test_limits_are_facts_of_the_type() -> None:
    info = torch.finfo()
    assert (info.bits, info.eps, info.dtype) == (32, 2.0**-23, "float32")
    assert torch.finfo(torch.complex128) == torch.finfo(torch.float64) != info
    assert torch.iinfo(torch.uint64).max == 2**64 - 1
    with pytest.raises(AttributeError, match="attribute 'max' of 'torch.finfo' objects is not writable"):
        info.max = 3
    with pytest.raises(TypeError, match="requires an integer input type. Use torch.finfo"):
        torch.iinfo(torch.float32)
    with pytest.raises(TypeError, match="requires a floating point input type. Use torch.iinfo"):
        torch.finfo(torch.int32)


def test_size_is_a_tuple_that_stays_a_size() -> None:
    size = torch.zeros(2, 3).shape
    assert size == (2, 3) and size.numel() == 6 and repr(size) == "torch.Size([2, 3])"
    for made in (size[1:], size + (4,), (1,) + size, size * 2, torch.Size(size)):
        assert type(made) is torch.Size
    with pytest.raises(TypeError, match=r"torch.Size\(\) takes an iterable of 'int' \(item 1 is 'float'\)"):
        torch.Size([2, 3.5])
    with pytest.raises(TypeError, match=r"can only concatenate tuple \(not list\) to torch.Size"):
        size + [4]


def test_devices_are_named_compared_and_never_changed() -> None:
    assert repr(torch.device("cuda:1")) == "device(type='cuda', index=1)" and str(torch.device("cpu")) == "cpu"
    assert torch.device("cpu") == torch.device(torch.device("cpu")) != torch.device("cpu", 0)
    with torch.device("cpu") as where:
        assert torch.zeros(1).device == where
    with pytest.raises(RuntimeError, match="Expected one of cpu, cuda, ipu"):
        torch.device("gpu")
    with pytest.raises(RuntimeError, match="Invalid device string: 'cuda:x'"):
        torch.device("cuda:x")
    with pytest.raises(AttributeError, match="attribute 'type' of 'torch.device' objects is not writable"):
        torch.device("cpu").type = "cuda"
    with pytest.raises(AssertionError, match="Torch not compiled with CUDA enabled"):
        torch.set_default_device("cuda")


def test_older_constructors_take_sizes_or_data() -> None:
    assert torch.Tensor(2, 3).shape == (2, 3) and torch.Tensor([2, 3]).tolist() == [2, 3]
    assert torch.LongTensor([1.5, 2]).tolist() == [1, 2] and torch.Tensor().shape == (0,)
    assert isinstance(torch.ones(1), torch.FloatTensor) and not isinstance(torch.ones(1), torch.LongTensor)
    assert repr(torch.FloatTensor) == "<class 'torch.FloatTensor'>"
    x = torch.ones(2)
    assert torch.Tensor(x).data_ptr() == x.data_ptr()
    with pytest.raises(TypeError, match=r"new\(\): data must be a sequence \(got float\)"):
        torch.Tensor(3.5)
    with pytest.raises(TypeError, match="expected TensorOptions.dtype=long int, device=cpu"):
        torch.LongTensor(torch.ones(1))


def test_types_of_objects_print_as_torchs() -> None:
    assert repr(type(torch.ones(1))) == "<class 'torch.Tensor'>"
    assert repr(type(torch.nn.Parameter(torch.ones(1)))) == "<class 'torch.nn.parameter.Parameter'>"
    assert repr(type(torch.ones(1).shape)) == "<class 'torch.Size'>"
    assert torch.typename(torch.ones(1).double()) == "torch.DoubleTensor"


def test_questions_about_what_is_no_tensor_are_refused() -> None:
    assert not torch.is_tensor(3) and not torch.is_storage(torch.ones(1))
    for function in (torch.numel, torch.is_floating_point, torch.is_complex):
        with pytest.raises(TypeError, match=r"argument 'input' \(position 1\) must be Tensor, not int"):
            function(3)


def test_settings_without_effect_are_remembered() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    assert torch.get_num_threads() == 3
    torch.set_num_threads(before)
    with pytest.raises(RuntimeError, match="set_num_threads expects a positive integer"):
        torch.set_num_threads(0)
    torch.use_deterministic_algorithms(True, warn_only=True)
    assert torch.are_deterministic_algorithms_enabled() and torch.is_deterministic_algorithms_warn_only_enabled()
    torch.set_deterministic_debug_mode("default")
    assert not torch.are_deterministic_algorithms_enabled()
    with pytest.warns(UserWarning, match="is not one of 'highest', 'high', or 'medium'"):
        torch.set_float32_matmul_precision("low")
    assert torch.get_float32_matmul_precision() == "highest"
