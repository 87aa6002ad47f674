"""`torch.nn.functional`: activations, linear layers, losses, dropout. One module per group."""

from .activations import *
from .alignment import *
from .attention import *
from .attention import _canonical_mask as _canonical_mask
from .attention import _none_or_dtype as _none_or_dtype
from .distances import *
from .dropout import *
from .embedding import *
from .folding import *
from .interpolation import *
from .linear import *
from .linear_cross_entropy import *
from .losses import *
from .margins import *
from .normalization import *
from .operators import *
from .padding import *
from .pooling import *
from .randomized import *
from .time_first import *
from .vision import *
