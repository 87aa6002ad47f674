"""Modules as functions of their parameters, and gradients for each sample of a batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..tensor.tensor import Tensor, new_tensor
from ..tensor.version import version_of

__all__ = ["functional_call", "per_sample_grad", "replace_all_batch_norm_modules_", "stack_module_state"]


def functional_call(
    module: Any,
    parameter_and_buffer_dicts: Any,
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """Call a module with other tensors in the places of its parameters and buffers.

    Args:
        module: the module; it is as before afterwards.
        parameter_and_buffer_dicts: a dictionary from names to tensors, or several whose keys differ.
        args, kwargs: the call's arguments; `args` may be a single one that is no tuple.
        tie_weights: a tensor that the module has under two names is replaced under both.
        strict: raise if a name is missing or unknown.

    >>> import tapegrad as torch
    >>> layer = torch.nn.Linear(2, 1)
    >>> ones = {"weight": torch.ones(1, 2), "bias": torch.zeros(1)}
    >>> torch.func.functional_call(layer, ones, torch.tensor([1.0, 2.0]))
    tensor([3.])
    """
    from ..nn.utils.stateless import _functional_call

    if isinstance(parameter_and_buffer_dicts, dict):
        merged = parameter_and_buffer_dicts
    elif isinstance(parameter_and_buffer_dicts, Sequence):
        merged = _merged(parameter_and_buffer_dicts)
    else:
        raise ValueError(
            "Expected parameter_and_buffer_dicts to be a dict, or a list/tuple of dicts, but got"
            f" {type(parameter_and_buffer_dicts)}"
        )
    return _functional_call(module, merged, args, kwargs, tie_weights=tie_weights, strict=strict)


def _merged(dicts: Sequence[Any]) -> dict[str, Tensor]:
    if not all(isinstance(d, dict) for d in dicts):
        raise ValueError("Expected all elements of parameter_and_buffer_dicts to be dictionaries")
    names = [name for d in dicts for name in d]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ValueError(f"{repeated} appeared in multiple dictionaries; behavior of functional call is ambiguous")
    return {name: t for d in dicts for name, t in d.items()}


def stack_module_state(models: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The parameters and the buffers of several modules of one kind, each stacked along a new first dimension.

    With `vmap` and `functional_call` the modules are then run as one.

    Raises:
        RuntimeError: there are none, they are of different classes, or some are in training mode and some are not.

    >>> import tapegrad as torch
    >>> params, buffers = torch.func.stack_module_state([torch.nn.Linear(2, 1) for _ in range(3)])
    >>> params["weight"].shape
    torch.Size([3, 1, 2])
    """
    models = list(models)
    if not models:
        raise RuntimeError("stack_module_state: Expected at least one model, got 0.")
    if not (all(m.training for m in models) or all(not m.training for m in models)):
        raise RuntimeError("stack_module_state: Expected all models to have the same training/eval mode.")
    if not all(type(m) is type(models[0]) for m in models):
        raise RuntimeError("stack_module_state: Expected all models to be of the same class.")
    params = {
        name: _stacked([dict(m.named_parameters())[name] for m in models]) for name, _ in models[0].named_parameters()
    }
    buffers = {name: _stacked([dict(m.named_buffers())[name] for m in models]) for name, _ in models[0].named_buffers()}
    return params, buffers


def _stacked(tensors: list[Tensor]) -> Tensor:
    """Tensors stacked into a new leaf."""
    from ..ops.joining import stack

    required = tensors[0].requires_grad
    if any(t.requires_grad != required for t in tensors):
        raise RuntimeError(
            f"Expected {'all' if required else 'no'} tensors to require gradients: the same parameter of some models"
            " requires one, that of others does not."
        )
    if any(t._data.shape != tensors[0]._data.shape for t in tensors):
        raise RuntimeError(
            "stack_module_state: Expected the models' parameters to be of the same shapes, got"
            f" {[tuple(t.shape) for t in tensors]}."
        )
    made: Tensor = stack([t.detach() for t in tensors])
    return made.requires_grad_(required)


def replace_all_batch_norm_modules_(root: Any) -> Any:
    """Have every batch normalisation in a module use the batch's statistics only, and keep none; returns the module."""
    from ..nn.modules.batchnorm import _BatchNorm

    for m in root.modules():
        if isinstance(m, _BatchNorm):
            m.track_running_stats = False
            m.running_mean = m.running_var = m.num_batches_tracked = None
    return root


def per_sample_grad(
    module: Any, loss_fn: Callable[..., Tensor], *, randomness: str = "different"
) -> Callable[..., dict[str, Tensor]]:
    """The function that computes the gradient of the loss of each sample, by the names of the module's parameters.

    Args:
        module: called on one sample at a time, with a batch dimension of 1.
        loss_fn: `loss_fn(output, target)`, a number.
        randomness: what random operations such as dropout do, as for `vmap`.

    Returns:
        A function of `(inputs, targets)`, whose first dimensions run over the samples.

    >>> import tapegrad as torch
    >>> layer = torch.nn.Linear(3, 1)
    >>> gradients = torch.func.per_sample_grad(layer, torch.nn.functional.mse_loss)
    >>> gradients(torch.ones(5, 3), torch.zeros(5, 1))["weight"].shape
    torch.Size([5, 1, 3])
    """
    from .transforms import grad
    from .vmap import vmap

    params = {name: _detached(p) for name, p in module.named_parameters() if p.requires_grad}
    fixed = {name: _detached(p) for name, p in module.named_parameters() if not p.requires_grad}
    fixed.update((name, _detached(b)) for name, b in module.named_buffers())

    def loss(parameters: dict[str, Tensor], x: Tensor, y: Tensor) -> Tensor:
        output = functional_call(module, (parameters, fixed), (x.unsqueeze(0),))
        return loss_fn(output, y.unsqueeze(0))

    gradients: Callable[..., dict[str, Tensor]] = vmap(grad(loss), in_dims=(None, 0, 0), randomness=randomness)
    return lambda inputs, targets: gradients(params, inputs, targets)


def _detached(t: Tensor) -> Tensor:
    """The tensor without history, over the same memory and with its version, so that training steps are seen."""
    made = new_tensor(t._data)
    made._vc = version_of(t)
    return made
