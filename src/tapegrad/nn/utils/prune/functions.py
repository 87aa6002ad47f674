"""Pruning a module, by functions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from ....tensor.tensor import Tensor
from ..convert_parameters import parameters_to_vector
from .base import BasePruningMethod, PruningContainer, taken_away, whole_mask
from .methods import CustomFromMask, Identity, L1Unstructured, LnStructured, RandomStructured, RandomUnstructured

M = TypeVar("M")


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
        [getattr(module, f"{name}_mask", whole_mask(t)) for (module, name), t in zip(pairs, tensors, strict=True)]
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
    method = taken_away(module, name)
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
