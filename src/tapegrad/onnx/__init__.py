"""`torch.onnx`, as far as programs ask whether they are being exported: they are not."""

from __future__ import annotations

__all__ = ["is_in_onnx_export"]


def is_in_onnx_export() -> bool:
    """False: nothing is exported."""
    return False
