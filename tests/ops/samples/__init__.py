"""Samples of every operator: the calls that the table tests make.

A sample is a function of (torch, *tensors) with the arrays to call it on.  The same list serves tests/ops (first and
second derivative against finite differences) and conformance (everything against the real torch).  Write one
for each call form, and for broadcasting, empty and 0-d inputs and special values; non-contiguous inputs and other
dtypes are derived from these.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass
class Sample:
    """One call.

    Attributes:
        label: unique name; starts with the operator's, such as "mul: broadcast".
        call: the call, as a function of (torch, *tensors) -> tensor or tuple of tensors.
        inputs: float64 (or other) arrays; the floating-point ones are differentiated.
        order: how many times the result can be differentiated: 0, 1 or 2.
        dtypes: the floating-point dtypes in which the call is compared with torch.
        smooth: False if finite differences do not see what autograd does at these inputs (a kink, a detached or
            rounded input): compared with torch only.
        exact: rounding aside, values must equal torch's; False for random results, whose shape and dtype are compared.
        tags: "fused" if one node stands for several of torch's, so that what comes before it differs.
    """

    label: str
    call: Callable[..., Any]
    inputs: tuple[np.ndarray[Any, Any], ...]
    order: int = 2
    dtypes: tuple[str, ...] = ("float64", "float32")
    smooth: bool = True
    exact: bool = True
    tags: tuple[str, ...] = field(default=())


def normal(*shape: int, seed: int = 0, low: float | None = None, high: float | None = None) -> np.ndarray[Any, Any]:
    """Standard normal numbers; uniform ones if a range is given."""
    rng = np.random.default_rng(seed)
    return rng.standard_normal(shape) if low is None or high is None else rng.uniform(low, high, shape)


def all_samples() -> list[Sample]:
    """The samples of all families."""
    found: list[Sample] = []
    for module in pkgutil.iter_modules(__path__):
        found += importlib.import_module(f"{__name__}.{module.name}").SAMPLES
    labels = [sample.label for sample in found]
    assert len(set(labels)) == len(labels), sorted(label for label in labels if labels.count(label) > 1)
    return found
