"""The form of a tensor: its shape and dtype, as one object that tensors of the same form share.

Most pointwise operations are on floating-point tensors of one shape, and then nothing has to be decided: not what type
the result has, not whether gradients have to be summed to a shape, not whether the work goes by blocks.  Asking arrays
for their shapes, dtypes and sizes takes as long as the arithmetic of a few elements, so a tensor remembers its form
(`Tensor._form`), and a result takes over that of its operands: two operands are alike if their forms are one object.

A form is None until somebody asks, and stays None where there is none: for integers, for arrays so large that they are
computed by blocks, and for arrays that are not NumPy's (inside of `vmap` and while a function is captured).  Whoever
gives a tensor another array sets its form to None.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from .blocks import LARGE
from .dtypes import F32, F64

if TYPE_CHECKING:
    from .tensor import Tensor

# NumPy takes half as long again for a Python number as for an array of no dimensions, so a form has a dictionary of the
# numbers that were met, as such arrays; all forms of a dtype have the same.
Numbers = dict[float, np.ndarray[Any, Any]]


class Form:
    """A shape and a dtype.

    Attributes:
        like: both, as gradients are brought to them.
        sized: there is a dimension, so that NumPy computes arrays from such arrays, and no scalars.
        numbers: the numbers that were met together with tensors of this dtype, as arrays.
        zero: zero as such an array.
    """

    __slots__ = ("dtype", "like", "numbers", "shape", "sized", "zero")

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        self.shape, self.dtype, self.like = shape, dtype, (shape, dtype)
        self.sized, self.numbers, self.zero = bool(shape), _numbers[dtype], _zeros[dtype]


_MOST: Final = 4096
# By shape, the forms met so far.
_single: Final[dict[tuple[int, ...], Form]] = {}
_double: Final[dict[tuple[int, ...], Form]] = {}

_ndarray = np.ndarray
_numbers: Final[dict[Any, Numbers]] = {F32: {}, F64: {}}
_zeros: Final[dict[Any, Any]] = {dtype: np.zeros((), dtype) for dtype in (F32, F64)}


def form_of(t: Tensor) -> Form | None:
    """Find the form of a tensor that nobody has asked for yet; None if it has none."""
    array = t._data
    if array.__class__ is not _ndarray:
        return None
    dtype = array.dtype
    forms = _single if dtype is F32 else _double if dtype is F64 else None
    if forms is None:
        return None
    shape = array.shape
    try:
        form = forms[shape]
    except KeyError:
        if array.size > LARGE:
            return None
        if len(forms) == _MOST:  # those in use stay in use; only, they are no longer found
            forms.clear()
        form = forms[shape] = Form(shape, dtype)
    t._form = form
    return form


def remember(form: Form, number: float) -> Any:
    """What a pointwise operation is given for a number that is not yet among those of a form."""
    # Zeros are told apart by their sign, which a dictionary does not; nan and numbers that may not fit are NumPy's.
    if not 1e-30 < abs(number) < 1e30 or len(form.numbers) == _MOST:
        return number
    array = np.array(number, form.dtype)
    array.flags.writeable = False
    form.numbers[number] = array
    return array
