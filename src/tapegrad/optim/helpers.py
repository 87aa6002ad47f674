"""What optimizers share: grad mode of a step, closures, states that are numbers, torch's own helpers.

Names that begin with an underscore are torch's, in `torch.optim.optimizer`: optimizers written for torch import them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd.grad_mode import enable_grad, is_grad_enabled, switch
from ..ops import view_as_real
from ..tensor import dtypes
from ..tensor.tensor import Tensor, new_tensor


def _use_grad_for_differentiable(func: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a step function: operations are recorded if, and only if, the optimizer is differentiable."""

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        before = is_grad_enabled()
        switch(args[0].defaults.get("differentiable", False))
        try:
            return func(*args, **kwargs)
        finally:
            switch(before)

    return wrapper


def evaluated(closure: Callable[[], Any] | None) -> Any:
    """What the closure of a step returns; None if there is none."""
    if closure is None:
        return None
    with enable_grad():
        return closure()


def _get_value(x: Any) -> Any:
    """A tensor of one element as a Python number."""
    return x.item() if isinstance(x, Tensor) else x


def _to_scalar(x: Any) -> Any:
    """An option that is a tensor of one element, without dimensions."""
    return x.squeeze() if isinstance(x, Tensor) and x._data.ndim else x


def _get_scalar_dtype(is_fused: bool | None = None) -> dtypes.dtype:
    """The type in which counts of steps are held."""
    return dtypes.float64 if dtypes.default.dtype is dtypes.float64 and not is_fused else dtypes.float32


def scalar_state(value: float, fused: bool | None = None) -> Tensor:
    """A state that is one number, such as a count of steps."""
    return new_tensor(np.array(value, _get_scalar_dtype(fused).numpy))


def _default_to_fused_or_foreach(params: list[Any], differentiable: bool, use_fused: bool = False) -> tuple[bool, bool]:
    """(fused, foreach) for parameters on the CPU: torch's default there is neither."""
    fused = use_fused and not differentiable and all(p is None or p.is_floating_point() for p in params)
    return fused, False


def _view_as_real(params: list[Any], *state_and_grads: list[Any]) -> None:
    """Replace complex parameters in a list, and what belongs to them in others, by real views."""
    for i, p in enumerate(params):
        if p.is_complex():
            params[i] = view_as_real(p)
            for states in state_and_grads:
                states[i] = view_as_real(states[i])


def _get_capturable_supported_devices(supports_xla: bool = True) -> list[str]:
    """The devices on which `capturable=True` works in torch: none of them is the CPU."""
    return ["cuda", "xpu", "hpu", "privateuseone", *(["xla"] if supports_xla else [])]


def _device_dtype_check_for_fused(p: Tensor, cuda_unsupported: bool = False) -> None:
    """Refuse `fused=True` for parameters that are not real.

    Raises:
        RuntimeError: as torch words it.
    """
    if not p.is_floating_point():
        devices = ["mps", *(() if cuda_unsupported else ("cuda",)), "xpu", "hpu", "cpu", "mtia", "privateuseone"]
        raise RuntimeError(
            "`fused=True` requires all the params to be floating point Tensors of supported devices: "
            f"{devices} but {p.dtype} and {p.device.type}"
        )


def _disable_dynamo_if_unsupported(single_tensor_fn: Any = None) -> Callable[[Any], Any]:
    """Nothing to disable: the decorator returns the function as it is. Optimizers written for torch use it."""
    return lambda function: function
