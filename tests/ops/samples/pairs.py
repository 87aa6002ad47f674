"""Samples of operators of two tensors: float_parts, selection, clamping, comparison, complex_numbers and others."""

import numpy as np

from . import Sample, normal

x, y = normal(2, 3), normal(2, 3, seed=1)
positive, other = normal(2, 3, low=0.3, high=2.0), normal(2, 3, low=0.3, high=2.0, seed=1)
TIES = np.array([1.0, 2.0, np.nan, 1.0, np.inf, 0.0, -0.0, 0.0])
PARTNERS = np.array([1.0, 3.0, 1.0, np.nan, np.inf, 0.0, 0.0, -1.0])
mask = np.array([[True, False, True], [False, True, False]])

SAMPLES = []
for name, a, b in (
    ("atan2", x, y),
    ("copysign", x, y),
    ("fmax", x, y),
    ("fmin", x, y),
    ("hypot", x, y),
    ("ldexp", x, y),
    ("logaddexp", x, y),
    ("logaddexp2", x, y),
    ("maximum", x, y),
    ("minimum", x, y),
    ("xlogy", x, positive),
):
    call = lambda torch, a, b, name=name: getattr(torch, name)(a, b)
    method = lambda torch, a, b, name=name: getattr(a, name)(b)
    SAMPLES += [
        Sample(f"{name}: function", call, (a, b)),
        Sample(f"{name}: broadcast", method, (a[:, :1], b[0])),
        Sample(f"{name}: 0-d and empty", call, (a[0, 0, ...].copy(), b[:0])),
        Sample(f"{name}: ties", call, (TIES, PARTNERS), order=1, smooth=False),
    ]

SAMPLES += [
    Sample("xlogy: number", lambda torch, a: torch.xlogy(a, 2.0), (x,)),
    Sample("xlogy: of a number", lambda torch, b: torch.xlogy(2, b), (positive,)),
    Sample("xlogy: of 0", lambda torch, b: torch.xlogy(0, b), (TIES,), order=1, smooth=False),
    Sample("special.xlog1py", lambda torch, a, b: torch.special.xlog1py(a, b), (x, positive)),
    Sample("special.xlog1py: number", lambda torch, a: torch.special.xlog1py(a, 2), (x,)),
    Sample("special.zeta: of a number", lambda torch, b: torch.special.zeta(3, b), (positive,), order=1),
    Sample("special.zeta: values", lambda torch, a, b: torch.special.zeta(a, b), (positive + 1.5, other), order=0),
    Sample("copysign: number", lambda torch, a: torch.copysign(a, -1.0), (x,)),
    Sample("nextafter", lambda torch, a, b: torch.nextafter(a, b), (TIES, PARTNERS), order=1, smooth=False),
    Sample("heaviside: values", lambda torch, a, b: torch.heaviside(a, b), (TIES, PARTNERS), order=0),
    Sample("frexp", lambda torch, a: torch.frexp(a), (x,), smooth=False),
    Sample("igamma: values", lambda torch, a, b: torch.igamma(a, b), (positive, other), order=0),
    Sample("igamma", lambda torch, b: torch.igamma(torch.ones_like(b) * 1.5, b), (other,)),
    Sample("igammac", lambda torch, b: torch.igammac(torch.ones_like(b) * 1.5, b), (other,)),
    Sample("where", lambda torch, c, a, b: torch.where(c, a, b), (mask, x, y)),
    Sample("where: broadcast", lambda torch, c, a, b: torch.where(c, a, b), (mask, x[:, :1], y[0])),
    Sample("where: number", lambda torch, c, a: torch.where(c, a, 0.5), (mask, x)),
    Sample("where: number first", lambda torch, c, b: torch.where(c, 2, b), (mask, x)),
    Sample("where: method", lambda torch, c, a, b: a.where(c, b), (mask, x, y)),
    Sample("where: indices", lambda torch, c: torch.where(c), (mask,), order=0),
    Sample(
        "where: NaN in the branch not taken",
        lambda torch, a, b: torch.where(a > 0, a / b, b),
        (TIES, np.zeros_like(TIES)),
        order=1,
        smooth=False,
    ),
    Sample("clamp: numbers", lambda torch, a: torch.clamp(a, -0.5, 0.5), (x,)),
    Sample("clamp: lower number", lambda torch, a: a.clamp(min=0.1), (x,)),
    Sample("clamp: upper number", lambda torch, a: a.clip(max=0.1), (x,)),
    Sample("clamp: at the bounds", lambda torch, a: torch.clamp(a, 0, 1), (TIES,), order=1, smooth=False),
    Sample("clamp: crossed bounds", lambda torch, a: torch.clamp(a, 2, 1), (TIES,), order=1, smooth=False),
    Sample("clamp: bound NaN", lambda torch, a: torch.clamp(a, float("nan"), 1), (TIES,), order=1, smooth=False),
    Sample("clamp: tensors", lambda torch, a, low, high: torch.clamp(a, low, high), (x, y - 1, y + 1)),
    Sample("clamp: crossed tensors", lambda torch, a, low, high: torch.clamp(a, low, high), (x, y + 1, y - 1)),
    Sample("clamp: lower tensor", lambda torch, a, low: torch.clamp(a, min=low), (x, y[0])),
    Sample("clamp: upper tensor", lambda torch, a, high: torch.clamp(a, max=high), (x, y)),
    Sample(
        "clamp: tensors at ties", lambda torch, a, low: torch.clamp(a, low), (TIES, PARTNERS), order=1, smooth=False
    ),
    Sample("clamp: in place", lambda torch, a: a.clone().clamp_(-0.5, 0.5), (x,)),
    Sample("clamp_min: number", lambda torch, a: torch.clamp_min(a, 0.1), (x,)),
    Sample("clamp_min: tensor", lambda torch, a, low: a.clamp_min(low), (x, y)),
    Sample("clamp_max: number", lambda torch, a: torch.clamp_max(a, 0.1), (x,)),
    Sample("clamp_max: tensor", lambda torch, a, high: a.clamp_max(high), (x, y)),
    Sample("clamp_max: ties", lambda torch, a, high: a.clamp_max(high), (TIES, PARTNERS), order=1, smooth=False),
    Sample("complex parts", lambda torch, a, b: torch.view_as_real(torch.complex(a, b) * torch.complex(b, a)), (x, y)),
    Sample(
        "complex: abs and angle", lambda torch, a, b: (torch.complex(a, b).abs(), torch.complex(a, b).angle()), (x, y)
    ),
    Sample(
        "complex: real and imag", lambda torch, a, b: torch.complex(a, b).exp().imag * torch.complex(b, a).real, (x, y)
    ),
    Sample("complex: polar", lambda torch, a, b: torch.view_as_real(torch.polar(a, b)), (positive, y)),
    Sample("complex: sgn", lambda torch, a, b: torch.view_as_real(torch.sgn(torch.complex(a, b))), (x, y)),
    Sample("complex: conj", lambda torch, a, b: (torch.complex(a, b).conj() * torch.complex(b, a)).real, (x, y)),
    Sample("complex: view_as_complex", lambda torch, a: torch.view_as_complex(a * 1).log().real, (normal(3, 2),)),
    Sample("complex: powers", lambda torch, a, b: torch.view_as_real(torch.complex(a, b) ** 1.5), (positive, other)),
    Sample("complex: number", lambda torch, a: torch.view_as_real(a * 2j + (1 + 1j)), (x,)),
    Sample(
        "complex: quotient",
        lambda torch, a, b: torch.view_as_real(torch.complex(a, b) / torch.complex(b, a)),
        (positive, y),
    ),
    Sample("eq and ge", lambda torch, a, b: (a == b, a >= b, a > 0.5, 0.5 > b), (TIES, PARTNERS), order=0),
    Sample("eq: in place", lambda torch, a, b: a.clone().eq_(b), (TIES, PARTNERS), order=1, smooth=False),
    Sample("lt: in place, number", lambda torch, a: a.clone().lt_(1), (TIES,), order=1, smooth=False),
]
