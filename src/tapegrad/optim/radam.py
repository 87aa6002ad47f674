"""RAdam: rectified Adam."""

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


class RAdam(GroupwiseOptimizer):
    """RAdam: Adam that waits with adaptive steps until the average squared gradient can be relied upon.

    With Adam's averages m and v at step t, ρ∞ = 2 / (1 - β₂) - 1 and ρₜ = ρ∞ - 2tβ₂ᵗ / (1 - β₂ᵗ), the step is
    lr · m̂ as long as ρₜ ≤ 5, and after that lr · m̂ · r · √(1 - β₂ᵗ) / (√v + eps), where
    r² = (ρₜ - 4)(ρₜ - 2)ρ∞ / ((ρ∞ - 4)(ρ∞ - 2)ρₜ).

    Args:
        params: the parameters, or groups of them.
        lr: the learning rate, ≥ 0.
        betas: the decay rates β₁ and β₂ of the averages, in [0, 1).
        eps: keeps the denominator away from 0.
        weight_decay: strength of an L2 penalty, ≥ 0.
        decoupled_weight_decay: shrink the parameters by lr · weight_decay instead of changing the gradient.
        foreach: torch's choice among implementations; accepted, and of no effect on the numbers.
        maximize: go uphill.
        capturable: for CUDA graphs; steps on the CPU refuse it, as in torch.
        differentiable: record the steps, so that gradients flow through them.

    Raises:
        ValueError: an option is out of its range.

    Reference: Liu et al., "On the variance of the adaptive learning rate and beyond", 2019, arXiv:1908.03265.

    >>> import tapegrad as torch
    >>> w = torch.tensor([2.0], requires_grad=True)
    >>> optimizer = torch.optim.RAdam([w], lr=0.1)
    >>> (w**2).sum().backward()
    >>> optimizer.step()
    >>> w.detach()
    tensor([1.6000])
    """

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
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
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "decoupled_weight_decay": decoupled_weight_decay,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            fill_group(group, foreach=None, maximize=False, differentiable=False, decoupled_weight_decay=False)
            fill_group(group, capturable=False)
            number_states(self, group, "step")

    def _init_state(self, group: dict[str, Any], p: Tensor, state: dict[str, Any]) -> None:
        state["step"] = scalar_state(0.0)
        state["exp_avg"] = zeros_like(p)
        state["exp_avg_sq"] = zeros_like(p)

    def _step_group(self, group: dict[str, Any]) -> None:
        beta1, beta2 = group["betas"]
        params, grads, exp_avgs, exp_avg_sqs, steps = self._gather(group, "exp_avg", "exp_avg_sq", "step")
        radam(
            params,
            grads,
            exp_avgs,
            exp_avg_sqs,
            steps,
            beta1=beta1,
            beta2=beta2,
            lr=group["lr"],
            weight_decay=group["weight_decay"],
            eps=group["eps"],
            maximize=group["maximize"],
            foreach=group["foreach"],
            capturable=group["capturable"],
            differentiable=group["differentiable"],
            decoupled_weight_decay=group["decoupled_weight_decay"],
        )


def radam(
    params: list[Tensor],
    grads: list[Tensor],
    exp_avgs: list[Tensor],
    exp_avg_sqs: list[Tensor],
    state_steps: list[Tensor],
    decoupled_weight_decay: bool = False,
    foreach: bool | None = None,
    differentiable: bool = False,
    capturable: bool = False,
    has_complex: bool = False,
    maximize: bool = False,
    *,
    beta1: float,
    beta2: float,
    lr: float | Tensor,
    weight_decay: float,
    eps: float,
) -> None:
    """One step of `RAdam` on lists of tensors."""
    check_single(state_steps)
    check_path(params, foreach, differentiable, capturable)
    recorded = is_grad_enabled()
    rate: Any = _to_scalar(lr)
    shrink = 1 - rate * weight_decay
    if not recorded:
        rate, shrink = number(rate), number(shrink)
    longest = 2 / (1 - beta2) - 1
    for i, param in enumerate(params):
        step = next_step(state_steps[i])
        correction = 1 - beta2**step
        length = longest - 2 * step * (beta2**step) / correction
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
            change = w.mul(w.div(m, 1 - beta1**step), rate)
            if length > 5.0:
                adaptive = w.div(correction**0.5, w.add(w.sqrt(v), eps))
                change = w.mul(w.mul(change, adaptive), _rectification(length, longest))
            w.add_(p, change, -1)


def _rectification(length: float, longest: float) -> float:
    """The factor r of the step, by the lengths ρₜ and ρ∞ of the average of squares."""
    above, below = (length - 4) * (length - 2) * longest, (longest - 4) * (longest - 2) * length
    return float((above / below) ** 0.5)


__all__ = ["RAdam", "radam"]
