"""Parameters that are functions of other tensors: `layer.weight` computes its value whenever it is read.

What is trained and saved is the original, `layer.parametrizations.weight.original`. The attribute becomes a property,
for which the module gets a class of its own, named `Parametrized` and the name of the one before.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ...autograd.grad_mode import no_grad
from ...tensor.tensor import Parameter, Tensor
from ..modules.container import ModuleDict, ModuleList
from ..modules.module import Module

_cache_enabled = 0
_cache: dict[tuple[int, str], Tensor] = {}


@contextmanager
def cached() -> Iterator[None]:
    """Within this, a parametrized tensor is computed once, when it is first read, and then kept.

    >>> import tapegrad as torch
    >>> import tapegrad.nn.utils.parametrize as P
    >>> layer = torch.nn.utils.parametrizations.weight_norm(torch.nn.Linear(2, 2))
    >>> with P.cached():
    ...     layer.weight is layer.weight
    True
    """
    global _cache_enabled
    _cache_enabled += 1
    try:
        yield
    finally:
        _cache_enabled -= 1
        if not _cache_enabled:
            _cache.clear()


class ParametrizationList(ModuleList):
    """The parametrizations of one tensor, one applied after the other, and the original that they start from.

    Args:
        modules: the parametrizations.
        original: the tensor, which becomes what the parametrizations' `right_inverse` make of it.
        unsafe: allow the value to have another shape or dtype than the tensor had.

    Attributes:
        original: the parameter or buffer; if `right_inverse` gave several, they are `original0`, `original1`, …
        is_tensor: whether there is one original.
        ntensors: how many originals there are.

    Raises:
        ValueError: no parametrizations, or they give something else than a tensor of the same shape and dtype.
    """

    original: Tensor
    unsafe: bool

    def __init__(self, modules: Sequence[Module], original: Tensor, unsafe: bool = False) -> None:
        if not modules:
            raise ValueError("ParametrizationList requires one or more modules.")
        super().__init__(modules)
        self.unsafe = unsafe
        shape, dtype = original.shape, original.dtype
        with no_grad():
            new: Any = original
            for module in reversed(self):
                if hasattr(module, "right_inverse"):
                    try:
                        new = module.right_inverse(new)
                    except NotImplementedError:
                        pass  # it says that it has none
        if not isinstance(new, (Tensor, Sequence)):
            raise ValueError(
                "'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). Got"
                f" {type(new).__name__}"
            )
        self.is_tensor = isinstance(new, Tensor)
        self.ntensors = 1 if self.is_tensor else len(new)
        if isinstance(new, Tensor):
            self._keep_one(original, new)
        else:
            self._keep_several(original, new)
        if not unsafe:
            self._check_value(shape, dtype)

    def _keep_one(self, original: Tensor, new: Tensor) -> None:
        if original.dtype != new.dtype:
            raise ValueError(
                "When `right_inverse` outputs one tensor, it may not change the dtype.\n"
                f"original.dtype: {original.dtype}\n"
                f"right_inverse(original).dtype: {new.dtype}"
            )
        _set(original, new)  # the parameter itself stays, so an optimizer that has it need not be told
        _register(self, "original", original)

    def _keep_several(self, original: Tensor, new: Sequence[Any]) -> None:
        for i, part in enumerate(new):
            if not isinstance(part, Tensor):
                raise ValueError(
                    "'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). Got element"
                    f" {i} of the sequence with type {type(part).__name__}."
                )
            kept = Parameter(part, original.requires_grad) if isinstance(original, Parameter) else part
            _register(self, f"original{i}", kept.requires_grad_(original.requires_grad))

    def _check_value(self, shape: Any, dtype: Any) -> None:
        value = self()
        if not isinstance(value, Tensor):
            raise ValueError(f"A parametrization must return a tensor. Got {type(value).__name__}.")
        for what, before, after in (("dtype", dtype, value.dtype), ("shape", shape, value.shape)):
            if before != after:
                raise ValueError(
                    f"Registering a parametrization may not change the {what} of the tensor, unless `unsafe` flag is"
                    f" enabled.\nunparametrized {what}: {before}\nparametrized {what}: {after}"
                )

    def _originals(self) -> list[Any]:
        if self.is_tensor:
            return [self.original]
        return [getattr(self, f"original{i}") for i in range(self.ntensors)]

    def right_inverse(self, value: Any) -> None:
        """Change the originals so that the value becomes the given one: what assigning to the tensor does.

        Raises:
            RuntimeError: a parametrization has no `right_inverse`.
            ValueError: it gives something else than tensors like the originals.
        """
        with no_grad():
            for module in reversed(self):
                if not hasattr(module, "right_inverse"):
                    raise RuntimeError(f"parametrization {type(module).__name__} does not implement right_inverse.")
                value = module.right_inverse(value)
            if self.is_tensor and not isinstance(value, Tensor):
                raise ValueError(f"`right_inverse` should return a tensor. Got {type(value).__name__}")
            if not self.is_tensor and not isinstance(value, Sequence):
                raise ValueError(f"'right_inverse' must return a sequence of tensors. Got {type(value).__name__}.")
            values = [value] if self.is_tensor else list(value)
            if len(values) != self.ntensors:
                raise ValueError(
                    f"'right_inverse' must return a sequence of tensors of length {self.ntensors}. Got a sequence of"
                    f" length {len(values)}."
                )
            for i, (original, new) in enumerate(zip(self._originals(), values, strict=True)):
                self._check_inverse(i, original, new)
                _set(original, new)

    def _check_inverse(self, i: int, original: Tensor, new: Any) -> None:
        if not isinstance(new, Tensor):
            raise ValueError(
                f"'right_inverse' must return a sequence of tensors. Got element {i} of type {type(new).__name__}."
            )
        if new.dtype == original.dtype:
            return
        which, name = ("The tensor", "original") if self.is_tensor else (f"Tensor {i}", f"original{i}")
        raise ValueError(
            f"{which} returned by `right_inverse` has dtype {new.dtype} while `{name}` has dtype {original.dtype}"
        )

    def forward(self) -> Tensor:
        """The value of the tensor."""
        first, *rest = self
        value = first(*self._originals())
        for module in rest:
            value = module(value)
        return value


def _set(tensor: Tensor, value: Tensor) -> None:
    """Have a tensor show another's values, and its shape."""
    if tensor is not value:
        tensor.data = value.detach()


def _register(module: Module, name: str, tensor: Tensor) -> None:
    if isinstance(tensor, Parameter):
        module.register_parameter(name, tensor)
    else:
        module.register_buffer(name, tensor)


# -- the class with properties -----------------------------------------------------------------------------------------


def _refuse_pickling(self: Module) -> Any:
    raise RuntimeError(
        "Serialization of parametrized modules is only supported through state_dict(). See:\n"
        "https://pytorch.org/tutorials/beginner/saving_loading_models.html"
        "#saving-loading-a-general-checkpoint-for-inference-and-or-resuming-training"
    )


def _deep_copied(self: Module, memo: dict[int, Any]) -> Module:
    found = memo.get(id(self))
    if found is None:
        found = memo[id(self)] = self.__new__(type(self))
        found.__dict__.update(copy.deepcopy(self.__dict__, memo))
    return found


def _inject_new_class(module: Module) -> None:
    """Give a module a class of its own, for properties to be put on."""
    cls = type(module)
    extra: dict[str, Any] = {"__getstate__": _refuse_pickling}
    if not hasattr(cls, "__deepcopy__"):
        extra["__deepcopy__"] = _deep_copied
    module.__class__ = type(f"Parametrized{cls.__name__}", (cls,), extra)


def _inject_property(module: Module, tensor_name: str) -> None:
    """Have a tensor of a module be computed when it is read."""

    def get(self: Any) -> Tensor:
        parametrization = self.parametrizations[tensor_name]
        if not _cache_enabled:
            return parametrization()
        key = (id(self), tensor_name)
        if key not in _cache:
            _cache[key] = parametrization()
        return _cache[key]

    def set(self: Any, value: Any) -> None:
        self.parametrizations[tensor_name].right_inverse(value)

    setattr(type(module), tensor_name, property(get, set))


# -- registering and removing ------------------------------------------------------------------------------------------


def register_parametrization(
    module: Module, tensor_name: str, parametrization: Module, *, unsafe: bool = False
) -> Module:
    """Have a parameter or buffer of a module be the value of a parametrization; several are applied one after another.

    Args:
        module: the module, which is changed.
        tensor_name: of the parameter or buffer.
        parametrization: a module that computes the value from the original. If it has a `right_inverse`, the tensor
            may be assigned to; the original is then what that returns, a tensor or several.
        unsafe: do not check that shape and dtype stay the same.

    Raises:
        ValueError: the module has no such tensor, or the value is not like it.

    >>> import tapegrad as torch
    >>> class Symmetric(torch.nn.Module):
    ...     def forward(self, x):
    ...         return x.triu() + x.triu(1).mT
    >>> layer = torch.nn.Linear(3, 3)
    >>> _ = torch.nn.utils.parametrize.register_parametrization(layer, "weight", Symmetric())
    >>> torch.equal(layer.weight, layer.weight.T)
    True
    """
    net: Any = module
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        if not unsafe:
            _check_next(net, tensor_name, parametrization)
        net.parametrizations[tensor_name].append(parametrization)
        net.parametrizations[tensor_name].unsafe |= unsafe
    elif tensor_name in module._buffers or tensor_name in module._parameters:
        listed = ParametrizationList([parametrization], getattr(net, tensor_name), unsafe=unsafe)
        delattr(module, tensor_name)
        if not is_parametrized(module):
            _inject_new_class(module)
            net.parametrizations = ModuleDict()
        _inject_property(module, tensor_name)
        net.parametrizations[tensor_name] = listed
    else:
        raise ValueError(
            f"Module '{module}' does not have a parameter, a buffer, or a parametrized element with name"
            f" '{tensor_name}'"
        )
    return module


def _check_next(module: Any, name: str, parametrization: Any) -> None:
    """Refuse one more parametrization whose value or inverse is not like the tensor that it is applied to."""
    before = getattr(module, name)
    after = parametrization(before)
    if not isinstance(after, Tensor):
        raise ValueError(f"A parametrization must return a tensor. Got {type(after).__name__}.")
    for what in ("dtype", "shape"):
        if getattr(before, what) != getattr(after, what):
            raise ValueError(
                f"Registering a parametrization may not change the {what} of the tensor, unless the `unsafe` flag is"
                f" enabled.\nmodule.{name}.{what}: {getattr(before, what)}\n"
                f"parametrization(module.{name}).{what}: {getattr(after, what)}"
            )
    if not hasattr(parametrization, "right_inverse"):
        return
    try:
        back = parametrization.right_inverse(after)
    except NotImplementedError:
        return
    if not isinstance(back, Tensor):
        raise ValueError(f"parametrization.right_inverse must return a tensor. Got: {type(back).__name__}")
    for what in ("dtype", "shape"):
        if getattr(before, what) != getattr(back, what):
            raise ValueError(
                f"The tensor returned by parametrization.right_inverse must have the same {what} as module.{name},"
                f" unless the `unsafe` flag is enabled.\nmodule.{name}.{what}: {getattr(before, what)}\n"
                f"returned {what}: {getattr(back, what)}"
            )


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Whether a tensor of a module, or any of them, is parametrized.

    >>> import tapegrad as torch
    >>> torch.nn.utils.parametrize.is_parametrized(torch.nn.Linear(2, 2))
    False
    """
    parametrizations = getattr(module, "parametrizations", None)
    if not isinstance(parametrizations, ModuleDict):
        return False
    return len(parametrizations) > 0 if tensor_name is None else tensor_name in parametrizations


def remove_parametrizations(module: Module, tensor_name: str, leave_parametrized: bool = True) -> Module:
    """Make a parametrized tensor a parameter or buffer again.

    Args:
        module: the module, which is changed.
        tensor_name: of the tensor.
        leave_parametrized: give it the value that it has now, rather than the original's.

    Raises:
        ValueError: it is not parametrized; or there are several originals, so that none can take its place.
    """
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"Module {module} does not have a parametrization on {tensor_name}")
    net: Any = module
    listed = net.parametrizations[tensor_name]
    if listed.is_tensor:
        original = listed.original
        if leave_parametrized:
            with no_grad():
                _set(original, getattr(net, tensor_name))
    elif leave_parametrized:
        value = getattr(net, tensor_name)
        original = Parameter(value) if value.requires_grad else value
    else:
        raise ValueError(
            "Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is parametrized in terms of a"
            " sequence of tensors."
        )
    delattr(type(module), tensor_name)
    del net.parametrizations[tensor_name]
    _register(module, tensor_name, original)
    if not is_parametrized(module):
        del net.parametrizations
        module.__class__ = type(module).__bases__[0]
    return module


def type_before_parametrizations(module: Module) -> type:
    """The class of a module before it was parametrized; its class if it is not.

    >>> import tapegrad as torch
    >>> P = torch.nn.utils.parametrize
    >>> P.type_before_parametrizations(torch.nn.utils.parametrizations.weight_norm(torch.nn.Linear(2, 2))).__name__
    'Linear'
    """
    return type(module).__bases__[0] if is_parametrized(module) else type(module)


def transfer_parametrizations_and_params(
    from_module: Module, to_module: Module, tensor_name: str | None = None
) -> Module:
    """Parametrize a module's tensors as another's are, with the same parametrizations and originals.

    Args:
        from_module: the parametrized module.
        to_module: the module to change.
        tensor_name: of one tensor; all that are parametrized if not given.

    Returns:
        `to_module`.
    """
    if not is_parametrized(from_module):
        return to_module
    source: Any = from_module
    target: Any = to_module
    for name in list(source.parametrizations) if tensor_name is None else [tensor_name]:
        listed = source.parametrizations[name]
        if not hasattr(target, name):
            setattr(target, name, Parameter(getattr(source, name)))
        for parametrization in listed:
            register_parametrization(target, name, parametrization)
        names = ["original"] if listed.is_tensor else [f"original{i}" for i in range(listed.ntensors)]
        for original in names:
            setattr(target.parametrizations[name], original, getattr(listed, original))
    return to_module


__all__ = [
    "ParametrizationList", "cached", "is_parametrized", "register_parametrization", "remove_parametrizations",
    "transfer_parametrizations_and_params", "type_before_parametrizations",
]  # fmt: skip
