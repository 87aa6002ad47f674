"""RMSprop."""

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


class RMSprop(GroupwiseOptimizer):
    """RMSprop: steps by the gradient over the root of the average squared gradient.

    With the gradient g (plus `weight_decay` · p), v ← αv + (1 - α)g² and p ← p - lr · g / (√v + eps). The centered form
    takes the variance, v less the square of the average gradient. With momentum, b ← momentum · b + g / (√v + eps) and
    p ← p - lr · b.

    Args:
        params: the parameters, or groups of them.
        lr: the learning rate, ≥ 0.
        alpha: the decay rate α of the averages, ≥ 0.
        eps: keeps the denominator away from 0; it is added after the root is taken.
        weight_decay: strength of an L2 penalty, ≥ 0.
        momentum: how much of the last direction is kept, ≥ 0.
        centered: divide by the standard deviation of the gradient.
        capturable: for CUDA graphs; steps on the CPU refuse it, as in torch.
        foreach: torch's choice among implementations; accepted, and of no effect on the numbers.
        maximize: go uphill.
        differentiable: record the steps, so that gradients flow through them.

    Raises:
        ValueError: an option is out of its range.

    Reference: Hinton, "Neural networks for machine learning", lecture 6e, 2012; Graves, "Generating sequences with
    recurrent neural networks", 2013, arXiv:1308.0850, for the centered form.

    >>> import tapegrad as torch
    >>> w = torch.tensor([2.0], requires_grad=True)
    >>> optimizer = torch.optim.RMSprop([w], lr=0.1)
    >>> (w**2).sum().backward()
    >>> optimizer.step()
    >>> w.detach()
    tensor([1.])
    """

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_lr(lr)
        check_not_negative("epsilon value", eps)
        check_not_negative("momentum value", momentum)
        check_not_negative("weight_decay value", weight_decay)
        check_not_negative("alpha value", alpha)
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "alpha": alpha,
            "eps": eps,
            "centered": centered,
            "weight_decay": weight_decay,
            "capturable": capturable,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            fill_group(group, momentum=0, centered=False, foreach=None, maximize=False, differentiable=False)
            fill_group(group, capturable=False)
            number_states(self, group, "step")

    def _init_state(self, group: dict[str, Any], p: Tensor, state: dict[str, Any]) -> None:
        state["step"] = scalar_state(0.0)
        state["square_avg"] = zeros_like(p)
        if group["momentum"] > 0:
            state["momentum_buffer"] = zeros_like(p)
        if group["centered"]:
            state["grad_avg"] = zeros_like(p)

    def _step_group(self, group: dict[str, Any]) -> None:
        keys = ["square_avg", "step"]
        keys += ["momentum_buffer"] if group["momentum"] > 0 else []
        keys += ["grad_avg"] if group["centered"] else []
        params, grads, *lists = self._gather(group, *keys)
        states = dict(zip(keys, lists, strict=True))
        rmsprop(
            params,
            grads,
            states["square_avg"],
            states.get("grad_avg", []),
            states.get("momentum_buffer", []),
            states["step"],
            lr=group["lr"],
            alpha=group["alpha"],
            eps=group["eps"],
            weight_decay=group["weight_decay"],
            momentum=group["momentum"],
            centered=group["centered"],
            foreach=group["foreach"],
            maximize=group["maximize"],
            differentiable=group["differentiable"],
            capturable=group["capturable"],
        )


def rmsprop(
    params: list[Tensor],
    grads: list[Tensor],
    square_avgs: list[Tensor],
    grad_avgs: list[Tensor],
    momentum_buffer_list: list[Tensor],
    state_steps: list[Tensor],
    foreach: bool | None = None,
    maximize: bool = False,
    differentiable: bool = False,
    capturable: bool = False,
    has_complex: bool = False,
    *,
    lr: float | Tensor,
    alpha: float,
    eps: float,
    weight_decay: float,
    momentum: float,
    centered: bool,
) -> None:
    """One step of `RMSprop` on lists of tensors."""
    check_single(state_steps)
    check_path(params, foreach, differentiable, capturable, with_xla=(True, True))
    recorded = is_grad_enabled()
    rate = _to_scalar(lr) if recorded else number(lr)
    for i, param in enumerate(params):
        next_step(state_steps[i])
        buffer = momentum_buffer_list[i] if momentum > 0 else None
        average = grad_avgs[i] if centered else None
        for w, p, g, v, b, a in pieces(recorded, (param, grads[i], square_avgs[i], buffer, average)):
            if maximize:
                g = w.neg(g)
            if weight_decay != 0:
                g = w.add(g, p, weight_decay)
            w.addcmul_(w.mul_(v, alpha), g, g, 1 - alpha)
            if centered:
                w.lerp_(a, g, 1 - alpha)
                v = w.addcmul(v, a, a, -1)
            below = w.add(w.sqrt(v), eps)
            if momentum > 0:
                w.addcdiv_(w.mul_(b, momentum), g, below)
                w.add_(p, b, -rate)
            else:
                w.addcdiv_(p, g, below, -rate)


__all__ = ["RMSprop", "rmsprop"]
