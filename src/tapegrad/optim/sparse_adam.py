"""SparseAdam, whose steps need sparse gradients."""

from __future__ import annotations

from typing import Any

from ..tensor.tensor import Tensor
from .helpers import _use_grad_for_differentiable, evaluated
from .optimizer import Optimizer, Params
from .options import check_betas


class SparseAdam(Optimizer):
    """Adam for sparse gradients, which touches only the elements that have one.

    tapegrad has no sparse tensors: the options are checked as torch does, and a step with a gradient is refused with
    what torch says of dense ones. Adam is the optimizer to take.

    Args:
        params: the parameters, or groups of them.
        lr: the learning rate, > 0.
        betas: the decay rates of the averages, in [0, 1).
        eps: keeps the denominator away from 0; > 0.
        maximize: go uphill.

    Raises:
        ValueError: an option is out of its range, or a parameter is complex.
    """

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        maximize: bool = False,
    ) -> None:
        if isinstance(lr, Tensor) and lr.numel() != 1:
            raise ValueError("Tensor lr must be 1-element")
        if not 0.0 < lr:
            raise ValueError(f"Invalid learning rate: {lr}")
        if not 0.0 < eps:
            raise ValueError(f"Invalid epsilon value: {eps}")
        check_betas(betas)
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "maximize": maximize})
        params_at = [[i, j, p] for i, group in enumerate(self.param_groups) for j, p in enumerate(group["params"])]
        complex_at = [[i, j] for i, j, p in params_at if p.is_complex()]
        if complex_at:
            raise ValueError(f"Complex params at indices {complex_at}: SparseAdam does not support complex parameters")

    @_use_grad_for_differentiable
    def step(self, closure: Any = None) -> Any:
        """Evaluate the closure.

        Raises:
            RuntimeError: a parameter has a gradient, which is a dense one.
        """
        loss = evaluated(closure)
        if any(p._grad is not None for group in self.param_groups for p in group["params"]):
            raise RuntimeError("SparseAdam does not support dense gradients, please consider Adam instead")
        return loss


__all__ = ["SparseAdam"]
