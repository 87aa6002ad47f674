"""Custom Functions that modules are built on."""

from __future__ import annotations

from typing import Any

from ...autograd.function import Function


class BackwardHookFunction(Function):
    """The identity on several tensors: one node through which all their gradients pass, for hooks to be put on."""

    @staticmethod
    def forward(ctx: Any, *tensors: Any) -> Any:
        """The tensors as they are."""
        ctx.mark_non_differentiable(*[t for t in tensors if not t.requires_grad])
        return tensors

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        """The gradients as they are."""
        return grads
