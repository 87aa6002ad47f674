"""`torch.utils.checkpoint`: compute a part of the forward pass again instead of keeping what it saved.

There are two ways.  The reentrant one is a custom function whose backward runs the part again, recorded, and starts a
backward pass of its own.  The other replaces each saved tensor by a number; when a backward pass asks for the first of
them, the part is run again and what it saves this time takes their places.
"""

from __future__ import annotations

import contextlib
import itertools
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any, Final

from ..autograd import observing
from ..autograd.function import Function
from ..autograd.grad_mode import enable_grad, is_grad_enabled, no_grad
from ..autograd.graph import saved_tensors_hooks
from ..autograd.passes import backward
from ..random.generator import get_rng_state, set_rng_state
from ..tensor.tensor import Tensor

__all__ = [
    "CheckpointError",
    "CheckpointFunction",
    "check_backward_validity",
    "checkpoint",
    "checkpoint_sequential",
    "detach_variable",
    "noop_context_fn",
    "set_checkpoint_early_stop",
]

Contexts = Callable[[], tuple[AbstractContextManager[Any], AbstractContextManager[Any]]]


class CheckpointError(RuntimeError):
    """The part did not save the same tensors when it was run again."""

    __module__ = "torch.utils.checkpoint"


def noop_context_fn() -> tuple[AbstractContextManager[Any], AbstractContextManager[Any]]:
    """Two contexts that do nothing, for the forward pass and for running it again."""
    return contextlib.nullcontext(), contextlib.nullcontext()


_early_stop: bool | None = None


@contextlib.contextmanager
def set_checkpoint_early_stop(enable: bool) -> Iterator[None]:
    """Within the `with` block, whether to stop running a part again as soon as all that is needed was saved."""
    global _early_stop
    before, _early_stop = _early_stop, enable
    try:
        yield
    finally:
        _early_stop = before


def checkpoint(
    function: Callable[..., Any],
    *args: Any,
    use_reentrant: bool | None = None,
    context_fn: Contexts = noop_context_fn,
    determinism_check: str = "default",
    debug: bool = False,
    early_stop: bool = True,
    **kwargs: Any,
) -> Any:
    """Call a function without keeping what its operations save; the backward pass calls it again.

    Args:
        function: computes with tensors; must do the same when called again.
        *args, **kwargs: its arguments; keyword arguments only if not reentrant.
        use_reentrant: which of the two ways to go; False is recommended.
        context_fn: returns two contexts, for the first and for the further calls; not if reentrant.
        determinism_check: "default" to compare shapes and dtypes of what is saved, "none" not to.
        debug: taken for torch's sake; not if reentrant.
        early_stop: leave the function as soon as all that is needed was saved.
        preserve_rng_state: draw the same random numbers again; True by default.

    Returns:
        What the function returns.

    Raises:
        CheckpointError: in the backward pass: the function did not save the same tensors again.
        ValueError: arguments that do not go together.

    >>> import tapegrad as torch
    >>> from tapegrad.utils.checkpoint import checkpoint
    >>> x = torch.tensor([1.0, 2.0], requires_grad=True)
    >>> y = checkpoint(lambda x: (x * x).sum(), x, use_reentrant=False)
    >>> y.backward()
    >>> x.grad
    tensor([2., 4.])
    """
    if use_reentrant is None:
        warnings.warn(
            "torch.utils.checkpoint: the use_reentrant parameter should be passed explicitly. Starting in PyTorch 2.9,"
            " calling checkpoint without use_reentrant will raise an exception. use_reentrant=False is recommended.",
            stacklevel=2,
        )
        use_reentrant = True
    preserve = kwargs.pop("preserve_rng_state", True)
    if use_reentrant:
        if kwargs:
            raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
        if context_fn is not noop_context_fn or debug:
            raise ValueError("Passing `context_fn` or `debug` is only supported when use_reentrant=False.")
        return CheckpointFunction.apply(function, preserve, *args)
    if determinism_check not in _CHECKS:
        raise ValueError(f"determinism_check should be one of {list(_CHECKS)}, but got {determinism_check}")
    first, again = context_fn()
    if not is_grad_enabled():
        return function(*args, **kwargs)
    stop = early_stop if _early_stop is None else _early_stop
    part = _Part(function, args, kwargs, again, preserve=preserve, early_stop=stop, check=_CHECKS[determinism_check])
    with saved_tensors_hooks(part.pack, part.unpack), first:
        return function(*args, **kwargs)


def checkpoint_sequential(
    functions: Any, segments: int, input: Any, use_reentrant: bool | None = None, **kwargs: Any
) -> Any:
    """Call functions one after the other, in so many parts that are checkpointed, all but the last.

    Args:
        functions: a Sequential or a sequence of functions.
        segments: the number of parts.
        input: the argument of the first.
        use_reentrant: as for `checkpoint`.
        preserve_rng_state: as for `checkpoint`.

    Returns:
        What the last function returns.

    Raises:
        ValueError: another keyword argument.

    >>> import tapegrad as torch
    >>> from tapegrad.utils.checkpoint import checkpoint_sequential
    >>> x = torch.tensor([1.0, 2.0], requires_grad=True)
    >>> y = checkpoint_sequential([torch.sin, torch.exp, torch.sum], 2, x, use_reentrant=False)
    >>> y.backward()
    """
    if use_reentrant is None:
        warnings.warn(
            "torch.utils.checkpoint.checkpoint_sequential: the use_reentrant parameter should be passed explicitly. In"
            " version 2.9 we will raise an exception if use_reentrant is not passed. use_reentrant=False is"
            " recommended.",
            stacklevel=2,
        )
        use_reentrant = True
    preserve = kwargs.pop("preserve_rng_state", True)
    if kwargs:
        raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
    chain = list(functions.children()) if hasattr(functions, "children") else list(functions)
    size = len(chain) // segments
    start = 0
    for start in range(size, size * segments, size) if size else ():
        part = _in_turn(chain[start - size : start])
        input = checkpoint(part, input, use_reentrant=use_reentrant, preserve_rng_state=preserve)
    return _in_turn(chain[start:])(input)


def _in_turn(functions: list[Any]) -> Callable[[Any], Any]:
    def run(x: Any) -> Any:
        for function in functions:
            x = function(x)
        return x

    return run


# -- the reentrant way ------------------------------------------------------------------------------------------------


def detach_variable(inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """The inputs, tensors among them without their history but as sensitive as before.

    Raises:
        RuntimeError: they are not in a tuple.
    """
    if not isinstance(inputs, tuple):
        raise RuntimeError(f"Only tuple of tensors is supported. Got Unsupported input type: {type(inputs).__name__}")
    return tuple(x.detach().requires_grad_(x.requires_grad) if isinstance(x, Tensor) else x for x in inputs)


def check_backward_validity(inputs: Any) -> None:
    """Warn if no input requires a gradient."""
    if not any(x.requires_grad for x in inputs if isinstance(x, Tensor)):
        warnings.warn("None of the inputs have requires_grad=True. Gradients will be None", stacklevel=2)


class CheckpointFunction(Function):
    """The call of a function as one operation, whose backward calls it again."""

    @staticmethod
    def forward(ctx: Any, run_function: Any, preserve_rng_state: bool, *args: Any) -> Any:
        """Call the function without recording."""
        observing.reasons.add("checkpoint")
        check_backward_validity(args)
        ctx.run_function, ctx.random = run_function, get_rng_state() if preserve_rng_state else None
        ctx.places = [i for i, x in enumerate(args) if isinstance(x, Tensor)]
        ctx.inputs = [None if isinstance(x, Tensor) else x for x in args]
        ctx.save_for_backward(*[args[i] for i in ctx.places])
        with no_grad():
            return run_function(*args)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        """Call the function again, recorded, and go backward through that."""
        now = observing.current()
        if now is not None and now.limited:
            raise RuntimeError(
                "When use_reentrant=True, torch.utils.checkpoint is incompatible with .grad() or passing an `inputs`"
                " parameter to .backward(). To resolve this error, you can either set use_reentrant=False, or call"
                " .backward() without passing the `inputs` argument."
            )
        inputs = list(ctx.inputs)
        for i, tensor in zip(ctx.places, ctx.saved_tensors, strict=True):
            inputs[i] = tensor
        detached = detach_variable(tuple(inputs))
        with _random_numbers(ctx.random), enable_grad():
            outputs = ctx.run_function(*detached)
        results = outputs if isinstance(outputs, (tuple, list)) else (outputs,)
        pairs = [(y, g) for y, g in zip(results, gradients, strict=False) if isinstance(y, Tensor) and y.requires_grad]
        if not pairs:
            raise RuntimeError("none of output has requires_grad=True, this checkpoint() is not necessary")
        backward([y for y, _ in pairs], [g for _, g in pairs])
        return None, None, *(x.grad if isinstance(x, Tensor) else None for x in detached)


@contextlib.contextmanager
def _random_numbers(state: Tensor | None) -> Iterator[None]:
    """Draw random numbers as from a state, if one is given, and go on afterwards as if nothing had been drawn."""
    if state is None:
        yield
        return
    before = get_rng_state()
    set_rng_state(state)
    try:
        yield
    finally:
        set_rng_state(before)


# -- the other way ----------------------------------------------------------------------------------------------------


class _Enough(Exception):
    """All that is needed was saved again."""


class _Place:
    """What is kept instead of a saved tensor."""

    __slots__ = ("number", "part")

    def __init__(self, part: _Part, number: int) -> None:
        self.part, self.number = part, number


class _Part:
    """One call of `checkpoint`."""

    def __init__(
        self,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        context: AbstractContextManager[Any],
        *,
        preserve: bool,
        early_stop: bool,
        check: Callable[[Tensor], Any],
    ) -> None:
        self.function, self.args, self.kwargs, self.context = function, args, kwargs, context
        self.random = get_rng_state() if preserve else None
        self.early_stop, self.check = early_stop, check
        self.kinds: list[Any] = []  # of the tensors saved in the forward pass
        self.values: dict[int, Tensor] = {}  # those saved again and not asked for yet

    def pack(self, tensor: Tensor) -> _Place:
        """Forget a tensor that the forward pass saves."""
        self.kinds.append(self.check(tensor))
        return _Place(self, len(self.kinds) - 1)

    def unpack(self, place: _Place) -> Tensor:
        """The tensor, from running the part again."""
        if place.number not in self.values:
            self._run_again()
        return self.values.pop(place.number)

    def _run_again(self) -> None:
        self.values.clear()
        numbers = itertools.count()
        kinds = []

        def pack(tensor: Tensor) -> Tensor:
            number = next(numbers)
            if number >= len(self.kinds):
                raise CheckpointError(
                    "torch.utils.checkpoint: trying to save more tensors during recomputation than during the original"
                    " forward pass.\nThe function must do the same each time it is called."
                )
            kinds.append(self.check(tensor))
            self.values[number] = tensor.detach()
            if self.early_stop and number == len(self.kinds) - 1:
                raise _Enough
            return self.values[number]

        args = detach_variable(self.args)
        named = dict(zip(self.kwargs, detach_variable(tuple(self.kwargs.values())), strict=True))
        with contextlib.suppress(_Enough), _random_numbers(self.random), enable_grad(), self.context:
            with saved_tensors_hooks(pack, lambda tensor: tensor):
                self.function(*args, **named)
        self._compare(kinds)

    def _compare(self, kinds: list[Any]) -> None:
        if len(kinds) != len(self.kinds):
            raise CheckpointError(
                "torch.utils.checkpoint: A different number of tensors was saved during the original forward and"
                f" recomputation.\nNumber of tensors saved during forward: {len(self.kinds)}\nNumber of tensors saved"
                f" during recomputation: {len(kinds)}.\nThe function must do the same each time it is called."
            )
        different = [
            f"tensor at position {i}:\nsaved metadata: {was}\nrecomputed metadata: {now}"
            for i, (was, now) in enumerate(zip(self.kinds, kinds, strict=True))
            if was != now
        ]
        if different:
            raise CheckpointError(
                "torch.utils.checkpoint: Recomputed values for the following tensors have different metadata than"
                " during the forward pass.\n" + "\n".join(different)
            )


def _shape_and_dtype(tensor: Tensor) -> dict[str, Any]:
    return {"shape": tensor.shape, "dtype": tensor.dtype, "device": tensor.device}


def _nothing(tensor: Tensor) -> None:
    return None


_CHECKS: Final[dict[str, Callable[[Tensor], Any]]] = {"default": _shape_and_dtype, "none": _nothing}
