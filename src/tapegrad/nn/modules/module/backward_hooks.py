"""Full backward hooks: what a module's inputs and outputs receive in a backward pass.

Inputs and outputs each go through one identity node. When a backward pass reaches the node behind the outputs, it knows
all of `grad_output`; when it reaches the one before the inputs, all of `grad_input`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

from ....autograd.grad_mode import is_grad_enabled
from ....tensor.tensor import Tensor

Grads = tuple[Any, ...]


class BackwardHook:
    """Both identity nodes of one call of a module, and the hooks that they serve.

    Args:
        module: what the hooks get as their first argument.
        user_hooks: called with (module, grad_input, grad_output).
        user_pre_hooks: called with (module, grad_output), before.
    """

    __module__ = "torch.utils.hooks"

    def __init__(self, module: Any, user_hooks: Sequence[Any], user_pre_hooks: Sequence[Any]) -> None:
        self.module = module
        self.user_hooks = user_hooks
        self.user_pre_hooks = user_pre_hooks
        self.grad_outputs: Grads | None = None
        self.n_inputs = self.n_outputs = -1
        self.inputs: list[tuple[Any, Any]] = []  # shape and dtype of each tensor
        self.input_tensors_index: list[int] | None = None
        self.output_tensors_index: list[int] | None = None

    def setup_input_hook(self, args: Grads) -> Grads:
        """The arguments of `forward`, with the tensors among them behind the node that knows `grad_input`."""
        self.n_inputs = len(args)
        self.inputs = [(arg.shape, arg.dtype) for arg in args if isinstance(arg, Tensor)]
        args, self.input_tensors_index = _through_one_node(args, self._watch_inputs)
        return args

    def setup_output_hook(self, result: Any) -> Any:
        """The result of `forward`, with its tensors behind the node that knows `grad_output`."""
        several = isinstance(result, tuple)
        args = result if several else (result,)
        self.n_outputs = len(args)
        args, self.output_tensors_index = _through_one_node(args, self._watch_outputs)
        return args if several else args[0]

    def _watch_inputs(self, node: Any) -> None:
        def hook(grad_input: Grads, _: Grads) -> Any:
            if self.grad_outputs is None:
                # The pass began at something inside the module, so that nothing arrived at the outputs.
                return None
            index = self.input_tensors_index
            assert index is not None
            grads = _spread(
                index, [_or_zeros(g, like) for g, like in zip(grad_input, self.inputs, strict=True)], self.n_inputs
            )
            for user_hook in self.user_hooks:
                returned = user_hook(self.module, grads, self.grad_outputs)
                if returned is not None:
                    grads = _same_number("Backward hook", "grad_input", returned, len(grads))
            self.grad_outputs = None
            return tuple([grads[i] for i in index])

        node.register_hook(hook)

    def _watch_outputs(self, node: Any) -> None:
        def hook(_: Grads, grad_output: Grads) -> Any:
            index = self.output_tensors_index
            assert index is not None
            grads = _spread(index, grad_output, self.n_outputs)
            for user_hook in self.user_pre_hooks:
                returned = user_hook(self.module, grads)
                if returned is not None:
                    grads = _same_number("Backward pre hook", "grad_output", returned, len(grads))
            self.grad_outputs = grads
            if self.input_tensors_index is None:
                self._call_without_inputs(grads)
            return tuple([grads[i] for i in index]) if self.user_pre_hooks else None

        node.register_hook(hook)

    def _call_without_inputs(self, grad_output: Grads) -> None:
        """No input requires a gradient: the hooks are called when the gradients of the outputs are there."""
        warnings.warn(
            "Full backward hook is firing when gradients are computed with respect to module outputs since no inputs"
            " require gradients.",
            UserWarning,
            stacklevel=1,  # who called it is the engine, in whose name nothing is shown
        )
        for user_hook in self.user_hooks:
            returned = user_hook(self.module, (None,) * self.n_inputs, grad_output)
            if returned is not None and not (isinstance(returned, tuple) and all(g is None for g in returned)):
                raise RuntimeError(
                    "Backward hook for Modules where no input requires gradient should always return None or None for"
                    " all gradients."
                )
        self.grad_outputs = None


def _through_one_node(args: Grads, found: Callable[[Any], None]) -> tuple[Grads, list[int] | None]:
    """The arguments with their tensors sent through an identity node, and the positions of these.

    Both are as they were, and None, if nothing is recorded.
    """
    from .._functions import BackwardHookFunction

    index = [i for i, arg in enumerate(args) if isinstance(arg, Tensor)]
    if not (index and is_grad_enabled() and any(args[i].requires_grad for i in index)):
        return args, None
    tensors = BackwardHookFunction.apply(*[args[i] for i in index])
    nodes = [t.grad_fn for t in tensors if t.grad_fn is not None]
    changed = list(args)
    for i, t in zip(index, tensors, strict=True):
        changed[i] = t
    found(nodes[0])
    named = type(args) is not tuple
    return (type(args)(*changed) if named else tuple(changed)), index


def _or_zeros(grad: Any, like: tuple[Any, Any]) -> Any:
    """A gradient; zeros where nothing came, for an input that needs none."""
    from ....tensor.factories import zeros

    return zeros(like[0], dtype=like[1]) if grad is None else grad


def _spread(index: list[int], grads: Sequence[Any], n: int) -> Grads:
    """The gradients at their tensors' positions among all arguments, None at the others."""
    found = dict(zip(index, grads, strict=True))
    return tuple([found.get(i) for i in range(n)])


def _same_number(who: str, what: str, returned: Any, expected: int) -> Any:
    if len(returned) != expected:
        raise RuntimeError(
            f"{who} returned an invalid number of {what}, got {len(returned)}, but expected {expected}\n"
            "  Return None, or a tuple with an entry for each."
        )
    return returned
