"""Kullback–Leibler divergences."""

from . import different as different
from . import same as same
from .dispatch import _KL_MEMOIZE as _KL_MEMOIZE
from .dispatch import _KL_REGISTRY as _KL_REGISTRY
from .dispatch import _dispatch_kl as _dispatch_kl
from .dispatch import kl_divergence, register_kl

__all__ = ["kl_divergence", "register_kl"]
