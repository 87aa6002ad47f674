"""tapegrad: PyTorch's autograd in Python over NumPy.

>>> import tapegrad as torch
>>> x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
>>> (x**2).sum().backward()
>>> x.grad
tensor([2., 4., 6.])
"""

from math import e, inf, nan, pi

from . import autograd, linalg, nn, random, version
from .autograd.grad_mode import enable_grad, is_grad_enabled, no_grad, set_grad_enabled
from .ops import *
from .ops import return_types
from .random.creation import *
from .random.generator import *
from .random.sampling import *
from .settings import *
from .tensor import methods as _methods
from .tensor.creation import *
from .tensor.factories import *
from .tensor.legacy import *
from .tensor.likes import *
from .tensor.memory import *
from .tensor.namespace import *
from .tensor.printing import set_printoptions
from .tensor.questions import *
from .tensor.ranges import *
from .tensor.spacing import *
from .tensor.tensor import Tensor
from .torch_alias import install_as_torch
from .version import __version__

newaxis = None

_LAZY = {
    "inference_mode": "inference",
    "is_anomaly_check_nan_enabled": "anomaly_mode",
    "is_anomaly_enabled": "anomaly_mode",
    "is_inference_mode_enabled": "inference",
}

# Modules of the package that torch does not have.
_INTERNAL = {"errors", "ops", "quiet", "settings", "torch_alias", "torch_names"}

__all__ = sorted(name for name in globals() if not name.startswith("_") and name not in _INTERNAL)


def __getattr__(name: str) -> object:
    """Submodules, and functions by the module that they are in, that are loaded when they are first used."""
    from importlib import import_module

    if name in ("special", "utils"):
        return import_module(f"tapegrad.{name}")
    if name in _LAZY:
        value = globals()[name] = getattr(import_module(f"tapegrad.autograd.{_LAZY[name]}"), name)
        return value
    raise AttributeError(f"module 'tapegrad' has no attribute '{name}'")
