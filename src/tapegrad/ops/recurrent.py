"""Recurrent networks: `lstm`, `gru`, `rnn_tanh`, `rnn_relu` over whole sequences, and their cells for one step."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache
from threading import get_ident
from typing import Any

from ..tensor.tensor import Tensor
from .splitting import unsafe_chunk


@cache
def _networks() -> Any:
    """The module that runs whole sequences, imported when that is first asked for."""
    from . import recurrent_networks

    return recurrent_networks


def autocasting() -> bool:
    """Whether an `autocast` is at work in this thread; there is none before its module is imported."""
    state: Any = sys.modules.get("tapegrad.amp.state")
    return state is not None and get_ident() in state.casting


@cache
def _linear() -> Any:
    from ..nn.functional.linear import linear

    return linear


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

    >>> import tapegrad as torch
    >>> x, state = torch.ones(3, 1, 2), torch.zeros(1, 1, 2)
    >>> params = [torch.zeros(8, 2), torch.zeros(8, 2)]
    >>> outputs, h, c = torch.lstm(x, (state, state), params, False, 1, 0.0, False, False, False)
    >>> outputs.shape, h.shape, c.shape
    (torch.Size([3, 1, 2]), torch.Size([1, 1, 2]), torch.Size([1, 1, 2]))
    """
    return _networks().run("lstm", args, kwargs)


def gru(*args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
    """Several layers of gated recurrent units (Cho et al., 2014); arguments as for `lstm`, but `hx` is one tensor.

    >>> import tapegrad as torch
    >>> x, state, params = torch.ones(3, 1, 2), torch.zeros(1, 1, 2), [torch.zeros(6, 2), torch.zeros(6, 2)]
    >>> outputs, h = torch.gru(x, state, params, False, 1, 0.0, False, False, False)
    >>> outputs.shape, h.shape
    (torch.Size([3, 1, 2]), torch.Size([1, 1, 2]))
    """
    return _networks().run("gru", args, kwargs)


def rnn_tanh(*args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
    """Several recurrent layers (Elman, 1990) with tanh; arguments as for `lstm`, but `hx` is one tensor.

    >>> import tapegrad as torch
    >>> x, state, params = torch.ones(2, 1, 1), torch.zeros(1, 1, 1), [torch.ones(1, 1), torch.ones(1, 1)]
    >>> outputs, h = torch.rnn_tanh(x, state, params, False, 1, 0.0, False, False, False)
    >>> outputs.flatten(), h.shape
    (tensor([0.7616, 0.9427]), torch.Size([1, 1, 1]))
    """
    return _networks().run("rnn_tanh", args, kwargs)


def rnn_relu(*args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
    """Several recurrent layers with relu; arguments as for `lstm`, but `hx` is one tensor.

    >>> import tapegrad as torch
    >>> x, state, params = torch.ones(2, 1, 1), torch.zeros(1, 1, 1), [torch.ones(1, 1), torch.ones(1, 1)]
    >>> outputs, h = torch.rnn_relu(x, state, params, False, 1, 0.0, False, False, False)
    >>> outputs.flatten(), h.shape
    (tensor([1., 2.]), torch.Size([1, 1, 1]))
    """
    return _networks().run("rnn_relu", args, kwargs)


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
    return _linear()(x, weight, bias)


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

    >>> import tapegrad as torch
    >>> h, w = torch.zeros(1, 1), torch.ones(4, 1)
    >>> torch.lstm_cell(torch.ones(1, 1), (h, h), w, w)
    (tensor([[0.3696]]), tensor([[0.5568]]))
    """
    if len(hx) != 2:
        raise RuntimeError(f"lstm_cell expects two hidden states. Found: {len(hx)}; write (h, c).")
    _checked("lstm_cell", input, hx, w_ih, w_hh, 4)
    return lstm_step(_products(input, w_ih, b_ih) + _products(hx[0], w_hh, b_hh), hx[1])


def gru_cell(
    input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None, b_hh: Tensor | None = None
) -> Tensor:
    """One step of a gated recurrent unit; weights have 3 · size rows, otherwise as for `lstm_cell`.

    >>> import tapegrad as torch
    >>> torch.gru_cell(torch.ones(1, 1), torch.zeros(1, 1), torch.ones(3, 1), torch.ones(3, 1))
    tensor([[0.2048]])
    """
    _checked("gru_cell", input, (hx,), w_ih, w_hh, 3)
    return gru_step(_products(input, w_ih, b_ih), _products(hx, w_hh, b_hh), hx)


def rnn_tanh_cell(
    input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None, b_hh: Tensor | None = None
) -> Tensor:
    """tanh(input · w_ihᵀ + b_ih + hx · w_hhᵀ + b_hh).

    >>> import tapegrad as torch
    >>> torch.rnn_tanh_cell(torch.ones(1, 1), torch.ones(1, 1), torch.ones(1, 1), torch.ones(1, 1))
    tensor([[0.9640]])
    """
    _checked("rnn_tanh_cell", input, (hx,), w_ih, w_hh, 1)
    return (_products(input, w_ih, b_ih) + _products(hx, w_hh, b_hh)).tanh()


def rnn_relu_cell(
    input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None, b_hh: Tensor | None = None
) -> Tensor:
    """relu(input · w_ihᵀ + b_ih + hx · w_hhᵀ + b_hh).

    >>> import tapegrad as torch
    >>> torch.rnn_relu_cell(torch.ones(1, 1), torch.ones(1, 1), torch.ones(1, 1), torch.ones(1, 1))
    tensor([[2.]])
    """
    _checked("rnn_relu_cell", input, (hx,), w_ih, w_hh, 1)
    return (_products(input, w_ih, b_ih) + _products(hx, w_hh, b_hh)).relu()


METHODS: dict[str, Any] = {}

__all__ = ["gru", "gru_cell", "lstm", "lstm_cell", "rnn_relu", "rnn_relu_cell", "rnn_tanh", "rnn_tanh_cell"]
