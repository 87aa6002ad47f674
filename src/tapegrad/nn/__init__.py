"""`torch.nn`: the functional interface and `Parameter`."""

from ..tensor.tensor import Parameter
from . import functional

__all__ = ["Parameter", "functional"]
