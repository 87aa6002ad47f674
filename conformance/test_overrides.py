"""The functions that classes can override are those that they can override in torch, and hand on the same arguments."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
import torch as real

import tapegrad as ours

# What can be overridden in torch though torch lists it among the functions that cannot.
LISTED_AS_IGNORED = """
    _segment_reduce as_strided fill normal rand_like randint_like randn_like result_type segment_reduce vander
    Tensor.new_empty Tensor.new_empty_strided Tensor.new_full Tensor.new_ones Tensor.new_tensor Tensor.new_zeros
    Tensor.stride Tensor.to_sparse_coo Tensor.to_sparse_csr Tensor.unflatten Tensor.new
    nn.functional.hardsigmoid nn.functional.hardswish nn.functional.sigmoid nn.functional.tanh
""".split()


def overridable(torch: Any) -> set[str]:
    """The names of the overridable functions, modules and classes before them."""
    spaces = {torch: "", torch.Tensor: "Tensor.", torch.nn.functional: "nn.functional."}
    table = torch.overrides.get_overridable_functions()
    by_function: dict[Any, set[str]] = {}
    for space, prefix in spaces.items():
        for name in dir(space):
            if callable(getattr(space, name)) and not isinstance(getattr(space, name), type):
                by_function.setdefault(getattr(space, name), set()).add(prefix + name)
    functions = {f for space in (*spaces, getattr(torch, "functional", None)) for f in table.get(space, ())}
    return {name for f in functions for name in by_function.get(f, ())}


def test_the_same_functions_are_overridable() -> None:
    expected, got = overridable(real), overridable(ours)
    exists = {name for name in expected if _has(ours, name)}
    known_to_torch = {name for name in got if _has(real, name) and not name.endswith("_")}
    assert sorted(exists - got) == []
    assert sorted(known_to_torch - expected - set(LISTED_AS_IGNORED)) == []


def _has(torch: Any, name: str) -> bool:
    for part in name.split("."):
        if not hasattr(torch, part):
            return False
        torch = getattr(torch, part)
    return True


PYTHON = [
    (space, f.__name__)
    for space, functions in (("nn.functional", real.overrides.get_overridable_functions()[real.nn.functional]),)
    for f in functions
    if inspect.isfunction(f) and not f.__name__.startswith("_")
]


@pytest.mark.parametrize("name", sorted({name for _, name in PYTHON}))
def test_network_functions_hand_on_the_same_arguments(name: str) -> None:
    """An object that stands for a tensor, given for every argument without a default."""
    expected, got = _handed_on(real, name), _handed_on(ours, name)
    assert got == expected


def _handed_on(torch: Any, name: str) -> Any:
    class Duck:
        @classmethod
        def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            return func.__name__, [t.__name__ for t in types], [type(a).__name__ for a in args], sorted(kwargs or ())

    signature = inspect.signature(getattr(real.nn.functional, name))
    required = [p for p in signature.parameters.values() if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD]
    try:
        return getattr(torch.nn.functional, name)(*[Duck() for _ in required])
    except (
        AttributeError,
        TypeError,
    ) as error:  # it has no such function, or asks its arguments for other things first
        return type(error).__name__
