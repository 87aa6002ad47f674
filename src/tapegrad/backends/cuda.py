"""`torch.backends.cuda`: tapegrad was built without CUDA. Switches are remembered and have no effect."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..ops.attention_kernels import allowed as _sdp
from .flags import switches

matmul = switches(
    allow_tf32=False,
    allow_fp16_reduced_precision_reduction=True,
    allow_bf16_reduced_precision_reduction=True,
    allow_fp16_accumulation=False,
    fp32_precision="none",
)
_reduced = switches(math=False)


def is_built() -> bool:
    """False."""
    return False


def flash_sdp_enabled() -> bool:
    """What `enable_flash_sdp` was told last."""
    return _sdp["flash"]


def enable_flash_sdp(enabled: bool) -> None:
    """Remembered, and without effect."""
    _sdp["flash"] = enabled


def math_sdp_enabled() -> bool:
    """What `enable_math_sdp` was told last."""
    return _sdp["math"]


def enable_math_sdp(enabled: bool) -> None:
    """Remembered, and without effect."""
    _sdp["math"] = enabled


def mem_efficient_sdp_enabled() -> bool:
    """What `enable_mem_efficient_sdp` was told last."""
    return _sdp["mem_efficient"]


def enable_mem_efficient_sdp(enabled: bool) -> None:
    """Remembered, and without effect."""
    _sdp["mem_efficient"] = enabled


def cudnn_sdp_enabled() -> bool:
    """What `enable_cudnn_sdp` was told last."""
    return _sdp["cudnn"]


def enable_cudnn_sdp(enabled: bool) -> None:
    """Remembered, and without effect."""
    _sdp["cudnn"] = enabled


def fp16_bf16_reduction_math_sdp_allowed() -> bool:
    """What `allow_fp16_bf16_reduction_math_sdp` was told last."""
    return _reduced.math


def allow_fp16_bf16_reduction_math_sdp(enabled: bool) -> None:
    """Remembered, and without effect."""
    _reduced.math = enabled


def is_flash_attention_available() -> bool:
    """False."""
    return False


@contextmanager
def sdp_kernel(
    enable_flash: bool = True, enable_math: bool = True, enable_mem_efficient: bool = True, enable_cudnn: bool = True
) -> Iterator[dict[str, Any]]:
    """The four switches for the extent of a `with` block."""
    before = dict(_sdp)
    _sdp.update(flash=enable_flash, math=enable_math, mem_efficient=enable_mem_efficient, cudnn=enable_cudnn)
    try:
        yield {}
    finally:
        _sdp.update(before)
