"""Functions of functions, as `torch.func`: gradients, Jacobians and `vmap`, nested in any order."""

from __future__ import annotations

from .jacobians import hessian, jacfwd, jacrev
from .modules import functional_call, per_sample_grad, replace_all_batch_norm_modules_, stack_module_state
from .passing import debug_unwrap, functionalize
from .transforms import grad, grad_and_value, jvp, linearize, vjp
from .vmap import vmap

__all__ = [
    "debug_unwrap",
    "functional_call",
    "functionalize",
    "grad",
    "grad_and_value",
    "hessian",
    "jacfwd",
    "jacrev",
    "jvp",
    "linearize",
    "per_sample_grad",
    "replace_all_batch_norm_modules_",
    "stack_module_state",
    "vjp",
    "vmap",
]
