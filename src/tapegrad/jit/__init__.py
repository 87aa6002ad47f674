"""`torch.jit` for programs that use it where it is there: what is scripted or traced runs as the Python that it is.

TorchScript compiles a subset of Python, and what it compiles computes what the Python computes. So `script` and `trace`
give back what they are given. Files written by `torch.jit.save` hold programs in TorchScript, and are not read here.
"""

from __future__ import annotations

import builtins
import types
import typing
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, Generic, NamedTuple, NoReturn, TypeVar

from ..errors import unsupported
from ..nn.modules.module import Module

__all__ = [
    "Attribute", "Error", "Final", "Future", "ScriptFunction", "ScriptModule", "TracerWarning", "annotate",
    "enable_onednn_fusion", "export", "fork", "freeze", "ignore", "interface", "is_scripting", "is_tracing",
    "isinstance", "load", "onednn_fusion_enabled", "optimize_for_inference", "optimized_execution", "save", "script",
    "script_if_tracing", "script_method", "set_fusion_strategy", "trace", "trace_module", "unused", "wait",
]  # fmt: skip

F = TypeVar("F", bound=Callable[..., Any])
M = TypeVar("M", bound=Module)
T = TypeVar("T")

_onednn_fusion = False


class Error(RuntimeError):
    """What a compiled program of torch raises. Nothing raises it here: programs may catch it."""


class TracerWarning(Warning):
    """What torch warns of while it traces. Nothing is traced here: programs filter such warnings."""


class ScriptModule(Module):
    """The base class of modules written for TorchScript: a `Module`.

    Compiled modules are of this class in torch. Here they are what they were before, so `isinstance` says no.
    """


class ScriptFunction:
    """The class of compiled functions in torch. Here they stay functions, so nothing is an instance of it."""


class Attribute(NamedTuple):
    """A value with the type that TorchScript is to give it."""

    value: Any
    type: Any


def is_scripting() -> bool:
    """False: nothing is compiled by TorchScript here."""
    return False


def is_tracing() -> bool:
    """False: nothing is traced by TorchScript here."""
    return False


def script(
    obj: T,
    optimize: None = None,
    _frames_up: int = 0,
    _rcb: Callable[[str], Any] | None = None,
    example_inputs: Any = None,
) -> T:
    """Give back a module, function or class as it is; says so by torch's own advice against TorchScript.

    Example:
        >>> import tapegrad as torch, warnings
        >>> with warnings.catch_warnings():
        ...     warnings.simplefilter("ignore", DeprecationWarning)
        ...     f = torch.jit.script(lambda x: 2 * x)
        >>> f(torch.ones(2))
        tensor([2., 2.])
    """
    _deprecated("script")
    return obj


def trace(
    func: T,
    example_inputs: Any = None,
    optimize: None = None,
    check_trace: bool = True,
    check_inputs: Any = None,
    check_tolerance: float = 1e-5,
    strict: bool = True,
    *args: Any,
    example_kwarg_inputs: Any = None,
    **kwargs: Any,
) -> T:
    """Give back a module or function as it is: its branches stay branches, whatever the example takes."""
    _deprecated("trace")
    return func


def trace_module(mod: M, inputs: Any, *args: Any, **kwargs: Any) -> M:
    """Give back a module as it is."""
    _deprecated("trace_method")
    return mod


def script_method(fn: F) -> F:
    """Leave a method of a `ScriptModule` as it is."""
    _deprecated("script_method")
    return fn


def script_if_tracing(fn: F) -> F:
    """Leave a function as it is."""
    return fn


def export(fn: F) -> F:
    """Leave a function as it is."""
    return fn


def unused(fn: F) -> F:
    """Leave a function as it is."""
    return fn


def ignore(drop: Any = False, **kwargs: Any) -> Any:
    """Leave a function as it is; with or without arguments."""
    if callable(drop):
        return drop
    if drop:
        warnings.warn("ignore(True) has been deprecated. Use torch.jit.unused.", FutureWarning, stacklevel=2)
    return lambda fn: fn


def interface(obj: T) -> T:
    """Leave a class as it is."""
    return obj


def freeze(mod: M, preserved_attrs: list[str] | None = None, optimize_numerics: bool = True) -> M:
    """Give back a module as it is."""
    return mod


def optimize_for_inference(mod: M, other_methods: list[str] | None = None) -> M:
    """Give back a module as it is."""
    return mod


def annotate(the_type: Any, the_value: T) -> T:
    """Give back the value: the type is a message to TorchScript's compiler."""
    return the_value


def isinstance(obj: Any, target_type: Any) -> bool:
    """Whether an object is of a type, looking into containers as TorchScript does.

    Example:
        >>> import tapegrad as torch
        >>> torch.jit.isinstance([1, 2], list[int]), torch.jit.isinstance([1, "2"], list[int])
        (True, False)
    """
    if type(target_type) is tuple:
        return any(isinstance(obj, kind) for kind in target_type)
    origin, inner = typing.get_origin(target_type), typing.get_args(target_type)
    if origin in (typing.Union, types.UnionType):
        return any(isinstance(obj, kind) for kind in inner)
    if target_type is None or target_type is type(None):
        return obj is None
    if origin is None:
        return builtins.isinstance(obj, target_type)
    if not builtins.isinstance(obj, origin):
        return False
    if origin is dict:
        return all(isinstance(key, inner[0]) and isinstance(value, inner[1]) for key, value in obj.items())
    if origin is tuple:
        return len(obj) == len(inner) and all(map(isinstance, obj, inner))
    return all(isinstance(item, inner[0]) for item in obj)


class Future(Generic[T]):
    """A result that `fork` has computed already."""

    def __init__(self, result: T) -> None:
        self._result = result

    def wait(self) -> T:
        """The result."""
        return self._result

    value = wait

    def done(self) -> bool:
        """True."""
        return True


def save(m: Any, f: Any, _extra_files: Any = None) -> NoReturn:
    """Refused: there is no TorchScript to write.

    Raises:
        NotImplementedError: always.
    """
    raise unsupported("torch.jit.save", "modules are Python here; torch.save(module.state_dict(), f) keeps the weights")


def load(f: Any, map_location: Any = None, _extra_files: Any = None, _restore_shapes: bool = False) -> NoReturn:
    """Refused: such files hold programs in TorchScript.

    Raises:
        NotImplementedError: always.
    """
    raise unsupported("torch.jit.load", "the file holds a program, and tapegrad runs no program from a file")


def fork(func: Callable[..., T], *args: Any, **kwargs: Any) -> Future[T]:
    """Call a function, at once: as in torch where nothing is compiled."""
    _deprecated("fork")
    return Future(func(*args, **kwargs))


def wait(future: Future[T]) -> T:
    """The result of a `fork`."""
    _deprecated("wait")
    return future.wait()


def enable_onednn_fusion(enabled: bool) -> None:
    """Remembered, and without effect."""
    global _onednn_fusion
    _onednn_fusion = enabled


def onednn_fusion_enabled() -> bool:
    """What `enable_onednn_fusion` was told last."""
    return _onednn_fusion


def set_fusion_strategy(strategy: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """Accepted and without effect; gives back the strategy before it, torch's default."""
    return [("STATIC", 2), ("DYNAMIC", 10)]


@contextmanager
def optimized_execution(should_optimize: bool) -> Iterator[None]:
    """A block in which TorchScript would optimise, or not."""
    yield


def _overload(func: F) -> F:
    """Leave the declaration of an overload as it is."""
    return func


_overload_method = _overload
_script_if_tracing = script_if_tracing


def _deprecated(name: str) -> None:
    warnings.warn(
        f"`torch.jit.{name}` is deprecated. Please switch to `torch.compile` or `torch.export`.",
        DeprecationWarning,
        stacklevel=3,
    )
