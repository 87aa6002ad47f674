"""The tape and the engine: `backward`, `grad`, grad modes, hooks."""

from ..tensor.tensor import Tensor as Variable
from . import graph
from .backward import backward, grad
from .grad_mode import enable_grad, is_grad_enabled, no_grad, set_grad_enabled

__all__ = ["Variable", "backward", "enable_grad", "grad", "graph", "is_grad_enabled", "no_grad", "set_grad_enabled"]
