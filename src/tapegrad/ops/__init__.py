"""The operators: one record each (op.py), one module per family, and the call paths generated from the records.

A family module lists its public functions in `__all__` and Tensor's methods in `METHODS`.
"""

from . import (
    activations,
    advanced,
    arithmetic,
    comparison,
    conversion,
    expanding,
    exponential,
    extrema,
    filling,
    indexing,
    lines,
    losses,
    matrix_products,
    norms,
    permuting,
    powers,
    products,
    reductions,
    running_products,
    runtime,
    scaling,
    scans,
    shape,
    slicing,
    softmax,
    statistics,
    strided,
    trigonometric,
    truth,
    words,
)
from .advanced import *  # noqa: F403 - each family says what is public
from .arithmetic import *
from .comparison import *
from .conversion import *
from .expanding import *
from .exponential import *
from .extrema import *
from .filling import *
from .indexing import *
from .lines import *
from .matrix_products import *
from .norms import *
from .permuting import *
from .powers import *
from .products import *
from .reductions import *
from .running_products import *
from .scans import *
from .shape import *
from .slicing import *
from .statistics import *
from .strided import *
from .trigonometric import *
from .truth import *

FAMILIES = (
    activations,
    advanced,
    arithmetic,
    comparison,
    conversion,
    expanding,
    exponential,
    extrema,
    filling,
    indexing,
    lines,
    losses,
    matrix_products,
    norms,
    permuting,
    powers,
    products,
    reductions,
    running_products,
    scaling,
    scans,
    shape,
    slicing,
    softmax,
    statistics,
    strided,
    trigonometric,
    truth,
)

for _family in FAMILIES:
    runtime.silence(_family)
