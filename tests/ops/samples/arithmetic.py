"""Samples of arithmetic.py."""

from . import Sample, normal

x, y = normal(2, 3), normal(2, 3, seed=1)

SAMPLES = [
    Sample("mul", lambda torch, a, b: torch.mul(a, b), (x, y)),
    Sample("mul: broadcast", lambda torch, a, b: a * b, (normal(2, 1), normal(3))),
    Sample("mul: number", lambda torch, a: 2.5 * a, (x,)),
    Sample("mul: empty", lambda torch, a, b: a * b, (normal(0, 3), normal(3))),
    Sample("mul: 0-d", lambda torch, a, b: a * b, (normal(), normal(seed=1))),
]
