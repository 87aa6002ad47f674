"""Adamax."""

from __future__ import annotations

from typing import Any

from ..autograd.grad_mode import is_grad_enabled
from ..tensor.likes import zeros_like
from ..tensor.tensor import Tensor
from .groupwise import GroupwiseOptimizer
from .helpers import _to_scalar, scalar_state
from .optimizer import Params
from .options import check_betas, check_lr, check_not_negative, check_path, check_single, fill_group, number_states
from .words import next_step, number, pieces


class Adamax(GroupwiseOptimizer):
    """Adamax: Adam with a maximum in place of the average squared gradient.

    With the gradient g (plus `weight_decay` · p), m ← β₁m + (1 - β₁)g, u ← max(β₂u, |g| + eps), and at step t
    p ← p - lr / (1 - β₁ᵗ) · m / u.

    Args:
        params: the parameters, or groups of them.
        lr: the learning rate, ≥ 0.
        betas: the decay rates β₁ and β₂, in [0, 1).
        eps: keeps the denominator away from 0.
        weight_decay: strength of an L2 penalty, ≥ 0.
        foreach: torch's choice among implementations; accepted, and of no effect on the numbers.
        maximize: go uphill.
        differentiable: record the steps, so that gradients flow through them.
        capturable: for CUDA graphs; steps on the CPU refuse it, as in torch.

    Raises:
        ValueError: an option is out of its range.

    Reference: Kingma and Ba, "Adam: a method for stochastic optimization", 2014, arXiv:1412.6980.

    >>> import tapegrad as torch
    >>> w = torch.tensor([2.0], requires_grad=True)
    >>> optimizer = torch.optim.Adamax([w], lr=0.1)
    >>> (w**2).sum().backward()
    >>> optimizer.step()
    >>> w.detach()
    tensor([1.9000])
    """

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        check_lr(lr)
        check_not_negative("epsilon value", eps)
        check_betas(betas)
        check_not_negative("weight_decay value", weight_decay)
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            fill_group(group, foreach=None, maximize=False, differentiable=False, capturable=False)
            number_states(self, group, "step")

    def _init_state(self, group: dict[str, Any], p: Tensor, state: dict[str, Any]) -> None:
        state["step"] = scalar_state(0.0)
        state["exp_avg"] = zeros_like(p)
        state["exp_inf"] = zeros_like(p)

    def _step_group(self, group: dict[str, Any]) -> None:
        beta1, beta2 = group["betas"]
        params, grads, exp_avgs, exp_infs, steps = self._gather(group, "exp_avg", "exp_inf", "step")
        adamax(
            params,
            grads,
            exp_avgs,
            exp_infs,
            steps,
            eps=group["eps"],
            beta1=beta1,
            beta2=beta2,
            lr=group["lr"],
            weight_decay=group["weight_decay"],
            foreach=group["foreach"],
            maximize=group["maximize"],
            differentiable=group["differentiable"],
            capturable=group["capturable"],
        )


def adamax(
    params: list[Tensor],
    grads: list[Tensor],
    exp_avgs: list[Tensor],
    exp_infs: list[Tensor],
    state_steps: list[Tensor],
    foreach: bool | None = None,
    maximize: bool = False,
    differentiable: bool = False,
    capturable: bool = False,
    has_complex: bool = False,
    *,
    eps: float,
    beta1: float,
    beta2: float,
    lr: float | Tensor,
    weight_decay: float,
) -> None:
    """One step of `Adamax` on lists of tensors."""
    check_single(state_steps)
    check_path(params, foreach, differentiable, capturable)
    recorded = is_grad_enabled()
    rate = _to_scalar(lr)
    for i, param in enumerate(params):
        step_size = rate / (1 - beta1 ** next_step(state_steps[i]))
        if not recorded:
            step_size = number(step_size)
        for w, p, g, m, u in pieces(recorded, (param, grads[i], exp_avgs[i], exp_infs[i])):
            if maximize:
                g = w.neg(g)
            if weight_decay != 0:
                g = w.add(g, p, weight_decay)
            w.lerp_(m, g, 1 - beta1)
            w.maximum_(w.mul_(u, beta2), w.add(w.abs(g), eps))
            w.addcdiv_(p, m, u, -step_size)


__all__ = ["Adamax", "adamax"]
