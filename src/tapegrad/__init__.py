"""tapegrad: PyTorch's autograd in Python over NumPy.

>>> import tapegrad as torch
>>> x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
>>> (x**2).sum().backward()
>>> x.grad
tensor([2., 4., 6.])
"""

from .ops import *
from .tensor import methods
from .tensor.creation import *
from .tensor.tensor import Tensor
from . import autograd

__version__ = "0.1.0"
