"""`torch.nn.functional`: activations, linear layers, losses, dropout. One module per group."""

from ...ops.distances import pdist
from ...ops.shuffling import channel_shuffle, pixel_shuffle, pixel_unshuffle
from .activations import *
from .distances import *
from .dropout import *
from .embedding import *
from .linear import *
from .losses import *
from .margins import *
from .normalization import *
from .padding import *
from .randomized import *
