"""Learning rates along a cosine."""

from __future__ import annotations

import math
from typing import Any

from ..optimizer import Optimizer
from .base import LRScheduler, _enable_get_lr_call, warn_outside_of_step


class CosineAnnealingLR(LRScheduler):
    """From the first learning rate down to `eta_min` in T_max steps, along half a cosine; then up again.

    Args:
        optimizer: whose learning rates are set.
        T_max: steps from the largest to the smallest.
        eta_min: the smallest learning rate.
        last_epoch: number of the last step when going on, or -1.

    Reference: Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2016, arXiv:1608.03983.
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1) -> None:
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        """Compute the learning rates of the present step."""
        warn_outside_of_step(self)
        if self._is_initial:
            return self._present()
        n, half, low = self.last_epoch, self.T_max, self.eta_min
        if self._step_count == 1 and n > 0:
            return [low + (lr - low) * (1 + math.cos(n * math.pi / half)) / 2 for lr in self.base_lrs]
        groups = self.optimizer.param_groups
        if (n - 1 - half) % (2 * half) == 0:  # from the very bottom there is no factor that leads up
            rise = 1 - math.cos(math.pi / half)
            return [group["lr"] + (base - low) * rise / 2 for base, group in zip(self.base_lrs, groups, strict=True)]
        factor = (1 + math.cos(math.pi * n / half)) / (1 + math.cos(math.pi * (n - 1) / half))
        return [factor * (group["lr"] - low) + low for group in groups]

    def _get_closed_form_lr(self) -> list[Any]:
        height = 1 + math.cos(math.pi * self.last_epoch / self.T_max)
        return [self.eta_min + (lr - self.eta_min) * height / 2 for lr in self.base_lrs]


class CosineAnnealingWarmRestarts(LRScheduler):
    """Half a cosine from the first learning rate down to `eta_min`, again and again.

    Args:
        optimizer: whose learning rates are set.
        T_0: steps of the first descent.
        T_mult: each descent has so many times the steps of the one before.
        eta_min: the smallest learning rate.
        last_epoch: number of the last step when going on, or -1.

    Raises:
        ValueError: a number of steps is no positive integer.

    Reference: Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2016, arXiv:1608.03983.
    """

    def __init__(
        self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        if T_0 <= 0 or not isinstance(T_0, int):
            raise ValueError(f"Expected positive integer T_0, but got {T_0}")
        if T_mult < 1 or not isinstance(T_mult, int):
            raise ValueError(f"Expected integer T_mult >= 1, but got {T_mult}")
        if not isinstance(eta_min, (float, int)):
            raise ValueError(f"Expected float or int eta_min, but got {eta_min} of type {type(eta_min)}")
        self.T_0 = T_0
        self.T_i = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        self.T_cur: float = last_epoch
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        """Compute the learning rates of the present step."""
        warn_outside_of_step(self)
        height = 1 + math.cos(math.pi * self.T_cur / self.T_i)
        return [self.eta_min + (lr - self.eta_min) * height / 2 for lr in self.base_lrs]

    def step(self, epoch: float | None = None) -> None:
        """Go to the next step, or to a step by its number, which may be a fraction: epoch + batch / batches."""
        if epoch is None and self.last_epoch < 0:
            epoch = 0
        if epoch is None:
            epoch = self.last_epoch + 1
            self.T_cur += 1
            if self.T_cur >= self.T_i:
                self.T_cur %= self.T_i
                self.T_i *= self.T_mult
        elif epoch < 0:
            raise ValueError(f"Expected non-negative epoch, but got {epoch}")
        else:
            self._go_to(epoch)
        self.last_epoch = math.floor(epoch)
        with _enable_get_lr_call(self):
            self._set(self.get_lr())

    def _go_to(self, epoch: float) -> None:
        """Find the descent that a step is in."""
        if epoch < self.T_0:
            self.T_i, self.T_cur = self.T_0, epoch
        elif self.T_mult == 1:
            self.T_cur = epoch % self.T_0
        else:
            n = int(math.log(epoch / self.T_0 * (self.T_mult - 1) + 1, self.T_mult))
            self.T_cur = epoch - self.T_0 * (self.T_mult**n - 1) / (self.T_mult - 1)
            self.T_i = self.T_0 * self.T_mult**n
