"""`torch.compile` and `torch.compiler`; the compiler itself is in `tapegrad.compile`.

What programs tell a compiler besides (do not compile this, treat that as constant) is accepted, and changes nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TypeVar

from ..nn.modules.module import Module

__all__ = [
    "allow_in_graph", "assume_constant_result", "compile", "cudagraph_mark_step_begin", "disable", "is_compiling",
    "is_dynamo_compiling", "is_exporting", "list_backends", "reset", "set_stance", "substitute_in_graph", "wrap_numpy",
]  # fmt: skip

F = TypeVar("F", bound=Callable[..., Any])

MODES = ("default", "lite", "reduce-overhead", "max-autotune-no-cudagraphs", "max-autotune")
BACKENDS = ("auto", "cudagraphs", "inductor", "numba", "numpy", "openxla", "tvm")
DEBUGGING_BACKENDS = ("aot_eager", "aot_eager_decomp_partition", "eager", "eager_noexcept")


class InvalidBackend(RuntimeError):
    """There is no compiler of that name."""


class OptimizedModule(Module):
    """A compiled module: the module it was made of is its submodule `_orig_mod`, as in saved state dicts."""

    def __init__(
        self, mod: Module, fullgraph: bool = False, backend: str = "auto", dynamic: bool | None = None
    ) -> None:
        super().__init__()
        self._orig_mod = mod
        self.training = mod.training
        self.__dict__["_compiled"] = _compiled(mod.__call__, fullgraph, backend, dynamic, root=mod)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Call the module."""
        return self.__dict__["_compiled"](*args, **kwargs)

    def report(self) -> str:
        """Programs, their guards, and the calls that run as they are written, with the reason."""
        return str(self.__dict__["_compiled"].report())

    def source(self) -> str:
        """The generated code of all programs."""
        return str(self.__dict__["_compiled"].source())

    def explain(self) -> str:
        """The steps of each program."""
        return str(self.__dict__["_compiled"].explain())

    def __getattr__(self, name: str) -> Any:
        if name == "_orig_mod":
            return self._modules["_orig_mod"]
        return getattr(self._orig_mod, name)

    def __len__(self) -> int:
        return len(self._orig_mod)


def compile(
    model: Any = None,
    *,
    fullgraph: bool = False,
    dynamic: bool | None = None,
    backend: str | Callable[..., Any] | None = None,
    mode: str | None = None,
    options: dict[str, Any] | None = None,
    disable: bool = False,
    **more: Any,
) -> Any:
    """A function that runs as a program of array operations, once it has been seen how it is called.

    The first call of a kind runs as it is written and is watched, the second is captured; from then on there is
    no Python per operation.  `backward()` and optimizer steps may be inside, or the result goes backward.  What cannot
    be captured runs as it is written, with a warning that says why.

    Args:
        model: a function or a module; without it, a decorator.
        fullgraph: raise where a call cannot become a program.
        dynamic: whether one program serves arguments of all sizes: True, False (a program per size), or None: once a
            size has been another one.
        mode, options: accepted.
        backend: "numpy" replays programs on NumPy; "numba" runs loops in native code, compiled in the second call; any
            other, such as torch's, has native code made in the background and used where it is faster.
        disable: give back `model` as it is.

    Returns:
        A `Compiled`, which is called as the function is and has `report()`, `source()` and `explain()`; an
        `OptimizedModule` for a module.

    Raises:
        RuntimeError: an unknown mode, both mode and options, or a backend that torch has not either.
        AssertionError: `model` cannot be called.
        ImportError: backend "numba" without Numba.

    Example:
        >>> import tapegrad as torch
        >>> f = torch.compile(lambda x: x.sin() ** 2, backend="numpy")
        >>> f(torch.zeros(2))
        tensor([0., 0.])
    """
    if model is None:
        return lambda function: compile(
            function,
            fullgraph=fullgraph,
            dynamic=dynamic,
            backend=backend,
            mode=mode,
            options=options,
            disable=disable,
            **more,
        )
    if mode is not None and options is not None:
        raise RuntimeError("Either mode or options can be specified, but both can't be specified at the same time.")
    if mode is not None and mode not in MODES:
        raise RuntimeError(f"Unrecognized mode={mode}, should be one of: {', '.join(MODES)}")
    if isinstance(backend, str) and backend not in (*BACKENDS, *DEBUGGING_BACKENDS):
        raise InvalidBackend(
            f"Invalid backend: {backend!r}, see `torch._dynamo.list_backends()` for available backends."
        )
    if not callable(model):
        raise AssertionError(f"A callable function is expected, but {type(model)} is provided.")
    if disable:
        return model
    own = backend if isinstance(backend, str) and backend in ("numba", "numpy") else "auto"
    make = OptimizedModule if isinstance(model, Module) else _compiled
    return make(model, fullgraph, own, dynamic)


def _compiled(
    function: Callable[..., Any], fullgraph: bool, backend: str, dynamic: bool | None, root: Any = None
) -> Any:
    from ..compile.compiled import Compiled

    vars(sys.modules["tapegrad"])["compile"] = compile  # where the import has put the package of that name
    return Compiled(function, fullgraph=fullgraph, backend=backend, root=root, dynamic=dynamic)


def is_compiling() -> bool:
    """False: the program runs as it is written."""
    return False


def is_dynamo_compiling() -> bool:
    """False: the program runs as it is written."""
    return False


def is_exporting() -> bool:
    """False: nothing is exported."""
    return False


def disable(fn: Callable[..., Any] | None = None, recursive: bool = True, *, reason: str | None = None) -> Any:
    """Leave a function as it is; with or without arguments."""
    return fn if fn is not None else lambda function: function


def allow_in_graph(fn: F) -> F:
    """Leave a function as it is."""
    return fn


def assume_constant_result(fn: F) -> F:
    """Leave a function as it is."""
    return fn


def wrap_numpy(fn: F) -> F:
    """Leave a function as it is."""
    return fn


def substitute_in_graph(original_fn: Callable[..., Any], **options: Any) -> Callable[[F], F]:
    """Leave the function that would stand in for another as it is."""
    return lambda fn: fn


def cudagraph_mark_step_begin() -> None:
    """Nothing to mark."""


def reset() -> None:
    """Nothing is kept between calls."""


def list_backends(exclude_tags: Any = ("debug", "experimental")) -> list[str]:
    """The names that `compile` accepts."""
    return sorted(BACKENDS if exclude_tags else BACKENDS + DEBUGGING_BACKENDS)


class set_stance:
    """What calls of compiled functions are to do: accepted as a call, a `with` block and a decorator."""

    def __init__(self, stance: str = "default", *, skip_guard_eval_unsafe: bool = False, force_backend: Any = None):
        self.stance = stance

    def __enter__(self) -> None: ...

    def __exit__(self, *exc: object) -> None: ...

    def __call__(self, fn: F) -> F:
        """Leave a function as it is."""
        return fn
