"""The operators: one record each (op.py), one module per family, and the call paths generated from the records.

A family module lists its public functions in `__all__` and Tensor's methods in `METHODS`.  The families that most
programs use are imported here, the others when one of their names is first used (deferred.py).
"""

import sys as _sys
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

from . import words
from .activations import *
from .advanced import *
from .arithmetic import *
from .assignment import *
from .bessel import *
from .clamping import *
from .comparison import *
from .complex_numbers import *
from .conversion import *
from .deferred import FAMILY_OF, load
from .division import *
from .elements import *
from .expanding import *
from .exponential import *
from .extrema import *
from .filling import *
from .float_parts import *
from .gathering import *
from .in_place_functions import *
from .in_place_views import *
from .indexing import *
from .integers import *
from .joining import *
from .lines import *
from .losses import *
from .magnitude import *
from .masking import *
from .matrix_products import *
from .normalized_exponential import *
from .norms import *
from .object_protocols import *
from .permuting import *
from .powers import *
from .products import *
from .reductions import *
from .rounding import *
from .rows import *
from .selection import *
from .shape import *
from .slicing import *
from .sorting import *
from .splitting import *
from .statistics import *
from .strided import *
from .sums_of_products import *
from .trigonometric import *
from .truth import *
from .view_copies import *
from .windows import *

if _TYPE_CHECKING:  # the deferred ones, for editors and type checkers
    from .cholesky import *
    from .convolution import *
    from .covariance import *
    from .determinants import *
    from .diagonals import *
    from .differences import *
    from .distances import *
    from .einstein import *
    from .gamma import *
    from .grids import *
    from .hashing import *
    from .histograms import *
    from .linear_algebra import *
    from .lookup import *
    from .low_rank import *
    from .lu_factorization import *
    from .lu_solving import *
    from .matrix_functions import *
    from .matrix_norms import *
    from .native_layers import *
    from .normalization import *
    from .orthogonal import *
    from .outer_products import *
    from .padding import *
    from .private_names import *
    from .pseudo_inverses import *
    from .quantiles import *
    from .rearranging import *
    from .recurrent import *
    from .reducing_scatter import *
    from .reflections import *
    from .removed import *
    from .running_products import *
    from .scans import *
    from .searching import *
    from .segments import *
    from .short_time import *
    from .shuffling import *
    from .singular_values import *
    from .slopes import *
    from .slots import *
    from .solving import *
    from .three_operands import *
    from .triangular_systems import *
    from .weight_norms import *
    from .window_functions import *

# The modules imported above; by their full names, since a family may define a function of its module's name.
FAMILIES = tuple(
    module
    for name, module in sorted(_sys.modules.items())
    if name.startswith(f"{__name__}.") and hasattr(module, "METHODS")
)

__all__ = sorted({name for family in FAMILIES for name in family.__all__})


def __getattr__(name: str) -> _Any:
    """What is loaded when first used: deferred families, `torch.ops.aten`, and a program's own `torch.ops.mylib`."""
    if "." not in FAMILY_OF.get(name, "."):
        return getattr(load(FAMILY_OF[name]), name)
    if name == "aten":
        from .operator_names import aten

        return aten
    if not name.startswith("_"):
        from ..library import namespace

        return namespace(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
