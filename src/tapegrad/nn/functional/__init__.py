"""`torch.nn.functional`: activations, linear layers, losses, dropout. One module per group."""

from .activations import *
from .distances import *
from .dropout import *
from .linear import *
from .losses import *
