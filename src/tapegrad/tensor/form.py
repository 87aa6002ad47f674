"""The form of a tensor: its shape and dtype, as one object that tensors of the same form share.

Most pointwise operations are on floating-point tensors of one shape, and then nothing has to be decided: not what type
the result has, not whether gradients have to be summed to a shape, not whether the work goes by blocks.  Asking arrays
for their shapes, dtypes and sizes takes as long as the arithmetic of a few elements, so a tensor remembers its form
(`Tensor._form`), and a result takes over that of its operands: two operands are alike if their forms are one object.

A form is None until somebody asks, and False where there is none: for integers, for arrays so large that they are
computed by blocks, and for arrays that are not NumPy's (inside of `vmap` and while a function is captured).  Whoever
gives a tensor another array sets its form to None.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from .blocks import LARGE
from .dtypes import F32, F64

if TYPE_CHECKING:
    from .tensor import Tensor

# NumPy takes half as long again for a Python number as for an array of no dimensions, so a form has a dictionary of the
# numbers that were met, as such arrays; all forms of a dtype have the same.
Numbers = dict[float, np.ndarray[Any, Any]]
Form = tuple[tuple[int, ...], np.dtype[Any], Numbers]

_MOST: Final = 4096
# By shape, the forms met so far; False for those that are too large.
_single: Final[dict[tuple[int, ...], Form | Literal[False]]] = {}
_double: Final[dict[tuple[int, ...], Form | Literal[False]]] = {}

_ndarray = np.ndarray
_numbers: Final[dict[Any, Numbers]] = {F32: {}, F64: {}}


def form_of(t: Tensor) -> Any:
    """Find the form of a tensor that nobody has asked for yet; False if it has none."""
    array = t._data
    dtype = array.dtype
    forms = _single if dtype is F32 else _double if dtype is F64 else None
    if forms is None or array.__class__ is not _ndarray:
        t._form = False
        return False
    shape = array.shape
    try:
        form = forms[shape]
    except KeyError:
        if len(forms) == _MOST:  # those in use stay in use; only, they are no longer found
            forms.clear()
        form = forms[shape] = (shape, dtype, _numbers[dtype]) if array.size <= LARGE else False
    t._form = form
    return form


def remember(form: Form, number: float) -> Any:
    """What a pointwise operation is given for a number that is not yet among those of a form."""
    # Zeros are told apart by their sign, which a dictionary does not; nan and numbers that may not fit are NumPy's.
    if not 1e-30 < abs(number) < 1e30 or len(form[2]) == _MOST:
        return number
    array = np.array(number, form[1])
    array.flags.writeable = False
    form[2][number] = array
    return array
