"""`torch.nn.functional`: activations, linear layers, losses, dropout. One module per group."""

from ...ops.convolution import conv1d, conv2d, conv3d, conv_transpose1d, conv_transpose2d, conv_transpose3d
from ...ops.distances import pdist
from ...ops.shuffling import channel_shuffle, pixel_shuffle, pixel_unshuffle
from .activations import *
from .alignment import *
from .attention import *
from .distances import *
from .dropout import *
from .embedding import *
from .folding import *
from .interpolation import *
from .linear import *
from .losses import *
from .margins import *
from .normalization import *
from .padding import *
from .pooling import *
from .randomized import *
from .vision import *
