"""Changing what a module's tensors are: their type, whether they are trained, their memory."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self

from ....autograd.grad_mode import no_grad
from ....tensor import dtypes
from ....tensor.device import check_device
from ....tensor.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ....tensor.tensor import Parameter
    from . import Module


class Converting:
    """The part of Module that changes its tensors."""

    _parameters: dict[str, Parameter | None]
    _buffers: dict[str, Tensor | None]

    if TYPE_CHECKING:

        def children(self) -> Iterator[Module]: ...

        def parameters(self, recurse: bool = True) -> Iterator[Parameter]: ...

    def _apply(self, fn: Callable[[Tensor], Any], recurse: bool = True) -> Self:
        """Replace the values of all tensors by what `fn` makes of them; parameters stay the same objects."""
        if recurse:
            for module in self.children():
                module._apply(fn)
        for param in self._parameters.values():
            if param is None:
                continue
            with no_grad():
                changed = fn(param)
            if changed is not param:
                param.data = changed
            if param.grad is not None:
                grad = param.grad
                with no_grad():
                    changed = fn(grad)
                if changed is not grad:
                    grad.data = changed
        for name, buffer in self._buffers.items():
            if buffer is not None:
                self._buffers[name] = fn(buffer)
        return self

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """Convert the floating-point and complex tensors to a type, in place; returns the module.

        `to(dtype)`, `to(device)`, `to(device, dtype)`, `to(tensor)`; also by keyword, with `non_blocking` and
        `memory_format`, the order of dimensions that 4- or 5-dimensional tensors get. Tensors of integers keep their
        type. The device is the CPU.

        Raises:
            TypeError: the type is not one of floating-point or complex numbers.

        >>> import tapegrad as torch
        >>> torch.nn.Linear(2, 1).to(torch.float64).bias.dtype
        torch.float64
        """
        from ....ops.conversion import parse_to

        kind, copy, format = parse_to(None, args, kwargs)
        if copy:
            raise RuntimeError(".to() does not accept copy argument: write copy.deepcopy(module).to(…)")
        if kind is not None:
            if kind.category < dtypes.FLOAT:
                raise TypeError(
                    f"nn.Module.to only accepts floating point or complex dtypes, but got desired dtype={kind}"
                )
            if kind.is_complex:
                warnings.warn(
                    "Complex modules are a new feature under active development whose design may change, and some"
                    " modules might not work as expected when using complex tensors as parameters or buffers.",
                    UserWarning,
                    stacklevel=2,
                )

        def convert(t: Any) -> Any:
            wanted = kind if kind is not None and t.dtype.category >= dtypes.FLOAT else t.dtype
            if format is not None and t.dim() in (4, 5):
                return t.to(wanted, memory_format=format)
            return t.to(wanted)

        return self._apply(convert)

    def type(self, dst_type: Any) -> Self:
        """Convert all parameters and buffers, those of integers too, to a type; returns the module."""
        return self._apply(lambda t: t.type(dst_type))

    def float(self) -> Self:
        """Convert the floating-point tensors to float32; returns the module."""
        return self._apply(lambda t: t.float() if t.is_floating_point() else t)

    def double(self) -> Self:
        """Convert the floating-point tensors to float64; returns the module."""
        return self._apply(lambda t: t.double() if t.is_floating_point() else t)

    def half(self) -> Self:
        """Convert the floating-point tensors to float16; returns the module."""
        return self._apply(lambda t: t.half() if t.is_floating_point() else t)

    def bfloat16(self) -> Self:
        """Convert the floating-point tensors to bfloat16; returns the module."""
        return self._apply(lambda t: t.bfloat16() if t.is_floating_point() else t)

    def cpu(self) -> Self:
        """The module itself: its tensors are on the CPU."""
        return self._apply(lambda t: t.cpu())

    def cuda(self, device: Any = None) -> Self:
        """Refuses: there is no such device."""
        return self._elsewhere("cuda", device)

    def xpu(self, device: Any = None) -> Self:
        """Refuses: there is no such device."""
        return self._elsewhere("xpu", device)

    def ipu(self, device: Any = None) -> Self:
        """Refuses: there is no such device."""
        return self._elsewhere("ipu", device)

    def mtia(self, device: Any = None) -> Self:
        """Refuses: there is no such device."""
        return self._elsewhere("mtia", device)

    def _elsewhere(self, kind: str, device: Any) -> Self:
        where = f"{kind}:{device}" if isinstance(device, int) else device if device is not None else kind
        check_device(where, f"Module.{kind}")
        return self

    def to_empty(self, *, device: Any, recurse: bool = True) -> Self:
        """Give the tensors new memory, whose content is undefined; returns the module."""
        from ....tensor.likes import empty_like

        return self._apply(lambda t: empty_like(t, device=device), recurse=recurse)

    def share_memory(self) -> Self:
        """Move the tensors into memory that processes share; returns the module."""
        return self._apply(lambda t: t.share_memory_())

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Have the parameters trained, or not; returns the module."""
        for p in self.parameters():
            p.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or with `set_to_none=False` fill them with zeros."""
        for p in self.parameters():
            if p.grad is None:
                continue
            if set_to_none:
                p.grad = None
            else:
                grad = p.grad
                if grad.grad_fn is not None:
                    grad.detach_()
                else:
                    grad.requires_grad_(False)
                grad.zero_()
