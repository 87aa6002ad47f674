"""Two objects that are to be compared: one class for each kind of thing.

A pair is made from (actual, expected), says `UnsupportedInputs` if the two are not of its kind, and compares them when
asked.
"""

from __future__ import annotations

import abc
import cmath
from typing import Any, Final, NoReturn

import numpy as np

from ..ops import isclose
from ..tensor import dtypes
from ..tensor.creation import as_tensor
from ..tensor.dtypes import dtype
from ..tensor.tensor import Tensor
from ._errors import ErrorMeta, UnsupportedInputs
from ._mismatch import make_scalar_mismatch_msg, make_tensor_mismatch_msg
from ._tolerances import get_tolerances

Id = tuple[Any, ...]


class Pair(abc.ABC):
    """Two objects, and where in nested containers they stand.

    Args:
        actual, expected: the objects.
        id: the keys and indices that lead to them.
        **unknown_parameters: options of other pairs.
    """

    def __init__(self, actual: Any, expected: Any, *, id: Id = (), **unknown_parameters: Any) -> None:
        self.actual = actual
        self.expected = expected
        self.id = id
        self._unknown_parameters = unknown_parameters

    @staticmethod
    def _inputs_not_supported() -> NoReturn:
        raise UnsupportedInputs

    @staticmethod
    def _check_inputs_isinstance(*inputs: Any, cls: type[Any] | tuple[type[Any], ...]) -> None:
        if not all(isinstance(x, cls) for x in inputs):
            raise UnsupportedInputs

    def _fail(self, type: type[Exception], msg: str, *, id: Id = ()) -> NoReturn:
        raise ErrorMeta(type, msg, id=(*self.id, *id))

    @abc.abstractmethod
    def compare(self) -> None:
        """Compare the two.

        Raises:
            ErrorMeta: they differ.
        """

    def extra_repr(self) -> Any:
        """Names of attributes, or (name, value), that the pair's text shows as well."""
        return []

    def __repr__(self) -> str:
        shown = [("id", self.id), ("actual", self.actual), ("expected", self.expected)]
        shown += [(x, getattr(self, x)) if isinstance(x, str) else x for x in self.extra_repr()]
        body = "".join(f"    {name}={value!s},\n" for name, value in shown)
        return f"{type(self).__name__}(\n{body})"


class ObjectPair(Pair):
    """Any two objects, compared by `==`."""

    def compare(self) -> None:
        """Compare the two."""
        try:
            equal = self.actual == self.expected
        except Exception as error:
            self._fail(ValueError, f"{self.actual} == {self.expected} failed with:\n{error}.")
        if not equal:
            self._fail(AssertionError, f"{self.actual} != {self.expected}")


class NonePair(Pair):
    """Two objects of which one is None at least."""

    def __init__(self, actual: Any, expected: Any, **other_parameters: Any) -> None:
        if actual is not None and expected is not None:
            raise UnsupportedInputs
        super().__init__(actual, expected, **other_parameters)

    def compare(self) -> None:
        """Both must be None."""
        if self.actual is not None or self.expected is not None:
            self._fail(AssertionError, f"None mismatch: {self.actual} is not {self.expected}")


class BooleanPair(Pair):
    """Two truth values, Python's or NumPy's."""

    def __init__(self, actual: Any, expected: Any, *, id: Id, **other_parameters: Any) -> None:
        self._check_inputs_isinstance(actual, expected, cls=(bool, np.bool_))
        super().__init__(bool(actual), bool(expected), id=id, **other_parameters)

    def compare(self) -> None:
        """They must be the same."""
        if self.actual is not self.expected:
            self._fail(AssertionError, f"Booleans mismatch: {self.actual} is not {self.expected}")


class NumberPair(Pair):
    """Two numbers, Python's or NumPy's.

    Args:
        rtol, atol: the tolerances; both or neither.
        equal_nan: whether two NaNs are close.
        check_dtype: whether the types of the numbers must be the same.
    """

    _TYPE_TO_DTYPE: Final[dict[type[Any], dtype]] = {
        int: dtypes.int64,
        float: dtypes.float64,
        complex: dtypes.complex128,
    }

    def __init__(
        self,
        actual: Any,
        expected: Any,
        *,
        id: Id = (),
        rtol: float | None = None,
        atol: float | None = None,
        equal_nan: bool = False,
        check_dtype: bool = False,
        **other_parameters: Any,
    ) -> None:
        self._check_inputs_isinstance(actual, expected, cls=(int, float, complex, np.number))
        if isinstance(actual, bool) or isinstance(expected, bool):
            raise UnsupportedInputs
        actual, expected = (x.item() if isinstance(x, np.number) else x for x in (actual, expected))
        super().__init__(actual, expected, id=id, **other_parameters)
        kinds = [next(k for t, k in self._TYPE_TO_DTYPE.items() if isinstance(x, t)) for x in (actual, expected)]
        self.rtol, self.atol = get_tolerances(*kinds, rtol=rtol, atol=atol, id=id)
        self.equal_nan = equal_nan
        self.check_dtype = check_dtype

    def compare(self) -> None:
        """They must be close."""
        a, b = self.actual, self.expected
        if self.check_dtype and type(a) is not type(b):
            self._fail(AssertionError, f"The (d)types do not match: {type(a)} != {type(b)}.")
        if a == b or (self.equal_nan and cmath.isnan(a) and cmath.isnan(b)):
            return
        apart = abs(a - b)
        if cmath.isfinite(apart) and apart <= self.atol + self.rtol * abs(b):
            return
        self._fail(AssertionError, make_scalar_mismatch_msg(a, b, rtol=self.rtol, atol=self.atol))

    def extra_repr(self) -> Any:
        """The options."""
        return ("rtol", "atol", "equal_nan", "check_dtype")


class TensorLikePair(Pair):
    """Two tensors, or two objects of one type that `torch.as_tensor` makes tensors of.

    Args:
        allow_subclasses: whether the type of one may be derived from that of the other.
        rtol, atol: the tolerances; both or neither.
        equal_nan: whether two NaNs are close.
        check_device, check_dtype, check_layout, check_stride: what must be the same besides shape and values.
    """

    def __init__(
        self,
        actual: Any,
        expected: Any,
        *,
        id: Id = (),
        allow_subclasses: bool = True,
        rtol: float | None = None,
        atol: float | None = None,
        equal_nan: bool = False,
        check_device: bool = True,
        check_dtype: bool = True,
        check_layout: bool = True,
        check_stride: bool = False,
        **other_parameters: Any,
    ) -> None:
        related = isinstance(actual, type(expected)) or isinstance(expected, type(actual))
        if not related or (not allow_subclasses and type(actual) is not type(expected)):
            raise UnsupportedInputs
        super().__init__(self._to_tensor(actual), self._to_tensor(expected), id=id, **other_parameters)
        self.rtol, self.atol = get_tolerances(self.actual, self.expected, rtol=rtol, atol=atol, id=self.id)
        self.equal_nan = equal_nan
        self.check_device = check_device
        self.check_dtype = check_dtype
        self.check_layout = check_layout
        self.check_stride = check_stride

    def _to_tensor(self, tensor_like: Any) -> Tensor:
        if isinstance(tensor_like, Tensor):
            return tensor_like
        try:
            return as_tensor(tensor_like)
        except Exception:
            raise UnsupportedInputs from None

    def compare(self) -> None:
        """Shapes, what was asked for, and values must be the same, or close."""
        self._compare_attributes()
        a, b = self.actual.detach(), self.expected.detach()
        if a.dtype is not b.dtype:
            common = dtypes.promote_types(a.dtype, b.dtype)
            a, b = a.to(common), b.to(common)
        close = isclose(a, b, rtol=self.rtol, atol=self.atol, equal_nan=self.equal_nan)
        if bool(close._data.all()):
            return
        if a.shape == ():
            text = make_scalar_mismatch_msg(a.item(), b.item(), rtol=self.rtol, atol=self.atol)
        else:
            text = make_tensor_mismatch_msg(a, b, close, rtol=self.rtol, atol=self.atol)
        self._fail(AssertionError, text)

    def _compare_attributes(self) -> None:
        a, b = self.actual, self.expected
        checks = [
            ("shape", a.shape, b.shape, True),
            ("layout", a.layout, b.layout, self.check_layout),
            ("device", a.device, b.device, self.check_device),
            ("dtype", a.dtype, b.dtype, self.check_dtype),
            ("stride()", a.stride(), b.stride(), self.check_stride),
        ]
        for name, one, other, wanted in checks:
            if wanted and one != other:
                message = f"The values for attribute '{name}' do not match: {one} != {other}."
                self._fail(AssertionError, message)

    def extra_repr(self) -> Any:
        """The options."""
        return ("rtol", "atol", "equal_nan", "check_device", "check_dtype", "check_layout", "check_stride")
