"""`Module`, the base class of everything that has parameters. Its parts are in the modules of this folder."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, NoReturn, Self, TypeVar

from .calling import Calling, _WrappedHook
from .converting import Converting
from .hooks import (
    CALL_HOOKS,
    OTHER_HOOKS,
    HookDict,
    _global_backward_hooks,
    _global_backward_pre_hooks,
    _global_buffer_registration_hooks,
    _global_forward_hooks,
    _global_forward_hooks_always_called,
    _global_forward_hooks_with_kwargs,
    _global_forward_pre_hooks,
    _global_module_registration_hooks,
    _global_parameter_registration_hooks,
    _has_any_global_hook,
    in_use,
    register_module_backward_hook,
    register_module_buffer_registration_hook,
    register_module_forward_hook,
    register_module_forward_pre_hook,
    register_module_full_backward_hook,
    register_module_full_backward_pre_hook,
    register_module_module_registration_hook,
    register_module_parameter_registration_hook,
)
from .registering import Registering, noticing
from .state import _EXTRA_STATE_KEY_SUFFIX, State, _IncompatibleKeys
from .traversing import Traversing

T = TypeVar("T", bound="Module")


def _forward_unimplemented(self: Module, *input: Any) -> NoReturn:
    """What the module computes; every subclass defines it.

    Raises:
        NotImplementedError: this one does not.
    """
    raise NotImplementedError(
        f'Module [{type(self).__name__}] is missing the required "forward" function. Define it: def forward(self, x): …'
    )


class Module(Calling, Registering, Traversing, Converting, State):
    """The base class of layers and models.

    A subclass makes its parameters and submodules in `__init__`, after `super().__init__()`, and says in `forward` what
    it computes. Tensors that are assigned as `Parameter` and modules that are assigned become part of the module: they
    are found by `parameters()`, converted by `to()`, saved by `state_dict()`.

    Attributes:
        training: whether the module is being trained, see `train()`.

    >>> import tapegrad as torch
    >>> class Scale(torch.nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.factor = torch.nn.Parameter(torch.tensor(2.0))
    ...
    ...     def forward(self, x):
    ...         return self.factor * x
    >>> Scale()(torch.tensor(3.0))
    tensor(6., grad_fn=<MulBackward0>)
    """

    dump_patches: bool = False
    training: bool
    call_super_init: bool = False
    T_destination = TypeVar("T_destination", bound=dict[str, Any])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        own = self.__dict__
        own["training"] = True
        own["_parameters"] = {}
        own["_buffers"] = {}
        own["_non_persistent_buffers_set"] = set()
        own["_backward_pre_hooks"] = HookDict()
        own["_backward_hooks"] = HookDict()
        own["_is_full_backward_hook"] = None
        own["_forward_hooks"] = HookDict()
        own["_forward_hooks_with_kwargs"] = OrderedDict()
        own["_forward_hooks_always_called"] = OrderedDict()
        own["_forward_pre_hooks"] = HookDict()
        own["_forward_pre_hooks_with_kwargs"] = OrderedDict()
        own["_state_dict_hooks"] = OrderedDict()
        own["_state_dict_pre_hooks"] = OrderedDict()
        own["_load_state_dict_pre_hooks"] = OrderedDict()
        own["_load_state_dict_post_hooks"] = OrderedDict()
        own["_modules"] = {}
        if self.call_super_init:
            super().__init__(*args, **kwargs)
        elif kwargs:
            raise TypeError(
                f"{type(self).__name__}.__init__() got an unexpected keyword argument '{next(iter(kwargs))}'"
            )
        elif args:
            raise TypeError(
                f"{type(self).__name__}.__init__() takes 1 positional argument but {len(args) + 1} were given"
            )

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        # tapegrad's own modules print as torch's: tapegrad.nn.modules.pooling.maximum as torch.nn.modules.pooling.
        path = cls.__module__.split(".")
        if path[0] == "tapegrad":
            cls.__module__ = ".".join(["torch", *path[1:4]])

    forward: Any = _forward_unimplemented

    def train(self, mode: bool = True) -> Self:
        """Say that the module and all below it are being trained, or not: dropout and batch norm heed it.

        Raises:
            ValueError: `mode` is neither True nor False.
        """
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self) -> Self:
        """Say that the module and all below it are in use, not trained; the same as `train(False)`."""
        return self.train(False)

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Have calls of this module run by `torch.compile`, which gets the arguments.

        Raises:
            NotImplementedError: there is no `torch.compile`.
        """
        import tapegrad

        compiler = getattr(tapegrad, "compile", None)
        if compiler is None:
            raise NotImplementedError("tapegrad has no compile: call the module as it is")
        in_use.any = True
        self._compiled_call_impl = compiler(self._call_impl, *args, **kwargs)

    # -- text ------------------------------------------------------------------------------------------------------

    def _get_name(self) -> str:
        return type(self).__name__

    def extra_repr(self) -> str:
        """What stands in the parentheses of `repr(module)`; subclasses define it."""
        return ""

    def __repr__(self) -> str:
        extra = self.extra_repr()
        extra_lines = extra.split("\n") if extra else []
        child_lines = [f"({name}): {_indented(repr(module))}" for name, module in self._modules.items()]
        lines = extra_lines + child_lines
        if not lines:
            inside = ""
        elif len(extra_lines) == 1 and not child_lines:
            inside = extra_lines[0]
        else:
            inside = "\n  " + "\n  ".join(lines) + "\n"
        return f"{self._get_name()}({inside})"

    # -- copies ----------------------------------------------------------------------------------------------------

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        state.pop("_compiled_call_impl", None)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        own = self.__dict__
        own.update(state)
        for name in CALL_HOOKS:
            own[name] = noticing(own.get(name, OrderedDict()))
        for name in OTHER_HOOKS:
            own.setdefault(name, OrderedDict())
        own.setdefault("_non_persistent_buffers_set", set())
        own.setdefault("_is_full_backward_hook", None)

    def __reduce_ex__(self, protocol: Any) -> Any:
        cls = type(self)
        if cls.__module__.startswith("torch.") and cls.__reduce__ is object.__reduce__:
            # pickle would look for the class where its name says it is.
            return _restored, (cls.__module__, cls.__qualname__), self.__getstate__()
        return super().__reduce_ex__(protocol)

    def _replicate_for_data_parallel(self) -> Self:
        replica = self.__new__(type(self))
        replica.__dict__.update(self.__dict__)
        replica._parameters = {}
        replica._buffers = replica._buffers.copy()
        replica._modules = replica._modules.copy()
        replica.__dict__["_is_replica"] = True
        return replica


Module.__module__ = "torch.nn.modules.module"


def _restored(module: str, name: str) -> Module:
    """An instance of one of tapegrad's modules, yet without state."""
    from importlib import import_module

    cls = getattr(import_module("tapegrad" + module.removeprefix("torch")), name)
    made: Module = cls.__new__(cls)
    return made


def _addindent(s_: str, numSpaces: int) -> str:
    """Indent all lines but the first."""
    return s_.replace("\n", "\n" + numSpaces * " ")


def _indented(text: str) -> str:
    return _addindent(text, 2)


__all__ = [
    "Module",
    "register_module_backward_hook",
    "register_module_buffer_registration_hook",
    "register_module_forward_hook",
    "register_module_forward_pre_hook",
    "register_module_full_backward_hook",
    "register_module_full_backward_pre_hook",
    "register_module_module_registration_hook",
    "register_module_parameter_registration_hook",
]
