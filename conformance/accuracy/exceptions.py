"""Functions that are less exact than torch's, and why."""

from __future__ import annotations

_NOT_NORMAL = "results smaller than the smallest normal number; SciPy's lose their last digits, and then vanish"
_RECURRENCE = "torch's recurrence; its intermediate results are rounded differently"
_SERIES = "SciPy's version of the same series"

# (function, dtype): (how many units are allowed, why)
EXCEPTIONS = {
    ("erfc", "float64"): (1e9, _NOT_NORMAL),
    ("special.log_ndtr", "float64"): (1e9, _NOT_NORMAL),
    ("lgamma of negative numbers", "float64"): (40, "SciPy's reflection, whose absolute error is 4e-16"),
    ("special.i1", "float64"): (20, _SERIES),
    ("special.i1e", "float64"): (15, _SERIES),
    ("special.modified_bessel_k1", "float64"): (6, _SERIES),
    ("special.chebyshev_polynomial_t", "float32"): (400, _RECURRENCE),
    ("special.hermite_polynomial_h", "float64"): (15, _RECURRENCE),
    ("special.hermite_polynomial_h", "float32"): (15, _RECURRENCE),
    ("special.hermite_polynomial_he", "float32"): (20, _RECURRENCE),
    ("special.legendre_polynomial_p", "float32"): (200, _RECURRENCE),
}
