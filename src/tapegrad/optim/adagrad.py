"""Adagrad."""

from __future__ import annotations

from typing import Any

from ..autograd.grad_mode import is_grad_enabled
from ..tensor.coordinates import by_coordinates
from ..tensor.likes import full_like
from ..tensor.tensor import Tensor
from .groupwise import GroupwiseOptimizer
from .helpers import _device_dtype_check_for_fused, _to_scalar, scalar_state
from .optimizer import Params
from .options import (
    check_fused,
    check_lr,
    check_not_negative,
    check_path,
    check_single,
    check_unscaled,
    fill_group,
    number_states,
    unscaled,
)
from .words import next_step, number, pieces


class Adagrad(GroupwiseOptimizer):
    """Adagrad: steps by the gradient over the root of the sum of all squared gradients.

    With the gradient g (plus `weight_decay` · p), s ← s + g² and at step t
    p ← p - lr / (1 + (t - 1) · lr_decay) · g / (√s + eps).

    Args:
        params: the parameters, or groups of them.
        lr: the learning rate, ≥ 0.
        lr_decay: how fast the learning rate falls, ≥ 0.
        weight_decay: strength of an L2 penalty, ≥ 0.
        initial_accumulator_value: where s starts, ≥ 0.
        eps: keeps the denominator away from 0.
        foreach, fused: torch's choice among implementations; accepted, and of no effect on the numbers.
        maximize: go uphill.
        differentiable: record the steps, so that gradients flow through them.

    Raises:
        ValueError: an option is out of its range.

    Reference: Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and stochastic optimization",
    JMLR 12, 2011.

    >>> import tapegrad as torch
    >>> w = torch.tensor([2.0], requires_grad=True)
    >>> optimizer = torch.optim.Adagrad([w], lr=0.1)
    >>> (w**2).sum().backward()
    >>> optimizer.step()
    >>> w.detach()
    tensor([1.9000])
    """

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        check_lr(lr)
        check_not_negative("lr_decay value", lr_decay)
        check_not_negative("weight_decay value", weight_decay)
        check_not_negative("initial_accumulator_value value", initial_accumulator_value)
        check_not_negative("epsilon value", eps)
        defaults = {
            "lr": lr,
            "lr_decay": lr_decay,
            "eps": eps,
            "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, defaults)
        check_fused(fused, foreach, differentiable)
        if fused:
            self._need_device_dtype_check_for_fused = True
            self._step_supports_amp_scaling = True
        for group in self.param_groups:
            for p in group["params"]:
                self._init_state(group, p, self.state[p])

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            fill_group(group, foreach=None, maximize=False, differentiable=False, fused=None)
            number_states(self, group, "step", fused=group["fused"])

    _takes_sparse = True

    def _init_state(self, group: dict[str, Any], p: Tensor, state: dict[str, Any]) -> None:
        start = self.defaults["initial_accumulator_value"]
        state["step"] = scalar_state(0.0, group["fused"])
        state["sum"] = full_like(p, complex(start, start) if p.is_complex() else start)

    def share_memory(self) -> None:
        """Move the sums of squares into shared memory."""
        for group in self.param_groups:
            for p in group["params"]:
                self.state[p]["sum"].share_memory_()

    def _step_group(self, group: dict[str, Any]) -> None:
        params, grads, sums, steps = self._gather(group, "sum", "step")
        if group["fused"] and params and getattr(self, "_need_device_dtype_check_for_fused", True):
            _device_dtype_check_for_fused(params[0])
            self._need_device_dtype_check_for_fused = False
        adagrad(
            params,
            grads,
            sums,
            steps,
            lr=group["lr"],
            weight_decay=group["weight_decay"],
            lr_decay=group["lr_decay"],
            eps=group["eps"],
            foreach=group["foreach"],
            maximize=group["maximize"],
            differentiable=group["differentiable"],
            has_sparse_grad=any(map(by_coordinates, grads)),
            has_complex=any(p.is_complex() for p in params),
            fused=group["fused"],
            grad_scale=getattr(self, "grad_scale", None),
            found_inf=getattr(self, "found_inf", None),
        )


def adagrad(
    params: list[Tensor],
    grads: list[Tensor],
    state_sums: list[Tensor],
    state_steps: list[Tensor],
    fused: bool | None = None,
    grad_scale: Tensor | None = None,
    found_inf: Tensor | None = None,
    has_sparse_grad: bool = False,
    foreach: bool | None = None,
    differentiable: bool = False,
    has_complex: bool = False,
    *,
    lr: float | Tensor,
    weight_decay: float,
    lr_decay: float,
    eps: float,
    maximize: bool,
) -> None:
    """One step of `Adagrad` on lists of tensors."""
    check_single(state_steps)
    check_path(params, foreach, differentiable)
    if not fused:
        check_unscaled(grad_scale, found_inf)
    elif has_sparse_grad or has_complex:
        raise RuntimeError("`fused` does not support sparse grad or complex param")
    elif differentiable:
        raise RuntimeError("adagrad with fused=True does not support differentiable=True")
    elif not unscaled(grads, grad_scale, found_inf):
        return
    recorded = is_grad_enabled()
    rate = _to_scalar(lr)
    for i, param in enumerate(params):
        step_size = rate / (1 + (next_step(state_steps[i]) - 1) * lr_decay)
        if not recorded:
            step_size = number(step_size)
        if has_sparse_grad and by_coordinates(grads[i]):
            if weight_decay != 0:
                raise RuntimeError("weight_decay option is not compatible with sparse gradients")
            _sparse_step(param, -grads[i] if maximize else grads[i], state_sums[i], step_size, eps)
            continue
        for w, p, g, s in pieces(recorded, (param, grads[i], state_sums[i])):
            if maximize:
                g = w.neg(g)
            if weight_decay != 0:
                g = w.add(g, p, weight_decay)
            w.addcmul_(s, g, g)
            w.addcdiv_(p, g, w.add(w.sqrt(s), eps), -step_size)


def _sparse_step(param: Any, grad: Any, state_sum: Any, step_size: Any, eps: float) -> None:
    """The step of a parameter with a sparse gradient: nothing but its rows changes."""
    grad = grad.coalesce()
    values = grad.values()
    state_sum.add_(grad._like(values.pow(2)))
    deviation = state_sum.sparse_mask(grad).values().sqrt().add(eps)
    param.add_(grad._like(values / deviation), alpha=-step_size)


__all__ = ["Adagrad", "adagrad"]
