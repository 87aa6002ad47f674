"""`torch.backends.cpu`: which instructions the kernels use."""

from __future__ import annotations


def get_cpu_capability() -> str:
    """'DEFAULT': NumPy chooses instructions for each of its loops, and tapegrad has no loops of its own."""
    return "DEFAULT"
