"""Which kernel computes attention: `torch.nn.attention.sdpa_kernel`, and the switches of `torch.backends.cuda`."""

from __future__ import annotations

from typing import Any


def _attend(torch: Any) -> Any:
    q = (torch.arange(24.0, dtype=torch.float64).view(1, 2, 3, 4) / 10).requires_grad_()
    out = torch.nn.functional.scaled_dot_product_attention(q, q, q)
    out.sum().backward()
    return out, q.grad, out.grad_fn.name()


def members(torch: Any) -> Any:
    kinds = torch.nn.attention.SDPBackend
    return (
        {name: int(member) for name, member in kinds.__members__.items()},
        repr(kinds.MATH),
        str(kinds.MATH),
        kinds(1),
    )


def each_kernel(torch: Any) -> Any:
    kinds, found = torch.nn.attention.SDPBackend, []
    for allowed in (kinds.MATH, kinds.FLASH_ATTENTION, [kinds.MATH, kinds.FLASH_ATTENTION]):
        with torch.nn.attention.sdpa_kernel(allowed) as given:
            found.append((given, _attend(torch), _switches(torch)))
    return found, _attend(torch), _switches(torch)


def _switches(torch: Any) -> Any:
    cuda = torch.backends.cuda
    return cuda.flash_sdp_enabled(), cuda.math_sdp_enabled(), cuda.mem_efficient_sdp_enabled(), cuda.cudnn_sdp_enabled()


def as_a_decorator(torch: Any) -> Any:
    @torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH, set_priority=True)
    def inside() -> Any:
        return _switches(torch)

    return inside(), _switches(torch)


def after_an_error(torch: Any) -> Any:
    try:
        with torch.nn.attention.sdpa_kernel([]):
            raise ValueError
    except ValueError:
        return _switches(torch)


def none_that_is_there(torch: Any) -> Any:
    with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.CUDNN_ATTENTION):
        _attend(torch)


def switched_off(torch: Any) -> Any:
    torch.backends.cuda.enable_flash_sdp(False)
    try:
        return _attend(torch)
    finally:
        torch.backends.cuda.enable_flash_sdp(True)


def neither_a_kernel_nor_a_list(torch: Any) -> Any:
    with torch.nn.attention.sdpa_kernel("math"):
        pass
