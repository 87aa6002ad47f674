"""The operators: one record each (op.py), one module per family, and the call paths generated from the records.

A family module lists its public functions in `__all__` and Tensor's methods in `METHODS`.  It is loaded when one of
these names is first used (deferred.py).
"""

import sys as _sys
from functools import cache as _cache
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

from .deferred import FAMILY_OF, load

if _TYPE_CHECKING:  # for editors and type checkers
    from .activations import *
    from .advanced import *
    from .arithmetic import *
    from .bessel import *
    from .cholesky import *
    from .clamping import *
    from .comparison import *
    from .complex_numbers import *
    from .conversion import *
    from .convolution import *
    from .covariance import *
    from .determinants import *
    from .diagonals import *
    from .differences import *
    from .distances import *
    from .division import *
    from .einstein import *
    from .elements import *
    from .expanding import *
    from .exponential import *
    from .extrema import *
    from .filling import *
    from .float_parts import *
    from .gamma import *
    from .gathering import *
    from .grids import *
    from .hashing import *
    from .histograms import *
    from .in_place_functions import *
    from .in_place_views import *
    from .integers import *
    from .joining import *
    from .linear_algebra import *
    from .lookup import *
    from .low_rank import *
    from .lu_factorization import *
    from .lu_solving import *
    from .magnitude import *
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
    from .rounding import *
    from .rows import *
    from .running_products import *
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
    from .three_operands import *
    from .triangular_systems import *
    from .trigonometric import *
    from .truth import *
    from .view_copies import *
    from .weight_norms import *
    from .window_functions import *


def __getattr__(name: str) -> _Any:
    """What is loaded when first used: the families, `torch.ops.aten`, and a program's own `torch.ops.mylib`."""
    if "." not in FAMILY_OF.get(name, "."):
        return getattr(load(FAMILY_OF[name]), name)
    if name == "aten":
        from .operator_names import aten

        return aten
    library = _sys.modules.get("tapegrad.library")  # without it no program has operators of its own
    if library is not None and not name.startswith("_") and not _is_module(name):
        return library.namespace(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)


@_cache
def _is_module(name: str) -> bool:
    """Whether `from . import name` means a module of the package, which is asked for as an attribute first."""
    from importlib.util import find_spec

    return find_spec(f"{__name__}.{name}") is not None
