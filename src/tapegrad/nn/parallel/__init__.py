"""`torch.nn.parallel`: `DataParallel`, which on a machine without accelerators is the module itself."""

from .data_parallel import DataParallel, data_parallel
from .distributed import DistributedDataParallel

__all__ = ["DataParallel", "DistributedDataParallel", "data_parallel"]
