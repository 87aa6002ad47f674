"""`torch.autograd.graph`: the tape's nodes and edges as types, hooks on saved tensors and on several gradients."""

from __future__ import annotations

import abc
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from . import node as _node
from .edges import GradientEdge, get_gradient_edge

if TYPE_CHECKING:
    from ..tensor.tensor import Tensor

__all__ = [
    "GradientEdge",
    "Node",
    "allow_mutation_on_saved_tensors",
    "disable_saved_tensors_hooks",
    "get_gradient_edge",
    "increment_version",
    "register_multi_grad_hook",
    "save_on_cpu",
    "saved_tensors_hooks",
]


class Node(abc.ABC):
    """The type of what `grad_fn` and `next_functions` show: for `isinstance` and annotations."""

    @abc.abstractmethod
    def name(self) -> str:
        """The operation's name."""

    @property
    @abc.abstractmethod
    def next_functions(self) -> tuple[tuple[Any, int], ...]:
        """For each input, where its gradient goes."""

    @abc.abstractmethod
    def metadata(self) -> dict[Any, Any]:
        """A dictionary for notes."""

    @abc.abstractmethod
    def register_hook(self, fn: Callable[..., Any]) -> Any:
        """Call a function after the node has run."""

    @abc.abstractmethod
    def register_prehook(self, fn: Callable[..., Any]) -> Any:
        """Call a function before the node runs."""


Node.register(_node.Node)
Node.register(_node.AccumulateGrad)


class saved_tensors_hooks:
    """Within the `with` block, what operations save for their derivatives is handed to `pack_hook`.

    Args:
        pack_hook: takes a tensor, returns anything, which is kept in place of it.
        unpack_hook: takes that, when a backward pass needs it, and returns a tensor of the same values.

    >>> import tapegrad as torch
    >>> x = torch.tensor([1.0, 2.0], requires_grad=True)
    >>> with torch.autograd.graph.saved_tensors_hooks(lambda t: t.numpy(force=True).copy(), torch.from_numpy):
    ...     y = (x * x).sum()
    >>> y.backward()
    >>> x.grad
    tensor([2., 4.])

    Raises:
        RuntimeError: inside of `disable_saved_tensors_hooks`.
    """

    def __init__(self, pack_hook: Callable[[Tensor], Any], unpack_hook: Callable[[Any], Tensor]) -> None:
        self.pack_hook, self.unpack_hook = pack_hook, unpack_hook

    def __enter__(self) -> None:
        from . import saving

        saving.push((self.pack_hook, self.unpack_hook))

    def __exit__(self, *exc: object) -> None:
        from . import saving

        saving.pop()


class save_on_cpu(saved_tensors_hooks):
    """Keeps what operations save on the CPU, where it is anyway; for programs written for other devices."""

    def __init__(self, pin_memory: bool = False, device_type: str = "cuda") -> None:
        super().__init__(lambda tensor: tensor, lambda tensor: tensor)


@contextmanager
def disable_saved_tensors_hooks(error_message: str) -> Iterator[None]:
    """Within the `with` block, `saved_tensors_hooks` raises a RuntimeError of this message.

    Raises:
        RuntimeError: there are hooks already.
    """
    from .saving import state

    if state.stack:
        raise RuntimeError(error_message)
    before, state.refusal = state.refusal, error_message
    try:
        yield
    finally:
        state.refusal = before


_mutation = threading.local()


class _MutationContext:
    """What `allow_mutation_on_saved_tensors` gives: whether the context is still open."""

    def __init__(self) -> None:
        self.open = True

    def unpack(self, tensor: Tensor) -> Tensor:
        if not self.open:
            raise AssertionError(
                "Trying to backward outside of the 'allow_mutation_on_saved_tensors' contextin which the graph was"
                " originally recorded."
            )
        return tensor

    def clear(self) -> None:
        """Nothing: the copies belong to the graph and go with it."""


@contextmanager
def allow_mutation_on_saved_tensors() -> Iterator[_MutationContext]:
    """Within the `with` block, writing into a tensor that was saved is no error: a copy is what is saved.

    >>> import tapegrad as torch
    >>> with torch.autograd.graph.allow_mutation_on_saved_tensors():
    ...     x = torch.zeros(2, requires_grad=True)
    ...     y = x * 1
    ...     z = y.sin()
    ...     y.mul_(5)  # z's derivative needs y as it was
    ...     z.sum().backward()
    tensor([0., 0.], grad_fn=<MulBackward0>)
    >>> x.grad
    tensor([1., 1.])

    Raises:
        RuntimeError: the contexts are nested.
    """
    if getattr(_mutation, "context", None) is not None:
        raise RuntimeError("allow_mutation_on_saved_tensors contexts cannot be nested")
    context = _mutation.context = _MutationContext()
    try:
        with saved_tensors_hooks(lambda tensor: tensor.detach().clone(), context.unpack):
            yield context
    finally:
        context.open = False
        _mutation.context = None


def increment_version(tensor: Tensor | Iterable[Tensor]) -> None:
    """Tell autograd that somebody has written into a tensor, or several, without its knowledge."""
    from ..tensor.tensor import Tensor
    from ..tensor.version import version_of

    for one in (tensor,) if isinstance(tensor, Tensor) else tensor:
        version_of(one).n += 1


def register_multi_grad_hook(
    tensors: Sequence[Tensor],
    fn: Callable[[Any], None],
    *,
    mode: str = "all",
) -> Any:
    """Call a function once per backward pass, when gradients of several tensors have been computed.

    Args:
        tensors: tensors that require gradients.
        fn: for mode "all", takes a list of all gradients, None for those that the pass does not compute; for "any",
            the first gradient that is computed.
        mode: "all" or "any".

    Returns:
        A handle with `remove()`.

    Raises:
        ValueError: the mode is another.
        AssertionError: a tensor does not require a gradient.

    >>> import tapegrad as torch
    >>> x, y = torch.ones(1, requires_grad=True), torch.ones(1, requires_grad=True)
    >>> handle = torch.autograd.graph.register_multi_grad_hook((x, y), print)
    >>> (2 * x + 3 * y).sum().backward()
    [tensor([2.]), tensor([3.])]
    """
    from .multi_hooks import register

    return register(tensors, fn, mode)
