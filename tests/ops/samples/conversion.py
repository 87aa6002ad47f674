"""Samples of conversion.py and filling.py."""

import numpy as np

from . import Sample, normal

x, y = normal(2, 3), normal(2, 3, seed=1)
row = normal(3, seed=2)


def overwrite_part(torch, a, b):
    """A write into a view of a computed tensor."""
    whole = a * 2
    whole[0].copy_(b)
    return whole * whole


def fill_part(torch, a, b):
    whole = a * 2
    whole[:, 1].fill_(b.sum())
    return whole * whole


SAMPLES = [
    Sample("clone", lambda torch, a: a.clone(), (x,)),
    Sample("clone: transposed", lambda torch, a: a.t().clone() * a.t(), (x,)),
    Sample("clone: expanded", lambda torch, a: a.expand(2, 3).clone(), (row,)),
    Sample("clone: empty", lambda torch, a: a.clone(), (normal(0, 3),)),
    Sample("clone: 0-d", lambda torch, a: a.clone(), (normal(),)),
    Sample("clone: memory format", lambda torch, a: a.clone(memory_format=torch.contiguous_format), (x,)),
    Sample("to: copy", lambda torch, a: a.to(a.dtype, copy=True) * a, (x,)),
    Sample("to: another type and back", lambda torch, a: a.to(torch.float64).to(a.dtype) * a, (x,)),
    Sample("to: complex", lambda torch, a: a.to(torch.complex128).real * a, (x,), dtypes=("float64",)),
    Sample("to: integers", lambda torch, a: a.long(), (x,), order=0),
    Sample("to: type of another", lambda torch, a, b: a.type_as(b) * b, (x, y)),
    Sample(
        "float: of half precision", lambda torch, a: a.half().float().sum(), (x,), dtypes=("float32",), smooth=False
    ),
    Sample("double", lambda torch, a: a.double() * a, (x,)),
    Sample("copy_", lambda torch, a, b: (a * 1).copy_(b) * a, (x, y)),
    Sample("copy_: broadcast", lambda torch, a, b: (a * 1).copy_(b), (x, row)),
    Sample("copy_: into a leaf without gradient", lambda torch, a: torch.zeros(4, 2, 3, dtype=a.dtype).copy_(a), (x,)),
    Sample("copy_: other type", lambda torch, a: torch.zeros(2, 3, dtype=torch.float64).copy_(a), (x,)),
    Sample("copy_: number", lambda torch, a: (a * 1).copy_(3.0), (x,), order=1),
    Sample("copy_: into a view", overwrite_part, (x, row)),
    Sample("fill_: number", lambda torch, a: (a * 1).fill_(2.0), (x,), order=1),
    Sample("fill_: tensor", lambda torch, a, b: (a * 1).fill_(b.sum()) * a, (x, y)),
    Sample("fill_: into a view", fill_part, (x, row)),
    Sample("fill: number", lambda torch, a: torch.fill(a, 2.0), (x,), order=1),
    Sample("fill: tensor", lambda torch, a, b: torch.fill(a, b[0]) * b[0], (x, row)),
    Sample("zero_", lambda torch, a: (a * 1).zero_(), (x,), order=1),
    Sample("zero_: empty", lambda torch, a: (a * 1).zero_(), (np.zeros((0, 2)),), order=1),
    Sample("as_subclass", lambda torch, a: a.as_subclass(torch.Tensor) * 2, (x,)),
]
