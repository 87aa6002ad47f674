"""Samples of recurrent networks: whole sequences, padded and packed, and single steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import Sample, normal

GATES = {"lstm": 4, "gru": 3, "rnn_tanh": 1, "rnn_relu": 1}
STATES, FEATURES, BATCH, STEPS = 3, 2, 2, 3
SIZES = [2, 2, 1]


def weights(
    kind: str, layers: int, directions: int, *, bias: bool = True, projected: int = 0
) -> list[np.ndarray[Any, Any]]:
    """The weights of all layers and directions."""
    rows, state = GATES[kind] * STATES, projected or STATES
    found = []
    for layer in range(layers):
        for direction in range(directions):
            shapes: list[tuple[int, ...]] = [(rows, state * directions if layer else FEATURES), (rows, state)]
            shapes += [(rows,), (rows,)] if bias else []
            shapes += [(projected, STATES)] if projected else []
            found += [normal(*shape, seed=10 * layer + 5 * direction + i) for i, shape in enumerate(shapes)]
    return found


def run(
    kind: str, layers: int, directions: int, bias: bool = True, *, packed: bool = False, batch_first: bool = False
) -> Callable[..., Any]:
    """The call, of the input, the first states and the weights."""

    def call(torch: Any, x: Any, *rest: Any) -> Any:
        states = rest[:2] if kind == "lstm" else rest[0]
        params = list(rest[2:] if kind == "lstm" else rest[1:])
        options = (bias, layers, 0.0, True, directions == 2)
        if packed:
            return getattr(torch, kind)(x, torch.tensor(SIZES), states, params, *options)
        return getattr(torch, kind)(x, states, params, *options, batch_first)

    return call


def sample(
    label: str,
    layers: int = 1,
    directions: int = 1,
    *,
    bias: bool = True,
    packed: bool = False,
    batch_first: bool = False,
    projected: int = 0,
) -> Sample:
    """A call over a whole sequence, all of whose tensors are differentiated."""
    kind = label.split(":", maxsplit=1)[0]
    shape = (sum(SIZES),) if packed else (BATCH, STEPS) if batch_first else (STEPS, BATCH)
    count = layers * directions
    states = [normal(count, BATCH, projected or STATES, seed=30)]
    if kind == "lstm":
        states.append(normal(count, BATCH, STATES, seed=31))
    inputs = (normal(*shape, FEATURES), *states, *weights(kind, layers, directions, bias=bias, projected=projected))
    call = run(kind, layers, directions, bias, packed=packed, batch_first=batch_first)
    # In single precision torch's LSTM has no second derivative: see conformance/test_recurrent.py.
    return Sample(label, call, inputs, dtypes=("float64",), tags=("fused",))


def cell(label: str, *, bias: bool = True) -> Sample:
    """A call for one step."""
    kind = label.split(":", maxsplit=1)[0]
    params = weights(kind.removesuffix("_cell"), 1, 1, bias=bias)
    states = [normal(BATCH, STATES, seed=30 + i) for i in range(2 if kind == "lstm_cell" else 1)]

    def call(torch: Any, x: Any, *rest: Any) -> Any:
        hx = rest[:2] if kind == "lstm_cell" else rest[0]
        return getattr(torch, kind)(x, hx, *rest[len(states) :])

    return Sample(label, call, (normal(BATCH, FEATURES), *states, *params))


SAMPLES = [
    *(
        made
        for kind in GATES
        for made in (
            sample(kind),
            sample(f"{kind}: no biases", bias=False),
            sample(f"{kind}: batch first", batch_first=True),
            sample(f"{kind}: two directions", 1, 2),
            sample(f"{kind}: two layers", 2, 1),
            sample(f"{kind}: packed", packed=True),
            sample(f"{kind}: packed, two layers and directions", 2, 2, packed=True),
            cell(f"{kind}_cell"),
            cell(f"{kind}_cell: no biases", bias=False),
        )
    ),
    sample("lstm: projected", projected=2),
    sample("lstm: projected, packed, two layers and directions", 2, 2, packed=True, projected=2),
    Sample("norm_except_dim", lambda torch, v: torch.norm_except_dim(v, 2, 0), (normal(3, 2, 2),)),
    Sample("norm_except_dim: last dimension", lambda torch, v: torch.norm_except_dim(v, 2, 2), (normal(3, 2, 2),)),
    Sample("norm_except_dim: middle dimension", lambda torch, v: torch.norm_except_dim(v, 2, 1), (normal(3, 2, 2),)),
    Sample("norm_except_dim: order 1", lambda torch, v: torch.norm_except_dim(v, 1, 0), (normal(3, 2),)),
]
