"""`torch._dynamo.exc`: what `torch.compile(fullgraph=True)` raises."""

from __future__ import annotations

from ..compile.unsupported import Unsupported

__all__ = ["Unsupported"]
