"""Exponentials and logarithms."""

from __future__ import annotations

import numpy as np

from .frames import unary

exp = unary("exp", np.exp, lambda g, out: g * out, doc="e to the power of each element.")
log = unary("log", np.log, lambda g, x: g / x, doc="The natural logarithm of each element.")

METHODS = {"exp": exp, "log": log}

__all__ = ["exp", "log"]
