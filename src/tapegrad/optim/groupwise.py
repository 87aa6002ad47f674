"""Optimizers that update one parameter group after the other, as most do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..tensor.tensor import Tensor
from .helpers import _use_grad_for_differentiable, evaluated
from .optimizer import Optimizer


class GroupwiseOptimizer(Optimizer):
    """An optimizer that updates one parameter group after the other."""

    def _init_state(self, group: dict[str, Any], p: Tensor, state: dict[str, Any]) -> None:
        """Fill in the state of a parameter that has none yet."""

    def _step_group(self, group: dict[str, Any]) -> None:
        """Update the parameters of a group."""
        raise NotImplementedError

    def _gather(self, group: dict[str, Any], *keys: str) -> tuple[list[Any], ...]:
        """The parameters of a group that have a gradient; their gradients; their states, a list for each key."""
        params: list[Any] = []
        grads: list[Any] = []
        states: list[list[Any]] = [[] for _ in keys]
        for p in group["params"]:
            grad = p._grad
            if grad is None:
                continue
            state = self.state[p]
            if not state:
                self._init_state(group, p, state)
            params.append(p)
            grads.append(grad)
            for key, found in zip(keys, states, strict=True):
                found.append(state[key])
        return params, grads, *states

    @_use_grad_for_differentiable
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update the parameters once.

        Args:
            closure: computes the loss and its gradients anew, and returns the loss.

        Returns:
            What the closure returned.
        """
        loss = evaluated(closure)
        for group in self.param_groups:
            self._step_group(group)
        return loss
