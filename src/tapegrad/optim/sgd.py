"""Stochastic gradient descent."""

from __future__ import annotations

from typing import Any

from ..autograd.grad_mode import is_grad_enabled
from ..tensor.coordinates import by_coordinates
from ..tensor.likes import empty_like
from ..tensor.tensor import Tensor
from .groupwise import GroupwiseOptimizer
from .helpers import _device_dtype_check_for_fused, _to_scalar
from .optimizer import Params
from .options import check_fused, check_unscaled, fill_group, unscaled
from .words import number, pieces


class SGD(GroupwiseOptimizer):
    """Stochastic gradient descent, with momentum if wanted.

    With the gradient g (plus `weight_decay` · p), b ← momentum · b + (1 - dampening) · g and p ← p - lr · b; b starts
    as the first g. Nesterov's momentum takes g + momentum · b in place of b.

    Args:
        params: the parameters, or groups of them.
        lr: the learning rate, ≥ 0.
        momentum: how much of the last direction is kept, ≥ 0.
        dampening: how much less the gradient counts in the momentum.
        weight_decay: strength of an L2 penalty, ≥ 0.
        nesterov: look ahead along the momentum; needs a momentum, and no dampening.
        maximize: go uphill.
        foreach, fused: torch's choice among implementations; accepted, and of no effect on the numbers.
        differentiable: record the steps, so that gradients flow through them.

    Raises:
        ValueError: an option is out of its range.

    Reference: Sutskever et al., "On the importance of initialization and momentum in deep learning", ICML 2013.

    >>> import tapegrad as torch
    >>> w = torch.tensor([2.0], requires_grad=True)
    >>> optimizer = torch.optim.SGD([w], lr=0.1)
    >>> for _ in range(3):
    ...     optimizer.zero_grad()
    ...     (w**2).sum().backward()
    ...     optimizer.step()
    >>> w.detach()
    tensor([1.0240])
    """

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float | Tensor = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        if isinstance(lr, Tensor) and lr.numel() != 1:
            raise ValueError("Tensor lr must be 1-element")
        for what, value in (("learning rate", lr), ("momentum value", momentum), ("weight_decay value", weight_decay)):
            if value < 0.0:  # NaN passes, as in torch
                raise ValueError(f"Invalid {what}: {value}")
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
            "foreach": foreach,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, defaults)
        if fused:
            self._step_supports_amp_scaling = True
            self._need_device_dtype_check_for_fused = True
        check_fused(fused, foreach, differentiable)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            fill_group(group, nesterov=False, maximize=False, foreach=None, differentiable=False, fused=False)

    def _step_group(self, group: dict[str, Any]) -> None:
        params, grads = [], []
        momentum = group["momentum"]
        for p in group["params"]:
            if p._grad is not None:
                if group["fused"] and getattr(self, "_need_device_dtype_check_for_fused", True):
                    _device_dtype_check_for_fused(p)
                    self._need_device_dtype_check_for_fused = False
                params.append(p)
                grads.append(p._grad)
        # A parameter has a state only once it has a momentum.
        buffers = [self.state[p].get("momentum_buffer") for p in params] if momentum != 0 else []
        sgd(
            params,
            grads,
            buffers,
            weight_decay=group["weight_decay"],
            momentum=momentum,
            lr=group["lr"],
            dampening=group["dampening"],
            nesterov=group["nesterov"],
            maximize=group["maximize"],
            foreach=group["foreach"],
            fused=group["fused"],
            grad_scale=getattr(self, "grad_scale", None),
            found_inf=getattr(self, "found_inf", None),
        )
        if momentum != 0:
            for p, buffer in zip(params, buffers, strict=True):
                self.state[p]["momentum_buffer"] = buffer


def sgd(
    params: list[Tensor],
    d_p_list: list[Tensor],
    momentum_buffer_list: list[Tensor | None],
    has_sparse_grad: bool = False,
    foreach: bool | None = None,
    fused: bool | None = None,
    grad_scale: Tensor | None = None,
    found_inf: Tensor | None = None,
    *,
    weight_decay: float | Tensor,
    momentum: float,
    lr: float | Tensor,
    dampening: float,
    nesterov: bool,
    maximize: bool,
) -> None:
    """One step of `SGD` on lists of tensors; missing momentum buffers are put into their list."""
    if not fused:
        check_unscaled(grad_scale, found_inf)
    elif has_sparse_grad or any(map(by_coordinates, d_p_list)):
        raise RuntimeError("`_fused_sgd` does not support sparse gradients")
    elif not unscaled(d_p_list, grad_scale, found_inf):
        return
    recorded = is_grad_enabled()
    rate: Any = _to_scalar(lr)
    decay: Any = weight_decay
    if not recorded:
        rate, decay = number(rate), number(decay)
    for i, param in enumerate(params):
        buffer = momentum_buffer_list[i] if momentum != 0 else None
        first = momentum != 0 and buffer is None
        if first:
            # What will be copied into it is cut off from the graph.
            buffer = momentum_buffer_list[i] = empty_like(d_p_list[i])
        for w, p, g, b in pieces(recorded, (param, d_p_list[i], buffer)):
            if maximize:
                g = w.neg(g)
            if decay != 0:
                g = w.add(g, p, decay)
            if momentum != 0:
                if first:
                    w.copy_(b, g.detach() if recorded else g)
                else:
                    w.add_(w.mul_(b, momentum), g, 1 - dampening)
                g = w.add(g, b, momentum) if nesterov else b
            w.add_(p, g, -rate)


__all__ = ["SGD", "sgd"]
