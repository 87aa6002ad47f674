"""Hooks on tensors, and the handles that remove them."""

from __future__ import annotations

import itertools
import weakref
from typing import TYPE_CHECKING, Any

from ..tensor.tensor import VIEW, Tensor
from .node import Node, Port, hooks_of
from .views import refresh

if TYPE_CHECKING:
    from collections.abc import Callable

_ids = itertools.count()

# Whether any leaf ever got a hook: from then on a backward pass finds out when each leaf's gradient is complete.
leaf_hooks_exist = False


class RemovableHandle:
    """Removes a hook: `handle.remove()`, or at the end of a `with`.

    Args:
        hooks_dict: where the hook is, under this handle's `id`.
        extra_dict: another dictionary, or several in a list, that have an entry of this `id` to be removed with it.

    The handle does not keep the dictionaries alive.
    """

    __module__ = "torch.utils.hooks"

    def __init__(self, hooks_dict: Any, *, extra_dict: Any = None) -> None:
        self.hooks_dict_ref = _reference(hooks_dict)
        self.id = next(_ids)
        more = extra_dict if isinstance(extra_dict, list) else () if extra_dict is None else (extra_dict,)
        self.extra_dict_ref = tuple([_reference(d) for d in more])

    @classmethod
    def put(cls, hooks: Any, hook: Any) -> RemovableHandle:
        """Add a hook to a dictionary of hooks."""
        handle = cls(hooks)
        hooks[handle.id] = hook
        return handle

    def remove(self) -> None:
        """Remove the hook; doing so twice is no error."""
        for reference in (self.hooks_dict_ref, *self.extra_dict_ref):
            hooks = reference()
            if hooks is not None:
                hooks.pop(self.id, None)

    def __reduce__(self) -> Any:
        return _restored_handle, (), self.__getstate__()

    def __getstate__(self) -> Any:
        hooks, extra = self.hooks_dict_ref(), tuple([d() for d in self.extra_dict_ref])
        return (hooks, self.id, extra) if extra else (hooks, self.id)

    def __setstate__(self, state: Any) -> None:
        hooks, self.id, *extra = state
        self.hooks_dict_ref = _reference({} if hooks is None else hooks)
        self.extra_dict_ref = tuple([_reference({} if d is None else d) for d in (extra[0] if extra else ())])
        global _ids
        _ids = itertools.count(max(next(_ids), self.id + 1))

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *exc: object) -> None:
        self.remove()


def _restored_handle() -> RemovableHandle:
    """A handle yet without state; pickle would look for the class where its name says it is."""
    return RemovableHandle.__new__(RemovableHandle)


def _reference(hooks: Any) -> Any:
    """A weak reference where there can be one: plain dictionaries have none, and a tensor's die with it anyway."""
    return (lambda: hooks) if type(hooks) is dict else weakref.ref(hooks)


class TensorHooks:
    """The hooks of a leaf."""

    __slots__ = ("accumulate_post", "accumulate_pre", "after", "before")

    def __init__(self) -> None:
        self.before: dict[int, Any] = {}  # register_hook
        self.accumulate_pre: dict[int, Any] = {}  # AccumulateGrad.register_prehook
        self.accumulate_post: dict[int, Any] = {}  # AccumulateGrad.register_hook
        self.after: dict[int, Any] = {}  # register_post_accumulate_grad_hook

    def add_accumulate_pre(self, hook: Any) -> RemovableHandle:
        return RemovableHandle.put(self.accumulate_pre, hook)

    def add_accumulate_post(self, hook: Any) -> RemovableHandle:
        return RemovableHandle.put(self.accumulate_post, hook)


def tensor_hooks(t: Tensor) -> TensorHooks:
    """The hooks of a leaf, made now if it has none."""
    global leaf_hooks_exist
    leaf_hooks_exist = True
    found: TensorHooks = t._extras().setdefault("hooks", TensorHooks())
    return found


def producer(t: Tensor) -> tuple[Node, int]:
    """The node that produced a non-leaf tensor, and which of its outputs it is."""
    return (t._fn.node, t._fn.index) if t._fn.__class__ is Port else (t._fn, 0)


def register_hook(self: Tensor, hook: Callable[[Tensor], Tensor | None]) -> RemovableHandle:
    """Call `hook(grad)` each time the gradient of this tensor is computed; what it returns replaces the gradient.

    >>> import tapegrad as torch
    >>> x = torch.ones(2, requires_grad=True)
    >>> handle = x.register_hook(lambda grad: 2 * grad)
    >>> x.sum().backward()
    >>> x.grad
    tensor([2., 2.])

    Raises:
        RuntimeError: the tensor does not require a gradient.
    """
    if self._flags & VIEW:
        refresh(self)
    if not self.requires_grad:
        raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
    if self._fn is None:
        return RemovableHandle.put(tensor_hooks(self).before, hook)
    node, number = producer(self)
    return RemovableHandle.put(hooks_of(node).tensor.setdefault(number, {}), hook)


def register_post_accumulate_grad_hook(self: Tensor, hook: Callable[[Tensor], None]) -> RemovableHandle:
    """Call `hook(param)` each time a gradient was added to this leaf's `.grad`.

    Raises:
        RuntimeError: the tensor does not require a gradient, or is not a leaf.
    """
    if not self.requires_grad:
        raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
    if self._fn is not None:
        raise RuntimeError("post accumulate grad hooks cannot be registered on non-leaf tensors")
    return RemovableHandle.put(tensor_hooks(self).after, hook)


def retain_grad(self: Tensor) -> None:
    """Have backward passes keep this non-leaf tensor's gradient in `.grad`; on a leaf, nothing needs doing.

    Raises:
        RuntimeError: the tensor does not require a gradient.
    """
    if self._flags & VIEW:
        refresh(self)
    if not self.requires_grad:
        raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
    if self._fn is None or self.retains_grad:
        return
    node, number = producer(self)
    hooks_of(node).retained[number] = weakref.ref(self)
    self._extras()["retains_grad"] = True


METHODS = {
    "register_hook": register_hook,
    "register_post_accumulate_grad_hook": register_post_accumulate_grad_hook,
    "retain_grad": retain_grad,
}
