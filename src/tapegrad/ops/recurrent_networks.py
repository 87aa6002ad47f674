"""Recurrent networks: all layers and directions over a whole sequence, padded or packed.

Imported when a network is first run, by the functions in `recurrent.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..errors import DtypeError
from ..nn.functional.dropout import dropout
from ..tensor.dtypes import F32, F64, scalar_type_name
from . import recurrent_layers as layers
from .in_place_views import _transpose_
from .joining import cat, stack
from .permuting import _transpose
from .recurrent import autocasting
from .recurrent_kernels import Plan

# A layer in one direction: its input, first states, weights (five, None where there are none) and plan; it returns its
# outputs and final states.
Layer = Callable[..., Any]

_GATES = {"gru": 3, "lstm": 4, "rnn_relu": 1, "rnn_tanh": 1}
_OPTIONS = ("has_biases", "num_layers", "dropout", "train", "bidirectional")
_PADDED = ("input", "hx", "params", *_OPTIONS, "batch_first")
_PACKED = ("data", "batch_sizes", "hx", "params", *_OPTIONS)


def _arguments(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """The arguments by name; which of the two forms they have shows in the place of the parameters."""
    packed = "data" in kwargs or (len(args) > 3 and not isinstance(args[3], bool))
    names = _PACKED if packed else _PADDED
    given = dict(zip(names, args, strict=False)) | kwargs
    if len(args) > 9 or set(given) != set(names):
        raise TypeError(
            f"{name}() received an invalid combination of arguments: write {name}({', '.join(_PADDED)}) or"
            f" {name}({', '.join(_PACKED)})."
        )
    return given


def run(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    """All layers and directions, one after another."""
    given = _arguments(name, args, kwargs)
    packed = "data" in given
    states = tuple(given["hx"]) if name == "lstm" else (given["hx"],)
    if name == "lstm" and len(states) != 2:
        raise RuntimeError(f"lstm expects two hidden states. Found: {len(states)}; write (h_0, c_0).")
    directions = 2 if given["bidirectional"] else 1
    count = given["num_layers"] * directions
    if any(state._data.ndim != 3 for state in states):
        raise RuntimeError(f"{name}: first states must have 3 dimensions: (layers · directions, batch, features)")
    weights = _grouped(name, given["params"], given["has_biases"], count, states)
    batch = states[0]._data.shape[1]
    batch_first = not packed and given["batch_first"]
    x: Any = given["data"] if packed else given["input"]
    if batch_first:
        x = x.transpose(0, 1)
    sizes = tuple(given["batch_sizes"].tolist()) if packed else None
    rows = len(x)
    if sizes and sizes[-1] == batch and _one_kernel(x, states):
        x, sizes = x.view(len(sizes), batch, -1), None  # as torch does with sequences of one length
    steps = len(x) if sizes is None else len(sizes)
    if not steps:
        raise RuntimeError("Expected sequence length to be larger than 0 in RNN")
    plans = [Plan(steps, batch, sizes, reverse) for reverse in (False, True)[:directions]]
    _check_input(x, states, weights, plans[0])
    _check_weights(x, states, weights, _GATES[name], directions)
    layer = _LAYERS[name]
    firsts = [state.unbind(0) for state in states]
    finals: list[tuple[Any, ...]] = []
    for i in range(0, count, directions):
        results = [layer(x, tuple(f[i + d] for f in firsts), weights[i + d], plans[d]) for d in range(directions)]
        finals += [final for _, *final in results]
        x = results[0][0] if directions == 1 else cat([y for y, *_ in results], -1)
        if given["dropout"] and given["train"] and i + directions < count:
            x = dropout(x, given["dropout"], True)
    if packed and sizes is None:
        x = x.view(rows, -1)
    elif batch_first:
        x = (_transpose if name == "lstm" else _transpose_).call(x, 0, 1)
    return x, *(stack(parts) for parts in zip(*finals, strict=True))


def _grouped(
    name: str, params: Sequence[Any], biases: bool, count: int, states: tuple[Any, ...]
) -> list[tuple[Any, ...]]:
    """For each layer and direction w_ih, w_hh, b_ih, b_hh and w_hr; None where there is none."""
    projecting = len(states) == 2 and states[0]._data.shape[2] != states[1]._data.shape[2]
    each = (4 if biases else 2) + projecting
    if len(params) != each * count:
        raise RuntimeError(
            f"{name}: expected {each * count} parameters, {each} for each of {count} layers and directions, but got"
            f" {len(params)}"
        )
    groups = []
    for start in range(0, len(params), each):
        w_ih, w_hh, *rest = params[start : start + each]
        b_ih, b_hh = rest[:2] if biases else (None, None)
        groups.append((w_ih, w_hh, b_ih, b_hh, rest[-1] if projecting else None))
    return groups


def _check_input(x: Any, states: tuple[Any, ...], weights: list[tuple[Any, ...]], plan: Plan) -> None:
    """Refuse input and states that do not go together; torch says of it what its operators for a step say."""
    array = x._data
    ndim = array.ndim
    if ndim != (3 if plan.sizes is None else 2):
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-ndim}, {ndim - 1}], but got 2)."
            f" The input has {ndim} dimensions; expected (time, batch, features)."
        )
    for tensor in (*states, *(w for group in weights for w in group if w is not None)):
        if tensor._data.dtype is not array.dtype and not autocasting():
            raise DtypeError(
                f"mat1 and mat2 must have the same dtype, but got {scalar_type_name(tensor.dtype)} and"
                f" {scalar_type_name(x.dtype)}"
            )
    for state in states:
        if state._data.shape[:2] != (len(weights), plan.batch):
            raise RuntimeError(
                f"Expected hidden size {(len(weights), plan.batch, state.size(2))}, got {list(state.shape)}"
            )
    if plan.sizes is None and array.shape[1] != plan.batch:
        raise RuntimeError(
            f"The size of tensor a ({plan.batch}) must match the size of tensor b ({array.shape[1]}) at non-singleton"
            " dimension 0\n  These are the batch sizes of first states and input."
        )
    if plan.sizes is not None and (plan.sizes[0] != plan.batch or sum(plan.sizes) != len(array)):
        raise RuntimeError(
            f"The size of tensor a ({plan.sizes[0]}) must match the size of tensor b ({plan.batch}) at non-singleton"
            f" dimension 0\n  Found: batch sizes of {sum(plan.sizes)} rows, {len(array)} rows, {plan.batch} first"
            " states."
        )


def _check_weights(
    x: Any, states: tuple[Any, ...], weights: list[tuple[Any, ...]], gates: int, directions: int
) -> None:
    """Refuse weights whose shapes do not go with input and states."""
    features, state, size = x._data.shape[-1], states[0]._data.shape[2], states[-1]._data.shape[2]
    rows = gates * size
    for i, group in enumerate(weights):
        expected = ((rows, features if i < directions else state * directions), (rows, state), (rows,), (rows,),
                    (state, size))  # fmt: skip
        for name, weight, shape in zip(("w_ih", "w_hh", "b_ih", "b_hh", "w_hr"), group, expected, strict=True):
            if weight is not None and weight._data.shape != shape:
                raise RuntimeError(
                    f"mat1 and mat2 shapes cannot be multiplied: {name} of layer {i // directions} has shape"
                    f" {tuple(weight.shape)}, but input and states go with {shape}"
                )


# -- one layer in one direction ----------------------------------------------------------------------------------------


def _lstm_layer(x: Any, states: tuple[Any, ...], weights: tuple[Any, ...], plan: Any) -> Any:
    inputs = (x, *states, *weights)
    if not _in_one(x):
        return layers.lstm_by_definition(inputs, plan)
    node = "MkldnnRnnLayerBackward0" if plan.sizes is None and _one_kernel(x, states) else _node(plan)
    return layers.named(layers.lstm_layer, node).call(*inputs, plan)[:3]


def _one_kernel(x: Any, states: tuple[Any, ...]) -> bool:
    """Whether torch computes a layer of a padded batch by one kernel: an LSTM in single precision, not projecting."""
    return x._data.dtype is F32 and len(states) == 2 and states[0]._data.shape[-1] == states[1]._data.shape[-1]


def _gru_layer(x: Any, states: tuple[Any, ...], weights: tuple[Any, ...], plan: Any) -> Any:
    inputs = (x, *states, *weights[:4])
    if not _in_one(x):
        return layers.gru_by_definition(inputs, plan)
    return layers.named(layers.gru_layer, _node(plan)).call(*inputs, plan)[:2]


def _rnn_layer(relu: bool) -> Layer:
    def layer(x: Any, states: tuple[Any, ...], weights: tuple[Any, ...], plan: Any) -> Any:
        inputs = (x, *states, *weights[:4])
        if not _in_one(x):
            return layers.rnn_by_definition(inputs, plan, relu)
        return layers.named(layers.rnn_layer, _node(plan)).call(*inputs, plan, relu)

    return layer


def _in_one(x: Any) -> bool:
    """Whether all steps are computed at once; half precision is rounded after each operation, as torch does."""
    return (x._data.dtype is F32 or x._data.dtype is F64) and not autocasting()


def _node(plan: Any) -> str:
    """The name that torch's graph shows where a layer's outputs come from."""
    return "StackBackward0" if plan.sizes is None else "CatBackward0"


_LAYERS: dict[str, Layer] = {
    "gru": _gru_layer,
    "lstm": _lstm_layer,
    "rnn_relu": _rnn_layer(relu=True),
    "rnn_tanh": _rnn_layer(relu=False),
}
