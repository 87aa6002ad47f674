"""Operations on the elements of a tensor that a mask selects: `torch.masked`.

Each is the ordinary operation after the other elements were replaced by a value that does not change its result: 0 for
a sum, -inf for a maximum.  Where nothing is selected, the result is that value, or NaN for a mean.

The module is loaded when it is first used.

>>> import tapegrad as torch
>>> x = torch.tensor([1.0, 2.0, 3.0])
>>> torch.masked.mean(x, 0, mask=torch.tensor([True, False, True]))
tensor(2.)
"""

from .masks import _combine_input_and_mask, _input_mask, _output_mask
from .reductions import amax, amin, argmax, argmin, logsumexp, mean, median, norm, prod, std, sum, var
from .same_shape import cumprod, cumsum, log_softmax, logaddexp, normalize, softmax, softmin

__all__ = [
    "amax", "amin", "argmax", "argmin", "cumprod", "cumsum", "log_softmax", "logaddexp", "logsumexp", "mean", "median",
    "norm", "normalize", "prod", "softmax", "softmin", "std", "sum", "var",
]  # fmt: skip
