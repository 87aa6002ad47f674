"""Schedulers by a function of the step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from ..optimizer import Optimizer
from .base import LRScheduler, saved_function, warn_outside_of_step

Factor: TypeAlias = Callable[[int], float]


class _ByFunctions(LRScheduler):
    """A scheduler with a function for each parameter group."""

    lr_lambdas: list[Factor]

    def _take_functions(self, optimizer: Optimizer, lr_lambda: Factor | list[Factor]) -> None:
        groups = len(optimizer.param_groups)
        if not isinstance(lr_lambda, (list, tuple)):
            self.lr_lambdas = [lr_lambda] * groups
        elif len(lr_lambda) != groups:
            raise ValueError(f"Expected {groups} lr_lambdas, but got {len(lr_lambda)}")
        else:
            self.lr_lambdas = list(lr_lambda)

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimizer; of functions, only the attributes of objects that can be called."""
        state = {key: value for key, value in super().state_dict().items() if key != "lr_lambdas"}
        return state | {"lr_lambdas": [saved_function(function) for function in self.lr_lambdas]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a state that `state_dict()` gave; functions stay what they are."""
        self.__dict__.update({key: value for key, value in state_dict.items() if key != "lr_lambdas"})
        for function, saved in zip(self.lr_lambdas, state_dict["lr_lambdas"], strict=False):
            if saved is not None:
                function.__dict__.update(saved)


class LambdaLR(_ByFunctions):
    """The first learning rate times a function of the step.

    Args:
        optimizer: whose learning rates are set.
        lr_lambda: the function, or one for each parameter group.
        last_epoch: number of the last step when going on, or -1.

    >>> import tapegrad as torch
    >>> optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    >>> scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 0.5**step)
    >>> optimizer.step(); scheduler.step()
    >>> scheduler.get_last_lr()
    [0.5]
    """

    def __init__(self, optimizer: Optimizer, lr_lambda: Factor | list[Factor], last_epoch: int = -1) -> None:
        self.optimizer = optimizer
        self._take_functions(optimizer, lr_lambda)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        """Compute the learning rates of the present step."""
        warn_outside_of_step(self)
        return [lr * f(self.last_epoch) for f, lr in zip(self.lr_lambdas, self.base_lrs, strict=True)]


class MultiplicativeLR(_ByFunctions):
    """The learning rate before, times a function of the step.

    Args:
        optimizer: whose learning rates are set.
        lr_lambda: the function, or one for each parameter group.
        last_epoch: number of the last step when going on, or -1.
    """

    def __init__(self, optimizer: Optimizer, lr_lambda: Factor | list[Factor], last_epoch: int = -1) -> None:
        self.optimizer = optimizer
        self._take_functions(optimizer, lr_lambda)
        for function in self.lr_lambdas:
            if not callable(function):
                raise TypeError(f"lr_lambda should be a function, but got {type(function).__name__}")
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        """Compute the learning rates of the present step."""
        warn_outside_of_step(self)
        if self._is_initial:
            return self._present()
        groups = self.optimizer.param_groups
        return [group["lr"] * f(self.last_epoch) for f, group in zip(self.lr_lambdas, groups, strict=True)]
