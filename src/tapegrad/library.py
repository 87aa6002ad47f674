"""`torch.library`: functions of a program as operators, with gradients of their own.

A custom operator is opaque: it runs on tensors without being recorded, and its gradient is what `register_autograd`
says. Operators are found by their name as well: `torch.ops.mylib.sincos`.
"""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import numpy as np

from .autograd.function import Function
from .autograd.grad_mode import is_grad_enabled, no_grad
from .tensor.device import device
from .tensor.dtypes import dtype
from .tensor.tensor import Tensor

__all__ = ["CustomOpDef", "custom_op", "impl_abstract", "infer_schema", "register_autograd", "register_fake",
           "register_kernel", "register_vmap"]  # fmt: skip

OPERATORS: Final[dict[str, CustomOpDef]] = {}
"""The operators by their full names, as 'mylib::sincos'."""


class CustomOpDef:
    """An operator made by `custom_op`."""

    def __init__(self, namespace: str, name: str, schema: str, fn: Callable[..., Any]) -> None:
        self._namespace, self._name, self._schema, self._init_fn = namespace, name, schema, fn
        self._qualname = f"{namespace}::{name}"
        self._kernel = fn
        self._signature = inspect.signature(fn)
        self._function = _recorded(self, None, None)
        self.default = self  # torch.ops.mylib.sincos.default is the overload without a name
        self.__doc__ = fn.__doc__

    def __repr__(self) -> str:
        return f"<CustomOpDef({self._qualname})>"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the operator, recorded as one step."""
        bound = self._signature.bind(*args, **kwargs)
        bound.apply_defaults()
        values = tuple(bound.arguments.values())
        flat, shape = _flattened(values)
        if is_grad_enabled() and any(isinstance(value, Tensor) and value.requires_grad for value in flat):
            return self._function.apply(shape, *flat)
        with no_grad():
            return self._run(values)

    def _run(self, values: tuple[Any, ...]) -> Any:
        result = self._kernel(*values)
        self._check_results(result, values)
        return result

    def _check_results(self, result: Any, values: tuple[Any, ...]) -> None:
        inputs = [value._data for value in _flattened(values)[0] if isinstance(value, Tensor)]
        for out in result if isinstance(result, (tuple, list)) else (result,):
            if isinstance(out, Tensor) and any(np.may_share_memory(out._data, array) for array in inputs):
                raise RuntimeError(
                    f"{self._name} (with implementation in {inspect.getmodule(self._init_fn)}): The output of this"
                    " custom operator (1) must not also be an input to this custom operator and (2) may not alias any"
                    " inputs to this custom operator or other returns. Return a copy: x.clone()."
                )

    def register_autograd(
        self, backward: Callable[..., Any], /, *, setup_context: Callable[..., Any] | None = None
    ) -> None:
        """Say what the gradient is.

        Args:
            backward: gets a context and the gradient of each result; returns the gradient of each argument, or None.
            setup_context: gets the context, `inputs` and `output`, and keeps in the context what `backward` needs.
        """
        self._function = _recorded(self, backward, setup_context)

    def register_kernel(self, device_types: Any, fn: Callable[..., Any] | None = None, /) -> Any:
        """Another implementation, for the devices named; on the CPU it takes the first one's place."""
        if fn is None:
            return lambda function: self.register_kernel(device_types, function)
        names = (device_types,) if isinstance(device_types, str) else device_types
        if names is None or "cpu" in names:
            self._kernel = fn
        return fn

    def register_fake(self, fn: Callable[..., Any], /) -> Callable[..., Any]:
        """A rule for shapes, which compilers need: accepted, and not used."""
        return fn

    def register_vmap(self, func: Callable[..., Any] | None = None) -> Any:
        """A rule for `vmap`: accepted, and not used."""
        return func if func is not None else lambda function: function

    def register_torch_dispatch(self, torch_dispatch_class: Any, fn: Callable[..., Any] | None = None, /) -> Any:
        """A rule for dispatch modes: accepted, and not used."""
        return fn if fn is not None else lambda function: function


def custom_op(
    name: str,
    fn: Callable[..., Any] | None = None,
    /,
    *,
    mutates_args: str | Iterable[str],
    device_types: str | Sequence[str] | None = None,
    schema: str | None = None,
    tags: Any = None,
) -> Any:
    """Make a function an operator.

    Args:
        name: 'namespace::name'.
        fn: the function, with type hints; a decorator comes back if None.
        mutates_args: the names of the arguments that it writes into.

    Raises:
        ValueError: the name has no namespace, or an argument no type.

    Example:
        >>> import tapegrad as torch
        >>> @torch.library.custom_op("docs::cube", mutates_args=())
        ... def cube(x: torch.Tensor) -> torch.Tensor:
        ...     return x**3
        >>> def keep(ctx, inputs, output):
        ...     ctx.save_for_backward(*inputs)
        >>> cube.register_autograd(lambda ctx, g: 3 * g * ctx.saved_tensors[0] ** 2, setup_context=keep)
        >>> x = torch.tensor([1.0, 2.0], requires_grad=True)
        >>> cube(x).sum().backward()
        >>> x.grad
        tensor([ 3., 12.])
    """
    if fn is None:
        return lambda function: custom_op(
            name, function, mutates_args=mutates_args, device_types=device_types, schema=schema, tags=tags
        )
    text = infer_schema(fn, mutates_args=mutates_args) if schema is None else schema
    namespace, separator, own = name.partition("::")
    if not separator:
        raise ValueError(f"Expected `name` to be of the form 'namespace::name', got {name!r}")
    made = OPERATORS[name] = CustomOpDef(namespace, own, text, fn)
    return made


def register_autograd(
    op: Any, backward: Callable[..., Any], /, *, setup_context: Callable[..., Any] | None = None, lib: Any = None
) -> None:
    """`CustomOpDef.register_autograd`, of an operator or its name."""
    _operator(op).register_autograd(backward, setup_context=setup_context)


def register_fake(op: Any, func: Callable[..., Any] | None = None, /, **options: Any) -> Any:
    """`CustomOpDef.register_fake`, of an operator or its name."""
    return func if func is not None else _operator(op).register_fake


impl_abstract = register_fake


def register_kernel(op: Any, device_types: Any, func: Callable[..., Any] | None = None, /, **options: Any) -> Any:
    """`CustomOpDef.register_kernel`, of an operator or its name."""
    return _operator(op).register_kernel(device_types, func)


def register_vmap(op: Any, func: Callable[..., Any] | None = None, /, **options: Any) -> Any:
    """`CustomOpDef.register_vmap`, of an operator or its name."""
    return _operator(op).register_vmap(func)


class Namespace:
    """The operators whose names begin with `name::`, as attributes."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> CustomOpDef:
        found = OPERATORS.get(f"{self._name}::{name}")
        if found is None:
            raise AttributeError(f"'_OpNamespace' '{self._name}' object has no attribute '{name}'", name=name)
        return found


def namespace(name: str) -> Namespace:
    """`torch.ops.<name>`.

    Raises:
        AttributeError: no operator has been made in it.
    """
    if not any(full.startswith(f"{name}::") for full in OPERATORS):
        raise AttributeError(f"module 'tapegrad.ops' has no attribute {name!r}", name=name)
    return Namespace(name)


def _operator(op: Any) -> CustomOpDef:
    if isinstance(op, CustomOpDef):
        return op
    if op not in OPERATORS:
        raise RuntimeError(f"there is no custom operator {op!r}; it is made by torch.library.custom_op")
    return OPERATORS[op]


# -- gradients ------------------------------------------------------------------------------------------------------


def _recorded(op: CustomOpDef, backward: Callable[..., Any] | None, setup: Callable[..., Any] | None) -> Any:
    """The Function that runs an operator and differentiates it."""

    def forward(ctx: Any, shape: tuple[Any, ...], *flat: Any) -> Any:
        values = _restored(flat, shape)
        result = op._run(values)
        if setup is not None:
            setup(ctx, inputs=values, output=result)
        ctx._shape = shape
        return tuple(result) if isinstance(result, list) else result

    def run_backward(ctx: Any, *grads: Any) -> Any:
        if backward is None:
            raise RuntimeError(
                f"Trying to backward through {op._namespace}.{op._name}.default but no autograd formula was"
                " registered. Please use register_autograd to add one."
            )
        found = backward(ctx, *grads)
        found = tuple(found) if isinstance(found, (tuple, list)) else (found,)
        flat: list[Any] = [None]
        for grad, n in zip(found, ctx._shape, strict=True):
            flat += [grad] if n is None else list(grad) if grad is not None else [None] * n
        return tuple(flat)

    name = f"GeneratedBackwardFor_{op._namespace}_{op._name}_default"
    return type(name, (Function,), {"forward": staticmethod(forward), "backward": staticmethod(run_backward)})


def _flattened(values: tuple[Any, ...]) -> tuple[list[Any], tuple[int | None, ...]]:
    """Arguments with the tensors of lists among them, and for each the length of its list, or None."""
    flat: list[Any] = []
    shape: list[int | None] = []
    for value in values:
        if isinstance(value, (list, tuple)) and any(isinstance(item, Tensor) for item in value):
            flat += value
            shape.append(len(value))
        else:
            flat.append(value)
            shape.append(None)
    return flat, tuple(shape)


def _restored(flat: tuple[Any, ...], shape: tuple[int | None, ...]) -> tuple[Any, ...]:
    rest = iter(flat)
    return tuple(next(rest) if n is None else [next(rest) for _ in range(n)] for n in shape)


# -- schemas --------------------------------------------------------------------------------------------------------

_TYPES: Final = {
    Tensor: "Tensor", int: "SymInt", float: "float", bool: "bool", str: "str", complex: "Scalar",
    int | float | bool: "Scalar", dtype: "ScalarType", device: "Device",
}  # fmt: skip


def infer_schema(
    prototype_function: Callable[..., Any], /, *, mutates_args: str | Iterable[str], op_name: str | None = None
) -> str:
    """The schema of a function, from its type hints.

    Raises:
        ValueError: a parameter has no type hint, or one that an operator cannot have.

    >>> def f(x: Tensor, k: int = 1) -> Tensor: ...
    >>> infer_schema(f, mutates_args=())
    '(Tensor x, SymInt k=1) -> Tensor'
    """
    signature = inspect.signature(prototype_function)
    hints = typing.get_type_hints(prototype_function)
    mutated = [mutates_args] if isinstance(mutates_args, str) else list(mutates_args)
    parts, only_keywords = [], False
    for i, (name, parameter) in enumerate(signature.parameters.items()):
        if name not in hints:
            raise ValueError(
                f"infer_schema(func): Parameter {name} must have a type annotation."
                f" Got func with signature {signature})"
            )
        if parameter.kind is parameter.KEYWORD_ONLY and not only_keywords:
            only_keywords = True
            parts.append("*")
        kind = _type_text(hints[name], name, signature)
        if name in mutated or (mutated == ["unknown"] and kind.startswith("Tensor")):
            kind = kind.replace("Tensor", f"Tensor(a{i}!)", 1)
        default = "" if parameter.default is parameter.empty else f"={_default_text(parameter.default)}"
        parts.append(f"{kind} {name}{default}")
    result = hints.get("return", type(None))
    if result is type(None):
        returns = "()"
    elif typing.get_origin(result) is tuple:
        returns = f"({', '.join(_type_text(part, 'return', signature) for part in typing.get_args(result))})"
    else:
        returns = _type_text(result, "return", signature)
    return f"{op_name or ''}({', '.join(parts)}) -> {returns}"


def _type_text(hint: Any, name: str, signature: inspect.Signature) -> str:
    if hint in _TYPES:
        return _TYPES[hint]
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType) and type(None) in inner:
        rest = [part for part in inner if part is not type(None)]
        return _type_text(typing.Union[tuple(rest)], name, signature) + "?"  # noqa: UP007 - of parts in a variable
    if origin in (list, Sequence, tuple) and len(inner) == 1:
        return _type_text(inner[0], name, signature) + "[]"
    raise ValueError(
        f"infer_schema(func): Parameter {name} has unsupported type {hint}. Got func with signature {signature})"
    )


def _default_text(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)
