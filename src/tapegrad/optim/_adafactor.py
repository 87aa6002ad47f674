"""Adafactor."""

from __future__ import annotations

from typing import Any

from ..ops import norm
from ..tensor.likes import zeros_like
from ..tensor.numeric_info import finfo
from ..tensor.tensor import Tensor
from .groupwise import GroupwiseOptimizer
from .helpers import scalar_state
from .optimizer import Params
from .options import check_unscaled, number_states
from .words import next_step, number


class Adafactor(GroupwiseOptimizer):
    """Adafactor: for a matrix, keeps averages of squared gradients by row and by column instead of one per element.

    The step is clipped so that its root mean square is at most `d`, and is relative to that of the parameter.

    Args:
        params: the parameters, or groups of them.
        lr: the largest relative step, ≥ 0; at step t it is at most 1 / √t.
        beta2_decay: the averages weigh the gradient of step t by t^beta2_decay; ≤ 0.
        eps: (eps1, eps2), lower bounds of the average of squares and of the root mean square of the parameter; None is
            the precision of the parameter's type.
        d: the clipping threshold, ≥ 1.
        weight_decay: shrinks the parameters by lr · weight_decay, ≥ 0.
        foreach: torch's choice among implementations; accepted, and of no effect on the numbers.
        maximize: go uphill.

    Raises:
        ValueError: an option is out of its range.

    Reference: Shazeer and Stern, "Adafactor: adaptive learning rates with sublinear memory cost", 2018,
    arXiv:1804.04235.

    >>> import tapegrad as torch
    >>> w = torch.eye(2, requires_grad=True)
    >>> optimizer = torch.optim.Adafactor([w], lr=0.1)
    >>> (w**2).sum().backward()
    >>> optimizer.step()
    >>> w.detach()
    tensor([[0.9000, 0.0000],
            [0.0000, 0.9000]])
    """

    __module__ = "tapegrad.optim"

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
    ) -> None:
        if isinstance(lr, Tensor) and lr.numel() != 1:
            raise ValueError("Tensor lr must be 1-element")
        if not 0.0 <= lr:
            raise ValueError(f"Learning rate should be >= 0 but is: {lr}")
        if not beta2_decay <= 0.0:
            raise ValueError(f"beta2_decay should be <= 0 but is: {beta2_decay}")
        if eps[0] is not None and not 0.0 <= eps[0]:
            raise ValueError(f"epsilon1 should be >= 0 but is: {eps[0]}")
        if not 0.0 <= eps[1]:
            raise ValueError(f"epsilon2 should be >= 0 but is: {eps[1]}")
        if not 1.0 <= d:
            raise ValueError(f"Clipping threshold d should be >= 1 but is: {d}")
        if not 0.0 <= weight_decay:
            raise ValueError(f"weight_decay should be >= 0 but is: {weight_decay}")
        defaults = {
            "lr": lr,
            "beta2_decay": beta2_decay,
            "eps": eps,
            "d": d,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            group.setdefault("foreach", None)
            number_states(self, group, "step")

    def _init_state(self, group: dict[str, Any], p: Tensor, state: dict[str, Any]) -> None:
        grad: Any = p._grad
        state["step"] = scalar_state(0.0)
        if grad.dim() > 1:
            state["row_var"] = grad.new_zeros((*grad.shape[:-1], 1))
            state["col_var"] = grad.new_zeros((*grad.shape[:-2], 1, grad.shape[-1]))
        else:
            state["variance"] = zeros_like(grad)

    def _step_group(self, group: dict[str, Any]) -> None:
        for p in group["params"]:
            if p._grad is not None and p.is_complex():
                raise RuntimeError("Adafactor does not support complex parameters")
        params, grads, steps = self._gather(group, "step")
        states = [self.state[p] for p in params]
        eps1, eps2 = group["eps"]
        adafactor(
            params,
            grads,
            [state.get("row_var") for state in states],
            [state.get("col_var") for state in states],
            [state.get("variance") for state in states],
            steps,
            d=group["d"],
            lr=group["lr"],
            beta2_decay=group["beta2_decay"],
            weight_decay=group["weight_decay"],
            eps1=eps1,
            eps2=eps2,
            foreach=group["foreach"],
            maximize=group["maximize"],
            grad_scale=getattr(self, "grad_scale", None),
            found_inf=getattr(self, "found_inf", None),
        )


def adafactor(
    params: list[Tensor],
    grads: list[Tensor],
    row_vars: list[Tensor | None],
    col_vars: list[Tensor | None],
    variances: list[Tensor | None],
    state_steps: list[Tensor],
    foreach: bool | None = None,
    grad_scale: Tensor | None = None,
    found_inf: Tensor | None = None,
    has_complex: bool = False,
    *,
    d: float,
    lr: float | Tensor,
    beta2_decay: float,
    weight_decay: float,
    eps1: float | None,
    eps2: float,
    maximize: bool,
) -> None:
    """One step of `Adafactor` on lists of tensors."""
    if not all(isinstance(t, Tensor) for t in state_steps):
        raise RuntimeError("`state_steps` argument must contain a list of singleton tensors")
    check_unscaled(grad_scale, found_inf, "Grad scaling should occur outside of optimizer.step()")
    rate = number(lr)
    for i, p in enumerate(params):
        param: Any = p
        grad: Any = -grads[i] if maximize else grads[i]
        if eps1 is None:  # the first parameter's precision holds for all, as in torch
            eps1 = finfo(param.dtype).eps
        step = next_step(state_steps[i])
        fresh = step**beta2_decay  # the weight of the new gradient
        alpha = max(eps2, param.norm(2).item() / param.numel() ** 0.5) * min(rate, 1 / step**0.5)
        if weight_decay != 0:
            param.mul_(1 - rate * weight_decay)
        estimate = _averaged(grad, row_vars[i], col_vars[i], variances[i], fresh, eps1)
        update = estimate.clamp_(min=eps1 * eps1).rsqrt_().mul_(grad)
        denominator = max(1.0, update.norm(2).item() / (update.numel() ** 0.5 * d))
        param.add_(update, alpha=-alpha / denominator)


def _averaged(grad: Any, rows: Any, columns: Any, variance: Any, fresh: float, eps: float) -> Any:
    """Take a gradient into the averages of squares; returns the average for each element."""
    if grad.dim() <= 1:
        if variance is None:
            raise AssertionError("variance should be defined when grad is a vector")
        variance.lerp_(grad * grad, fresh)
        return variance.clone()
    if rows is None or columns is None:
        raise AssertionError("row_var and col_var should be defined when grad is multidimensional")
    for average, dim in ((rows, -1), (columns, -2)):
        mean: Any = norm(grad, dim=dim, keepdim=True)
        average.lerp_(mean.square_().div_(grad.size(dim)), fresh)
    estimate = rows @ columns
    return estimate.div_(rows.mean(dim=-2, keepdim=True).clamp_(min=eps))


__all__ = ["Adafactor", "adafactor"]
