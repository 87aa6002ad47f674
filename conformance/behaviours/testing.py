"""torch.testing: what is close, the whole text of what is not, and random tensors for tests."""

from __future__ import annotations

import collections
import importlib
import math
from typing import Any

import numpy as np

INF, NAN = math.inf, math.nan


def outcome(call: Any, *args: Any, **kwargs: Any) -> Any:
    """None, or the error's type and whole text."""
    try:
        return call(*args, **kwargs)
    except Exception as error:
        return type(error).__name__, str(error)


def compared(torch: Any, *pairs: tuple[Any, Any], **options: Any) -> Any:
    return [outcome(torch.testing.assert_close, a, b, **options) for a, b in pairs]


def comparison_of(lib: Any) -> Any:
    return importlib.import_module(f"{lib.__name__}.testing._comparison")


def tensors_that_differ(torch: Any) -> Any:
    t = torch.tensor
    return compared(
        torch,
        (t([1.0, 2]), t([1.0, 2])),
        (t([1.0, 2]), t([1.0, 3])),
        (t([1.0, 2]), t([2.0, 4])),
        (t([[1.0, 2], [3, 4]]), t([[1.0, 2], [3, 4.5]])),
        (torch.ones(3, 3, 3), torch.ones(3, 3, 3) * t([1.0, 1, 2])),
        (t([1e10, 1.0]), t([1.0, 1e-10])),
        (t([1e-10]), t([0.0])),
        (torch.zeros(0), torch.zeros(0)),
        (torch.ones(2, requires_grad=True), torch.zeros(2)),
    )


def scalars_that_differ(torch: Any) -> Any:
    t = torch.tensor
    numbers = [(1, 1), (1, 2), (1.0, 1.1), (1.0, 1.0 + 1e-9), (1j, 2j), (0.0, 1.0), (1.0, 0.0), (2**70, 2**71)]
    return compared(torch, (t(1.0), t(2.0)), (t(3), t(4)), (t(1j), t(2j)), *numbers)


def types_of_elements(torch: Any) -> Any:
    kinds = [torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.complex64, torch.complex128]
    pairs = [(torch.tensor([1.0], dtype=k), torch.tensor([1.1], dtype=k)) for k in kinds]
    near = [(torch.tensor([1.0], dtype=k), torch.tensor([1.0 + 1e-5], dtype=k)) for k in kinds]
    return compared(torch, *pairs, *near)


def integers_and_truth_values(torch: Any) -> Any:
    t = torch.tensor
    return compared(
        torch,
        (t([1, 2]), t([1, 3])),
        (t([True, False]), t([True, True])),
        (t([1], dtype=torch.uint8), t([255], dtype=torch.uint8)),
        (t([1], dtype=torch.int8), t([-128], dtype=torch.int8)),
        (t([2**62]), t([-(2**62) - 5])),
    )


def infinite_and_not_a_number(torch: Any) -> Any:
    t = torch.tensor
    pairs = [(t([NAN]), t([NAN])), (t([NAN, 1.0]), t([1.0, NAN])), (t([INF]), t([-INF])), (t([INF]), t([INF])),
             (t([INF, 1]), t([1.0, 1])), (t([complex(NAN, 0)]), t([complex(NAN, 0)])), (NAN, NAN), (INF, INF),
             (t([0.0, 1]), t([0.0, 0]))]  # fmt: skip
    return compared(torch, *pairs), compared(torch, *pairs, equal_nan=True)


def tolerances(torch: Any) -> Any:
    pairs = [(torch.tensor([1.0, 2]), torch.tensor([1.0, 3])), (torch.tensor([1, 2]), torch.tensor([1, 3])), (1, 2)]
    ways: list[Any] = [
        {"rtol": 0, "atol": 0.5},
        {"rtol": 0, "atol": 0},
        {"rtol": 0.1, "atol": 0},
        {"rtol": 1, "atol": 0},
    ]
    return [compared(torch, *pairs, **way) for way in ways]


def one_tolerance_without_the_other(torch: Any) -> Any:
    pair = (torch.ones(1), torch.ones(1))
    return compared(torch, pair, (1, 1), rtol=0.1), compared(torch, pair, ([1], [1]), atol=0.1)


def shapes_and_types_that_differ(torch: Any) -> Any:
    t = torch.tensor
    return compared(
        torch,
        (t([1.0, 2]), t([1.0, 2, 3])),
        (t([[1.0]]), t([1.0])),
        (torch.zeros(0), torch.zeros(0, 1)),
        (t([1.0, 2]), t([1, 2])),
        (t([1.0]), t([1.0], dtype=torch.float64)),
        (1.0, 1),
        (1, 1.0),
    )


def types_left_unchecked(torch: Any) -> Any:
    t = torch.tensor
    half = t([1.0, 2], dtype=torch.float16)
    pairs = [(t([1.0, 2]), t([1, 2])), (half, t([1.0, 3], dtype=torch.float64)), (1, 1.0), (3 + 0j, 3),
             (torch.ones(2, dtype=torch.int8), torch.ones(2, dtype=torch.uint8) * 2),
             (torch.ones(2, dtype=torch.bool), torch.ones(2) * 2)]  # fmt: skip
    return compared(torch, *pairs, check_dtype=False)


def strides_checked(torch: Any) -> Any:
    pairs = [(torch.ones(2, 2), torch.ones(2, 2).t()), (torch.ones(2, 3).t(), torch.ones(3, 2)), (1, 1)]
    return compared(torch, *pairs, check_stride=True), compared(torch, *pairs)


def truth_values_and_none(torch: Any) -> Any:
    pairs = [(True, True), (True, False), (np.bool_(True), np.bool_(False)), (None, None), (None, 1), (1, None),
             (None, torch.tensor(1.0))]  # fmt: skip
    return compared(torch, *pairs)


def what_cannot_be_compared(torch: Any) -> Any:
    one = torch.tensor(1)
    got = compared(torch, ("a", "a"), ("a", one), (one, "a"), (1, one), (one, 1), ([1.0], one), ([1], 1), ("ab", ["a"]),
                   (["a"], ["a"]), ({1}, {1}), (torch.float32, torch.float32), (np.ones(2), torch.ones(2)),
                   (np.array(["a"]), np.array(["a"])), ({"a": 1}, [1]))  # fmt: skip
    return [(kind, text.replace("tapegrad.", "torch.")) for kind, text in got]


def sequences(torch: Any) -> Any:
    t = torch.tensor
    return compared(
        torch,
        ([t(1.0), t(2.0)], [t(1.0), t(3.0)]),
        ([t(1.0)], [t(1.0), t(2.0)]),
        ((1, 2), [1, 2]),
        ([1, [2, 3]], [1, [2, 4]]),
        ([1, 2], [3, 4]),
        ([t([1.0, 2]), t(1.0)], [t([1.0, 3]), t(4.0)]),
        ([], []),
        ([None, 1], [None, 1]),
        ([t(1.0), "a"], [t(2.0), "b"]),
        (range(2), [0, 1]),
        (collections.deque([1]), [1]),
        (torch.Size([1, 2]), (1, 3)),
    )


def mappings(torch: Any) -> Any:
    return compared(
        torch,
        ({"a": 1}, {"a": 2}),
        ({"a": 1}, {"b": 1}),
        ({"a": 1, "c": 2}, {"a": 1, "b": 3}),
        ({"a": [torch.tensor(1.0)]}, {"a": [torch.tensor(2.0)]}),
        ({1: 1, 2: 2}, {2: 2, 1: 1}),
        ({}, {}),
        ({"b": 1, "a": 2}, {"b": 5, "a": 6}),
        ({"a": 1, 2: 2}, {"a": 5, 2: 2}),  # one difference: torch takes keys of several types in a set's order
        (collections.OrderedDict(a=1), {"a": 1}),
    )


def numpy_objects(torch: Any) -> Any:
    return compared(
        torch,
        (np.ones(2), np.ones(2)),
        (np.ones(2), np.zeros(2)),
        (np.ones(()), np.ones(())),
        (np.ones(2, np.float32), np.ones(2)),
        (np.float64(1.0), 1.0),
        (np.float64(1), np.float64(2)),
        (np.float32(1), 1),
        (np.int8(1), 2),
        (np.complex64(1), 2j),
        (np.array([True]), np.array([False])),
    )


def messages_of_ones_own(torch: Any) -> Any:
    a, b = torch.ones(1), torch.zeros(1)
    pairs = [(a, b), ([a], [b]), (1, 2), ([1], [1, 2])]
    return [compared(torch, *pairs, msg=msg) for msg in ("hello", "", 3, lambda text: f"<{text}>")]


def parameters_and_tensors(torch: Any) -> Any:
    x = torch.ones(2)
    parameter = torch.nn.Parameter(torch.ones(2))
    return compared(torch, (parameter, x), (x, parameter)), [
        got[0] for got in compared(torch, (parameter, x), allow_subclasses=False)
    ]


def older_assertion(torch: Any) -> Any:
    t, got = torch.tensor, []
    for kind in (torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.complex64, torch.int64):
        got.append(outcome(torch.testing.assert_allclose, torch.ones(1, dtype=kind), 2 * torch.ones(1, dtype=kind)))
    got += [
        outcome(torch.testing.assert_allclose, t([1.0, NAN]), [1.0, NAN]),
        outcome(torch.testing.assert_allclose, t([1.0]), t([3.0]), rtol=1e-3, atol=0),
        outcome(torch.testing.assert_allclose, t([1.0]), t([3.0]), rtol=1e-3),
        outcome(torch.testing.assert_allclose, 1.0, 2.0, msg="m"),
        outcome(torch.testing.assert_allclose, [1, 2], t([1, 2])),
    ]
    return got


def default_tolerances_by_type(torch: Any) -> Any:
    c = comparison_of(torch)
    return (
        c.default_tolerances(torch.float32),
        c.default_tolerances(torch.ones(1), torch.float16),
        c.default_tolerances(torch.complex64, torch.float64),
        c.default_tolerances(torch.int64),
        c.default_tolerances(torch.float32, dtype_precisions={torch.float32: (1, 2)}),
        outcome(c.default_tolerances, 3),
        c.get_tolerances(torch.ones(1), rtol=None, atol=None),
        c.get_tolerances(torch.ones(1), rtol=1, atol=2),
    )


def texts_of_mismatches(torch: Any) -> Any:
    c, one = comparison_of(torch), torch.ones(2)
    close = torch.tensor([True, False])
    return (
        c.make_scalar_mismatch_msg(1, 2, rtol=0.1, atol=0, identifier="X"),
        c.make_scalar_mismatch_msg(1, 2, rtol=0, atol=0, identifier=lambda name: name + "Y"),
        c.make_tensor_mismatch_msg(one, 2 * one, close, rtol=0.1, atol=0, identifier="X"),
        c.make_tensor_mismatch_msg(one, 2 * one, ~close | close, rtol=0.1, atol=0),
    )


def pairs_of_ones_own(torch: Any) -> Any:
    c = comparison_of(torch)
    kinds = (c.NumberPair, c.TensorLikePair, c.ObjectPair)
    pairs = c.originate_pairs([torch.ones(1), 2, "a"], [torch.ones(1), 2, "b"], pair_types=kinds)
    errors = c.not_close_error_metas({"x": [1, "a"]}, {"x": [1, "b"]}, pair_types=kinds)
    return list(map(repr, pairs)), [(str(e.to_error()), e.id, e.type.__name__, str(e.to_error("own"))) for e in errors]


def random_tensor(torch: Any, *shape: Any, **options: Any) -> Any:
    torch.manual_seed(7)
    x = outcome(torch.testing.make_tensor, *shape, **{"device": "cpu", "dtype": torch.float32, **options})
    return (x, x.stride()) if isinstance(x, torch.Tensor) else (x[0], x[1].split(". ")[0])


def types(torch: Any, *names: str) -> Any:
    return [getattr(torch, name) for name in names]


def random_tensors_of_all_types(torch: Any) -> Any:
    kinds = types(torch, "bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32",
                  "float64", "complex64", "complex128")  # fmt: skip
    options: list[dict[str, Any]] = [{}, {"low": -1}, {"high": 3}, {"low": 0, "high": 2, "exclude_zero": True},
                                     {"noncontiguous": True}, {"low": 2.5, "high": 7.5}, {"requires_grad": True},
                                     {"low": -1000000, "high": 1000000}, {"low": -INF, "high": INF}]  # fmt: skip
    return [[random_tensor(torch, (2, 3), dtype=kind, **option) for option in options] for kind in kinds]


def random_tensors_of_all_shapes(torch: Any) -> Any:
    shapes: list[Any] = [(), ((),), (3,), (2, 3), ([2, 3],), ((0,),), (torch.Size([2]),), ("a",)]
    return [random_tensor(torch, *shape) for shape in shapes], random_tensor(torch, (1,), noncontiguous=True)


def random_tensors_with_their_channels_last(torch: Any) -> Any:
    last = torch.channels_last
    ways: list[Any] = [((2, 3, 4, 5), {}), ((2, 3, 4), {}), ((2, 3, 4, 5), {"noncontiguous": True})]
    return [random_tensor(torch, shape, memory_format=last, **more) for shape, more in ways]


def random_tensors_with_bad_bounds(torch: Any) -> Any:
    ways: list[dict[str, Any]] = [{"low": 5, "high": 1}, {"low": 1, "high": 1}, {"low": NAN}, {"low": 1e300},
                                  {"high": -20}, {"low": 1e39, "high": 1e40}, {"low": INF, "high": INF},
                                  {"dtype": torch.bool, "low": 2, "high": 5}, {"dtype": "float32"},
                                  {"dtype": torch.uint8, "low": 300, "high": 400},
                                  {"dtype": torch.int64, "low": 5, "high": 5},
                                  {"dtype": torch.int64, "requires_grad": True}]  # fmt: skip
    return [(got[0], got[1].split(".")[0]) if isinstance(got[0], str) else got
            for got in (random_tensor(torch, 3, **way) for way in ways)]  # fmt: skip


def random_tensors_without_zeros(torch: Any) -> Any:
    kinds = types(torch, "float16", "bfloat16", "float32", "complex64")
    highs = [1e-7, 1e-44, 1e-44, 1e-44]
    return [random_tensor(torch, 20, dtype=kind, low=0, high=high, exclude_zero=True)
            for kind, high in zip(kinds, highs, strict=True)]  # fmt: skip
