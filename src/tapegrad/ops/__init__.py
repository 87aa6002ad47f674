"""The operators: one record each (op.py), one module per family, and the call paths generated from the records.

A family module lists its public functions in `__all__` and Tensor's methods in `METHODS`.
"""

import sys as _sys

from . import runtime, words
from .activations import *
from .advanced import *
from .alignment import *
from .arithmetic import *
from .assignment import *
from .attention import *
from .bessel import *
from .cholesky import *
from .clamping import *
from .comparison import *
from .complex_numbers import *
from .conversion import *
from .convolution import *
from .convolving import *
from .covariance import *
from .determinants import *
from .diagonals import *
from .differences import *
from .distances import *
from .division import *
from .eigenvalues import *
from .einstein import *
from .elements import *
from .expanding import *
from .exponential import *
from .extrema import *
from .filling import *
from .float_parts import *
from .fourier import *
from .gamma import *
from .gathering import *
from .grid_sampling import *
from .grids import *
from .hashing import *
from .histograms import *
from .in_place_functions import *
from .in_place_views import *
from .indexing import *
from .integers import *
from .interpolation import *
from .joining import *
from .least_squares import *
from .linear_algebra import *
from .lines import *
from .lookup import *
from .losses import *
from .low_rank import *
from .lu_factorization import *
from .lu_solving import *
from .magnitude import *
from .margins import *
from .masking import *
from .matrix_functions import *
from .matrix_norms import *
from .matrix_products import *
from .native_layers import *
from .normalization import *
from .normalized_exponential import *
from .norms import *
from .object_protocols import *
from .orthogonal import *
from .outer_products import *
from .padding import *
from .permuting import *
from .pooling import *
from .positions import *
from .powers import *
from .private_names import *
from .products import *
from .pseudo_inverses import *
from .quantiles import *
from .rearranging import *
from .recurrent import *
from .reducing_scatter import *
from .reductions import *
from .reflections import *
from .removed import *
from .resampling import *
from .rounding import *
from .rows import *
from .running_products import *
from .scaling import *
from .scans import *
from .searching import *
from .segments import *
from .selection import *
from .shape import *
from .short_time import *
from .shuffling import *
from .singular_values import *
from .slicing import *
from .slopes import *
from .slots import *
from .solving import *
from .sorting import *
from .splitting import *
from .statistics import *
from .strided import *
from .sums_of_products import *
from .symmetric_indefinite import *
from .three_operands import *
from .triangular_systems import *
from .trigonometric import *
from .truth import *
from .view_copies import *
from .weight_norms import *
from .window_functions import *
from .windows import *

# The modules imported above; by their full names, since a family may define a function of its module's name.
FAMILIES = tuple(
    module
    for name, module in sorted(_sys.modules.items())
    if name.startswith(f"{__name__}.") and hasattr(module, "METHODS")
)

__all__ = sorted({name for family in FAMILIES for name in family.__all__})

runtime.silence(FAMILIES)


def __getattr__(name: str) -> object:
    """`torch.ops.aten`, loaded when first used, and `torch.ops.mylib`, where a program has operators of its own."""
    if name == "aten":
        from .operator_names import aten

        return aten
    if not name.startswith("_"):
        from ..library import namespace

        return namespace(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
