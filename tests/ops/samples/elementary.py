"""Samples of functions of one tensor: exponential, trigonometric, rounding, magnitude, gamma, bessel, special."""

import numpy as np

from . import Sample, normal

EDGE = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.5, -2.5, 100.0])

# Each with a range in which it is smooth; "+" also has an in-place form with a derivative.
FUNCTIONS = {
    "abs": (0.2, 2.0),
    "acos": (-0.9, 0.9),
    "acosh": (1.1, 3.0),
    "angle": (0.2, 2.0),
    "asin": (-0.9, 0.9),
    "asinh": (-2.0, 2.0),
    "atan": (-2.0, 2.0),
    "atanh": (-0.9, 0.9),
    "ceil": (0.1, 0.9),
    "cos": (-3.0, 3.0),
    "cosh": (-2.0, 2.0),
    "deg2rad": (-90.0, 90.0),
    "digamma": (0.5, 3.0),
    "erf": (-2.0, 2.0),
    "erfc": (-2.0, 2.0),
    "erfinv": (-0.9, 0.9),
    "exp": (-2.0, 2.0),
    "exp2": (-2.0, 2.0),
    "expm1": (-2.0, 2.0),
    "floor": (0.1, 0.9),
    "frac": (0.1, 0.9),
    "i0": (-2.0, 2.0),
    "lgamma": (0.5, 3.0),
    "log": (0.2, 3.0),
    "log10": (0.2, 3.0),
    "log1p": (-0.5, 2.0),
    "log2": (0.2, 3.0),
    "logit": (0.1, 0.9),
    "nan_to_num": (-2.0, 2.0),
    "neg": (-2.0, 2.0),
    "rad2deg": (-2.0, 2.0),
    "round": (0.1, 0.4),
    "sigmoid": (-3.0, 3.0),
    "sign": (0.2, 2.0),
    "sin": (-3.0, 3.0),
    "sinc": (0.2, 2.0),
    "sinh": (-2.0, 2.0),
    "tan": (-1.0, 1.0),
    "tanh": (-2.0, 2.0),
    "trunc": (0.1, 0.9),
}
# torch's float32 kernels differ by more than a few units in the last place at some of these.
_ROUGH = {"digamma", "lgamma", "sinc", "tan", "i0"}
_NO_IN_PLACE_DERIVATIVE = {"acosh", "asinh", "atanh"}

SAMPLES = []
for name, (low, high) in FUNCTIONS.items():
    inside = normal(2, 3, low=low, high=high)
    SAMPLES += [
        Sample(f"{name}: function", lambda torch, a, name=name: getattr(torch, name)(a), (inside,)),
        Sample(f"{name}: method, 0-d", lambda torch, a, name=name: getattr(a, name)(), (inside[0, 0, ...].copy(),)),
        Sample(f"{name}: empty", lambda torch, a, name=name: getattr(torch, name)(a), (normal(0, 2),)),
        Sample(
            f"{name}: edge",
            lambda torch, a, name=name: getattr(torch, name)(a),
            (EDGE,),
            order=1,
            smooth=False,
            dtypes=("float64",) if name in _ROUGH else ("float64", "float32"),
        ),
    ]
    if name not in ("angle", *_NO_IN_PLACE_DERIVATIVE):
        SAMPLES.append(
            Sample(f"{name}: in place", lambda torch, a, name=name: getattr(a.clone(), name + "_")(), (inside,))
        )

wide = normal(2, 3, low=2.5, high=5.0)
SAMPLES += [
    # torch's own values are off in the sixth digit at -2.5.
    Sample("special.airy_ai", lambda torch, a: torch.special.airy_ai(a), (EDGE[[0, 1, 3, 5, 6, 7, 8, 9]],), order=0),
    # The real torch returns the gradient as a tensor of zeros without memory, which NumPy cannot see.
    Sample("sgn: edge", lambda torch, a: torch.sgn(a), (EDGE,), order=0),
    Sample("logit: eps", lambda torch, a: torch.logit(a, 0.2), (normal(2, 3, low=0.3, high=0.7),)),
    Sample("logit: eps, edge", lambda torch, a: torch.logit(a, eps=0.2), (EDGE,), order=1, smooth=False),
    Sample("round: decimals", lambda torch, a: torch.round(a, decimals=1), (normal(2, 3, low=0.11, high=0.14),)),
    Sample("round: negative decimals", lambda torch, a: a.round(decimals=-1), (EDGE,), order=1, smooth=False),
    Sample("nan_to_num: values", lambda torch, a: torch.nan_to_num(a, 1, 2, 3), (EDGE,), order=1, smooth=False),
    *[
        Sample(f"polygamma: {n}", lambda torch, a, n=n: torch.polygamma(n, a), (normal(2, 3, low=0.5, high=3.0),))
        for n in (0, 1, 2, 3)
    ],
    Sample("polygamma: edge", lambda torch, a: a.polygamma(2), (EDGE,), order=1, smooth=False, dtypes=("float64",)),
    Sample("mvlgamma", lambda torch, a: torch.mvlgamma(a, 3), (wide,)),
    Sample("mvlgamma: in place", lambda torch, a: a.clone().mvlgamma_(2), (wide,)),
    *[
        Sample(f"special.{name}", lambda torch, a, name=name: getattr(torch.special, name)(a), (inside,))
        for name, inside in {
            "entr": normal(2, 3, low=0.2, high=2.0),
            "erfcx": normal(2, 3),
            "i0e": normal(2, 3, low=0.2, high=2.0),
            "i1": normal(2, 3),
            "i1e": normal(2, 3, low=0.2, high=2.0),
            "log_ndtr": normal(2, 3),
            "ndtr": normal(2, 3),
            "ndtri": normal(2, 3, low=0.1, high=0.9),
        }.items()
    ],
    *[
        Sample(
            f"special.{name}: edge",
            lambda torch, a, name=name: getattr(torch.special, name)(a),
            (EDGE,),
            order=1,
            smooth=False,
            dtypes=("float64",),
        )
        for name in ("entr", "erfcx", "i0e", "i1", "log_ndtr", "ndtr", "ndtri")
    ],
    *[
        Sample(f"special.{name}", lambda torch, a, name=name: getattr(torch.special, name)(a), (EDGE[3:],), order=0)
        for name in (
            "bessel_j0", "bessel_j1", "bessel_y0", "bessel_y1", "modified_bessel_i0", "modified_bessel_i1",
            "modified_bessel_k0", "modified_bessel_k1", "scaled_modified_bessel_k0", "scaled_modified_bessel_k1",
            "spherical_bessel_j0",
        )
    ],
    *[
        Sample(
            f"special.{name}",
            lambda torch, a, n, name=name: getattr(torch.special, name)(a, n),
            (normal(2, 1, low=0.1, high=0.9), np.array([-1.0, 0.0, 1.0, 2.5, 5.0])),
            order=0,
        )
        for name in (
            "chebyshev_polynomial_t", "chebyshev_polynomial_u", "chebyshev_polynomial_v", "chebyshev_polynomial_w",
            "hermite_polynomial_h", "hermite_polynomial_he", "laguerre_polynomial_l", "legendre_polynomial_p",
            "shifted_chebyshev_polynomial_t", "shifted_chebyshev_polynomial_u", "shifted_chebyshev_polynomial_v",
            "shifted_chebyshev_polynomial_w",
        )
    ],
]  # fmt: skip
