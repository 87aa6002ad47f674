"""Signal processing: `torch.signal`, which has windows."""

from . import windows

__all__ = ["windows"]
