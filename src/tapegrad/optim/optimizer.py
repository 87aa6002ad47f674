"""`Optimizer`, from which every optimizer derives: parameter groups, state, hooks, and saving."""

from __future__ import annotations

import functools
import warnings
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable
from copy import deepcopy
from itertools import chain
from typing import Any, Final, TypeAlias

from ..autograd.hooks import RemovableHandle
from ..tensor import dtypes
from ..tensor.questions import typename
from ..tensor.tensor import Tensor
from .helpers import (
    _default_to_fused_or_foreach as _default_to_fused_or_foreach,
)
from .helpers import (
    _device_dtype_check_for_fused as _device_dtype_check_for_fused,
)
from .helpers import (
    _disable_dynamo_if_unsupported as _disable_dynamo_if_unsupported,
)
from .helpers import (
    _get_capturable_supported_devices as _get_capturable_supported_devices,
)
from .helpers import (
    _get_scalar_dtype as _get_scalar_dtype,
)
from .helpers import (
    _get_value as _get_value,
)
from .helpers import (
    _to_scalar as _to_scalar,
)
from .helpers import (
    _use_grad_for_differentiable as _use_grad_for_differentiable,
)
from .helpers import (
    _view_as_real as _view_as_real,
)

Params: TypeAlias = Iterable[Tensor] | Iterable[dict[str, Any]] | Iterable[tuple[str, Tensor]]
ParamsT = Params  # torch's name
StateDict: TypeAlias = dict[str, Any]
Hook: TypeAlias = Callable[..., Any]


class _RequiredParameter:
    """The default of an option that every parameter group has to give."""

    def __repr__(self) -> str:
        return "<required parameter>"


required: Final = _RequiredParameter()

_global_optimizer_pre_hooks: dict[int, Hook] = OrderedDict()
_global_optimizer_post_hooks: dict[int, Hook] = OrderedDict()


def register_optimizer_step_pre_hook(hook: Hook) -> RemovableHandle:
    """Call `hook(optimizer, args, kwargs)` before each step of every optimizer.

    What it returns, if not None, replaces the arguments: a tuple (args, kwargs).
    """
    return RemovableHandle.put(_global_optimizer_pre_hooks, hook)


def register_optimizer_step_post_hook(hook: Hook) -> RemovableHandle:
    """Call `hook(optimizer, args, kwargs)` after each step of every optimizer."""
    return RemovableHandle.put(_global_optimizer_post_hooks, hook)


def _put(hooks: OrderedDict[int, Hook], hook: Hook, prepend: bool) -> RemovableHandle:
    handle = RemovableHandle.put(hooks, hook)
    if prepend:
        hooks.move_to_end(handle.id, last=False)
    return handle


# The six dictionaries of hooks that an optimizer has.
_HOOKS: Final = tuple(
    f"_optimizer_{moment}_{when}_hooks"
    for moment in ("step", "state_dict", "load_state_dict")
    for when in ("pre", "post")
)


class Optimizer:
    """Base class of optimizers.

    A subclass gives its options with their defaults and implements `step`.

    Args:
        params: tensors, pairs of name and tensor, or dictionaries: parameter groups, each with its "params" and with
            the options in which it differs.
        defaults: the options of groups that do not give them.

    Raises:
        TypeError: `params` is a tensor or holds something that is no tensor.
        ValueError: there are no parameters, or groups do not fit together.

    >>> import tapegrad as torch
    >>> w = torch.nn.Parameter(torch.ones(2))
    >>> class Descent(torch.optim.Optimizer):
    ...     @torch.no_grad()
    ...     def step(self, closure=None):
    ...         for group in self.param_groups:
    ...             for p in group["params"]:
    ...                 p -= group["lr"] * p.grad
    >>> optimizer = Descent([w], {"lr": 0.5})
    >>> w.grad = torch.ones(2)
    >>> optimizer.step()
    >>> w.detach()
    tensor([0.5000, 0.5000])
    """

    defaults: dict[str, Any]
    state: defaultdict[Any, Any]
    param_groups: list[dict[str, Any]]
    _optimizer_step_pre_hooks: OrderedDict[int, Hook]
    _optimizer_step_post_hooks: OrderedDict[int, Hook]
    _optimizer_state_dict_pre_hooks: OrderedDict[int, Hook]
    _optimizer_state_dict_post_hooks: OrderedDict[int, Hook]
    _optimizer_load_state_dict_pre_hooks: OrderedDict[int, Hook]
    _optimizer_load_state_dict_post_hooks: OrderedDict[int, Hook]

    def __init__(self, params: Params, defaults: dict[str, Any]) -> None:
        self.defaults = defaults
        for name in _HOOKS:
            setattr(self, name, OrderedDict())
        self._patch_step_function()
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, but got "
                + typename(params)
                + ". Put it into a list."
            )
        self.state = defaultdict(dict)
        self.param_groups = []
        groups: list[Any] = list(params)
        if not groups:
            raise ValueError(
                "optimizer got an empty parameter list. A generator such as model.parameters() is empty once it was"
                " gone through: is it used twice, or has the model no parameters?"
            )
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)
        self._warned_capturable_if_run_uncaptured = True

    def __getstate__(self) -> dict[str, Any]:
        return {"defaults": self.defaults, "state": self.state, "param_groups": self.param_groups}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        for name in _HOOKS:
            self.__dict__.setdefault(name, OrderedDict())
        self._patch_step_function()
        self.defaults.setdefault("differentiable", False)

    def __repr__(self) -> str:
        text = f"{type(self).__name__} ("
        for i, group in enumerate(self.param_groups):
            text += f"\nParameter Group {i}\n"
            text += "".join(f"    {key}: {group[key]}\n" for key in sorted(group) if key != "params")
        return text + ")"

    # -- parameter groups ------------------------------------------------------------------------------------------

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group of parameters, to be optimized with options of its own.

        Args:
            param_group: its "params", and the options in which it differs from the defaults. The dictionary itself
                becomes the group.

        Raises:
            TypeError: it is no dictionary, its parameters are a set, or one of them is no tensor.
            ValueError: a parameter is not a leaf, is in a group already, or has a name where others have none; an
                option without a default is missing.
        """
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        params = param_group["params"]
        if isinstance(params, set):
            raise TypeError(
                "optimizer parameters need to be organized in ordered collections, but the ordering of tensors in sets"
                " will change between runs. Please use a list instead."
            )
        given = [params] if isinstance(params, Tensor) else list(params)
        names = [p[0] for p in given if isinstance(p, tuple)]
        param_group["params"] = params = [p[1] if isinstance(p, tuple) else p for p in given]
        if names:
            if len(names) != len(params):
                raise ValueError(
                    "all optimizer params should be with/without names. Some param names are missing: "
                    f"{len(names)} of {len(params)} parameters came as pairs of name and tensor."
                )
            param_group["param_names"] = names
        for p in params:
            self._check_param(p)
        for name, default in self.defaults.items():
            if default is required and name not in param_group:
                raise ValueError(f"parameter group didn't specify a value of required optimization parameter {name}")
            param_group.setdefault(name, default)
        if len(params) != len(set(params)):
            warnings.warn(
                "optimizer contains a parameter group with duplicate parameters; in future, this will cause an error; "
                "see github.com/pytorch/pytorch/issues/40967 for more information",
                stacklevel=3,
            )
        self._check_group(param_group)
        self.param_groups.append(param_group)

    def _check_param(self, param: Any) -> None:
        if not isinstance(param, Tensor):
            raise TypeError(f"optimizer can only optimize Tensors, but one of the params is {typename(param)}")
        if not self.defaults.get("differentiable", None) and not (param.is_leaf or param.retains_grad):
            raise ValueError(
                "can't optimize a non-leaf Tensor. It is the result of a recorded operation"
                f" ({param.grad_fn.name() if param.grad_fn is not None else 'none'}); give the tensor it was made from,"
                " or x.detach().requires_grad_()."
            )

    def _check_group(self, new: dict[str, Any]) -> None:
        for group in self.param_groups:
            if ("param_names" in new) != ("param_names" in group):
                raise ValueError(
                    "all optimizer param groups should be with/without names. cannot add param group "
                    f"{'with' if 'param_names' in new else 'without'} names to the optimizer"
                )
        known = {p for group in self.param_groups for p in group["params"]}
        if not known.isdisjoint(new["params"]):
            raise ValueError("some parameters appear in more than one parameter group")

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters.

        Args:
            set_to_none: make them None; else they are filled with zeros, and cut off from any graph they are part of.
        """
        for group in self.param_groups:
            for p in group["params"]:
                if set_to_none:
                    p._grad = None
                elif p.grad is not None:
                    if p.grad.grad_fn is not None:
                        p.grad.detach_()
                    else:
                        p.grad.requires_grad_(False)
                    p.grad.zero_()

    # -- steps -----------------------------------------------------------------------------------------------------

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update the parameters once.

        Args:
            closure: computes the loss and its gradients anew, and returns the loss.

        Returns:
            What the closure returned.
        """
        raise NotImplementedError

    @staticmethod
    def profile_hook_step(func: Callable[..., Any]) -> Callable[..., Any]:
        """A step function with the hooks around it."""

        @functools.wraps(func)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            self = args[0]
            before, after = self._optimizer_step_pre_hooks, self._optimizer_step_post_hooks
            if not (before or after or _global_optimizer_pre_hooks or _global_optimizer_post_hooks):
                return func(*args, **kwargs)
            for hook in [*_global_optimizer_pre_hooks.values(), *before.values()]:
                result = hook(self, args, kwargs)
                if result is None:
                    continue
                if not (isinstance(result, tuple) and len(result) == 2):
                    raise RuntimeError(
                        f"{func} must return None or a tuple of (new_args, new_kwargs), but got {result}."
                    )
                args, kwargs = result
            out = func(*args, **kwargs)
            for hook in [*after.values(), *_global_optimizer_post_hooks.values()]:
                hook(self, args, kwargs)
            return out

        return wrapper

    def _patch_step_function(self) -> None:
        """Put the hooks around the class's step function, once."""
        cls: Any = type(self)
        if not getattr(cls.step, "hooked", None):
            cls.step = self.profile_hook_step(cls.step)
            cls.step.hooked = True

    def _accelerator_graph_capture_health_check(self) -> None:
        """Nothing to check: there are no accelerators. Subclasses written for torch call it."""

    _cuda_graph_capture_health_check = _accelerator_graph_capture_health_check

    def _optimizer_step_code(self) -> None:
        """Nothing: torch's profiler looks at it."""

    # -- hooks -----------------------------------------------------------------------------------------------------

    def register_step_pre_hook(self, hook: Hook) -> RemovableHandle:
        """Call `hook(optimizer, args, kwargs)` before each step; what it returns replaces the arguments."""
        return RemovableHandle.put(self._optimizer_step_pre_hooks, hook)

    def register_step_post_hook(self, hook: Hook) -> RemovableHandle:
        """Call `hook(optimizer, args, kwargs)` after each step."""
        return RemovableHandle.put(self._optimizer_step_post_hooks, hook)

    def register_state_dict_pre_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call `hook(optimizer)` before `state_dict()`, the first of all if `prepend`."""
        return _put(self._optimizer_state_dict_pre_hooks, hook, prepend)

    def register_state_dict_post_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call `hook(optimizer, state_dict)` after `state_dict()`; it may change the dictionary or return another."""
        return _put(self._optimizer_state_dict_post_hooks, hook, prepend)

    def register_load_state_dict_pre_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call `hook(optimizer, state_dict)` before loading; it may change the dictionary or return another."""
        return _put(self._optimizer_load_state_dict_pre_hooks, hook, prepend)

    def register_load_state_dict_post_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call `hook(optimizer)` after loading a state."""
        return _put(self._optimizer_load_state_dict_post_hooks, hook, prepend)

    # -- saving ----------------------------------------------------------------------------------------------------

    def state_dict(self) -> StateDict:
        """The state, with the parameters numbered in order: "state" by number, and "param_groups".

        Its tensors are those of the optimizer itself, not copies.
        """
        for hook in self._optimizer_state_dict_pre_hooks.values():
            hook(self)
        numbers: dict[int, int] = {}
        groups, start = [], 0
        for group in self.param_groups:
            params = group["params"]
            for i, p in enumerate(params, start):
                numbers.setdefault(id(p), i)
            start += len(params)
            packed = {key: value for key, value in group.items() if key != "params"}
            groups.append(packed | {"params": [numbers[id(p)] for p in params]})
        state = {numbers[id(k)] if isinstance(k, Tensor) else k: value for k, value in self.state.items()}
        result: StateDict = {"state": state, "param_groups": groups}
        for hook in self._optimizer_state_dict_post_hooks.values():
            changed = hook(self, result)
            if changed is not None:
                result = changed
        return result

    def load_state_dict(self, state_dict: StateDict) -> None:
        """Go on from a state that `state_dict()` gave.

        Parameters are matched by their order. Tensors are converted to the type of their parameter, but for "step".
        Names of parameters are taken over and play no part in the matching.

        Raises:
            ValueError: the numbers of groups, or of parameters in a group, differ.
        """
        state_dict = state_dict.copy()
        for hook in self._optimizer_load_state_dict_pre_hooks.values():
            changed = hook(self, state_dict)
            if changed is not None:
                state_dict = changed
        groups, saved = self.param_groups, deepcopy(state_dict["param_groups"])
        if len(groups) != len(saved):
            raise ValueError(
                "loaded state dict has a different number of parameter groups: "
                f"{len(saved)}, where the optimizer has {len(groups)}."
            )
        for i, (group, new) in enumerate(zip(groups, saved, strict=True)):
            if len(group["params"]) != len(new["params"]):
                raise ValueError(
                    "loaded state dict contains a parameter group that doesn't match the size of optimizer's group: "
                    f"group {i} has {len(new['params'])} parameters there and {len(group['params'])} here."
                )
        params = dict(
            zip(
                chain.from_iterable(g["params"] for g in saved),
                chain.from_iterable(g["params"] for g in groups),
                strict=True,
            )
        )
        state: defaultdict[Any, Any] = defaultdict(dict)
        for key, value in state_dict["state"].items():
            if key in params:
                state[params[key]] = _fitted(value, params[key], key, state_dict["param_groups"])
            else:
                state[key] = value
        for group, new in zip(groups, saved, strict=True):
            new["params"] = group["params"]
            if "param_names" in group:
                new.setdefault("param_names", group["param_names"])
        self.__setstate__({"state": state, "param_groups": saved})
        for hook in self._optimizer_load_state_dict_post_hooks.values():
            hook(self)

    @staticmethod
    def _process_value_according_to_param_policy(
        param: Tensor, value: Tensor, param_id: Any, param_groups: list[dict[str, Any]], key: Any = None
    ) -> Tensor:
        """A loaded tensor as the state of a parameter: in the parameter's type, but for "step"."""
        if key == "step":
            group: dict[str, Any] = next((g for g in param_groups if param_id in g["params"]), {})
            if group.get("capturable", False) or group.get("fused", False):
                return value.to(dtypes.float32)
            return value
        return value.to(param.dtype) if param.is_floating_point() else value


def _fitted(value: Any, param: Tensor, number: Any, groups: list[dict[str, Any]], key: Any = None) -> Any:
    """A loaded state of a parameter, copied, with all tensors in it made to fit."""
    if isinstance(value, Tensor):
        return Optimizer._process_value_according_to_param_policy(param, value, number, groups, key)
    if isinstance(value, dict):
        return {k: _fitted(v, param, number, groups, k) for k, v in value.items()}
    if isinstance(value, Iterable):
        kind: Any = type(value)
        return kind(_fitted(v, param, number, groups) for v in value)
    return value


__all__ = ["Optimizer", "register_optimizer_step_post_hook", "register_optimizer_step_pre_hook"]
