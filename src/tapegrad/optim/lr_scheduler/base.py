"""`LRScheduler`, from which every scheduler derives, and what they share."""

from __future__ import annotations

import functools
import warnings
import weakref
from collections.abc import Callable
from types import FunctionType, MethodType
from typing import Any, Final

from ...tensor.tensor import Tensor
from ..helpers import _to_scalar
from ..optimizer import Optimizer

EPOCH_DEPRECATION_WARNING: Final = (
    "The epoch parameter in `scheduler.step()` was not necessary and is being deprecated where possible. Please use"
    " `scheduler.step()` to step the scheduler. During the deprecation, if epoch is different from None, the closed"
    " form is used instead of the new chainable form, where available. Please open an issue if you are unable to"
    " replicate your use case: https://github.com/pytorch/pytorch/issues/new/choose."
)
_ORDER: Final = "See more details at https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate"


class LRScheduler:
    """Base class of learning rate schedulers.

    A subclass implements `get_lr`, which computes the learning rates of the step number `last_epoch`: from those of
    the step before ("chainable"), so that several schedulers may work on one optimizer. `_get_closed_form_lr`, if
    there is one, computes them from the first ones, for `step(epoch)`.

    Args:
        optimizer: whose learning rates are set.
        last_epoch: number of the last step when going on from a checkpoint, or -1 to start.

    Raises:
        TypeError: `optimizer` is none.
        KeyError: going on, but the optimizer's groups know no "initial_lr".
    """

    _get_lr_called_within_step: bool = False
    _is_initial: bool = False
    base_lrs: list[Any]
    last_epoch: int
    _last_lr: list[Any]

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        check_optimizer(optimizer)
        self.optimizer = optimizer
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", _own(group["lr"]))
            elif "initial_lr" not in group:
                raise KeyError(
                    f"param 'initial_lr' is not specified in param_groups[{i}] when resuming scheduler with last_epoch"
                    " >= 0.\nLoad the optimizer's state dict first, or leave last_epoch at -1 to start anew."
                )
        self.base_lrs = values_of(optimizer, "initial_lr")
        self.last_epoch = last_epoch
        _note_steps(optimizer)
        self._initial_step()

    def _initial_step(self) -> None:
        """Set the learning rates of the first step."""
        self._step_count = 0
        with _initial_mode(self):
            self.step()

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimizer."""
        return {key: value for key, value in self.__dict__.items() if key != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a state that `state_dict()` gave."""
        self.__dict__.update(state_dict)

    def get_last_lr(self) -> list[Any]:
        """The learning rates that were set last, by parameter group."""
        return self._last_lr

    def get_lr(self) -> list[Any]:
        """Compute the learning rates of the present step; called by `step()`."""
        raise NotImplementedError

    def step(self, epoch: int | None = None) -> None:
        """Go to the next step, or (deprecated) to a step by its number."""
        if self._step_count == 1:
            self._check_order()
        self._step_count += 1
        if epoch is not None:
            warnings.warn(EPOCH_DEPRECATION_WARNING, UserWarning, stacklevel=2)
        self._update_lr(epoch)

    def _check_order(self) -> None:
        """Warn if the optimizer has made no step before the scheduler's second."""
        if not hasattr(self.optimizer.step, "_wrapped_by_lr_sched"):
            warnings.warn(
                "Seems like `optimizer.step()` has been overridden after learning rate scheduler initialization."
                " Please, make sure to call `optimizer.step()` before `lr_scheduler.step()`. " + _ORDER,
                UserWarning,
                stacklevel=3,
            )
        elif not getattr(self.optimizer, "_opt_called", False):
            warnings.warn(
                "Detected call of `lr_scheduler.step()` before `optimizer.step()`. In PyTorch 1.1.0 and later, you"
                " should call them in the opposite order: `optimizer.step()` before `lr_scheduler.step()`. Otherwise"
                " the first value of the schedule is skipped. " + _ORDER,
                UserWarning,
                stacklevel=3,
            )

    def _update_lr(self, epoch: int | None = None) -> None:
        with _enable_get_lr_call(self):
            if epoch is None:
                self.last_epoch += 1
                values = self.get_lr()
            else:
                self.last_epoch = epoch
                values = getattr(self, "_get_closed_form_lr", self.get_lr)()
        self._set(values)

    def _set(self, values: list[Any]) -> None:
        for group, lr in zip(self.optimizer.param_groups, values, strict=True):
            set_value(group, "lr", lr)
        self._last_lr = values_of(self.optimizer, "lr")

    def _present(self) -> list[Any]:
        """The learning rates as they are."""
        return values_of(self.optimizer, "lr")

    def _scaled(self, factor: float) -> list[Any]:
        """The learning rates times a factor."""
        return [group["lr"] * factor for group in self.optimizer.param_groups]

    def _scaled_first(self, factor: float) -> list[Any]:
        """The first learning rates times a factor."""
        return [lr * factor for lr in self.base_lrs]


class _LRScheduler(LRScheduler):
    """The name that `LRScheduler` once had; programs ask whether schedulers are instances of it."""


def check_optimizer(optimizer: Any) -> None:
    """Refuse what is no optimizer.

    Raises:
        TypeError: as torch words it.
    """
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")


def warn_outside_of_step(scheduler: LRScheduler) -> None:
    """`get_lr()` computes the next learning rates: warn users who call it to see the present ones."""
    if not scheduler._get_lr_called_within_step:
        warnings.warn(
            "To get the last learning rate computed by the scheduler, please use `get_last_lr()`.",
            UserWarning,
            stacklevel=3,
        )


def _note_steps(optimizer: Any) -> None:
    """Have the optimizer note that its `step` was called, for the warning about the order of calls."""
    if hasattr(optimizer.step, "_wrapped_by_lr_sched"):
        return
    # The optimizer holds the wrapper, so the wrapper must not hold the optimizer.
    reference, function = weakref.ref(optimizer), optimizer.step.__func__

    @functools.wraps(function)
    def step(*args: Any, **kwargs: Any) -> Any:
        owner: Any = reference()
        owner._opt_called = True
        return MethodType(function, owner)(*args, **kwargs)

    step._wrapped_by_lr_sched = True  # type: ignore[attr-defined]
    optimizer.step = step


class _enable_get_lr_call:
    """Within it, `get_lr()` is called by `step()`."""

    def __init__(self, o: LRScheduler) -> None:
        self.o = o

    def __enter__(self) -> _enable_get_lr_call:
        self.o._get_lr_called_within_step = True
        return self

    def __exit__(self, *exc: object) -> None:
        self.o._get_lr_called_within_step = False


class _initial_mode:
    """Within it, the scheduler sets the learning rates of the first step."""

    def __init__(self, o: LRScheduler) -> None:
        self.o = o

    def __enter__(self) -> None:
        self.o._is_initial = True

    def __exit__(self, *exc: object) -> None:
        self.o._is_initial = False


# -- values in parameter groups; a learning rate may be a tensor, which is then written into ---------------------------


def _own(value: Any) -> Any:
    return value.clone() if isinstance(value, Tensor) else value


def values_of(optimizer: Optimizer, key: str) -> list[Any]:
    """An option of each parameter group."""
    return [_own(group[key]) for group in optimizer.param_groups]


def set_value(group: dict[str, Any], key: str, value: Any) -> None:
    """Set an option of a parameter group."""
    if isinstance(group[key], Tensor):
        group[key].fill_(_to_scalar(value))
    else:
        group[key] = value


def per_group(name: str, optimizer: Optimizer, value: Any) -> list[Any]:
    """An option given once, or once for each parameter group.

    Raises:
        ValueError: there are more or fewer values than groups.
    """
    groups = len(optimizer.param_groups)
    if not isinstance(value, (list, tuple)):
        return [_own(value) for _ in range(groups)]
    if len(value) != groups:
        raise ValueError(
            f"{name} must have the same length as optimizer.param_groups. {name} has {len(value)} values, param_groups"
            f" has {groups}."
        )
    return [_own(v) for v in value]


# -- functions in state dicts: an object's attributes are saved, a plain function is not -------------------------------


def saved_function(function: Callable[..., Any] | None) -> dict[str, Any] | None:
    """What a state dict keeps of a function: the attributes of an object that can be called, else None."""
    return None if function is None or isinstance(function, FunctionType) else function.__dict__.copy()
