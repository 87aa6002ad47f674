"""`torch.utils.tensorboard`: scalars, histograms, pictures and text for TensorBoard, by its own package.

from torch.utils.tensorboard import SummaryWriter

with SummaryWriter("runs/first") as writer:
    writer.add_scalar("loss", loss, step)
"""

from __future__ import annotations

try:
    import tensorboard as _tensorboard  # only to see that it is there
except ModuleNotFoundError as error:
    if error.name != "tensorboard":
        raise
    raise ModuleNotFoundError(
        "torch.utils.tensorboard needs tensorboard: pip install tensorboard", name="tensorboard"
    ) from None

from .summary import histogram, image, scalar, text
from .writer import SummaryWriter

__all__ = ["SummaryWriter", "histogram", "image", "scalar", "text"]
