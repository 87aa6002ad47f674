"""Calling a module: `forward`, and the hooks around it."""

from __future__ import annotations

import functools
import warnings
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ....autograd.hooks import RemovableHandle
from ....tensor.tensor import Tensor
from . import hooks
from .hooks import HookDict, in_use, put

if TYPE_CHECKING:
    from .backward_hooks import BackwardHook


class _WrappedHook:
    """A hook together with the module that it is for, which it does not keep alive."""

    def __init__(self, hook: Any, module: Any = None) -> None:
        import weakref

        self.hook = hook
        functools.update_wrapper(self, hook)
        self.with_module = module is not None
        self.module = weakref.ref(module) if module is not None else None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.module is None:
            return self.hook(*args, **kwargs)
        module = self.module()
        if module is None:
            raise RuntimeError("You are trying to call the hook of a dead Module!")
        return self.hook(module, *args, **kwargs)

    def __getstate__(self) -> dict[str, Any]:
        state = {"hook": self.hook, "with_module": self.with_module}
        if self.module is not None:
            state["module"] = self.module()
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["hook"], state.get("module"))  # type: ignore[misc]  # the state is its arguments
        if state["with_module"] and self.module is None:
            raise RuntimeError("You are trying to revive the hook of a dead Module!")


class Calling:
    """The part of Module that runs it."""

    forward: Callable[..., Any]
    _compiled_call_impl: Any = None
    _backward_pre_hooks: HookDict
    _backward_hooks: HookDict
    _is_full_backward_hook: bool | None
    _forward_hooks: HookDict
    _forward_hooks_with_kwargs: OrderedDict[int, bool]
    _forward_hooks_always_called: OrderedDict[int, bool]
    _forward_pre_hooks: HookDict
    _forward_pre_hooks_with_kwargs: OrderedDict[int, bool]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            if in_use.any:
                return self._wrapped_call_impl(*args, **kwargs)
            return self.forward(*args, **kwargs)
        except Exception as error:
            from .explaining import name_layer

            name_layer(error, self, args, kwargs)
            raise

    def _wrapped_call_impl(self, *args: Any, **kwargs: Any) -> Any:
        if self._compiled_call_impl is not None:
            return self._compiled_call_impl(*args, **kwargs)
        return self._call_impl(*args, **kwargs)

    def _call_impl(self, *args: Any, **kwargs: Any) -> Any:
        if (
            self._forward_hooks
            or self._forward_pre_hooks
            or self._backward_hooks
            or self._backward_pre_hooks
            or hooks._has_any_global_hook()
        ):
            return self._call_with_hooks(args, kwargs)
        return self.forward(*args, **kwargs)

    def _slow_forward(self, *input: Any, **kwargs: Any) -> Any:
        return self.forward(*input, **kwargs)

    def _call_with_hooks(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        called: set[int] = set()  # hooks that run even if something fails, and have run
        try:
            return self._forward_between_hooks(args, kwargs, called)
        except Exception:
            self._run_remaining_hooks(args, kwargs, called)
            raise

    def _forward_between_hooks(self, args: tuple[Any, ...], kwargs: dict[str, Any], called: set[int]) -> Any:
        full, older = self._get_backward_hooks()
        before_backward = self._get_backward_pre_hooks()
        args, kwargs = self._run_pre_hooks(args, kwargs)
        watching: BackwardHook | None = None
        if full or before_backward:
            from .backward_hooks import BackwardHook

            watching = BackwardHook(self, full, before_backward)
            args = watching.setup_input_hook(args)
        result = self.forward(*args, **kwargs)
        with_kwargs = (*hooks._global_forward_hooks_with_kwargs, *self._forward_hooks_with_kwargs)
        always = (*hooks._global_forward_hooks_always_called, *self._forward_hooks_always_called)
        for key, hook in (*hooks._global_forward_hooks.items(), *self._forward_hooks.items()):
            if key in always:
                called.add(key)
            returned = hook(self, args, kwargs, result) if key in with_kwargs else hook(self, args, result)
            if returned is not None:
                result = returned
        if watching is not None:
            if not isinstance(result, (Tensor, tuple)):
                warnings.warn(
                    "For backward hooks to be called, module output should be a Tensor or a tuple of Tensors but"
                    f" received {type(result)}",
                    UserWarning,
                    stacklevel=6,
                )
            result = watching.setup_output_hook(result)
        if older:
            self._hook_last_node(older, args, result)
        return result

    def _run_pre_hooks(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        for key, hook in (*hooks._global_forward_pre_hooks.items(), *self._forward_pre_hooks.items()):
            if key in self._forward_pre_hooks_with_kwargs:
                returned = hook(self, args, kwargs)
                if returned is not None:
                    if not (isinstance(returned, tuple) and len(returned) == 2):
                        raise RuntimeError(
                            "forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got"
                            f" {returned}."
                        )
                    args, kwargs = returned
            else:
                returned = hook(self, args)
                if returned is not None:
                    args = returned if isinstance(returned, tuple) else (returned,)
        return args, kwargs

    def _run_remaining_hooks(self, args: tuple[Any, ...], kwargs: dict[str, Any], called: set[int]) -> None:
        """After a failure: call the hooks that are to be called always and have not been, with None as the output."""
        for every, always, with_kwargs, name in (
            (hooks._global_forward_hooks, hooks._global_forward_hooks_always_called,
             hooks._global_forward_hooks_with_kwargs, "global module"),
            (self._forward_hooks, self._forward_hooks_always_called, self._forward_hooks_with_kwargs, "module"),
        ):  # fmt: skip
            for key, hook in every.items():
                if key not in always or key in called:
                    continue
                try:
                    if key in with_kwargs:
                        hook(self, args, kwargs, None)
                    else:
                        hook(self, args, None)
                except Exception as error:
                    warnings.warn(
                        f"{name} forward hook with ``always_call=True`` raised an exception that was silenced as"
                        f" another error was raised in forward: {error!s}",
                        UserWarning,
                        stacklevel=4,
                    )

    # -- backward hooks --------------------------------------------------------------------------------------------

    def _get_backward_hooks(self) -> tuple[list[Any], list[Any]]:
        """The hooks of the full kind, and those of the older kind."""
        full: list[Any] = []
        older: list[Any] = []
        everywhere = hooks.global_backward_hooks_are_full()
        (full if everywhere is True else older).extend(hooks._global_backward_hooks.values())
        (full if self._is_full_backward_hook is True else older).extend(self._backward_hooks.values())
        return full, older

    def _get_backward_pre_hooks(self) -> list[Any]:
        return [*hooks._global_backward_pre_hooks.values(), *self._backward_pre_hooks.values()]

    def _hook_last_node(self, older: list[Any], args: tuple[Any, ...], result: Any) -> None:
        """Hooks of the older kind: put them on the node that produced the result, or its first tensor."""
        tensor = result
        while not isinstance(tensor, Tensor):
            if isinstance(tensor, dict):
                tensor = next(v for v in tensor.values() if isinstance(v, Tensor))
            else:
                tensor = tensor[0]
        node: Any = tensor.grad_fn
        if node is not None:
            for hook in older:
                node.register_hook(_WrappedHook(hook, self))
            self._maybe_warn_non_full_backward_hook(args, result, node)

    def _maybe_warn_non_full_backward_hook(self, inputs: Any, result: Any, grad_fn: Any) -> None:
        """Warn that a hook of the older kind does not see the gradients of all inputs, or outputs."""
        what = None
        produced = (result,) if isinstance(result, Tensor) else result
        given = (inputs,) if isinstance(inputs, Tensor) else inputs
        if not (isinstance(produced, tuple) and all(isinstance(r, Tensor) for r in produced)):
            what = (
                "Using non-full backward hooks on a Module that does not return a single Tensor or a tuple of Tensors"
                " is deprecated and will be removed in future versions. This hook will be missing some of the"
                " grad_output."
            )
        elif not (isinstance(given, tuple) and all(isinstance(i, Tensor) for i in given)):
            what = (
                "Using non-full backward hooks on a Module that does not take as input a single Tensor or a tuple of"
                " Tensors is deprecated and will be removed in future versions. This hook will be missing some of the"
                " grad_input."
            )
        elif len({r.grad_fn for r in produced if r.grad_fn is not None}) != 1:
            what = (
                "Using a non-full backward hook when outputs are generated by different autograd Nodes is deprecated"
                " and will be removed in future versions. This hook will be missing some grad_output."
            )
        else:
            made_inputs = {i.grad_fn for i in given if i.grad_fn is not None}
            behind = {edge[0] for edge in grad_fn.next_functions}
            if made_inputs != behind:
                what = (
                    "Using a non-full backward hook when the forward contains multiple autograd Nodes is deprecated"
                    " and will be removed in future versions. This hook will be missing some grad_input."
                )
        if what is not None:
            warnings.warn(
                what + " Please use register_full_backward_hook to get the documented behavior.",
                FutureWarning,
                stacklevel=6,
            )

    # -- registering -----------------------------------------------------------------------------------------------

    def register_forward_pre_hook(
        self, hook: Any, *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call `hook(module, args)` before each `forward`; what it returns replaces the arguments.

        Args:
            prepend: call it before the hooks that are there.
            with_kwargs: call `hook(module, args, kwargs)`, which may return (args, kwargs).

        Returns:
            A handle whose `remove()` takes the hook away.

        >>> import tapegrad as torch
        >>> double = torch.nn.Identity()
        >>> handle = double.register_forward_pre_hook(lambda module, args: 2 * args[0])
        >>> double(torch.ones(2))
        tensor([2., 2.])
        """
        marks = [self._forward_pre_hooks_with_kwargs] if with_kwargs else []
        return put(self._forward_pre_hooks, hook, marks, prepend)

    def register_forward_hook(
        self, hook: Any, *, prepend: bool = False, with_kwargs: bool = False, always_call: bool = False
    ) -> RemovableHandle:
        """Call `hook(module, args, output)` after each `forward`; what it returns replaces the output.

        Args:
            prepend: call it before the hooks that are there.
            with_kwargs: call `hook(module, args, kwargs, output)`.
            always_call: call it also when `forward` raises, with None as the output.

        Returns:
            A handle whose `remove()` takes the hook away.
        """
        marks = [self._forward_hooks_with_kwargs] if with_kwargs else []
        marks += [self._forward_hooks_always_called] if always_call else []
        return put(self._forward_hooks, hook, marks, prepend)

    def register_full_backward_pre_hook(self, hook: Any, prepend: bool = False) -> RemovableHandle:
        """Call `hook(module, grad_output)` before the module's gradients are computed; what it returns replaces them.

        Returns:
            A handle whose `remove()` takes the hook away.
        """
        return put(self._backward_pre_hooks, hook, prepend=prepend)

    def register_full_backward_hook(self, hook: Any, prepend: bool = False) -> RemovableHandle:
        """Call `hook(module, grad_input, grad_output)` each time the gradients of the module's inputs are computed.

        Both are tuples with None for what is no tensor or needs no gradient. What the hook returns replaces
        `grad_input`.

        Returns:
            A handle whose `remove()` takes the hook away.

        Raises:
            RuntimeError: the module has hooks of the older kind.
        """
        self._set_backward_kind(full=True)
        return put(self._backward_hooks, hook, prepend=prepend)

    def register_backward_hook(self, hook: Any) -> RemovableHandle:
        """The older form of `register_full_backward_hook`, which sees the gradients of the last operation only.

        Raises:
            RuntimeError: the module has hooks of the full kind.
        """
        self._set_backward_kind(full=False)
        return put(self._backward_hooks, hook)

    def _set_backward_kind(self, full: bool) -> None:
        if self._is_full_backward_hook is (not full):
            raise RuntimeError(
                "Cannot use both regular backward hooks and full backward hooks on a single Module. Please use only"
                " one of them."
            )
        self._is_full_backward_hook = full
