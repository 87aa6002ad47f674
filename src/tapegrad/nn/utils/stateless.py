"""Calling a module with other tensors in place of its parameters and buffers."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ...tensor.tensor import Tensor

Tensors = dict[str, Tensor]

_MISSING: Any = object()


def functional_call(
    module: Any,
    parameters_and_buffers: Tensors,
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """The former name of `torch.func.functional_call`."""
    warnings.warn(
        "`torch.nn.utils.stateless.functional_call` is deprecated as of PyTorch 2.0 and will be removed in a future"
        " version of PyTorch. Please use `torch.func.functional_call` instead which is a drop-in replacement.",
        FutureWarning,
        stacklevel=2,
    )
    return _functional_call(module, parameters_and_buffers, args, kwargs, tie_weights=tie_weights, strict=strict)


def _functional_call(
    module: Any,
    parameters_and_buffers: Tensors,
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """What a module returns with other tensors in place of its parameters and buffers.

    Args:
        module: the module, which is left as it was.
        parameters_and_buffers: by name; where the module assigns to one of them, the new value is put in here.
        args, kwargs: what the module is called with; `args` that are no tuple are its only argument.
        tie_weights: a tensor given for one name also stands for the others under which the module has the same one.
        strict: all parameters and buffers must be given, and nothing else.

    Raises:
        RuntimeError: `strict`, and names are missing or unknown.
        ValueError: different tensors for names that are tied.
    """
    positional = () if args is None else args if isinstance(args, tuple) else (args,)
    with _reparametrize_module(module, parameters_and_buffers, tie_weights=tie_weights, strict=strict):
        return module(*positional, **(kwargs or {}))


@contextmanager
def _reparametrize_module(
    module: Any,
    parameters_and_buffers: Tensors,
    tie_weights: bool = False,
    strict: bool = False,
    stack_weights: bool = False,
) -> Iterator[None]:
    """Within this, a module has the given tensors; see `_functional_call`."""
    given = _with_tied_names(module, parameters_and_buffers) if tie_weights else parameters_and_buffers
    if strict:
        _check_names(module, given)
    before: list[tuple[str, Any]] = []
    try:
        for name, tensor in given.items():
            if not isinstance(tensor, Tensor):
                raise TypeError(f"{tensor} is not an instance of torch.Tensor")
            before.append((name, _swapped(module, name, tensor)))
        yield
    finally:
        for name, tensor in reversed(before) if stack_weights else before:
            now = _swapped(module, name, tensor)
            if name in parameters_and_buffers:
                parameters_and_buffers[name] = now


def _named_tensors(module: Any) -> Iterator[tuple[str, Tensor]]:
    """All parameters and buffers, by each of their names."""
    yield from module.named_parameters(remove_duplicate=False)
    yield from module.named_buffers(remove_duplicate=False)


def _with_tied_names(module: Any, given: Tensors) -> Tensors:
    """The tensors by all names under which the module has the same one."""
    groups: dict[Tensor, set[str]] = {}
    for name, tensor in _named_tensors(module):
        groups.setdefault(tensor, set()).add(name)
    found = dict(given)
    for names in groups.values():
        chosen = names & given.keys()
        if len({id(given[name]) for name in chosen}) > 1:
            raise ValueError(
                f"functional_call got multiple values for keys {sorted(chosen)}, which are tied. Consider using"
                " tie_weights=False"
            )
        for name in chosen:
            found.update(dict.fromkeys(names - chosen, given[name]))
    return found


def _check_names(module: Any, given: Tensors) -> None:
    """Refuse names that the module does not have, and the lack of one that it has."""
    have = {name for name, _ in _named_tensors(module)}
    problems = []
    for what, names in (("Unexpected", given.keys() - have), ("Missing", have - given.keys())):
        if names:
            problems.append(f"{what} key(s): {', '.join(repr(name) for name in sorted(names))}.")
    if problems:
        raise RuntimeError(f"Error(s) in reparametrizing for {module._get_name()}:\n\t" + "\n\t".join(problems))


def _swapped(module: Any, path: str, tensor: Any) -> Any:
    """Put a tensor into a place, or empty it for `_MISSING`; return what was there."""
    owner = module
    *parents, name = path.split(".")
    for parent in parents:
        if not hasattr(owner, parent):
            raise AttributeError(f"{owner._get_name()} has no attribute `{parent}`")
        owner = getattr(owner, parent)
    if name == "":
        raise KeyError('tensor name can\'t be empty string ""')
    for place in (owner._parameters, owner._buffers):
        if name in place:
            before = place[name]
            place[name] = tensor
            return before
    before = getattr(owner, name, _MISSING)
    if tensor is _MISSING:
        delattr(owner, name)
    else:
        setattr(owner, name, tensor)
    return before


__all__ = ["functional_call"]
