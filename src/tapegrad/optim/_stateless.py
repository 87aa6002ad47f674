"""Running an optimizer on other parameters and another state for a while."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from ..tensor.tensor import Tensor
from .optimizer import Optimizer

_NAME = "swap_in_optimizer_params_and_state"


class _GroupSwap(NamedTuple):
    """A group of the optimizer, the group and the parameters that stand in for it."""

    live: dict[str, Any]
    group: dict[str, Any]
    params: list[Tensor]


@contextmanager
def swap_in_optimizer_params_and_state(
    optimizer: Optimizer, swapin_parameters: dict[str, Tensor], swapin_optim_state: dict[str, Any]
) -> Iterator[None]:
    """Have an optimizer work on other parameters, with another state and other options, within a `with`.

    Args:
        optimizer: an optimizer that has a state.
        swapin_parameters: the parameters by name, in the order of the optimizer's groups.
        swapin_optim_state: what `state_dict()` gives.

    Raises:
        RuntimeError: state and parameters do not fit the optimizer.

    >>> import tapegrad as torch
    >>> w, v = torch.ones(1, requires_grad=True), torch.ones(1, requires_grad=True)
    >>> optimizer = torch.optim.SGD([w], lr=0.5, momentum=0.9)
    >>> w.grad = v.grad = torch.ones(1)
    >>> optimizer.step()
    >>> with torch.optim.swap_in_optimizer_params_and_state(optimizer, {"v": v}, optimizer.state_dict()):
    ...     optimizer.step()
    >>> w.detach(), v.detach()
    (tensor([0.5000]), tensor([0.0500]))
    """
    state, swaps = _prepare(optimizer, swapin_parameters, swapin_optim_state)
    own_state, own_groups = optimizer.state, [dict(group) for group in optimizer.param_groups]
    try:
        swapped: defaultdict[Any, Any] = defaultdict(dict)
        for swap in swaps:
            swap.live.update(swap.group, params=swap.params)
            for param, number in zip(swap.params, swap.group["params"], strict=True):
                swapped[param] = dict(state.get(number, {}))
        optimizer.state = swapped
        yield
    finally:
        for group, own in zip(optimizer.param_groups, own_groups, strict=True):
            group.clear()
            group.update(own)
        optimizer.state = own_state


def _prepare(
    optimizer: Optimizer, parameters: dict[str, Tensor], given: Any
) -> tuple[dict[Any, Any], list[_GroupSwap]]:
    if not optimizer.state:
        raise RuntimeError(f"{_NAME} requires initialized optimizer state.")
    if not isinstance(given, dict):
        raise RuntimeError(f"{_NAME} requires a DCP-style optimizer state_dict.")
    state, groups = _checked_state(given.get("state")), given.get("param_groups")
    if not isinstance(groups, list):
        raise RuntimeError(
            f"{_NAME} requires swapin_optim_state['param_groups'] to be a list of param-group dicts, got "
            f"{type(groups).__name__}."
        )
    if len(groups) != len(optimizer.param_groups):
        raise RuntimeError("swapin_optim_state has a different number of parameter groups than the live optimizer.")
    flat, start, swaps = list(parameters.values()), 0, []
    for i, (live, group) in enumerate(zip(optimizer.param_groups, groups, strict=True)):
        end = start + len(_checked_numbers(i, live, group))
        if end > len(flat):
            raise RuntimeError(
                f"{_NAME} requires the explicit parameter state to match optimizer.param_groups ordering."
            )
        swaps.append(_GroupSwap(live, group, flat[start:end]))
        start = end
    known = {number for group in groups for number in group["params"]}
    extra = [key for key in state if key not in known]
    if extra:
        raise RuntimeError(
            f"{_NAME} requires swapin_optim_state['state'] to be keyed only by packed parameter ids from "
            f"param_groups[*]['params']; got extra keys {extra!r}."
        )
    return state, swaps


def _checked_state(state: Any) -> dict[Any, Any]:
    if not isinstance(state, dict):
        raise RuntimeError(
            f"{_NAME} requires swapin_optim_state['state'] to be a dict mapping packed parameter ids to per-param state"
            f" dicts, got {type(state).__name__}."
        )
    if any(isinstance(key, Tensor) for key in state):
        raise RuntimeError(f"{_NAME} requires optimizer.state_dict()-style state keyed by packed parameter ids.")
    if any(isinstance(key, int) and not isinstance(value, dict) for key, value in state.items()):
        raise RuntimeError(f"{_NAME} requires per-parameter optimizer state entries to be dictionaries.")
    return state


def _checked_numbers(i: int, live: dict[str, Any], group: Any) -> list[int]:
    """The numbers of the parameters in a group, which must be like the optimizer's."""
    if not isinstance(group, dict):
        raise RuntimeError(f"{_NAME} requires each optimizer param group to be a dictionary.")
    numbers = group.get("params")
    if not isinstance(numbers, list) or not all(isinstance(number, int) for number in numbers):
        raise RuntimeError(
            f"{_NAME} requires optimizer.state_dict()-style param_groups[*]['params'] entries keyed by packed"
            " parameter ids."
        )
    if len(live["params"]) != len(numbers):
        raise RuntimeError(
            f"swapin_optim_state param group {i} has a different number of params than the live optimizer param group."
        )
    extra, missing = [k for k in group if k not in live], [k for k in live if k not in group]
    if extra or missing:
        raise RuntimeError(
            f"{_NAME} requires optimizer.state_dict()-style param group keys to exactly match the live optimizer group"
            f" keys for group {i}. Keys only in swap-in: {extra}. Keys only in live: {missing}."
        )
    return numbers


swap_in_optimizer_params_and_state.__module__ = "tapegrad.optim"

__all__ = ["swap_in_optimizer_params_and_state"]
