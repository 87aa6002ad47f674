"""Optimizers that update one parameter group after the other, as most do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..tensor.coordinates import by_coordinates
from ..tensor.tensor import Tensor
from .helpers import _use_grad_for_differentiable, evaluated
from .optimizer import Optimizer


class GroupwiseOptimizer(Optimizer):
    """An optimizer that updates one parameter group after the other."""

    # Whether it has a step for sparse gradients, and what to take instead if not.
    _takes_sparse = False
    _instead_of_sparse = ""

    def _init_state(self, group: dict[str, Any], p: Tensor, state: dict[str, Any]) -> None:
        """Fill in the state of a parameter that has none yet."""

    def _step_group(self, group: dict[str, Any]) -> None:
        """Update the parameters of a group."""
        raise NotImplementedError

    def _gather(self, group: dict[str, Any], *keys: str) -> tuple[list[Any], ...]:
        """The parameters of a group that have a gradient; their gradients; their states, a list for each key.

        Raises:
            RuntimeError: a gradient is sparse, and the optimizer has no step for such.
        """
        params: list[Any] = []
        grads: list[Any] = []
        states: list[list[Any]] = [[] for _ in keys]
        for p in group["params"]:
            grad = p._grad
            if grad is None:
                continue
            if grad.__class__ is not Tensor and by_coordinates(grad) and not self._takes_sparse:
                raise RuntimeError(f"{self._own_name()} does not support sparse gradients{self._instead_of_sparse}")
            state = self.state[p]
            if not state:
                self._init_state(group, p, state)
            params.append(p)
            grads.append(grad)
            for key, found in zip(keys, states, strict=True):
                found.append(state[key])
        return params, grads, *states

    def _own_name(self) -> str:
        """The name of the optimizer that a user's class derives from."""
        return next(cls.__name__ for cls in type(self).__mro__ if "_step_group" in vars(cls))

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
