"""Forward mode with dual numbers: `torch.autograd.forward_ad`.

A dual tensor holds values and the derivative of the values along one direction; operations on it give dual tensors.

>>> import tapegrad as torch
>>> import tapegrad.autograd.forward_ad as fwAD
>>> with fwAD.dual_level():
...     x = fwAD.make_dual(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 0.0]))
...     y = (x * x).sum()
...     fwAD.unpack_dual(y)
UnpackedDualTensor(primal=tensor(5.), tangent=tensor(2.))
"""

from __future__ import annotations

from typing import NamedTuple

from ..tensor.tensor import Tensor
from . import tangents
from .grad_mode import GradMode
from .tangents import Level

__all__ = ["UnpackedDualTensor", "dual_level", "enter_dual_level", "exit_dual_level", "make_dual", "unpack_dual"]

_current_level = -1
_level: Level | None = None


class UnpackedDualTensor(NamedTuple):
    """The parts of a dual tensor: its values and their derivative, None if it is not dual."""

    primal: Tensor
    tangent: Tensor | None


def enter_dual_level() -> int:
    """Begin a level of forward mode, inside of which dual tensors can be made; returns its number.

    Raises:
        RuntimeError: there is one already.
    """
    global _level, _current_level
    if _level is not None:
        raise RuntimeError(
            "Nested forward mode AD is not supported at the moment\n  Found: a dual level inside of another. Write"
            " torch.func.jvp inside of torch.func.jvp for derivatives of derivatives."
        )
    _level, _current_level = Level(), 0
    return 0


def exit_dual_level(*, level: int | None = None) -> None:
    """End the level of forward mode: tangents made in it are gone.

    Raises:
        RuntimeError: there is none, or `level` is not its number.
    """
    global _level, _current_level
    if level is not None and level != _current_level:
        raise RuntimeError(
            "Trying to exit a forward AD level that was not the last one that was created. This is not supported."
            f" Found: level {level}, where the last is {_current_level}."
        )
    if _level is None:
        raise RuntimeError("Dual level must be a positive number. Found: no level; enter_dual_level() begins one.")
    _level.end()
    _level, _current_level = None, -1


class dual_level(GradMode):
    """A level of forward mode, as a context manager or a decorator."""

    def __init__(self) -> None:
        super().__init__()

    def __enter__(self) -> int:  # type: ignore[override]
        return enter_dual_level()

    def __exit__(self, *exc: object) -> None:
        exit_dual_level()


def make_dual(tensor: Tensor, tangent: Tensor, *, level: int | None = None) -> Tensor:
    """A view of a tensor with a tangent.

    Args:
        tensor: the values; floating-point or complex.
        tangent: the direction, of the tensor's shape.

    Raises:
        RuntimeError: no level has begun, the shapes differ, or the tensor has a tangent already.
        ValueError: one of them does not hold floating-point or complex numbers.
    """
    if _level is None:
        raise RuntimeError(
            "Trying to create a dual Tensor for forward AD but no level exists, make sure to enter_dual_level() first."
            "\n  Write: with fwAD.dual_level(): x = fwAD.make_dual(x, direction)."
        )
    for name, t in (("primal", tensor), ("tangent", tangent)):
        if not (t.is_floating_point() or t.is_complex()):
            raise ValueError(f"Expected {name} to be floating point or complex, but got: {t.dtype}")
    if _level in tangents.tangents_of(tensor):
        raise RuntimeError(
            "Making a dual Tensor based on a Tensor that already has a forward gradient at the same level"
            f" {_current_level} is not supported. Take its values first: fwAD.unpack_dual(x).primal."
        )
    if tangent._data.shape != tensor._data.shape:
        raise RuntimeError(
            "Trying to set a forward gradient that has a different size than that of the original Tensor, this is not"
            f" supported. Tensor is of size {list(tensor.shape)} while the given forward gradient is of size"
            f" {list(tangent.shape)}."
        )
    dual: Tensor = tensor.view_as(tensor)
    tangents.set_tangent(dual, _level, tangent)
    return dual


def unpack_dual(tensor: Tensor, *, level: int | None = None) -> UnpackedDualTensor:
    """The values and the tangent of a dual tensor; the tangent is None if it has none at this level.

    Raises:
        TypeError: `tensor` is not a tensor.
    """
    if not isinstance(tensor, Tensor):
        raise TypeError(f"_unpack_dual(): argument 'dual' (position 1) must be Tensor, not {type(tensor).__name__}")
    if _level is None:
        return UnpackedDualTensor(tensor, None)
    held = tangents.tangents_of(tensor)
    if _level not in held:
        return UnpackedDualTensor(tensor, None)
    return UnpackedDualTensor(tangents.below(tensor, _level), held[_level])


def _is_fwd_grad_enabled() -> bool:
    return tangents.enabled()


class _set_fwd_grad_enabled(GradMode):
    """Whether operations pass tangents on, until the end of the block."""

    def __init__(self, mode: bool) -> None:
        super().__init__()
        self._before = tangents.enabled()
        tangents.switch_on(mode)

    def __enter__(self) -> None:
        return None

    def __exit__(self, *exc: object) -> None:
        tangents.switch_on(self._before)


def shown_tangent(t: Tensor) -> Tensor | None:
    """The tangent that `repr` shows, if the tensor is dual at the current level."""
    return None if _level is None else tangents.tangents_of(t).get(_level)
