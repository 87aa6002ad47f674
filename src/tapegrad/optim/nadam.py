"""NAdam: Adam with Nesterov's momentum."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.grad_mode import is_grad_enabled
from ..tensor.likes import zeros_like
from ..tensor.tensor import Tensor
from .groupwise import GroupwiseOptimizer
from .helpers import _to_scalar, scalar_state
from .optimizer import Params
from .options import check_betas, check_lr, check_not_negative, check_path, check_single, fill_group, number_states
from .words import next_step, number, pieces


class NAdam(GroupwiseOptimizer):
    """NAdam: Adam with Nesterov's momentum.

    With Adam's averages m and v, the momentum μₜ = β₁(1 - 0.96^(t · momentum_decay) / 2) of step t, and the product Πₜ
    of the momenta so far, p ← p - lr · ((1 - μₜ)g / (1 - Πₜ) + μₜ₊₁m / (1 - Πₜ₊₁)) / (√(v / (1 - β₂ᵗ)) + eps).

    Args:
        params: the parameters, or groups of them.
        lr: the learning rate, ≥ 0.
        betas: the decay rates β₁ and β₂ of the averages, in [0, 1).
        eps: keeps the denominator away from 0.
        weight_decay: strength of an L2 penalty, ≥ 0.
        momentum_decay: how fast the momentum approaches β₁, ≥ 0.
        decoupled_weight_decay: shrink the parameters by lr · weight_decay instead of changing the gradient.
        foreach: torch's choice among implementations; accepted, and of no effect on the numbers.
        maximize: go uphill.
        capturable: for CUDA graphs; steps on the CPU refuse it, as in torch.
        differentiable: record the steps, so that gradients flow through them.

    Raises:
        ValueError: an option is out of its range.

    Reference: Dozat, "Incorporating Nesterov momentum into Adam", 2016.

    >>> import tapegrad as torch
    >>> w = torch.tensor([2.0], requires_grad=True)
    >>> optimizer = torch.optim.NAdam([w], lr=0.1)
    >>> (w**2).sum().backward()
    >>> optimizer.step()
    >>> w.detach()
    tensor([1.8944])
    """

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_lr(lr)
        check_not_negative("epsilon value", eps)
        check_betas(betas)
        check_not_negative("weight_decay value", weight_decay)
        check_not_negative("momentum_decay value", momentum_decay)
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "momentum_decay": momentum_decay,
            "decoupled_weight_decay": decoupled_weight_decay,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            fill_group(group, maximize=False, foreach=None, capturable=False, differentiable=False)
            fill_group(group, decoupled_weight_decay=False)
            number_states(self, group, "step", "mu_product")

    def _init_state(self, group: dict[str, Any], p: Tensor, state: dict[str, Any]) -> None:
        state["step"] = scalar_state(0.0)
        state["mu_product"] = scalar_state(1.0)
        state["exp_avg"] = zeros_like(p)
        state["exp_avg_sq"] = zeros_like(p)

    def _step_group(self, group: dict[str, Any]) -> None:
        beta1, beta2 = group["betas"]
        params, grads, exp_avgs, exp_avg_sqs, mu_products, steps = self._gather(
            group, "exp_avg", "exp_avg_sq", "mu_product", "step"
        )
        nadam(
            params,
            grads,
            exp_avgs,
            exp_avg_sqs,
            mu_products,
            steps,
            beta1=beta1,
            beta2=beta2,
            lr=group["lr"],
            weight_decay=group["weight_decay"],
            momentum_decay=group["momentum_decay"],
            eps=group["eps"],
            maximize=group["maximize"],
            decoupled_weight_decay=group["decoupled_weight_decay"],
            foreach=group["foreach"],
            capturable=group["capturable"],
            differentiable=group["differentiable"],
        )


def nadam(
    params: list[Tensor],
    grads: list[Tensor],
    exp_avgs: list[Tensor],
    exp_avg_sqs: list[Tensor],
    mu_products: list[Tensor],
    state_steps: list[Tensor],
    decoupled_weight_decay: bool = False,
    foreach: bool | None = None,
    capturable: bool = False,
    differentiable: bool = False,
    has_complex: bool = False,
    maximize: bool = False,
    *,
    beta1: float,
    beta2: float,
    lr: float | Tensor,
    weight_decay: float,
    momentum_decay: float,
    eps: float,
) -> None:
    """One step of `NAdam` on lists of tensors."""
    check_single(state_steps)
    check_single(mu_products, "mu_products")
    between = "params, mu_products, and state_steps" if foreach else "params, mu_products and state_steps"
    check_path(params, foreach, differentiable, capturable, what=between)
    recorded = is_grad_enabled()
    rate = _to_scalar(lr)
    shrink = 1 - rate * weight_decay
    if not recorded:
        shrink = number(shrink)
    for i, param in enumerate(params):
        step = next_step(state_steps[i])
        correction = 1 - beta2**step
        mu = beta1 * (1.0 - 0.5 * (0.96 ** (step * momentum_decay)))
        mu_next = beta1 * (1.0 - 0.5 * (0.96 ** ((step + 1) * momentum_decay)))
        product = mu_products[i]._data
        np.multiply(product, mu, out=product)
        by_gradient = -rate * (1.0 - mu) / (1.0 - product.item())
        by_average = (-rate * mu_next) / (1.0 - product.item() * mu_next)
        if not recorded:
            by_gradient, by_average = number(by_gradient), number(by_average)
        for w, p, g, m, v in pieces(recorded, (param, grads[i], exp_avgs[i], exp_avg_sqs[i])):
            if maximize:
                g = w.neg(g)
            if weight_decay != 0:
                if decoupled_weight_decay:
                    w.mul_(p, shrink)
                else:
                    g = w.add(g, p, weight_decay)
            w.lerp_(m, g, 1 - beta1)
            w.addcmul_(w.mul_(v, beta2), g, g, 1 - beta2)
            below = w.add(w.sqrt(w.div(v, correction)), eps)
            w.addcdiv_(p, g, below, by_gradient)
            w.addcdiv_(p, m, below, by_average)


__all__ = ["NAdam", "nadam"]
