"""`torch._foreach_add` and the others: an operation on each tensor of a list.

torch has them to start one GPU kernel instead of many; optimizers of other packages call them. Here each is a loop.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from .tensor.tensor import Tensor

__all__ = ["FUNCTIONS"]

FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {}
"""The functions by their names."""

_UNARY: Final = (
    "abs", "acos", "asin", "atan", "ceil", "cos", "cosh", "erf", "erfc", "exp", "expm1", "floor", "frac", "lgamma",
    "log", "log10", "log1p", "log2", "neg", "reciprocal", "round", "rsqrt", "sigmoid", "sign", "sin", "sinh", "sqrt",
    "tan", "tanh", "trunc",
)  # fmt: skip
_BINARY: Final = {
    "add": "add", "sub": "sub", "mul": "mul", "div": "div", "pow": "pow", "clamp_min": "clamp_min",
    "clamp_max": "clamp_max", "maximum": "clamp_min", "minimum": "clamp_max", "lerp": "lerp", "addcmul": "addcmul",
    "addcdiv": "addcdiv",
}  # fmt: skip


def _check(lists: Sequence[Any]) -> None:
    """Lists of tensors or numbers have one length, which is not 0."""
    first = len(lists[0])
    if not first:
        raise RuntimeError("Tensor list must have at least one tensor.")
    for other in lists[1:]:
        if len(other) != first:
            if not isinstance(other[0] if other else None, Tensor):
                raise RuntimeError(
                    f"Tensor list must have same number of elements as scalar list, got {first} and {len(other)}"
                )
            raise RuntimeError(f"Tensor lists must have the same number of tensors, got {first} and {len(other)}")


def _for_each(name: str, method: Callable[..., Any], in_place: bool, value_at: int | None = None) -> Callable[..., Any]:
    """A function that calls `method` once per tensor; operands are lists, or one value for all.

    Args:
        value_at: which operand goes to the method as `value=`, if one does.
    """

    def apply(self: Any, *operands: Any, **kwargs: Any) -> Any:
        operands += tuple(kwargs.pop(key) for key in ("other", "scalars", "value", "weight") if key in kwargs)
        lists = [operand for operand in (self, *operands) if isinstance(operand, (list, tuple))]
        _check(lists)
        if isinstance(operands[value_at] if value_at is not None and len(operands) > value_at else None, Tensor):
            operands = (*operands[:-1], operands[-1].tolist())
        results = []
        for i in range(len(lists[0])):
            of = [operand[i] if isinstance(operand, (list, tuple)) else operand for operand in (self, *operands)]
            options = kwargs
            if value_at is not None and len(operands) > value_at:
                options = {**kwargs, "value": of.pop()}
            results.append(method(*of, **options))
        return self if in_place else tuple(results)

    apply.__name__ = apply.__qualname__ = name
    apply.__doc__ = f"`{method.__name__}` of each tensor of a list."
    return apply


def _power(base: Any, exponent: Any) -> Any:
    return base**exponent


def _norm(self: Tensor, ord: Any = 2, dtype: Any = None) -> Any:
    return self.norm(ord, dtype=dtype)


def _max(self: Tensor) -> Any:
    return self.max()


def _fill() -> None:
    methods: Any = Tensor
    for name in _UNARY:
        for end in ("", "_"):
            FUNCTIONS[f"_foreach_{name}{end}"] = _for_each(
                f"_foreach_{name}{end}", getattr(methods, name + end), bool(end)
            )
    for name, method in _BINARY.items():
        value_at = 2 if name in ("addcmul", "addcdiv") else None
        for end in ("", "_"):
            function = _power if name == "pow" and not end else getattr(methods, method + end)
            FUNCTIONS[f"_foreach_{name}{end}"] = _for_each(f"_foreach_{name}{end}", function, bool(end), value_at)
    for name, function in (("copy_", methods.copy_), ("zero_", methods.zero_)):
        FUNCTIONS[f"_foreach_{name}"] = _for_each(f"_foreach_{name}", function, True)
    for name, function in (("norm", _norm), ("max", _max), ("clone", methods.clone), ("mm", methods.mm)):
        FUNCTIONS[f"_foreach_{name}"] = _for_each(f"_foreach_{name}", function, False)


_fill()
