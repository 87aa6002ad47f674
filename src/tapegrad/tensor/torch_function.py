"""What `__torch_function__` needs to be everywhere: who is asked, who has been told not to ask, and the default answer.

A class whose objects stand for tensors defines `__torch_function__(func, types, args, kwargs)` and is then asked about
every torch function that gets one of them.  Tensor's own answer, which subclasses inherit, computes the result on plain
tensors and makes an instance of the subclass of it.

Operators know nothing of this.  The functions that ask are put in place when the first instance of such a subclass is
made (see `tapegrad.overrides.switch`); until then nothing is asked, looked up or tested.
"""

from __future__ import annotations

from threading import get_ident
from types import TracebackType
from typing import Any, Final

# By thread: the active modes, the innermost last; without an entry where there are none.
modes: Final[dict[int, list[Any]]] = {}

# By thread: how often asking has been switched off, of classes and of modes.
classes_off: Final[dict[int, int]] = {}
modes_off: Final[dict[int, int]] = {}

# Whether the functions that ask are in place: an entry, once they are.
in_place: Final[list[bool]] = []

# The threads in which the next function that is called asks nobody.
not_next: Final[set[int]] = set()


class DisableTorchFunctionSubclass:
    """A context in which no class is asked, in this thread; modes are.

    >>> import tapegrad as torch
    >>> class Length(torch.Tensor): ...
    >>> length = torch.ones(2).as_subclass(Length)
    >>> with torch._C.DisableTorchFunctionSubclass():
    ...     type(length + 1)
    <class 'torch.Tensor'>
    """

    __slots__ = ()
    __module__ = "torch._C"
    _counts: tuple[dict[int, int], ...] = (classes_off,)

    def __enter__(self) -> None:
        thread = get_ident()
        for count in self._counts:
            count[thread] = count.get(thread, 0) + 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        thread = get_ident()
        for count in self._counts:
            if count[thread] == 1:
                del count[thread]
            else:
                count[thread] -= 1


class DisableTorchFunction(DisableTorchFunctionSubclass):
    """A context in which neither classes nor modes are asked, in this thread."""

    __slots__ = ()
    __module__ = "torch._C"
    _counts = (classes_off, modes_off)


class _Disabled:
    """`__torch_function__ = torch._C._disabled_torch_function_impl`: the class is never asked.

    An object that is called, and not a function, which would become a method of the class.
    """

    __slots__ = ()

    def __call__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        with DisableTorchFunctionSubclass():
            return func(*args, **(kwargs or {}))

    def __repr__(self) -> str:
        return "<built-in function _disabled_torch_function_impl>"

    def __reduce__(self) -> str:
        return "DISABLED"


DISABLED: Final = _Disabled()


def overrides(kind: type[Any]) -> bool:
    """Whether objects of a class are asked about the functions they are passed to.

    >>> import tapegrad as torch
    >>> class Length(torch.Tensor): ...
    >>> overrides(Length), overrides(torch.nn.Parameter), overrides(int)
    (True, False, False)
    """
    handler = getattr(kind, "__torch_function__", None)
    return handler is not None and handler is not DISABLED
