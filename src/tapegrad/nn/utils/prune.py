"""Pruning: setting parameters of a module to zero, and keeping them there.

A pruned parameter `weight` becomes a parameter `weight_orig` and a buffer `weight_mask`; the attribute `weight` is their
product, computed anew before every forward.
"""

from __future__ import annotations

import numbers
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from ...tensor.tensor import Tensor, new_tensor
from .convert_parameters import parameters_to_vector

M = TypeVar("M")


class BasePruningMethod(ABC):
    """The base class of pruning methods; a subclass says in `compute_mask` what is kept.

    A method is a hook that is called before its module's forward, and puts the masked parameter in place.

    Attributes:
        PRUNING_TYPE: which part of a tensor that is pruned already the method gets to see: "unstructured" for the
            elements that are left, "structured" for the slices that are, "global" for everything.
    """

    PRUNING_TYPE: str
    _tensor_name: str

    def __call__(self, module: Any, inputs: Any) -> None:
        setattr(module, self._tensor_name, self.apply_mask(module))

    @abstractmethod
    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask, of ones and zeros, for a tensor of importances; `default_mask` is the one so far."""

    def _need_tensor(self, module: Any, why: str = "") -> None:
        if getattr(self, "_tensor_name", None) is None:
            raise AssertionError(f"Module {module} has to be pruned{why}")

    def apply_mask(self, module: Any) -> Tensor:
        """The product of mask and parameter."""
        self._need_tensor(module)
        original = getattr(module, f"{self._tensor_name}_orig")
        pruned: Tensor = getattr(module, f"{self._tensor_name}_mask").to(original.dtype) * original
        return pruned

    @classmethod
    def apply(
        cls, module: Any, name: str, *args: Any, importance_scores: Tensor | None = None, **kwargs: Any
    ) -> BasePruningMethod:
        """Prune a parameter of a module, on top of what has been pruned of it before.

        Args:
            module: the module, which is changed.
            name: of the parameter.
            args, kwargs: what the method is made with.
            importance_scores: of the parameter's shape, in its place when the method looks for what matters least.

        Returns:
            The method; a `PruningContainer` if there was one before.
        """
        before = _taken_away(module, name)
        method: BasePruningMethod = cls(*args, **kwargs)
        method._tensor_name = name
        if isinstance(before, PruningContainer):
            before.add_pruning_method(method)
            method = before
        elif before is not None:
            method = PruningContainer(before, method)
        original = getattr(module, name)
        if importance_scores is None:
            importance_scores = original
        elif importance_scores.shape != original.shape:
            raise AssertionError(
                f"importance_scores should have the same shape as parameter {name} of {module}, got"
                f" {importance_scores.shape} vs {original.shape}"
            )
        if before is None:
            module.register_parameter(f"{name}_orig", original)
            del module._parameters[name]
            mask = _ones_like(original)
        else:
            mask = getattr(module, f"{name}_mask").detach().clone()
        try:
            module.register_buffer(f"{name}_mask", method.compute_mask(importance_scores, default_mask=mask))
            setattr(module, name, method.apply_mask(module))
            module.register_forward_pre_hook(method)
        except Exception:
            if before is None:  # leave the module as it was
                del module._parameters[f"{name}_orig"]
                module.register_parameter(name, original)
            raise
        return method

    def prune(self, t: Tensor, default_mask: Tensor | None = None, importance_scores: Tensor | None = None) -> Tensor:
        """A tensor times the mask for it.

        Args:
            t: the tensor.
            default_mask: what has been pruned of it before; nothing if not given.
            importance_scores: of the same shape, in its place when the method looks for what matters least.
        """
        if importance_scores is None:
            importance_scores = t
        elif importance_scores.shape != t.shape:
            raise AssertionError(
                f"importance_scores should have the same shape as tensor t, got {importance_scores.shape} vs {t.shape}"
            )
        mask = _ones_like(t) if default_mask is None else default_mask
        pruned: Tensor = t * self.compute_mask(importance_scores, default_mask=mask)
        return pruned

    def remove(self, module: Any) -> None:
        """Make the parameter, with its zeros, an ordinary one; it may grow back from then on."""
        self._need_tensor(module, " before pruning can be removed")
        name = self._tensor_name
        value = self.apply_mask(module)
        if hasattr(module, name):
            delattr(module, name)
        original = module._parameters.pop(f"{name}_orig")
        original.data = value.data
        del module._buffers[f"{name}_mask"]
        setattr(module, name, original)


def _taken_away(module: Any, name: str) -> BasePruningMethod | None:
    """The method by which a parameter is pruned, no longer called by its module."""
    for key, hook in module._forward_pre_hooks.items():
        if isinstance(hook, BasePruningMethod) and hook._tensor_name == name:
            del module._forward_pre_hooks[key]
            return hook
    return None


def _ones_like(t: Tensor) -> Any:
    from ...tensor.likes import ones_like

    return ones_like(t.detach())


class PruningContainer(BasePruningMethod):
    """Several methods, applied to one parameter one after another."""

    def __init__(self, *args: Any) -> None:
        self._pruning_methods: tuple[BasePruningMethod, ...] = ()
        methods = args[0] if len(args) == 1 and isinstance(args[0], Iterable) else args
        methods = tuple(methods)
        if methods:
            self._tensor_name = methods[0]._tensor_name
        for method in methods:
            self.add_pruning_method(method)

    def add_pruning_method(self, method: BasePruningMethod | None) -> None:
        """Add one more method.

        Raises:
            TypeError: it is none.
            ValueError: it is for another parameter.
        """
        if not isinstance(method, BasePruningMethod):
            if method is not None:
                raise TypeError(f"{type(method)} is not a BasePruningMethod subclass")
            return
        if self._tensor_name != method._tensor_name:
            raise ValueError(
                f"Can only add pruning methods acting on the parameter named '{self._tensor_name}' to PruningContainer"
                f" {self}. Found '{method._tensor_name}'"
            )
        self._pruning_methods += (method,)

    def __len__(self) -> int:
        return len(self._pruning_methods)

    def __iter__(self) -> Iterator[BasePruningMethod]:
        return iter(self._pruning_methods)

    def __getitem__(self, idx: Any) -> Any:
        return self._pruning_methods[idx]

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask so far, with what the last method takes away from what is left."""
        method = self._pruning_methods[-1]
        mask: Any = default_mask
        left = _left(method, t, mask)
        x: Any = t
        found: Any = mask.to(dtype=x.dtype)
        found = found.clone() if found is mask else found
        found[left] = method.compute_mask(x[left], default_mask=mask[left]).to(dtype=found.dtype)
        return found  # type: ignore[no-any-return]


def _left(method: Any, t: Tensor, mask: Any) -> Any:
    """The index of the part of a tensor that a method gets to see."""
    if method.PRUNING_TYPE == "unstructured":
        return mask == 1
    everything = [slice(None)] * t.ndim
    if method.PRUNING_TYPE == "global":
        return tuple(everything)
    if method.PRUNING_TYPE != "structured":
        raise ValueError(f"Unrecognized PRUNING_TYPE {method.PRUNING_TYPE}")
    if not hasattr(method, "dim"):
        raise AttributeError('Pruning methods of PRUNING_TYPE "structured" need to have the attribute `dim` defined.')
    dim = method.dim + t.ndim if method.dim < 0 else method.dim
    if dim >= t.ndim:
        raise IndexError(f"Index is out of bounds for tensor with dimensions {t.ndim}")
    everything[dim] = mask.sum(dim=[d for d in range(t.ndim) if d != dim]) != 0
    return tuple(everything)


# -- methods -----------------------------------------------------------------------------------------------------------


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
        from ...ops.sorting import topk
        from ...random.creation import rand_like

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
        from ...ops.sorting import topk

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
        from ...random.creation import rand

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
        from ...ops.sorting import topk

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
        both: Tensor = default_mask * self.mask.to(dtype=default_mask.dtype)
        return both

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
    from ...tensor.likes import zeros_like

    found: Any = zeros_like(t.detach())
    index: list[Any] = [slice(None)] * t.ndim
    index[dim] = kept
    found[tuple(index)] = 1
    found *= mask.to(dtype=found.dtype)
    return found  # type: ignore[no-any-return]


# -- functions ---------------------------------------------------------------------------------------------------------


def identity(module: M, name: str) -> M:
    """Make a parameter of a module one that is pruned, without pruning anything.

    >>> import tapegrad as torch
    >>> import tapegrad.nn.utils.prune as prune
    >>> list(prune.identity(torch.nn.Linear(2, 3), "bias").state_dict())
    ['weight', 'bias_orig', 'bias_mask']
    """
    Identity.apply(module, name)
    return module


def random_unstructured(module: M, name: str, amount: Any) -> M:
    """Prune elements drawn at random: so many, or such a share, of those that are left.

    >>> import tapegrad as torch
    >>> import tapegrad.nn.utils.prune as prune
    >>> prune.random_unstructured(torch.nn.Linear(2, 3), "weight", amount=1).weight_mask.sum()
    tensor(5.)
    """
    RandomUnstructured.apply(module, name, amount)
    return module


def l1_unstructured(module: M, name: str, amount: Any, importance_scores: Tensor | None = None) -> M:
    """Prune the elements of least magnitude: so many, or such a share, of those that are left.

    >>> import tapegrad as torch
    >>> import tapegrad.nn.utils.prune as prune
    >>> prune.l1_unstructured(torch.nn.Linear(2, 3), "weight", amount=0.5).weight_mask.sum()
    tensor(3.)
    """
    L1Unstructured.apply(module, name, amount=amount, importance_scores=importance_scores)
    return module


def random_structured(module: M, name: str, amount: Any, dim: int) -> M:
    """Prune slices along a dimension, drawn at random: so many, or such a share, of those that are left."""
    RandomStructured.apply(module, name, amount, dim)
    return module


def ln_structured(module: M, name: str, amount: Any, n: Any, dim: int, importance_scores: Tensor | None = None) -> M:
    """Prune the slices along a dimension of least norm of order n: so many, or such a share, of those that are left.

    >>> import tapegrad as torch
    >>> import tapegrad.nn.utils.prune as prune
    >>> prune.ln_structured(torch.nn.Linear(2, 3), "weight", amount=1, n=2, dim=0).weight_mask.sum()
    tensor(4.)
    """
    LnStructured.apply(module, name, amount, n, dim, importance_scores=importance_scores)
    return module


def global_unstructured(
    parameters: Any, pruning_method: Any, importance_scores: dict[Any, Tensor] | None = None, **kwargs: Any
) -> None:
    """Prune elements of several parameters, as if these were one vector.

    Args:
        parameters: pairs of a module and the name of a parameter.
        pruning_method: a class of methods, unstructured.
        importance_scores: by such pairs, what to look at in place of the parameter.
        kwargs: what the method is made with, such as `amount`.

    Raises:
        TypeError: something of another kind was given.
    """
    if not isinstance(parameters, Iterable):
        raise TypeError("global_unstructured(): parameters is not an Iterable")
    scores = {} if importance_scores is None else importance_scores
    if not isinstance(scores, dict):
        raise TypeError("global_unstructured(): importance_scores must be of type dict")
    pairs = list(parameters)
    tensors = [getattr(module, name) for module, name in pairs]
    vector = parameters_to_vector([scores.get(pair, t) for pair, t in zip(pairs, tensors, strict=True)])
    masks = parameters_to_vector(
        [getattr(module, f"{name}_mask", _ones_like(t)) for (module, name), t in zip(pairs, tensors, strict=True)]
    )
    method = pruning_method(**kwargs)
    if method.PRUNING_TYPE != "unstructured":
        raise TypeError(
            'Only "unstructured" PRUNING_TYPE supported for the `pruning_method`. Found method'
            f" {pruning_method} of type {method.PRUNING_TYPE}"
        )
    method._tensor_name = "temp"
    found: Any = PruningContainer(method).compute_mask(vector, masks)
    parts = found.split([t.numel() for t in tensors])
    for (module, name), t, part in zip(pairs, tensors, parts, strict=True):
        custom_from_mask(module, name, mask=part.view_as(t))


def custom_from_mask(module: M, name: str, mask: Tensor) -> M:
    """Prune what a mask, of ones and zeros, says.

    >>> import tapegrad as torch
    >>> import tapegrad.nn.utils.prune as prune
    >>> prune.custom_from_mask(torch.nn.Linear(1, 2), "bias", torch.tensor([0, 1])).bias == 0
    tensor([ True, False])
    """
    CustomFromMask.apply(module, name, mask)
    return module


def remove(module: M, name: str) -> M:
    """Make a pruned parameter, with its zeros, an ordinary one.

    Raises:
        ValueError: it is not pruned.
    """
    method = _taken_away(module, name)
    if method is None:
        raise ValueError(f"Parameter '{name}' of module {module} has to be pruned before pruning can be removed")
    method.remove(module)
    return module


def is_pruned(module: Any) -> bool:
    """Whether any parameter of a module, or of those below it, is pruned.

    >>> import tapegrad as torch
    >>> torch.nn.utils.prune.is_pruned(torch.nn.Linear(2, 3))
    False
    """
    hooks = (hook for part in module.modules() for hook in part._forward_pre_hooks.values())
    return any(isinstance(hook, BasePruningMethod) for hook in hooks)


# -- checks ------------------------------------------------------------------------------------------------------------


def _validate_pruning_amount_init(amount: Any) -> None:
    if not isinstance(amount, numbers.Real):
        raise TypeError(f"Invalid type for amount: {amount}. Must be int or float.")
    whole = isinstance(amount, numbers.Integral)
    if amount < 0 or (not whole and amount > 1):
        raise ValueError(f"amount={amount} should either be a float in the range [0, 1] or a non-negative integer")


def _validate_pruning_amount(amount: Any, tensor_size: int) -> None:
    if isinstance(amount, numbers.Integral) and amount > tensor_size:
        raise ValueError(f"amount={amount} should be smaller than the number of parameters to prune={tensor_size}")


def _validate_structured_pruning(t: Tensor) -> None:
    if t.ndim <= 1:
        raise ValueError(
            "Structured pruning can only be applied to multidimensional tensors. Found tensor of shape"
            f" {t.shape} with {t.ndim} dims"
        )


def _compute_nparams_toprune(amount: Any, tensor_size: int) -> int:
    return int(amount) if isinstance(amount, numbers.Integral) else round(amount * tensor_size)


def _validate_pruning_dim(t: Tensor, dim: int) -> None:
    if dim >= t.ndim:
        raise IndexError(f"Invalid index {dim} for tensor of size {t.shape}")


def _compute_norm(t: Any, n: Any, dim: int) -> Tensor:
    """The norms of the slices along a dimension."""
    others = list(range(t.ndim))
    del others[dim]
    norms: Tensor = t.norm(p=n, dim=others)
    return norms
