"""Adam, and AdamW as one of its options."""

from __future__ import annotations

from typing import Any

from ..autograd.grad_mode import is_grad_enabled
from ..tensor.likes import zeros_like
from ..tensor.tensor import Tensor
from .groupwise import GroupwiseOptimizer
from .helpers import _device_dtype_check_for_fused, _to_scalar, scalar_state
from .optimizer import Params
from .options import (
    check_betas,
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


class Adam(GroupwiseOptimizer):
    """Adam: steps by the average gradient over the root of the average squared gradient.

    With the gradient g (plus `weight_decay` · p), m ← β₁m + (1 - β₁)g, v ← β₂v + (1 - β₂)g², and at step t
    p ← p - lr · m̂ / (√v̂ + eps), where m̂ = m / (1 - β₁ᵗ) and v̂ = v / (1 - β₂ᵗ).

    Args:
        params: the parameters, or groups of them.
        lr: the learning rate, ≥ 0.
        betas: the decay rates β₁ and β₂ of the averages, in [0, 1).
        eps: keeps the denominator away from 0.
        weight_decay: strength of an L2 penalty, ≥ 0.
        amsgrad: divide by the largest v̂ so far.
        foreach, fused: torch's choice among implementations; accepted, and of no effect on the numbers.
        maximize: go uphill.
        capturable: for CUDA graphs; steps on the CPU refuse it, as in torch.
        differentiable: record the steps, so that gradients flow through them.
        decoupled_weight_decay: shrink the parameters by lr · weight_decay instead of changing the gradient (AdamW).

    Raises:
        ValueError: an option is out of its range.
        RuntimeError: options exclude each other.

    Reference: Kingma and Ba, "Adam: a method for stochastic optimization", 2014, arXiv:1412.6980; Reddi et al., "On
    the convergence of Adam and beyond", 2018, for `amsgrad`.

    >>> import tapegrad as torch
    >>> w = torch.tensor([2.0, -1.0], requires_grad=True)
    >>> optimizer = torch.optim.Adam([w], lr=0.1)
    >>> (w**2).sum().backward()
    >>> optimizer.step()
    >>> w.detach()
    tensor([ 1.9000, -0.9000])
    """

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-3,
        betas: tuple[float | Tensor, float | Tensor] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        if isinstance(lr, Tensor) and foreach and not capturable:
            raise ValueError("lr as a Tensor is not supported for capturable=False and foreach=True")
        check_lr(lr)
        check_not_negative("epsilon value", eps)
        check_betas(betas)
        check_not_negative("weight_decay value", weight_decay)
        _check_kinds(betas, foreach, capturable)
        defaults = {
            "lr": lr,
            "betas": tuple(map(_to_scalar, betas)),
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
            "fused": fused,
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        super().__init__(params, defaults)
        if fused and not differentiable:
            self._step_supports_amp_scaling = True
        check_fused(fused, foreach, differentiable)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            fill_group(group, amsgrad=False, maximize=False, foreach=None, capturable=False, differentiable=False)
            fill_group(group, decoupled_weight_decay=False, fused=None)
            number_states(self, group, "step", fused=group["fused"])

    _instead_of_sparse = ", please consider SparseAdam instead"

    def _init_state(self, group: dict[str, Any], p: Tensor, state: dict[str, Any]) -> None:
        if group["fused"]:
            _device_dtype_check_for_fused(p)
        state["step"] = scalar_state(0.0, group["fused"])
        state["exp_avg"] = zeros_like(p)
        state["exp_avg_sq"] = zeros_like(p)
        if group["amsgrad"]:
            state["max_exp_avg_sq"] = zeros_like(p)

    def _step_group(self, group: dict[str, Any]) -> None:
        keys = ("exp_avg", "exp_avg_sq", "step") + (("max_exp_avg_sq",) if group["amsgrad"] else ())
        params, grads, exp_avgs, exp_avg_sqs, steps, *largest = self._gather(group, *keys)
        if group["differentiable"] and any(step.requires_grad for step in steps):
            raise RuntimeError("`requires_grad` is not supported for `step` in differentiable mode")
        adam(
            params,
            grads,
            exp_avgs,
            exp_avg_sqs,
            largest[0] if largest else [],
            steps,
            amsgrad=group["amsgrad"],
            beta1=group["betas"][0],
            beta2=group["betas"][1],
            lr=group["lr"],
            weight_decay=group["weight_decay"],
            eps=group["eps"],
            maximize=group["maximize"],
            foreach=group["foreach"],
            capturable=group["capturable"],
            differentiable=group["differentiable"],
            fused=group["fused"],
            grad_scale=getattr(self, "grad_scale", None),
            found_inf=getattr(self, "found_inf", None),
            decoupled_weight_decay=group["decoupled_weight_decay"],
        )


def _check_kinds(betas: tuple[Any, Any], foreach: bool | None, capturable: bool) -> None:
    kinds = [isinstance(beta, Tensor) for beta in betas]
    if kinds[0] != kinds[1] or not (kinds[0] or all(isinstance(beta, float) for beta in betas)):
        raise ValueError("betas must be either both floats or both Tensors")
    for i, beta in enumerate(betas if kinds[0] else ()):
        if foreach and not capturable:
            raise ValueError(f"betas[{i}] as a Tensor is not supported for capturable=False and foreach=True")
        if beta.numel() != 1:
            raise ValueError(f"Tensor betas[{i}] must be 1-element")


def adam(
    params: list[Tensor],
    grads: list[Tensor],
    exp_avgs: list[Tensor],
    exp_avg_sqs: list[Tensor],
    max_exp_avg_sqs: list[Tensor],
    state_steps: list[Tensor],
    foreach: bool | None = None,
    capturable: bool = False,
    differentiable: bool = False,
    fused: bool | None = None,
    grad_scale: Tensor | None = None,
    found_inf: Tensor | None = None,
    has_complex: bool = False,
    decoupled_weight_decay: bool = False,
    *,
    amsgrad: bool,
    beta1: float | Tensor,
    beta2: float | Tensor,
    lr: float | Tensor,
    weight_decay: float,
    eps: float,
    maximize: bool,
) -> None:
    """One step of `Adam` on lists of tensors."""
    check_single(state_steps)
    if foreach and isinstance(lr, Tensor) and not capturable:
        raise RuntimeError("lr as a Tensor is not supported for capturable=False and foreach=True")
    check_path(params, foreach, differentiable, capturable and not fused)
    if not fused:
        check_unscaled(grad_scale, found_inf)
    elif differentiable:
        raise RuntimeError("Adam with fused=True does not support differentiable=True")
    elif not unscaled(grads, grad_scale, found_inf):
        return
    recorded = is_grad_enabled()
    rate, b1, b2, decay = _to_scalar(lr), _to_scalar(beta1), _to_scalar(beta2), weight_decay
    if not recorded:
        b1, b2, decay = number(b1), number(b2), number(decay)
        shrink = number(1 - rate * decay)
    else:
        shrink = 1 - rate * decay
    for i, param in enumerate(params):
        step: Any
        if differentiable:
            step_t = state_steps[i]
            step_t += 1
            step = step_t.clone()
        else:
            step = next_step(state_steps[i])
        step_size = rate / (1 - b1**step)
        root = (1 - b2**step) ** 0.5
        if not recorded:
            step_size = number(step_size)
        largest = max_exp_avg_sqs[i] if amsgrad else None
        for w, p, g, m, v, top in pieces(recorded, (param, grads[i], exp_avgs[i], exp_avg_sqs[i], largest)):
            if maximize:
                g = w.neg(g)
            if decay != 0:
                if decoupled_weight_decay:
                    w.mul_(p, shrink)
                else:
                    g = w.add(g, p, decay)
            w.lerp_(m, g, 1 - b1)
            w.addcmul_(w.mul_(v, b2), g, g, 1 - b2)
            if amsgrad:
                v = w.maximum_(top, v)
            w.addcdiv_(p, m, w.add(w.div(w.sqrt(v), root), eps), -step_size)


__all__ = ["Adam", "adam"]
