"""The attributes of a module: parameters, buffers, submodules, and everything else.

Parameters, buffers and submodules are held in dictionaries of their own and found by `__getattr__`, which Python calls
for what is not in `__dict__`; assigning one puts it into its dictionary.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ....tensor.questions import typename
from ....tensor.tensor import Parameter, Tensor
from . import hooks
from .hooks import CALL_HOOKS, HookDict

if TYPE_CHECKING:
    from . import Module


class Registering:
    """The part of Module that keeps its attributes."""

    _parameters: dict[str, Parameter | None]
    _buffers: dict[str, Tensor | None]
    _non_persistent_buffers_set: set[str]
    _modules: dict[str, Module | None]

    # -- attributes ------------------------------------------------------------------------------------------------

    def __getattr__(self, name: str) -> Any:
        # Submodules first, and by way of an exception: a model's forward looks them up, layers' forwards look into
        # `_parameters` themselves.
        own = self.__dict__
        try:
            return own["_modules"][name]
        except KeyError:
            pass
        for kind in ("_parameters", "_buffers"):
            if kind in own and name in own[kind]:
                return own[kind][name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'", name=name, obj=self)

    def __setattr__(self, name: str, value: Any) -> None:
        own = self.__dict__
        if isinstance(value, Parameter):
            if "_parameters" not in own:
                raise AttributeError("cannot assign parameters before Module.__init__() call")
            _remove(name, own, self._buffers, self._modules, self._non_persistent_buffers_set)
            self.register_parameter(name, value)
        elif name in own.get("_parameters", ()):
            if value is not None:
                raise TypeError(
                    f"cannot assign '{typename(value)}' as parameter '{name}' (torch.nn.Parameter or None expected)."
                    f" Write module.{name} = torch.nn.Parameter(…), or copy into it: module.{name}.data.copy_(…)."
                )
            self.register_parameter(name, value)
        elif isinstance(value, Registering):
            if "_modules" not in own:
                raise AttributeError("cannot assign module before Module.__init__() call")
            _remove(name, own, self._parameters, self._buffers, self._non_persistent_buffers_set)
            self._modules[name] = _shown_to_hooks(hooks._global_module_registration_hooks, self, name, value)
        elif name in own.get("_modules", ()):
            if value is not None:
                raise TypeError(
                    f"cannot assign '{typename(value)}' as child module '{name}' (torch.nn.Module or None expected)"
                )
            self._modules[name] = _shown_to_hooks(hooks._global_module_registration_hooks, self, name, value)
        elif name in own.get("_buffers", ()) or _is_buffer(value):
            self._set_buffer(name, value)
        else:
            if name in CALL_HOOKS and type(value) is not HookDict:
                value = noticing(value)
            object.__setattr__(self, name, value)

    def _set_buffer(self, name: str, value: Any) -> None:
        if value is not None and not isinstance(value, Tensor):
            raise TypeError(
                f"cannot assign '{typename(value)}' as buffer '{name}' (torch.nn.Buffer, torch.Tensor or None expected)"
            )
        if "_buffers" not in self.__dict__:
            raise AttributeError("cannot assign buffer before Module.__init__() call")
        if _is_buffer(value):
            self.register_buffer(name, value, value.persistent)  # type: ignore[union-attr]  # a buffer
        else:
            self._buffers[name] = _shown_to_hooks(hooks._global_buffer_registration_hooks, self, name, value)

    def __delattr__(self, name: str) -> None:
        if name in self._parameters:
            del self._parameters[name]
        elif name in self._buffers:
            del self._buffers[name]
            self._non_persistent_buffers_set.discard(name)
        elif name in self._modules:
            del self._modules[name]
        else:
            object.__delattr__(self, name)

    def __dir__(self) -> list[str]:
        names = {*dir(type(self)), *self.__dict__, *self._parameters, *self._modules, *self._buffers}
        return sorted(name for name in names if not name[0].isdigit())

    # -- registering -----------------------------------------------------------------------------------------------

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter, or None to keep its place.

        Raises:
            TypeError: `name` is no string, or `param` no parameter.
            KeyError: the name has a dot in it, is empty, or is taken.
            ValueError: the parameter is the result of a computation.
        """
        if "_parameters" not in self.__dict__:
            raise AttributeError("cannot assign parameter before Module.__init__() call")
        self._check_name("parameter", name, self._parameters)
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(
                f"cannot assign '{typename(param)}' object to parameter '{name}' (torch.nn.Parameter or None required)"
            )
        if param is not None and param.grad_fn is not None:
            raise ValueError(
                f"Cannot assign non-leaf Tensor to parameter '{name}'. Model parameters must be created explicitly. To"
                f" express '{name}' as a function of another Tensor, compute the value in the forward() method."
            )
        self._parameters[name] = _shown_to_hooks(hooks._global_parameter_registration_hooks, self, name, param)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a tensor that is part of the module's state but no parameter, such as a running mean.

        Args:
            name: the attribute that it becomes.
            tensor: None keeps the place.
            persistent: whether it is part of the `state_dict`.

        Raises:
            TypeError: `name` is no string, or `tensor` no tensor.
            KeyError: the name has a dot in it, is empty, or is taken.

        >>> import tapegrad as torch
        >>> net = torch.nn.Module()
        >>> net.register_buffer("mean", torch.zeros(2))
        >>> net.mean
        tensor([0., 0.])
        """
        if "_buffers" not in self.__dict__:
            raise AttributeError("cannot assign buffer before Module.__init__() call")
        self._check_name("buffer", name, self._buffers)
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(
                f"cannot assign '{typename(tensor)}' object to buffer '{name}' (torch Tensor or None required)"
            )
        self._buffers[name] = _shown_to_hooks(hooks._global_buffer_registration_hooks, self, name, tensor)
        if persistent:
            self._non_persistent_buffers_set.discard(name)
        else:
            self._non_persistent_buffers_set.add(name)

    def add_module(self, name: str, module: Module | None) -> None:
        """Add a submodule, or None to keep its place; the same as `self.name = module`, for any name.

        Raises:
            TypeError: `name` is no string, or `module` no module.
            KeyError: the name has a dot in it, is empty, or is taken.
        """
        if not isinstance(module, Registering) and module is not None:
            raise TypeError(f"{typename(module)} is not a Module subclass")
        self._check_name("module", name, self._modules)
        self._modules[name] = _shown_to_hooks(hooks._global_module_registration_hooks, self, name, module)

    def register_module(self, name: str, module: Module | None) -> None:
        """Another name of `add_module`."""
        self.add_module(name, module)

    def _check_name(self, kind: str, name: Any, taken: dict[str, Any]) -> None:
        if not isinstance(name, str):
            raise TypeError(f"{kind} name should be a string. Got {typename(name)}")
        if kind == "module":
            if hasattr(self, name) and name not in taken:
                raise KeyError(f"attribute '{name}' already exists")
            if "." in name:
                raise KeyError(f'module name can\'t contain ".", got: {name}')
            if name == "":
                raise KeyError('module name can\'t be empty string ""')
            return
        if "." in name:
            raise KeyError(f'{kind} name can\'t contain "."')
        if name == "":
            raise KeyError(f'{kind} name can\'t be empty string ""')
        if hasattr(self, name) and name not in taken:
            raise KeyError(f"attribute '{name}' already exists")


def noticing(found: Any) -> Any:
    """A dictionary of hooks as one that notices additions; anything else as it is."""
    if not isinstance(found, dict) or type(found) is HookDict:
        return found
    made = HookDict()
    for key, hook in found.items():
        made[key] = hook
    return made


def _remove(name: str, *places: Any) -> None:
    for place in places:
        if name in place:
            if isinstance(place, set):
                place.discard(name)
            else:
                del place[name]


def _shown_to_hooks(registered: Any, module: Any, name: str, value: Any) -> Any:
    """What is to be registered after the hooks on registration have seen it."""
    for hook in registered.values():
        returned = hook(module, name, value)
        if returned is not None:
            value = returned
    return value


def _is_buffer(value: Any) -> bool:
    return isinstance(value, Tensor) and getattr(value, "_is_buffer", False) is True
