"""Methods of Tensor that compute.

Operators are functions of tensors, and Tensor's methods call operators: this is the one cycle in the package, and it is
closed here.  Each family of operators lists its methods (`METHODS`, by name) and its operators with an in-place form
(`IN_PLACE`); random numbers and the backward pass add theirs.
"""

from __future__ import annotations

from typing import Any

from ..autograd.backward import tensor_backward
from ..ops import FAMILIES
from ..random import inplace, sampling
from . import creation, legacy, likes, memory, python_loops, questions
from .tensor import Tensor


def _attach() -> None:
    methods: Any = Tensor
    for family in (*FAMILIES, creation, legacy, likes, memory, python_loops, questions, inplace, sampling):
        for name, function in getattr(family, "METHODS", {}).items():
            assert name not in Tensor.__dict__ or name == "__eq__", f"{family.__name__} defines {name} twice"
            setattr(methods, name, function)
    methods.backward = tensor_backward


_attach()
