"""Recurrent networks: `lstm`, `gru`, `rnn_tanh`, `rnn_relu` over whole sequences, and their cells for one step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import DtypeError
from ..tensor.dtypes import F32, F64, scalar_type_name
from ..tensor.tensor import Tensor
from .in_place_views import _transpose_
from .permuting import _transpose
from .splitting import unsafe_chunk

if TYPE_CHECKING:
    from .op import Op

# A layer in one direction: its input, first states, weights (six, None where there are none) and plan; it returns its
# outputs and final states.
Layer = Callable[..., Any]


# -- whole sequences ---------------------------------------------------------------------------------------------------


def lstm(*args: Any, **kwargs: Any) -> tuple[Tensor, Tensor, Tensor]:
    """Several layers of LSTM (Hochreiter and Schmidhuber, 1997), without peepholes.

    `lstm(input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first)`, or for a packed
    sequence `lstm(data, batch_sizes, hx, params, has_biases, num_layers, dropout, train, bidirectional)`.

    Args:
        input: shape (time, batch, features), or (batch, time, features) if `batch_first`.
        hx: first hidden and cell states, each (layers · directions, batch, size).
        params: for each layer and direction w_ih, w_hh, then b_ih and b_hh if `has_biases`, then w_hr if projecting.

    Returns:
        The outputs of the last layer, and final hidden and cell states.

    Raises:
        RuntimeError: no time steps, or shapes that do not fit.
    """
    return _run("lstm", _lstm_layer, args, kwargs)  # type: ignore[return-value]


def gru(*args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
    """Several layers of gated recurrent units (Cho et al., 2014); arguments as for `lstm`, but `hx` is one tensor."""
    return _run("gru", _gru_layer, args, kwargs)  # type: ignore[return-value]


def rnn_tanh(*args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
    """Several recurrent layers (Elman, 1990) with tanh; arguments as for `lstm`, but `hx` is one tensor."""
    return _run("rnn_tanh", _rnn_layer(relu=False), args, kwargs)  # type: ignore[return-value]


def rnn_relu(*args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
    """Several recurrent layers with relu; arguments as for `lstm`, but `hx` is one tensor."""
    return _run("rnn_relu", _rnn_layer(relu=True), args, kwargs)  # type: ignore[return-value]


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


def _run(name: str, layer: Layer, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Tensor, ...]:
    """All layers and directions, one after another."""
    from ..nn.functional.dropout import dropout
    from .joining import cat, stack
    from .recurrent_kernels import Plan

    given = _arguments(name, args, kwargs)
    packed = "data" in given
    states = tuple(given["hx"]) if name == "lstm" else (given["hx"],)
    if name == "lstm" and len(states) != 2:
        raise RuntimeError(f"lstm expects two hidden states. Found: {len(states)}; write (h_0, c_0).")
    directions = 2 if given["bidirectional"] else 1
    count = given["num_layers"] * directions
    weights = _grouped(name, given["params"], given["has_biases"], count, states)
    batch = states[0].size(1)
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
    _check_shapes(x, states, weights, plans[0])
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
    projecting = len(states) == 2 and states[0].size(2) != states[1].size(2)
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


def _check_shapes(x: Any, states: tuple[Any, ...], weights: list[tuple[Any, ...]], plan: Any) -> None:
    """Refuse what the loop over time steps could not compute with; torch says of it what its operators say."""
    w_ih, w_hh = weights[0][:2]
    if x.dim() != (3 if plan.sizes is None else 2):
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-x.dim()}, {x.dim() - 1}], but got 2)."
            f" The input has {x.dim()} dimensions; expected (time, batch, features)."
        )
    for tensor in (*states, *(w for group in weights for w in group if w is not None)):
        if tensor._data.dtype is not x._data.dtype:
            raise DtypeError(
                f"mat1 and mat2 must have the same dtype, but got {scalar_type_name(tensor.dtype)} and"
                f" {scalar_type_name(x.dtype)}"
            )
    for state in states:
        if state.size(0) != len(weights) or state.size(1) != plan.batch:
            raise RuntimeError(
                f"Expected hidden size {(len(weights), plan.batch, state.size(2))}, got {list(state.shape)}"
            )
    gates = w_ih.size(0)
    if x.size(-1) != w_ih.size(1) or w_hh.size(1) != states[0].size(2) or w_hh.size(0) != gates:
        raise RuntimeError(
            f"mat1 and mat2 shapes cannot be multiplied: input of {x.size(-1)} features and state of"
            f" {states[0].size(2)}, by weights of shapes {tuple(w_ih.shape)} and {tuple(w_hh.shape)}"
        )
    if plan.sizes is None and x.size(1) != plan.batch:
        raise RuntimeError(
            f"The size of tensor a ({plan.batch}) must match the size of tensor b ({x.size(1)}) at non-singleton"
            " dimension 0\n  These are the batch sizes of first states and input."
        )
    if plan.sizes is not None and (plan.sizes[0] != plan.batch or sum(plan.sizes) != len(x)):
        raise RuntimeError(
            f"The size of tensor a ({plan.sizes[0]}) must match the size of tensor b ({plan.batch}) at non-singleton"
            f" dimension 0\n  Found: batch sizes of {sum(plan.sizes)} rows, {len(x)} rows, {plan.batch} first states."
        )


# -- one layer in one direction ----------------------------------------------------------------------------------------


def _lstm_layer(x: Any, states: tuple[Any, ...], weights: tuple[Any, ...], plan: Any) -> Any:
    from . import recurrent_layers as layers

    inputs = (x, *states, *weights)
    if x._data.dtype is not F32 and x._data.dtype is not F64:
        return layers.lstm_by_definition(inputs, plan)
    node = "MkldnnRnnLayerBackward0" if plan.sizes is None and _one_kernel(x, states) else _node(plan)
    return _called(layers.named(layers.lstm_layer, node), inputs, plan)[:3]


def _one_kernel(x: Any, states: tuple[Any, ...]) -> bool:
    """Whether torch computes a layer of a padded batch by one kernel: an LSTM in single precision, not projecting."""
    return x._data.dtype is F32 and len(states) == 2 and states[0].size(-1) == states[1].size(-1)


def _gru_layer(x: Any, states: tuple[Any, ...], weights: tuple[Any, ...], plan: Any) -> Any:
    from . import recurrent_layers as layers

    inputs = (x, *states, *weights[:4])
    if x._data.dtype is not F32 and x._data.dtype is not F64:
        return layers.gru_by_definition(inputs, plan)
    return _called(layers.named(layers.gru_layer, _node(plan)), inputs, plan)[:2]


def _rnn_layer(relu: bool) -> Layer:
    def layer(x: Any, states: tuple[Any, ...], weights: tuple[Any, ...], plan: Any) -> Any:
        from . import recurrent_layers as layers

        inputs = (x, *states, *weights[:4])
        if x._data.dtype is not F32 and x._data.dtype is not F64:
            return layers.rnn_by_definition(inputs, plan, relu)
        return _called(layers.named(layers.rnn_layer, _node(plan)), inputs, plan, relu)

    return layer


def _node(plan: Any) -> str:
    """The name that torch's graph shows where a layer's outputs come from."""
    return "StackBackward0" if plan.sizes is None else "CatBackward0"


def _called(op: Op, inputs: tuple[Any, ...], *params: Any) -> Any:
    return op.call(*inputs, *params)


# -- one step ----------------------------------------------------------------------------------------------------------


def lstm_step(gates: Any, c: Any, w_hr: Any = None) -> tuple[Any, Any]:
    """The next hidden and cell states, from the sums (batch, 4 · size) before the gates' nonlinearities."""
    i, f, g, o = unsafe_chunk(gates, 4, 1)
    i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
    c = f * c + i * g
    h = o * c.tanh()
    return (h if w_hr is None else h.matmul(w_hr.t())), c


def gru_step(x: Any, h_products: Any, h: Any) -> Any:
    """The next state, from the products (batch, 3 · size) with the input and with the state."""
    xr, xz, xn = unsafe_chunk(x, 3, 1)
    hr, hz, hn = unsafe_chunk(h_products, 3, 1)
    r, z = (hr + xr).sigmoid(), (hz + xz).sigmoid()
    n = (xn + hn * r).tanh()
    return (h - n) * z + n


def _checked(name: str, input: Any, states: Sequence[Any], w_ih: Any, w_hh: Any, gates: int) -> None:
    """Refuse shapes that do not fit one step."""
    if input.size(1) != w_ih.size(1):
        raise RuntimeError(f"input has inconsistent input_size: got {input.size(1)} expected {w_ih.size(1)}")
    size = w_hh.size(1)
    for i, state in enumerate(states):
        if input.size(0) != state.size(0):
            raise RuntimeError(f"Input batch size {input.size(0)} doesn't match hidden{i} batch size {state.size(0)}")
        if state.size(1) != size:
            raise RuntimeError(f"hidden{i} has inconsistent hidden_size: got {state.size(1)}, expected {size}")
    if w_ih.size(0) != gates * size:
        raise RuntimeError(f"{name}: expected weights of {gates} · {size} rows, but got shape {tuple(w_ih.shape)}")


def _products(x: Any, weight: Any, bias: Any) -> Any:
    from ..nn.functional.linear import linear

    return linear(x, weight, bias)


def lstm_cell(
    input: Tensor,
    hx: Sequence[Tensor],
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """One step of LSTM.

    Args:
        input: shape (batch, features).
        hx: hidden and cell state, each (batch, size).
        w_ih, w_hh: shapes (4 · size, features) and (4 · size, size).
        b_ih, b_hh: shape (4 · size,).

    Returns:
        The next hidden and cell state.

    Raises:
        RuntimeError: shapes that do not fit.
    """
    if len(hx) != 2:
        raise RuntimeError(f"lstm_cell expects two hidden states. Found: {len(hx)}; write (h, c).")
    _checked("lstm_cell", input, hx, w_ih, w_hh, 4)
    return lstm_step(_products(input, w_ih, b_ih) + _products(hx[0], w_hh, b_hh), hx[1])


def gru_cell(
    input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None, b_hh: Tensor | None = None
) -> Tensor:
    """One step of a gated recurrent unit; weights have 3 · size rows, otherwise as for `lstm_cell`."""
    _checked("gru_cell", input, (hx,), w_ih, w_hh, 3)
    y: Tensor = gru_step(_products(input, w_ih, b_ih), _products(hx, w_hh, b_hh), hx)
    return y


def rnn_tanh_cell(
    input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None, b_hh: Tensor | None = None
) -> Tensor:
    """tanh(input · w_ihᵀ + b_ih + hx · w_hhᵀ + b_hh)."""
    _checked("rnn_tanh_cell", input, (hx,), w_ih, w_hh, 1)
    y: Tensor = (_products(input, w_ih, b_ih) + _products(hx, w_hh, b_hh)).tanh()
    return y


def rnn_relu_cell(
    input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None, b_hh: Tensor | None = None
) -> Tensor:
    """relu(input · w_ihᵀ + b_ih + hx · w_hhᵀ + b_hh)."""
    _checked("rnn_relu_cell", input, (hx,), w_ih, w_hh, 1)
    y: Tensor = (_products(input, w_ih, b_ih) + _products(hx, w_hh, b_hh)).relu()
    return y


METHODS: dict[str, Any] = {}

__all__ = ["gru", "gru_cell", "lstm", "lstm_cell", "rnn_relu", "rnn_relu_cell", "rnn_tanh", "rnn_tanh_cell"]
