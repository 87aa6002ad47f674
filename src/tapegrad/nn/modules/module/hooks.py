"""Hooks of modules: where they are kept, and those that are called for every module.

Calling a module is a hot path, and almost no program hooks into it. So the call asks one question, `in_use.any`: has
any hook of this process ever been registered? It is set by whatever puts a hook into one of the dictionaries below,
which are therefore `HookDict`s, and is never taken back: from then on each call looks into the module's dictionaries.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from ....autograd.hooks import RemovableHandle

Hook = Any  # callables of several signatures; each registering method states its own


class _InUse:
    """Whether calling a module may have to do more than run its `forward`."""

    __slots__ = ("any",)

    def __init__(self) -> None:
        self.any = False


in_use = _InUse()


class HookDict(OrderedDict[int, Hook]):
    """Hooks by the number of their handle; says so when it gets one, also from a copy or a file."""

    __slots__ = ()

    def __setitem__(self, key: int, hook: Hook) -> None:
        in_use.any = True
        super().__setitem__(key, hook)

    def __repr__(self) -> str:
        return repr(OrderedDict(self))


# Looked into by every call.
CALL_HOOKS = ("_backward_pre_hooks", "_backward_hooks", "_forward_hooks", "_forward_pre_hooks")

# Dictionaries that go with one of those above, or belong to loading and saving.
OTHER_HOOKS = (
    "_forward_hooks_with_kwargs", "_forward_hooks_always_called", "_forward_pre_hooks_with_kwargs", "_state_dict_hooks",
    "_state_dict_pre_hooks", "_load_state_dict_pre_hooks", "_load_state_dict_post_hooks",
)  # fmt: skip


# -- hooks for all modules ---------------------------------------------------------------------------------------------

_global_backward_pre_hooks: HookDict = HookDict()
_global_backward_hooks: HookDict = HookDict()
_global_is_full_backward_hook: bool | None = None
_global_forward_pre_hooks: HookDict = HookDict()
_global_forward_hooks: HookDict = HookDict()
_global_forward_hooks_always_called: OrderedDict[int, bool] = OrderedDict()
_global_forward_hooks_with_kwargs: OrderedDict[int, bool] = OrderedDict()
_global_buffer_registration_hooks: OrderedDict[int, Hook] = OrderedDict()
_global_module_registration_hooks: OrderedDict[int, Hook] = OrderedDict()
_global_parameter_registration_hooks: OrderedDict[int, Hook] = OrderedDict()


def global_backward_hooks_are_full() -> bool | None:
    """Whether the hooks in `_global_backward_hooks` are of the full kind; None while there are none."""
    return _global_is_full_backward_hook


def _has_any_global_hook() -> bool:
    return bool(
        _global_backward_pre_hooks
        or _global_backward_hooks
        or _global_forward_pre_hooks
        or _global_forward_hooks
        or _global_forward_hooks_always_called
        or _global_forward_hooks_with_kwargs
    )


def register_module_buffer_registration_hook(hook: Hook) -> RemovableHandle:
    """Call `hook(module, name, buffer)` whenever a module registers a buffer; what it returns is registered instead."""
    return RemovableHandle.put(_global_buffer_registration_hooks, hook)


def register_module_module_registration_hook(hook: Hook) -> RemovableHandle:
    """Call `hook(module, name, submodule)` whenever a module registers another; what it returns takes its place."""
    return RemovableHandle.put(_global_module_registration_hooks, hook)


def register_module_parameter_registration_hook(hook: Hook) -> RemovableHandle:
    """Call `hook(module, name, parameter)` whenever a module registers a parameter; what it returns takes its place."""
    return RemovableHandle.put(_global_parameter_registration_hooks, hook)


def register_module_forward_pre_hook(hook: Hook) -> RemovableHandle:
    """Call `hook(module, args)` before the `forward` of every module; what it returns replaces the arguments."""
    return RemovableHandle.put(_global_forward_pre_hooks, hook)


def register_module_forward_hook(
    hook: Hook, *, with_kwargs: bool = False, always_call: bool = False
) -> RemovableHandle:
    """Call `hook(module, args, output)` after the `forward` of every module; what it returns replaces the output.

    Args:
        with_kwargs: call `hook(module, args, kwargs, output)`.
        always_call: call it also when `forward` raises, with None as the output.
    """
    more = [_global_forward_hooks_with_kwargs] if with_kwargs else []
    more += [_global_forward_hooks_always_called] if always_call else []
    return put(_global_forward_hooks, hook, more)


def register_module_backward_hook(hook: Hook) -> RemovableHandle:
    """The older form of `register_module_full_backward_hook`, with wrong gradients where a module is several nodes.

    Raises:
        RuntimeError: there are hooks of the full kind.
    """
    _set_global_kind(full=False)
    return RemovableHandle.put(_global_backward_hooks, hook)


def register_module_full_backward_pre_hook(hook: Hook) -> RemovableHandle:
    """Call `hook(module, grad_output)` before the gradients of any module are computed."""
    return RemovableHandle.put(_global_backward_pre_hooks, hook)


def register_module_full_backward_hook(hook: Hook) -> RemovableHandle:
    """Call `hook(module, grad_input, grad_output)` each time the gradients of any module's inputs are computed.

    Raises:
        RuntimeError: there are hooks of the older kind.
    """
    _set_global_kind(full=True)
    return RemovableHandle.put(_global_backward_hooks, hook)


def _set_global_kind(full: bool) -> None:
    global _global_is_full_backward_hook
    if _global_is_full_backward_hook is (not full):
        raise RuntimeError(
            "Cannot use both regular backward hooks and full backward hooks as a global Module hook. Please use only"
            " one of them."
        )
    _global_is_full_backward_hook = full


def put(hooks: Any, hook: Hook, marks: list[Any] | None = None, prepend: bool = False) -> RemovableHandle:
    """Add a hook to a dictionary, and its number to others that say how it is to be called."""
    handle = RemovableHandle(hooks, extra_dict=marks or [])
    hooks[handle.id] = hook
    for mark in marks or ():
        mark[handle.id] = True
    if prepend:
        hooks.move_to_end(handle.id, last=False)
    return handle
