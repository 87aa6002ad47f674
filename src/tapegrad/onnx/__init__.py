"""`torch.onnx`, as far as programs ask whether they are being exported: they are not, and cannot be."""

from __future__ import annotations

from typing import Any, NoReturn

from ..errors import unsupported

__all__ = ["export", "is_in_onnx_export"]


def is_in_onnx_export() -> bool:
    """False: nothing is exported."""
    return False


def export(model: Any, *args: Any, **kwargs: Any) -> NoReturn:
    """Refused: models are not exported.

    Raises:
        NotImplementedError: always.
    """
    raise unsupported("torch.onnx.export", "save the weights by torch.save, and export them with PyTorch")
