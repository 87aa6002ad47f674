"""The methods of pruning, by amount and by mask."""

from __future__ import annotations

from typing import Any

from ....tensor.tensor import Tensor, new_tensor
from .base import BasePruningMethod
from .checks import (
    _compute_norm,
    _compute_nparams_toprune,
    _validate_pruning_amount,
    _validate_pruning_amount_init,
    _validate_pruning_dim,
    _validate_structured_pruning,
)


class Identity(BasePruningMethod):
    """Prunes nothing, but makes the parameter one that is pruned."""

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask so far."""
        return default_mask

    @classmethod
    def apply(cls, module: Any, name: str) -> BasePruningMethod:  # type: ignore[override]
        """Make a parameter of a module one that is pruned."""
        return super().apply(module, name)


class _ByAmount(BasePruningMethod):
    """A method that prunes so many units.

    Args:
        amount: how many, as a whole number, or as a share between 0.0 and 1.0.
    """

    amount: Any

    def __init__(self, amount: Any) -> None:
        _validate_pruning_amount_init(amount)
        self.amount = amount

    def _count(self, size: int) -> int:
        """How many of so many units to prune."""
        count = _compute_nparams_toprune(self.amount, size)
        _validate_pruning_amount(count, size)
        return count


class RandomUnstructured(_ByAmount):
    """Prunes elements drawn at random.

    Args:
        amount: how many of those that are left, as a whole number, or as a share between 0.0 and 1.0.
    """

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask without the elements that were drawn."""
        from ....ops.sorting import topk
        from ....random.creation import rand_like

        return _without(default_mask, self._count(t.numel()), lambda n: topk(rand_like(t).view(-1), k=n).indices)

    @classmethod
    def apply(cls, module: Any, name: str, amount: Any) -> BasePruningMethod:  # type: ignore[override]
        """Prune a parameter of a module."""
        return super().apply(module, name, amount=amount)


class L1Unstructured(_ByAmount):
    """Prunes the elements of least magnitude.

    Args:
        amount: how many of those that are left, as a whole number, or as a share between 0.0 and 1.0.
    """

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask without the least elements."""
        from ....ops.sorting import topk

        x: Any = t
        return _without(
            default_mask, self._count(t.numel()), lambda n: topk(x.abs().view(-1), k=n, largest=False).indices
        )

    @classmethod
    def apply(  # type: ignore[override]
        cls, module: Any, name: str, amount: Any, importance_scores: Tensor | None = None
    ) -> BasePruningMethod:
        """Prune a parameter of a module."""
        return super().apply(module, name, amount=amount, importance_scores=importance_scores)


class RandomStructured(_ByAmount):
    """Prunes slices drawn at random.

    Args:
        amount: how many of those that are left, as a whole number, or as a share between 0.0 and 1.0.
        dim: the dimension whose slices are meant.
    """

    PRUNING_TYPE = "structured"

    def __init__(self, amount: Any, dim: int = -1) -> None:
        super().__init__(amount)
        self.dim = dim

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask without the slices that were drawn."""
        from ....random.creation import rand

        _validate_structured_pruning(t)
        _validate_pruning_dim(t, self.dim)
        size = t.shape[self.dim]
        count = self._count(size)
        if not count:
            return default_mask
        drawn: Any = rand(size)
        return _slices(t, self.dim, drawn > drawn.kthvalue(k=count).values, default_mask)

    @classmethod
    def apply(cls, module: Any, name: str, amount: Any, dim: int = -1) -> BasePruningMethod:  # type: ignore[override]
        """Prune a parameter of a module."""
        return super().apply(module, name, amount=amount, dim=dim)


class LnStructured(_ByAmount):
    """Prunes the slices of least norm.

    Args:
        amount: how many of those that are left, as a whole number, or as a share between 0.0 and 1.0.
        n: the order of the norm, as for `torch.norm`.
        dim: the dimension whose slices are meant.
    """

    PRUNING_TYPE = "structured"

    def __init__(self, amount: Any, n: Any, dim: int = -1) -> None:
        super().__init__(amount)
        self.n = n
        self.dim = dim

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask without the least slices."""
        from ....ops.sorting import topk

        _validate_structured_pruning(t)
        _validate_pruning_dim(t, self.dim)
        size = t.shape[self.dim]
        count = self._count(size)
        if not count:
            return default_mask
        kept = topk(_compute_norm(t, self.n, self.dim), k=size - count, largest=True).indices
        return _slices(t, self.dim, kept, default_mask)

    @classmethod
    def apply(  # type: ignore[override]
        cls, module: Any, name: str, amount: Any, n: Any, dim: int, importance_scores: Tensor | None = None
    ) -> BasePruningMethod:
        """Prune a parameter of a module."""
        return super().apply(module, name, amount=amount, n=n, dim=dim, importance_scores=importance_scores)


class CustomFromMask(BasePruningMethod):
    """Prunes what a given mask says.

    Args:
        mask: of ones and zeros, of the parameter's shape.
    """

    PRUNING_TYPE = "global"

    def __init__(self, mask: Tensor) -> None:
        self.mask = mask

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """Both masks together."""
        if default_mask.shape != self.mask.shape:
            raise AssertionError(
                f"default_mask shape {default_mask.shape} must match self.mask shape {self.mask.shape}"
            )
        return default_mask * self.mask.to(dtype=default_mask.dtype)

    @classmethod
    def apply(cls, module: Any, name: str, mask: Tensor) -> BasePruningMethod:  # type: ignore[override]
        """Prune a parameter of a module."""
        return super().apply(module, name, mask=mask)


def _without(mask: Any, count: int, choose: Any) -> Tensor:
    """A mask without the `count` elements that `choose(count)` numbers."""
    found = new_tensor(mask._data.copy(order="C"))
    if count:
        found.view(-1)[choose(count)] = 0
    return found


def _slices(t: Any, dim: int, kept: Any, mask: Any) -> Tensor:
    """A mask of the slices kept, together with the mask so far."""
    from ....tensor.likes import zeros_like

    found: Any = zeros_like(t.detach())
    index: list[Any] = [slice(None)] * t.ndim
    index[dim] = kept
    found[tuple(index)] = 1
    found *= mask.to(dtype=found.dtype)
    return found
