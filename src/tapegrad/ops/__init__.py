"""The operators: one record each (op.py), one module per family, and the call paths generated from the records.

A family module lists its public functions in `__all__` and Tensor's methods in `METHODS`.
"""

from . import arithmetic, conversion, exponential, indexing, products, reductions, runtime, shape, strided, words
from .arithmetic import *  # noqa: F403 - each family says what is public
from .conversion import *
from .exponential import *
from .indexing import *
from .products import *
from .reductions import *
from .shape import *
from .strided import *

FAMILIES = (arithmetic, conversion, exponential, indexing, products, reductions, shape, strided)

for _family in FAMILIES:
    runtime.silence(_family)
