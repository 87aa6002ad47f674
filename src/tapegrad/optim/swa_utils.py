"""`torch.optim.swa_utils`: models whose weights are averages, and the schedule for training them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from typing import Any, Literal

import numpy as np

from ..autograd.grad_mode import no_grad
from ..nn.modules.module import Module
from ..tensor.tensor import Tensor, new_tensor
from .lr_scheduler.base import LRScheduler, per_group, warn_outside_of_step
from .optimizer import Optimizer

Average = Callable[[Any, Any, Any], Any]


def get_ema_multi_avg_fn(decay: float = 0.999) -> Callable[..., None]:
    """A function that moves lists of averages towards lists of values: decay · average + (1 - decay) · value.

    Raises:
        ValueError: the decay is not in [0, 1].
    """
    _check_decay(decay)

    def ema_update(ema_param_list: Sequence[Any], current_param_list: Sequence[Any], _: Any) -> None:
        with no_grad():
            for average, value in zip(ema_param_list, current_param_list, strict=True):
                if _is_inexact(average):
                    average.lerp_(value, 1 - decay)
                else:
                    average.copy_(average * decay + value * (1 - decay))

    return ema_update


def get_swa_multi_avg_fn() -> Callable[..., None]:
    """A function that takes one more value into each of a list of means."""

    def swa_update(averaged_param_list: Sequence[Any], current_param_list: Sequence[Any], num_averaged: Any) -> None:
        with no_grad():
            weight = 1 / (num_averaged + 1)
            for average, value in zip(averaged_param_list, current_param_list, strict=True):
                if _is_inexact(average):
                    average.lerp_(value, weight)
                else:
                    average.copy_(average + (value - average) * weight)

    return swa_update


def get_ema_avg_fn(decay: float = 0.999) -> Average:
    """A function that computes an exponential average: decay · average + (1 - decay) · value.

    Raises:
        ValueError: the decay is not in [0, 1].
    """
    _check_decay(decay)

    def ema_update(ema_param: Any, current_param: Any, num_averaged: Any) -> Any:
        with no_grad():
            return decay * ema_param + (1 - decay) * current_param

    return ema_update


def get_swa_avg_fn() -> Average:
    """A function that takes one more value into a mean."""

    def swa_update(averaged_param: Any, current_param: Any, num_averaged: Any) -> Any:
        with no_grad():
            return averaged_param + (current_param - averaged_param) / (num_averaged + 1)

    return swa_update


def _check_decay(decay: float) -> None:
    if decay < 0.0 or decay > 1.0:
        raise ValueError(f"Invalid decay value {decay} provided. Please provide a value in [0,1] range.")


def _is_inexact(x: Tensor) -> bool:
    return x.is_floating_point() or x.is_complex()


class AveragedModel(Module):
    """A copy of a model whose parameters are averages of what those of the model were.

    Args:
        model: the model.
        device: where the copy lives.
        avg_fn: (average, value, number of values so far) ↦ average; the mean by default.
        multi_avg_fn: the same in place on lists of tensors.
        use_buffers: average the buffers, too; else they are copied.

    Attributes:
        module: the copy.
        n_averaged: how many values were averaged.

    Reference: Izmailov et al., "Averaging weights leads to wider optima and better generalization", 2018,
    arXiv:1803.05407.

    >>> import tapegrad as torch
    >>> model = torch.nn.Linear(1, 1, bias=False)
    >>> averaged = torch.optim.swa_utils.AveragedModel(model)
    >>> for value in [1.0, 3.0]:
    ...     _ = torch.nn.init.constant_(model.weight, value)
    ...     averaged.update_parameters(model)
    >>> averaged(torch.ones(1)).item()
    2.0
    """

    n_averaged: Tensor

    def __init__(
        self,
        model: Module,
        device: Any = None,
        avg_fn: Average | None = None,
        multi_avg_fn: Callable[..., None] | None = None,
        use_buffers: bool = False,
    ) -> None:
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise AssertionError("Only one of avg_fn and multi_avg_fn should be provided")
        self.module = deepcopy(model)
        if device is not None:
            self.module = self.module.to(device)
        self.register_buffer("n_averaged", new_tensor(np.array(0)))
        self.avg_fn = avg_fn
        self.multi_avg_fn = multi_avg_fn
        self.use_buffers = use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the averaged model makes of its inputs."""
        return self.module(*args, **kwargs)

    def update_parameters(self, model: Module) -> None:
        """Take the parameters that a model has now into the averages."""
        if self.use_buffers:
            own: Iterable[Any] = itertools.chain(self.module.parameters(), self.module.buffers())
            new: Iterable[Any] = itertools.chain(model.parameters(), model.buffers())
        else:
            own, new = self.parameters(), model.parameters()
        averages, values = [], []
        for average, value in zip(own, new, strict=False):
            averages.append(average.detach())
            values.append(value.detach())
        if self.n_averaged == 0:
            for average, value in zip(averages, values, strict=True):
                average.copy_(value)
        elif self.multi_avg_fn is not None:
            self._by_type(self.multi_avg_fn, averages, values)
        else:
            function = self.avg_fn or get_swa_avg_fn()
            for average, value in zip(averages, values, strict=True):
                average.copy_(function(average, value, self.n_averaged))
        if not self.use_buffers:
            for copy, value in zip(self.module.buffers(), model.buffers(), strict=True):
                copy.detach().copy_(value.detach())
        self.n_averaged += 1

    def _by_type(self, function: Callable[..., None], averages: list[Any], values: list[Any]) -> None:
        """Call a function of lists once for each dtype."""
        lists: dict[Any, tuple[list[Any], list[Any]]] = {}
        for average, value in zip(averages, values, strict=True):
            of_type = lists.setdefault(average.dtype, ([], []))
            of_type[0].append(average)
            of_type[1].append(value)
        for some_averages, some_values in lists.values():
            function(some_averages, some_values, self.n_averaged)


def update_bn(loader: Iterable[Any], model: Module, device: Any = None) -> None:
    """Compute the statistics of a model's batch normalisations anew, from one pass over data.

    Args:
        loader: batches of inputs, or lists whose first element is one.
        model: the model, which is in training mode meanwhile.
        device: where the inputs are put.
    """
    from ..nn.modules.batchnorm import _BatchNorm

    momenta: dict[Any, Any] = {}
    for module in model.modules():
        if isinstance(module, _BatchNorm):
            module.reset_running_stats()
            momenta[module] = module.momentum
    if not momenta:
        return
    was_training = model.training
    model.train()
    for module in momenta:
        module.momentum = None  # a plain mean over all batches
    with no_grad():
        for batch in loader:
            inputs = batch[0] if isinstance(batch, (list, tuple)) else batch
            model(inputs if device is None else inputs.to(device))
    for module, momentum in momenta.items():
        module.momentum = momentum
    model.train(was_training)


class SWALR(LRScheduler):
    """From the present learning rate to a constant one.

    Args:
        optimizer: whose learning rates are set.
        swa_lr: the constant learning rate, or one for each parameter group.
        anneal_epochs: steps on the way.
        anneal_strategy: "cos" or "linear".
        last_epoch: number of the last step when going on, or -1.

    Raises:
        ValueError: an option is none of the above.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: float | list[float],
        anneal_epochs: int = 10,
        anneal_strategy: Literal["cos", "linear"] = "cos",
        last_epoch: int = -1,
    ) -> None:
        for lr, group in zip(per_group("swa_lr", optimizer, swa_lr), optimizer.param_groups, strict=True):
            group["swa_lr"] = lr
        if anneal_strategy not in ["cos", "linear"]:
            raise ValueError(f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}")
        self._set_anneal_func(anneal_strategy)
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueError(f"anneal_epochs must be equal or greater than 0, got {anneal_epochs}")
        self.anneal_epochs = anneal_epochs
        super().__init__(optimizer, last_epoch)

    @staticmethod
    def _linear_anneal(t: float) -> float:
        return t

    @staticmethod
    def _cosine_anneal(t: float) -> float:
        return (1 - math.cos(math.pi * t)) / 2

    @staticmethod
    def _get_initial_lr(lr: Any, swa_lr: Any, alpha: float) -> Any:
        """Where a learning rate started that has gone the fraction alpha of its way."""
        return swa_lr if alpha == 1 else (lr - alpha * swa_lr) / (1 - alpha)

    def get_lr(self) -> list[Any]:
        """Compute the learning rates of the present step."""
        warn_outside_of_step(self)
        step = self._step_count - 1
        if self.anneal_epochs == 0:
            step = max(1, step)
        whole = max(1, self.anneal_epochs)
        before = self.anneal_func(max(0, min(1, (step - 1) / whole)))
        now = self.anneal_func(max(0, min(1, step / whole)))
        lrs = []
        for group in self.optimizer.param_groups:
            start = self._get_initial_lr(group["lr"], group["swa_lr"], before)
            lrs.append(group["swa_lr"] * now + start * (1 - now))
        return lrs

    def _set_anneal_func(self, anneal_strategy: str) -> None:
        self._anneal_strategy = anneal_strategy
        self.anneal_func: Callable[[float], float] = (
            self._cosine_anneal if anneal_strategy == "cos" else self._linear_anneal
        )

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimizer and the function."""
        return {key: value for key, value in super().state_dict().items() if key != "anneal_func"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a state that `state_dict()` gave."""
        self.__dict__.update(state_dict)
        self._set_anneal_func(self._anneal_strategy)


__all__ = [
    "SWALR",
    "AveragedModel",
    "get_ema_avg_fn",
    "get_ema_multi_avg_fn",
    "get_swa_avg_fn",
    "get_swa_multi_avg_fn",
    "update_bn",
]
