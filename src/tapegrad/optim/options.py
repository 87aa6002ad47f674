"""Checks of the options that several optimizers have, and of the combinations that torch refuses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..tensor.tensor import Tensor
from .helpers import _get_capturable_supported_devices, scalar_state


def check_lr(lr: Any) -> None:
    """Refuse a negative learning rate, and a tensor of several.

    Raises:
        ValueError: as torch words it.
    """
    if isinstance(lr, Tensor) and lr.numel() != 1:
        raise ValueError("Tensor lr must be 1-element")
    check_not_negative("learning rate", lr)


def check_not_negative(what: str, value: Any) -> None:
    """Refuse a negative option, and NaN.

    Raises:
        ValueError: as torch words it.
    """
    if not 0.0 <= value:
        raise ValueError(f"Invalid {what}: {value}")


def check_betas(betas: Sequence[Any]) -> None:
    """Refuse decay rates of averages that are not in [0, 1).

    Raises:
        ValueError: as torch words it.
    """
    for i in (0, 1):
        if not 0.0 <= betas[i] < 1.0:
            raise ValueError(f"Invalid beta parameter at index {i}: {betas[i]}")


def check_fused(fused: bool | None, foreach: bool | None, differentiable: bool) -> None:
    """Refuse `fused=True` together with what excludes it.

    Raises:
        RuntimeError: as torch words it.
    """
    if fused and differentiable:
        raise RuntimeError("`fused` does not support `differentiable`")
    if fused and foreach:
        raise RuntimeError("`fused` and `foreach` cannot be `True` together.")


def check_single(tensors: Sequence[Any], name: str = "state_steps") -> None:
    """Refuse states that are Python numbers, as they were in old versions of torch.

    Raises:
        RuntimeError: as torch words it.
    """
    for t in tensors:
        if not isinstance(t, Tensor):
            raise RuntimeError(f"API has changed, `{name}` argument must contain a list of singleton tensors")


def check_path(
    params: Sequence[Any],
    foreach: bool | None,
    differentiable: bool,
    capturable: bool = False,
    with_xla: tuple[bool, bool] = (True, False),
    what: str = "params and state_steps",
) -> None:
    """Refuse what torch's implementations cannot do on the CPU.  They all give the same numbers, so there is one here.

    Args:
        with_xla: whether torch names XLA among the devices for `capturable`, without `foreach` and with it.
        what: what has to be on such a device.

    Raises:
        AssertionError: `foreach` and `differentiable`, or `capturable`.
    """
    if foreach and differentiable:
        raise AssertionError("_foreach ops don't support autograd")
    if capturable and params:
        devices = _get_capturable_supported_devices(with_xla[bool(foreach)])
        raise AssertionError(f"If capturable=True, {what} must be on supported devices: {devices}.")


def check_unscaled(grad_scale: Any, found_inf: Any, says: str = "Expected grad_scale and found_inf to be None") -> None:
    """Refuse a gradient scale where only the fused implementations take one.

    Raises:
        AssertionError: as torch words it.
    """
    if grad_scale is not None or found_inf is not None:
        raise AssertionError(says)


def unscaled(grads: Sequence[Tensor], grad_scale: Tensor | None, found_inf: Tensor | None) -> bool:
    """Divide gradients by their scale; False if one of them is infinite, so that the step has to be left out."""
    if found_inf is not None and found_inf.item() == 1:
        return False
    if grad_scale is not None:
        for grad in grads:
            grad.div_(grad_scale.to(grad.dtype))
    return True


def fill_group(group: dict[str, Any], **defaults: Any) -> None:
    """Give a loaded parameter group the options that were not there when it was saved."""
    for name, value in defaults.items():
        group.setdefault(name, value)


def number_states(optimizer: Any, group: dict[str, Any], *keys: str, fused: bool | None = None) -> None:
    """Make tensors of the states that were Python numbers when they were saved."""
    for p in group["params"]:
        state = optimizer.state.get(p, {})
        for key in keys if len(state) else ():
            if not isinstance(state[key], Tensor):
                state[key] = scalar_state(float(state[key]), fused)
