"""`assert_close`, and the pieces of it that test suites build their own comparisons from."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..tensor.creation import as_tensor, tensor
from ..tensor.tensor import Tensor
from ._errors import ErrorMeta, UnsupportedInputs
from ._mismatch import make_scalar_mismatch_msg, make_tensor_mismatch_msg
from ._pairs import BooleanPair, NonePair, NumberPair, ObjectPair, Pair, TensorLikePair
from ._tolerances import default_tolerances, get_tolerances

__all__ = [
    "BooleanPair",
    "ErrorMeta",
    "NonePair",
    "NumberPair",
    "ObjectPair",
    "Pair",
    "TensorLikePair",
    "UnsupportedInputs",
    "assert_allclose",
    "assert_close",
    "default_tolerances",
    "get_tolerances",
    "make_scalar_mismatch_msg",
    "make_tensor_mismatch_msg",
    "not_close_error_metas",
    "originate_pairs",
]


def originate_pairs(
    actual: Any,
    expected: Any,
    *,
    pair_types: Sequence[type[Pair]],
    sequence_types: tuple[type[Any], ...] = (Sequence,),
    mapping_types: tuple[type[Any], ...] = (Mapping,),
    id: tuple[Any, ...] = (),
    **options: Any,
) -> list[Pair]:
    """The pairs of objects that stand at the same place of two nested containers.

    Args:
        actual, expected: the containers, or two objects.
        pair_types: the first of these that takes two objects is the class of their pair.
        sequence_types, mapping_types: what is a container.
        id: the place of the containers themselves.
        **options: given to each pair.

    Raises:
        ErrorMeta: the containers are of different lengths, have different keys, or hold what no pair takes.
    """
    inside = {"pair_types": pair_types, "sequence_types": sequence_types, "mapping_types": mapping_types, **options}
    if _both(actual, expected, sequence_types) and not isinstance(actual, str) and not isinstance(expected, str):
        if len(actual) != len(expected):
            message = f"The length of the sequences mismatch: {len(actual)} != {len(expected)}"
            raise ErrorMeta(AssertionError, message, id=id)
        keys: list[Any] = list(range(len(actual)))
    elif _both(actual, expected, mapping_types):
        _check_keys(actual, expected, id)
        keys = _sorted_if_possible(actual)
    else:
        return [_pair(actual, expected, pair_types, id, options)]
    return [pair for key in keys for pair in originate_pairs(actual[key], expected[key], id=(*id, key), **inside)]


def _both(actual: Any, expected: Any, types: tuple[type[Any], ...]) -> bool:
    return isinstance(actual, types) and isinstance(expected, types)


def _check_keys(actual: Any, expected: Any, id: tuple[Any, ...]) -> None:
    if set(actual) != set(expected):
        missing = _sorted_if_possible(set(expected) - set(actual))
        additional = _sorted_if_possible(set(actual) - set(expected))
        raise ErrorMeta(
            AssertionError,
            f"The keys of the mappings do not match:\nMissing keys in the actual mapping: {missing}\n"
            f"Additional keys in the actual mapping: {additional}",
            id=id,
        )


def _sorted_if_possible(keys: Any) -> list[Any]:
    try:
        return sorted(keys)
    except TypeError:  # keys of several types
        return sorted(keys, key=str)


def _pair(
    actual: Any, expected: Any, types: Sequence[type[Pair]], id: tuple[Any, ...], options: dict[str, Any]
) -> Pair:
    for kind in types:
        try:
            return kind(actual, expected, id=id, **options)
        except UnsupportedInputs:
            continue
    message = f"No comparison pair was able to handle inputs of type {type(actual)} and {type(expected)}."
    raise ErrorMeta(TypeError, message, id=id)


def not_close_error_metas(
    actual: Any,
    expected: Any,
    *,
    pair_types: Sequence[type[Pair]] = (ObjectPair,),
    sequence_types: tuple[type[Any], ...] = (Sequence,),
    mapping_types: tuple[type[Any], ...] = (Mapping,),
    **options: Any,
) -> list[ErrorMeta]:
    """One error for each pair that differs; empty if all are close.

    Raises:
        Exception: the containers do not fit each other, or hold what no pair takes.
    """
    try:
        pairs = originate_pairs(
            actual,
            expected,
            pair_types=pair_types,
            sequence_types=sequence_types,
            mapping_types=mapping_types,
            **options,
        )
    except ErrorMeta as error:
        raise error.to_error() from None
    errors = []
    for pair in pairs:
        try:
            pair.compare()
        except ErrorMeta as error:
            errors.append(error)
    return errors


def assert_close(
    actual: Any,
    expected: Any,
    *,
    allow_subclasses: bool = True,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    check_device: bool = True,
    check_dtype: bool = True,
    check_layout: bool = True,
    check_stride: bool = False,
    msg: str | Callable[[str], str] | None = None,
) -> None:
    r"""Say nothing if two tensors are close, and where they differ if not.

    Elements are close if :math:`|a - e| \le \text{atol} + \text{rtol} \cdot |e|`, with e the expected one.

    Args:
        actual, expected: tensors, numbers, None, or sequences and mappings of these, nested as they like; NumPy arrays
            and numbers count as tensors and numbers.
        allow_subclasses: whether the type of one tensor may be derived from that of the other.
        rtol, atol: the tolerances, both or neither; for float32 1.3e-6 and 1e-5, for float64 1e-7 both, for float16
            1e-3 and 1e-5, for bfloat16 1.6e-2 and 1e-5, for integers and truth values 0. Of two types the wider.
        equal_nan: whether two NaNs are close.
        check_device, check_dtype, check_layout: whether these must be the same. Numbers have types, too.
        check_stride: whether the strides must be the same.
        msg: the message of the error, or a function that makes it from what it would be.

    Raises:
        AssertionError: they are not close, or not of the same shape, dtype, length or keys.
        TypeError: something is neither a tensor nor a number, or a tensor is compared with a number.
        ValueError: only one of the tolerances is given.

    >>> import tapegrad as torch
    >>> torch.testing.assert_close(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 3.0]))
    Traceback (most recent call last):
      ...
    AssertionError: Tensor-likes are not close!
    <BLANKLINE>
    Mismatched elements: 1 / 2 (50.0%)
    Greatest absolute difference: 1.0 at index (1,) (up to 1e-05 allowed)
    Greatest relative difference: 0.3333333432674408 at index (1,) (up to 1.3e-06 allowed)
    """
    __tracebackhide__ = True  # pytest shows the test's line, not this one
    errors = not_close_error_metas(
        actual,
        expected,
        pair_types=(NonePair, BooleanPair, NumberPair, TensorLikePair),
        allow_subclasses=allow_subclasses,
        rtol=rtol,
        atol=atol,
        equal_nan=equal_nan,
        check_device=check_device,
        check_dtype=check_dtype,
        check_layout=check_layout,
        check_stride=check_stride,
        msg=msg,
    )
    if errors:
        raise errors[0].to_error(msg)


def assert_allclose(
    actual: Any,
    expected: Any,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = True,
    msg: str = "",
) -> None:
    """The older form of `assert_close`: wider tolerances, equal NaNs, types and strides free.

    Raises:
        AssertionError: they are not close.
    """
    __tracebackhide__ = True
    warnings.warn(
        "`torch.testing.assert_allclose()` is deprecated since 1.12 and will be removed in a future release. Please"
        " use `torch.testing.assert_close()` instead. The tolerances of the two differ.",
        FutureWarning,
        stacklevel=2,
    )
    if not isinstance(actual, Tensor):
        actual = tensor(actual)
    if not isinstance(expected, Tensor):
        expected = as_tensor(expected, dtype=actual.dtype)
    if rtol is None and atol is None:
        wider = {"float16": (1e-3, 1e-3), "float32": (1e-4, 1e-5), "float64": (1e-5, 1e-8)}
        kinds = [wider.get(x.dtype._name, (0.0, 0.0)) for x in (actual, expected)]
        rtol, atol = max(r for r, _ in kinds), max(a for _, a in kinds)
    assert_close(
        actual,
        expected,
        rtol=rtol,
        atol=atol,
        equal_nan=equal_nan,
        check_device=True,
        check_dtype=False,
        check_stride=False,
        msg=msg or None,
    )
