"""A parameter as magnitude times direction, recomputed before every forward (the older of two ways)."""

from __future__ import annotations

import warnings
from typing import Any, TypeVar

from ...ops.weight_norms import norm_except_dim, weight_normed
from ...tensor.tensor import Parameter, Tensor

M = TypeVar("M")


class WeightNorm:
    """The hook that recomputes a normalised parameter before its module's forward.

    Attributes:
        name: of the parameter.
        dim: the dimension along which each slice has a magnitude of its own; -1 for one magnitude.
    """

    def __init__(self, name: str, dim: int) -> None:
        self.name = name
        self.dim = -1 if dim is None else dim

    def compute_weight(self, module: Any) -> Tensor:
        """The parameter's value: magnitude times direction."""
        return weight_normed(getattr(module, f"{self.name}_v"), getattr(module, f"{self.name}_g"), self.dim)

    @staticmethod
    def apply(module: Any, name: str, dim: int) -> WeightNorm:
        """Replace a parameter of a module by magnitude and direction."""
        from ..parameter import UninitializedParameter

        if any(isinstance(hook, WeightNorm) and hook.name == name for hook in module._forward_pre_hooks.values()):
            raise RuntimeError(f"Cannot register two weight_norm hooks on the same parameter {name}")
        hook = WeightNorm(name, dim)
        weight = getattr(module, name)
        if isinstance(weight, UninitializedParameter):
            raise ValueError(
                "The module passed to `WeightNorm` can't have uninitialized parameters. Make sure to run the dummy"
                " forward before applying weight normalization"
            )
        del module._parameters[name]
        module.register_parameter(f"{name}_g", Parameter(norm_except_dim(weight, 2, hook.dim).data))
        module.register_parameter(f"{name}_v", Parameter(weight.data))
        setattr(module, name, hook.compute_weight(module))
        module.register_forward_pre_hook(hook)
        return hook

    def remove(self, module: Any) -> None:
        """Make the value that the parameter has now a parameter again."""
        weight = self.compute_weight(module)
        delattr(module, self.name)
        for part in ("g", "v"):
            del module._parameters[f"{self.name}_{part}"]
        setattr(module, self.name, Parameter(weight.data))

    def __call__(self, module: Any, inputs: Any) -> None:
        setattr(module, self.name, self.compute_weight(module))


def weight_norm(module: M, name: str = "weight", dim: int = 0) -> M:
    """Replace a parameter w by w = g · v / |v| with parameters g and v (Salimans and Kingma, 2016).

    Deprecated in favour of `torch.nn.utils.parametrizations.weight_norm`.

    Args:
        module: the module, which is changed.
        name: of the parameter; g and v are called `{name}_g` and `{name}_v`.
        dim: the dimension along which each slice has a magnitude of its own; None for one magnitude.

    Raises:
        RuntimeError: the parameter is normalised already.
    """
    warnings.warn(
        "`torch.nn.utils.weight_norm` is deprecated in favor of `torch.nn.utils.parametrizations.weight_norm`.",
        FutureWarning,
        stacklevel=2,
    )
    WeightNorm.apply(module, name, dim)
    return module


def remove_weight_norm(module: M, name: str = "weight") -> M:
    """Undo `weight_norm`; the parameter keeps the value that it has.

    Raises:
        ValueError: the parameter is not normalised.
    """
    hooks = module._forward_pre_hooks  # type: ignore[attr-defined]
    for key, hook in hooks.items():
        if isinstance(hook, WeightNorm) and hook.name == name:
            hook.remove(module)
            del hooks[key]
            return module
    raise ValueError(f"weight_norm of '{name}' not found in {module}")


__all__ = ["WeightNorm", "remove_weight_norm", "weight_norm"]
