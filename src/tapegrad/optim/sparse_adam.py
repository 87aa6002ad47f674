"""SparseAdam, whose steps need sparse gradients."""

from __future__ import annotations

import math
from typing import Any

from ..tensor.coordinates import by_coordinates
from ..tensor.likes import zeros_like
from ..tensor.tensor import Tensor
from .groupwise import GroupwiseOptimizer
from .helpers import _to_scalar
from .optimizer import Params
from .options import check_betas


class SparseAdam(GroupwiseOptimizer):
    """Adam for sparse gradients: only the rows that have one change, and so do their averages.

    The steps of all rows are counted together, so that a row that comes seldom has averages as if its gradient had been
    the same in between.

    Args:
        params: the parameters, or groups of them.
        lr: the learning rate, > 0.
        betas: the decay rates of the averages, in [0, 1).
        eps: keeps the denominator away from 0; > 0.
        maximize: go uphill.

    Raises:
        ValueError: an option is out of its range, or a parameter is complex or sparse.

    >>> import tapegrad as torch
    >>> table = torch.nn.Embedding.from_pretrained(torch.ones(3, 2), freeze=False, sparse=True)
    >>> optimizer = torch.optim.SparseAdam(table.parameters(), lr=0.1)
    >>> table(torch.tensor([1])).sum().backward()
    >>> optimizer.step()
    >>> table.weight.detach()
    tensor([[1.0000, 1.0000],
            [0.9000, 0.9000],
            [1.0000, 1.0000]])
    """

    _takes_sparse = True

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
        sparse_at = [[i, j] for i, j, p in params_at if by_coordinates(p)]
        if sparse_at:
            raise ValueError(f"Sparse params at indices {sparse_at}: SparseAdam requires dense parameter tensors")
        complex_at = [[i, j] for i, j, p in params_at if p.is_complex()]
        if complex_at:
            raise ValueError(f"Complex params at indices {complex_at}: SparseAdam does not support complex parameters")

    def _init_state(self, group: dict[str, Any], p: Tensor, state: dict[str, Any]) -> None:
        state["step"] = 0
        state["exp_avg"] = zeros_like(p)
        state["exp_avg_sq"] = zeros_like(p)

    def _step_group(self, group: dict[str, Any]) -> None:
        for p in group["params"]:
            if p._grad is not None and not by_coordinates(p._grad):
                raise RuntimeError("SparseAdam does not support dense gradients, please consider Adam instead")
        params, grads, exp_avgs, exp_avg_sqs = self._gather(group, "exp_avg", "exp_avg_sq")
        for p in params:
            self.state[p]["step"] += 1
        sparse_adam(
            params,
            grads,
            exp_avgs,
            exp_avg_sqs,
            [self.state[p]["step"] for p in params],
            beta1=group["betas"][0],
            beta2=group["betas"][1],
            lr=_to_scalar(group["lr"]),
            eps=group["eps"],
            maximize=group["maximize"],
        )


def sparse_adam(
    params: list[Tensor],
    grads: list[Tensor],
    exp_avgs: list[Tensor],
    exp_avg_sqs: list[Tensor],
    state_steps: list[int],
    *,
    eps: float,
    beta1: float,
    beta2: float,
    lr: float | Tensor,
    maximize: bool,
) -> None:
    """One step of `SparseAdam` on lists of tensors; the gradients are sparse, the counts of steps numbers."""
    for param, grad, exp_avg, exp_avg_sq, step in zip(params, grads, exp_avgs, exp_avg_sqs, state_steps, strict=True):
        rows: Any = (-grad if maximize else grad).coalesce()
        g = rows.values()
        if g.numel() == 0:
            continue
        mean, square = exp_avg.sparse_mask(rows).values(), exp_avg_sq.sparse_mask(rows).values()
        # The averages move by what is added, so that what is read next is rounded as the sum is in torch.
        more, more_square = g.sub(mean).mul_(1 - beta1), g.pow(2).sub_(square).mul_(1 - beta2)
        exp_avg.add_(rows._like(more))
        exp_avg_sq.add_(rows._like(more_square))
        deviation = more_square.add_(square).sqrt_().add_(eps)
        step_size = lr * math.sqrt(1 - beta2**step) / (1 - beta1**step)
        param.add_(rows._like(-step_size * more.add_(mean).div_(deviation)))


__all__ = ["SparseAdam", "sparse_adam"]
