"""Adadelta."""

from __future__ import annotations

from typing import Any

from ..autograd.grad_mode import is_grad_enabled
from ..tensor.likes import zeros_like
from ..tensor.tensor import Tensor
from .groupwise import GroupwiseOptimizer
from .helpers import _to_scalar, scalar_state
from .optimizer import Params
from .options import check_lr, check_not_negative, check_path, check_single, fill_group, number_states
from .words import next_step, number, pieces


class Adadelta(GroupwiseOptimizer):
    """Adadelta: steps in the ratio of the average squared step to the average squared gradient.

    With the gradient g (plus `weight_decay` · p), v ← ρv + (1 - ρ)g², Δ = g · √(u + eps) / √(v + eps),
    u ← ρu + (1 - ρ)Δ² and p ← p - lr · Δ.

    Args:
        params: the parameters, or groups of them.
        lr: a factor of the steps, ≥ 0.
        rho: the decay rate ρ of the averages, in [0, 1].
        eps: keeps the roots away from 0.
        weight_decay: strength of an L2 penalty, ≥ 0.
        foreach: torch's choice among implementations; accepted, and of no effect on the numbers.
        capturable: for CUDA graphs; steps on the CPU refuse it, as in torch.
        maximize: go uphill.
        differentiable: record the steps, so that gradients flow through them.

    Raises:
        ValueError: an option is out of its range.

    Reference: Zeiler, "ADADELTA: an adaptive learning rate method", 2012, arXiv:1212.5701.

    >>> import tapegrad as torch
    >>> w = torch.tensor([2.0], requires_grad=True)
    >>> optimizer = torch.optim.Adadelta([w])
    >>> (w**2).sum().backward()
    >>> optimizer.step()
    >>> w.detach()
    tensor([1.9968])
    """

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_lr(lr)
        if not 0.0 <= rho <= 1.0:
            raise ValueError(f"Invalid rho value: {rho}")
        check_not_negative("epsilon value", eps)
        check_not_negative("weight_decay value", weight_decay)
        defaults = {
            "lr": lr,
            "rho": rho,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "capturable": capturable,
            "foreach": foreach,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            fill_group(group, foreach=None, maximize=False, differentiable=False, capturable=False)
            number_states(self, group, "step")

    def _init_state(self, group: dict[str, Any], p: Tensor, state: dict[str, Any]) -> None:
        state["step"] = scalar_state(0.0)
        state["square_avg"] = zeros_like(p)
        state["acc_delta"] = zeros_like(p)

    def _step_group(self, group: dict[str, Any]) -> None:
        params, grads, square_avgs, acc_deltas, steps = self._gather(group, "square_avg", "acc_delta", "step")
        adadelta(
            params,
            grads,
            square_avgs,
            acc_deltas,
            steps,
            lr=group["lr"],
            rho=group["rho"],
            eps=group["eps"],
            weight_decay=group["weight_decay"],
            foreach=group["foreach"],
            maximize=group["maximize"],
            differentiable=group["differentiable"],
            capturable=group["capturable"],
        )


def adadelta(
    params: list[Tensor],
    grads: list[Tensor],
    square_avgs: list[Tensor],
    acc_deltas: list[Tensor],
    state_steps: list[Tensor],
    capturable: bool = False,
    foreach: bool | None = None,
    differentiable: bool = False,
    has_complex: bool = False,
    *,
    lr: float | Tensor,
    rho: float,
    eps: float,
    weight_decay: float,
    maximize: bool,
) -> None:
    """One step of `Adadelta` on lists of tensors."""
    check_single(state_steps)
    check_path(params, foreach, differentiable, capturable, with_xla=(False, False))
    recorded = is_grad_enabled()
    rate = _to_scalar(lr) if recorded else number(lr)
    for i, param in enumerate(params):
        next_step(state_steps[i])
        for w, p, g, v, u in pieces(recorded, (param, grads[i], square_avgs[i], acc_deltas[i])):
            if maximize:
                g = w.neg(g)
            if weight_decay != 0:
                g = w.add(g, p, weight_decay)
            w.addcmul_(w.mul_(v, rho), g, g, 1 - rho)
            delta = w.mul(w.div(w.sqrt(w.add(u, eps)), w.sqrt(w.add(v, eps))), g)
            w.addcmul_(w.mul_(u, rho), delta, delta, 1 - rho)
            w.add_(p, delta, -rate)


__all__ = ["Adadelta", "adadelta"]
