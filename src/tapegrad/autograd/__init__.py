"""The tape and the engine: `backward`, `grad`, grad modes, hooks."""

from ..tensor.tensor import Tensor as Variable
from . import function, graph
from .backward import backward, grad
from .function import Function
from .grad_mode import enable_grad, is_grad_enabled, no_grad, set_grad_enabled

__all__ = ["Function", "Variable", "backward", "enable_grad", "function", "grad", "graph", "is_grad_enabled", "no_grad", "set_grad_enabled"]
