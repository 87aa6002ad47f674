"""`torch.nn.attention`: which kernel computes `scaled_dot_product_attention`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Any, Final

from ...ops.attention_kernels import allowed

WARN_FOR_UNFUSED_KERNELS = False


class SDPBackend(Enum):
    """torch's kernels for attention. On the CPU there are MATH, which is ordinary operators, and FLASH_ATTENTION.

    >>> import tapegrad as torch
    >>> torch.nn.attention.SDPBackend.MATH
    <SDPBackend.MATH: 0>
    """

    ERROR = -1
    MATH = 0
    FLASH_ATTENTION = 1
    EFFICIENT_ATTENTION = 2
    CUDNN_ATTENTION = 3
    OVERRIDEABLE = 4

    def __int__(self) -> int:
        return int(self.value)

    __index__ = __int__


# In the order in which torch tries them.
_SWITCHES: Final = {
    SDPBackend.CUDNN_ATTENTION: "cudnn",
    SDPBackend.FLASH_ATTENTION: "flash",
    SDPBackend.EFFICIENT_ATTENTION: "mem_efficient",
    SDPBackend.MATH: "math",
    SDPBackend.OVERRIDEABLE: "overrideable",
}


def _cur_sdpa_kernel_backends(with_priority: bool = False) -> list[SDPBackend]:
    """The kernels that may be used now."""
    return [kernel for kernel, switch in _SWITCHES.items() if allowed[switch]]


@contextmanager
def sdpa_kernel(backends: list[SDPBackend] | SDPBackend, set_priority: bool = False) -> Iterator[dict[Any, Any]]:
    """Allow only some kernels, for the extent of a `with` block or of a decorated function.

    Args:
        backends: the kernel or kernels; a call for which none of them is there fails.
        set_priority: accepted; flash attention comes first on the CPU, whatever the order.

    Raises:
        AssertionError: `backends` is neither a kernel nor a list.

    >>> import tapegrad as torch
    >>> x = torch.ones(1, 1, 2, 4, requires_grad=True)
    >>> attention = torch.nn.functional.scaled_dot_product_attention
    >>> attention(x, x, x).grad_fn.name()
    'ScaledDotProductFlashAttentionForCpuBackward0'
    >>> with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
    ...     attention(x, x, x).grad_fn.name()
    'UnsafeViewBackward0'
    """
    if not isinstance(backends, (list, SDPBackend)):
        raise AssertionError(
            "Backend must be an instance of SDPBackend or a list of SDPBackend instances, got"
            f" {type(backends).__name__}"
        )
    wanted = [backends] if isinstance(backends, SDPBackend) else backends
    before = dict(allowed)
    allowed.update({switch: kernel in wanted for kernel, switch in _SWITCHES.items()})
    try:
        yield {}
    finally:
        allowed.update(before)


__all__ = ["WARN_FOR_UNFUSED_KERNELS", "SDPBackend", "sdpa_kernel"]
