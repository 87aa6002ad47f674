"""`torch.backends.quantized`: there are no quantized operators, so there is no engine for them."""

from __future__ import annotations

engine = "none"
supported_engines: list[str] = ["none"]
