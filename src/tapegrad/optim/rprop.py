"""Rprop: resilient backpropagation."""

from __future__ import annotations

from typing import Any

from ..autograd.grad_mode import is_grad_enabled
from ..tensor.likes import full_like, zeros_like
from ..tensor.tensor import Tensor
from .groupwise import GroupwiseOptimizer
from .helpers import scalar_state
from .optimizer import Params
from .options import check_lr, check_path, check_single, fill_group, number_states
from .words import next_step, number, pieces


class Rprop(GroupwiseOptimizer):
    """Rprop: each element has a step size of its own, and of the gradient only the sign counts.

    Where the sign is that of the last step, the step size grows by the second of `etas`; where it has changed, it
    shrinks by the first, and the element stays where it is.

    Args:
        params: the parameters, or groups of them.
        lr: the first step size, ≥ 0.
        etas: the factors, the first in (0, 1) and the second above 1.
        step_sizes: the smallest and the largest step size.
        capturable: for CUDA graphs; steps on the CPU refuse it, as in torch.
        foreach: torch's choice among implementations; accepted, and of no effect on the numbers.
        maximize: go uphill.
        differentiable: record the steps, so that gradients flow through them.

    Raises:
        ValueError: an option is out of its range.

    Reference: Riedmiller and Braun, "A direct adaptive method for faster backpropagation learning", 1993.

    >>> import tapegrad as torch
    >>> w = torch.tensor([2.0], requires_grad=True)
    >>> optimizer = torch.optim.Rprop([w], lr=0.5)
    >>> for _ in range(2):
    ...     optimizer.zero_grad()
    ...     (w**2).sum().backward()
    ...     optimizer.step()
    >>> w.detach()
    tensor([0.9000])
    """

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_lr(lr)
        if not 0.0 < etas[0] < 1.0 < etas[1]:
            raise ValueError(f"Invalid eta values: {etas[0]}, {etas[1]}")
        defaults = {
            "lr": lr,
            "etas": etas,
            "step_sizes": step_sizes,
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
        lr = number(group["lr"])
        state["step"] = scalar_state(0.0)
        state["prev"] = zeros_like(p)
        # Real and imaginary part have a step size each.
        state["step_size"] = full_like(p.grad, complex(lr, lr) if p.is_complex() else lr)  # type: ignore[arg-type]

    def _step_group(self, group: dict[str, Any]) -> None:
        etaminus, etaplus = group["etas"]
        step_size_min, step_size_max = group["step_sizes"]
        params, grads, prevs, step_sizes, steps = self._gather(group, "prev", "step_size", "step")
        rprop(
            params,
            grads,
            prevs,
            step_sizes,
            steps,
            step_size_min=step_size_min,
            step_size_max=step_size_max,
            etaminus=etaminus,
            etaplus=etaplus,
            foreach=group["foreach"],
            maximize=group["maximize"],
            differentiable=group["differentiable"],
            capturable=group["capturable"],
        )


def rprop(
    params: list[Tensor],
    grads: list[Tensor],
    prevs: list[Tensor],
    step_sizes: list[Tensor],
    state_steps: list[Tensor],
    foreach: bool | None = None,
    capturable: bool = False,
    maximize: bool = False,
    differentiable: bool = False,
    has_complex: bool = False,
    *,
    step_size_min: float,
    step_size_max: float,
    etaminus: float,
    etaplus: float,
) -> None:
    """One step of `Rprop` on lists of tensors."""
    check_single(state_steps)
    check_path(params, foreach, differentiable, capturable, with_xla=(True, True))
    recorded = is_grad_enabled()
    for i, param in enumerate(params):
        next_step(state_steps[i])
        for w, p, g, last, size in pieces(recorded, (param, grads[i], prevs[i], step_sizes[i])):
            if maximize:
                g = w.neg(g)
            agreement = w.mul(g, last)
            turned = agreement < 0
            w.mul_(size, w.by_sign(agreement, etaplus, etaminus))
            w.clamp_(size, step_size_min, step_size_max)
            g = w.zero_where(g, turned)
            w.addcmul_(p, w.sign(g), size, -1)
            w.copy_(last, g)


__all__ = ["Rprop", "rprop"]
