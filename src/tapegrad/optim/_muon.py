"""Muon: momentum whose direction is made orthogonal."""

from __future__ import annotations

import math
from typing import Any, Final

from ..ops import addmm
from ..tensor.likes import zeros_like
from ..tensor.tensor import Tensor
from .groupwise import GroupwiseOptimizer
from .optimizer import Params
from .words import number

# The polynomial ax + bx³ + cx⁵, whose iteration takes singular values in (0, 1] near to 1.
COEFFICIENTS: Final = (3.4445, -4.7750, 2.0315)


class Muon(GroupwiseOptimizer):
    """Muon: gradient descent with momentum, for matrices, whose step has singular values near 1.

    Args:
        params: the parameters, or groups of them; matrices all.
        lr: the learning rate, ≥ 0.
        weight_decay: shrinks the parameters by lr · weight_decay, ≥ 0.
        momentum: the decay rate of the average of gradients, ≥ 0.
        nesterov: look ahead along the momentum.
        ns_coefficients: the coefficients of the polynomial that is iterated.
        eps: keeps the norm that is divided by away from 0.
        ns_steps: how often it is iterated, below 100.
        adjust_lr_fn: "original" scales the step by √max(1, rows / columns), "match_rms_adamw" by
            0.2 · √max(rows, columns), to the size of a step of AdamW. None is "original".

    Raises:
        ValueError: an option is out of its range, or a parameter is no matrix.

    Reference: Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024; Liu et al., "Muon is
    scalable for LLM training", 2025, arXiv:2502.16982.

    >>> import tapegrad as torch
    >>> w = torch.eye(2, requires_grad=True)
    >>> optimizer = torch.optim.Muon([w], lr=0.1, weight_decay=0)
    >>> (w**2).sum().backward()
    >>> optimizer.step()
    >>> bool((w.diagonal() < 1).all())
    True
    """

    __module__ = "tapegrad.optim"

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = COEFFICIENTS,
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
    ) -> None:
        if isinstance(lr, Tensor) and lr.numel() != 1:
            raise ValueError("Tensor lr must be 1-element")
        if not 0.0 <= lr:
            raise ValueError(f"Learning rate should be >= 0 but is: {lr}")
        if not 0.0 <= momentum:
            raise ValueError(f"momentum should be >= 0 but is: {momentum}")
        if not 0.0 <= weight_decay:
            raise ValueError(f"weight decay should be >= 0 but is: {weight_decay}")
        if adjust_lr_fn is not None and adjust_lr_fn not in ["original", "match_rms_adamw"]:
            raise ValueError(f"Adjust learning rate function {adjust_lr_fn} is not supported")
        defaults = {
            "lr": lr,
            "weight_decay": weight_decay,
            "momentum": momentum,
            "nesterov": nesterov,
            "ns_coefficients": ns_coefficients,
            "eps": eps,
            "ns_steps": ns_steps,
            "adjust_lr_fn": adjust_lr_fn,
        }
        super().__init__(params, defaults)
        for group in self.param_groups:
            for p in group["params"]:
                if p.ndim != 2:
                    raise ValueError(
                        f"Muon only supports 2D parameters whereas we found a parameter with size: {p.size()}"
                    )

    def _init_state(self, group: dict[str, Any], p: Tensor, state: dict[str, Any]) -> None:
        state["momentum_buffer"] = zeros_like(p._grad)  # type: ignore[arg-type]

    def _step_group(self, group: dict[str, Any]) -> None:
        for p in group["params"]:
            if p._grad is not None and p.is_complex():
                raise RuntimeError("Muon does not support complex parameters")
        params, grads, buffers = self._gather(group, "momentum_buffer")
        muon(
            params,
            grads,
            buffers,
            lr=group["lr"],
            weight_decay=group["weight_decay"],
            momentum=group["momentum"],
            nesterov=group["nesterov"],
            ns_coefficients=group["ns_coefficients"],
            eps=group["eps"],
            ns_steps=group["ns_steps"],
            adjust_lr_fn=group["adjust_lr_fn"],
            has_complex=False,
        )


def muon(
    params: list[Tensor],
    grads: list[Tensor],
    muon_momentum_bufs: list[Tensor],
    *,
    foreach: bool | None = None,
    lr: float | Tensor,
    weight_decay: float,
    momentum: float,
    nesterov: bool,
    ns_coefficients: tuple[float, float, float],
    ns_steps: int,
    eps: float,
    adjust_lr_fn: str | None,
    has_complex: bool,
) -> None:
    """One step of `Muon` on lists of tensors."""
    if foreach:
        raise RuntimeError("Foreach is not supported for Muon yet")
    if has_complex:
        raise ValueError("Complex parameters are not supported")
    rate = number(lr)
    for i, p in enumerate(params):
        param: Any = p
        grad: Any = grads[i]
        buffer: Any = muon_momentum_bufs[i]
        if grad.ndim != 2:
            raise ValueError("Param gradient must be a 2D matrix")
        buffer.lerp_(grad, 1 - momentum)
        direction = grad.lerp(buffer, momentum) if nesterov else buffer
        update = _orthogonal(direction, ns_coefficients, ns_steps, eps)
        param.mul_(1 - rate * weight_decay)
        param.add_(update, alpha=-rate * _scale(adjust_lr_fn, *param.shape))


def _orthogonal(grad: Any, coefficients: tuple[float, float, float], steps: int, eps: float) -> Any:
    """The matrix with its singular values taken near to 1, by a Newton-Schulz iteration in bfloat16.

    Raises:
        ValueError: as torch words it.
    """
    if steps >= 100:
        raise ValueError("Number of steps must be less than 100 for computational efficiency")
    if len(coefficients) != 3:
        raise ValueError("Coefficients must be a tuple of exactly 3 values")
    a, b, c = coefficients
    tall = grad.size(0) > grad.size(1)
    x = grad.bfloat16()
    if tall:
        x = x.T
    x = x.div(x.norm().clamp(min=eps))
    for _ in range(steps):
        gram = x @ x.T
        x = addmm(x, addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.T if tall else x


def _scale(adjust_lr_fn: str | None, rows: int, columns: int) -> float:
    """The factor of the learning rate for a matrix of some shape."""
    if adjust_lr_fn == "match_rms_adamw":
        return 0.2 * math.sqrt(max(rows, columns))
    return math.sqrt(max(1, rows / columns))


__all__ = ["Muon"]
