"""Samples of extrema.py."""

from math import nan

import numpy as np

from . import Sample, normal

x = normal(2, 3)
cube = normal(2, 3, 4, seed=2)
ties = np.array([[1.0, 3.0, 3.0], [3.0, 2.0, 1.0]])
holes = np.array([[1.0, nan, 3.0], [nan, 5.0, nan]])

SAMPLES = [
    Sample("max", lambda torch, a: torch.max(a), (x,)),
    Sample("max: 0-d", lambda torch, a: (a.max(), a.max(0).values), (normal(),)),
    Sample("max: ties", lambda torch, a: a.max(), (ties,), smooth=False),
    Sample("max: NaN", lambda torch, a: a.max(), (holes,), smooth=False),
    Sample("max: over a dimension", lambda torch, a: torch.max(a, 1), (cube,)),
    Sample("max: keepdim", lambda torch, a: a.max(-1, keepdim=True), (cube,)),
    Sample("max: ties over a dimension", lambda torch, a: (*a.max(0), *a.max(1)), (ties,), smooth=False),
    Sample("max: NaN over a dimension", lambda torch, a: (*a.max(0), *a.max(1)), (holes,), smooth=False),
    Sample("max: of two", lambda torch, a, b: torch.max(a, b), (x, normal(3, seed=1))),
    Sample("max: of no lines", lambda torch, a: a.max(1), (normal(0, 3),), smooth=False),
    Sample("min", lambda torch, a: torch.min(a), (x,)),
    Sample("min: 0-d", lambda torch, a: (a.min(), a.min(0).values), (normal(),)),
    Sample("min: ties", lambda torch, a: a.min(), (-ties,), smooth=False),
    Sample("min: NaN", lambda torch, a: (a.min(), *a.min(1)), (holes,), smooth=False),
    Sample("min: over a dimension", lambda torch, a: (*torch.min(a, 0), *a.min(2, True)), (cube,)),
    Sample("min: of two", lambda torch, a, b: a.min(b), (x, normal(2, 1, seed=1))),
    Sample("amax", lambda torch, a: (torch.amax(a), a.amax(1), a.amax((0, 2), True)), (cube,)),
    Sample("amax: 0-d", lambda torch, a: (a.amax(), a.amax(-1)), (normal(),)),
    Sample("amax: ties", lambda torch, a: (a.amax(), a.amax(0), a.amax(1)), (ties,), smooth=False),
    Sample("amax: NaN", lambda torch, a: (a.amax(), a.amax(0)), (holes,), smooth=False),
    Sample("amin", lambda torch, a: (torch.amin(a), a.amin(1), a.amin((0, 2), True)), (cube,)),
    Sample("amin: ties", lambda torch, a: (a.amin(), a.amin(0), a.amin(1)), (-ties,), smooth=False),
    Sample("aminmax", lambda torch, a: torch.aminmax(a), (x,)),
    Sample("aminmax: over a dimension", lambda torch, a: a.aminmax(dim=0, keepdim=True), (x,)),
    Sample("aminmax: only one used", lambda torch, a: (a.aminmax().max, a.aminmax(dim=1).min), (x,)),
    Sample("aminmax: ties", lambda torch, a: a.aminmax(dim=1), (ties,), smooth=False),
    Sample("argmax", lambda torch, a: (torch.argmax(a), a.argmax(1), a.argmax(0, True)), (cube,), order=0),
    Sample("argmax: keepdim", lambda torch, a: a.argmax(keepdim=True), (cube,), order=0),
    Sample("argmax: ties", lambda torch, a: (a.argmax(), a.argmax(0), a.argmax(1)), (ties,), order=0),
    Sample("argmax: NaN", lambda torch, a: (a.argmax(), a.argmax(0), a.argmin(1)), (holes,), order=0),
    Sample("argmax: 0-d", lambda torch, a: (a.argmax(), a.argmax(0), a.argmin(-1)), (normal(),), order=0),
    Sample("argmin", lambda torch, a: (torch.argmin(a), a.argmin(1), a.argmin(0, True)), (cube,), order=0),
]  # fmt: skip
