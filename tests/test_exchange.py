"""Layers on functions: they lie in the order of their ranks, whenever they came, and each can be taken off."""

from __future__ import annotations

import inspect
import itertools
import warnings
from typing import Any

import pytest

from tapegrad.exchange import Layer, has, put, take

BODY = "return (_name, *_raw(*args, **kwargs))"
LAYERS = [Layer(rank, name, BODY, ("_name",)) for rank, name in enumerate(["inner", "middle", "outer"])]


def fresh() -> Any:
    def function(a: int, *, b: int = 2) -> tuple[int, ...]:
        return a, b

    return function


@pytest.mark.parametrize(
    "order", list(itertools.permutations(LAYERS)), ids=lambda order: "-".join(x.name for x in order)
)
def test_layers_lie_by_rank_whatever_the_order_they_came_in(order: tuple[Layer, ...]) -> None:
    function = fresh()
    for layer in order:
        put(function, layer, _name=layer.name)
    assert function(1) == ("outer", "middle", "inner", 1, 2)
    assert function(1, b=3) == ("outer", "middle", "inner", 1, 3)
    for layer in order:
        assert has(function, layer)
        take(function, layer)
        assert not has(function, layer)
    assert function(1) == (1, 2)
    assert function.__kwdefaults__ == {"b": 2}
    assert not hasattr(function, "__wrapped__")


@pytest.mark.parametrize("taken", LAYERS, ids=lambda layer: layer.name)
def test_a_layer_is_taken_from_between_the_others(taken: Layer) -> None:
    function = fresh()
    for layer in LAYERS:
        put(function, layer, _name=layer.name)
    take(function, taken)
    assert function(1) == (*(layer.name for layer in reversed(LAYERS) if layer is not taken), 1, 2)


def test_taking_what_is_not_there_changes_nothing() -> None:
    function = fresh()
    put(function, LAYERS[0], _name="inner")
    take(function, LAYERS[2])
    assert function(1) == ("inner", 1, 2)


def test_what_a_layer_covers_goes_on_without_it() -> None:
    function = fresh()
    raw = put(function, LAYERS[1], _name="middle")
    put(function, LAYERS[0], _name="inner")
    assert raw(1) == ("inner", 1, 2)


def test_functions_with_variables_from_around_them() -> None:
    seen = []

    def append(x: int) -> tuple[int]:
        seen.append(x)
        return (x,)

    function: Any = append
    put(function, LAYERS[0], _name="inner")
    assert function(1) == ("inner", 1)
    assert seen == [1]


def test_name_and_signature_stay() -> None:
    function = fresh()
    before = inspect.signature(function)
    put(function, LAYERS[0], _name="inner")
    assert function.__name__ == "function"
    assert inspect.signature(function) == before


def test_a_warning_still_names_the_line_of_the_caller() -> None:
    def warn() -> tuple[()]:
        warnings.warn("look", UserWarning, stacklevel=2)
        return ()

    function: Any = warn
    put(function, LAYERS[0], _name="inner")
    with pytest.warns(UserWarning, match="look") as caught:
        function()
    assert caught[0].filename == __file__
