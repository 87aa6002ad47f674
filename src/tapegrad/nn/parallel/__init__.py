"""`torch.nn.parallel`: `DataParallel`, which on a machine without accelerators is the module itself."""

from .data_parallel import DataParallel, data_parallel

__all__ = ["DataParallel", "data_parallel"]
