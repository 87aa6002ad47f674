"""Averaged stochastic gradient descent."""

from __future__ import annotations

from typing import Any

from ..autograd.grad_mode import is_grad_enabled
from ..tensor.likes import zeros_like
from ..tensor.tensor import Tensor
from .groupwise import GroupwiseOptimizer
from .helpers import scalar_state
from .optimizer import Params
from .options import check_lr, check_not_negative, check_path, fill_group, number_states
from .words import next_step, number, pieces


class ASGD(GroupwiseOptimizer):
    """Averaged stochastic gradient descent.

    With the gradient g (plus `weight_decay` · p), p ← (1 - lambd · η)p - ηg at the learning rate
    η = lr / (1 + lambd · lr · t)^alpha of step t. The state "ax" is the average of the parameters since step t0.

    Args:
        params: the parameters, or groups of them.
        lr: the learning rate of the first step, ≥ 0.
        lambd: how fast parameters and learning rate decay.
        alpha: the power by which the learning rate falls.
        t0: the step at which averaging begins.
        weight_decay: strength of an L2 penalty, ≥ 0.
        foreach: torch's choice among implementations; accepted, and of no effect on the numbers.
        maximize: go uphill.
        differentiable: record the steps, so that gradients flow through them.
        capturable: for CUDA graphs; steps on the CPU refuse it, as in torch.

    Raises:
        ValueError: an option is out of its range.

    Reference: Polyak and Juditsky, "Acceleration of stochastic approximation by averaging", SIAM J. Control Optim. 30,
    1992.

    >>> import tapegrad as torch
    >>> w = torch.tensor([2.0], requires_grad=True)
    >>> optimizer = torch.optim.ASGD([w], lr=0.1)
    >>> (w**2).sum().backward()
    >>> optimizer.step()
    >>> w.detach()
    tensor([1.6000])
    """

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        check_lr(lr)
        check_not_negative("weight_decay value", weight_decay)
        defaults = {
            "lr": lr,
            "lambd": lambd,
            "alpha": alpha,
            "t0": t0,
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
            number_states(self, group, "step", "eta", "mu")

    def _init_state(self, group: dict[str, Any], p: Tensor, state: dict[str, Any]) -> None:
        state["step"] = scalar_state(0.0)
        state["eta"] = scalar_state(number(group["lr"]))
        state["mu"] = scalar_state(1.0)
        state["ax"] = zeros_like(p)

    def _step_group(self, group: dict[str, Any]) -> None:
        params, grads, axs, mus, etas, steps = self._gather(group, "ax", "mu", "eta", "step")
        asgd(
            params,
            grads,
            axs,
            mus,
            etas,
            steps,
            lambd=group["lambd"],
            lr=group["lr"],
            t0=group["t0"],
            alpha=group["alpha"],
            weight_decay=group["weight_decay"],
            foreach=group["foreach"],
            maximize=group["maximize"],
            differentiable=group["differentiable"],
            capturable=group["capturable"],
        )


def asgd(
    params: list[Tensor],
    grads: list[Tensor],
    axs: list[Tensor],
    mus: list[Tensor],
    etas: list[Tensor],
    state_steps: list[Tensor],
    foreach: bool | None = None,
    maximize: bool = False,
    differentiable: bool = False,
    capturable: bool = False,
    has_complex: bool = False,
    *,
    lambd: float,
    lr: float | Tensor,
    t0: float,
    alpha: float,
    weight_decay: float,
) -> None:
    """One step of `ASGD` on lists of tensors."""
    check_path(params, foreach, differentiable, capturable, what="params, mus, etas, and state_steps")
    recorded = is_grad_enabled()
    rate = number(lr)
    for i, param in enumerate(params):
        step = next_step(state_steps[i])
        eta, mu = etas[i].item(), mus[i].item()
        for w, p, g, ax in pieces(recorded, (param, grads[i], axs[i])):
            if maximize:
                g = w.neg(g)
            if weight_decay != 0:
                g = w.add(g, p, weight_decay)
            w.add_(w.mul_(p, 1 - lambd * eta), g, -eta)
            if mu != 1:
                w.add_(ax, w.mul(w.sub(p, ax), mu))
            else:
                w.copy_(ax, p)
        etas[i]._data[...] = rate / ((1 + lambd * rate * step) ** alpha)
        mus[i]._data[...] = 1 / max(1, step - t0)


__all__ = ["ASGD", "asgd"]
