"""RNN, LSTM and GRU."""

from __future__ import annotations

from typing import Any

from ....ops.recurrent import gru, lstm, rnn_relu, rnn_tanh
from ....tensor.tensor import Tensor
from .base import RNNBase


def _no_projection(kwargs: dict[str, Any]) -> None:
    if "proj_size" in kwargs:
        raise ValueError("proj_size argument is only supported for LSTM, not RNN or GRU")


class RNN(RNNBase):
    """h' = tanh(W_ih x + b_ih + W_hh h + b_hh), or relu instead of tanh, over the steps of a sequence.

    Args:
        input_size, hidden_size, num_layers: see `RNNBase`.
        nonlinearity: "tanh" or "relu".
        bias, batch_first, dropout, bidirectional: see `RNNBase`.

    Shape:
        input (time, batch, input_size), or (time, input_size), or a packed sequence; first states
        (layers · directions, batch, hidden_size), zero if not given → outputs of the last layer,
        (time, batch, directions · hidden_size), and final states.

    >>> import tapegrad as torch
    >>> outputs, state = torch.nn.RNN(10, 20, 2)(torch.randn(5, 3, 10))
    >>> outputs.shape, state.shape
    (torch.Size([5, 3, 20]), torch.Size([2, 3, 20]))
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        _no_projection(kwargs)
        if len(args) > 3:
            nonlinearity, args = args[3], args[:3] + args[4:]
        else:
            nonlinearity = kwargs.pop("nonlinearity", "tanh")
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"Unknown nonlinearity '{nonlinearity}'. Select from 'tanh' or 'relu'.")
        super().__init__(f"RNN_{nonlinearity.upper()}", *args, **kwargs)
        self.nonlinearity = nonlinearity

    def forward(self, input: Any, hx: Tensor | None = None) -> tuple[Any, Tensor]:
        """Outputs and final states."""
        output, (state,) = self._run(input, None if hx is None else (hx,))
        return output, state

    def _compute(self, x: Any, batch_sizes: Tensor | None, states: tuple[Any, ...], options: tuple[Any, ...]) -> Any:
        function = rnn_tanh if self.mode == "RNN_TANH" else rnn_relu
        sizes = () if batch_sizes is None else (batch_sizes,)
        return function(x, *sizes, states[0], self._flat_weights, *options)


class LSTM(RNNBase):
    """Long short-term memory (Hochreiter and Schmidhuber, 1997; with forget gates and without peepholes).

    i, f, o = σ(W x + b + U h + d) for each of three gates, g = tanh(W x + b + U h + d), c' = f · c + i · g and
    h' = o · tanh(c'). The gates are in the order i, f, g, o in the weights.

    Args:
        input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, proj_size: see `RNNBase`.

    Shape:
        input (time, batch, input_size), or (time, input_size), or a packed sequence; first states (h_0, c_0), of
        (layers · directions, batch, hidden_size) each, zero if not given → outputs of the last layer,
        (time, batch, directions · hidden_size), and final states (h_n, c_n).

    >>> import tapegrad as torch
    >>> outputs, (h, c) = torch.nn.LSTM(10, 20, 2)(torch.randn(5, 3, 10))
    >>> outputs.shape, h.shape, c.shape
    (torch.Size([5, 3, 20]), torch.Size([2, 3, 20]), torch.Size([2, 3, 20]))
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__("LSTM", *args, **kwargs)

    def get_expected_cell_size(self, input: Tensor, batch_sizes: Tensor | None) -> tuple[int, int, int]:
        """The shape of cell states that go with an input: (layers · directions, batch, features)."""
        return self._expected_size(input, batch_sizes, self.hidden_size)

    def check_forward_args(self, input: Tensor, hidden: Any, batch_sizes: Tensor | None) -> None:
        """Refuse input and first states that do not go with the layer."""
        self.check_input(input, batch_sizes)
        hidden_size = self.get_expected_hidden_size(input, batch_sizes)
        self.check_hidden_size(hidden[0], hidden_size, "Expected hidden[0] size {}, got {}")
        cell_size = self.get_expected_cell_size(input, batch_sizes)
        self.check_hidden_size(hidden[1], cell_size, "Expected hidden[1] size {}, got {}")

    def permute_hidden(self, hx: Any, permutation: Tensor | None) -> Any:
        """States in another order of the sequences."""
        return self._permuted(hx, permutation)

    def forward(self, input: Any, hx: tuple[Tensor, Tensor] | None = None) -> tuple[Any, tuple[Tensor, Tensor]]:
        """Outputs and final states."""
        output, states = self._run(input, None if hx is None else _pair(hx))
        return output, states

    def _state_features(self) -> tuple[int, ...]:
        return self.proj_size or self.hidden_size, self.hidden_size

    def _compute(self, x: Any, batch_sizes: Tensor | None, states: tuple[Any, ...], options: tuple[Any, ...]) -> Any:
        sizes = () if batch_sizes is None else (batch_sizes,)
        return lstm(x, *sizes, states, self._flat_weights, *options)


def _pair(hx: Any) -> tuple[Any, Any]:
    """The first states; a tensor is split as any sequence, with torch's error if it has but one row."""
    if isinstance(hx, Tensor):
        return hx[0], hx[1]
    if len(hx) != 2:
        raise RuntimeError(f"lstm expects two hidden states. Found: {len(hx)}; write (h_0, c_0).")
    return hx[0], hx[1]


class GRU(RNNBase):
    """Gated recurrent units (Cho et al., 2014).

    r, z = σ(W x + b + U h + d) for each of two gates, n = tanh(W x + b + r · (U h + d)) and h' = (1 - z) · n + z · h.
    The gates are in the order r, z, n in the weights.

    Args:
        input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional: see `RNNBase`.

    Shape:
        as for `RNN`.

    >>> import tapegrad as torch
    >>> outputs, state = torch.nn.GRU(10, 20, batch_first=True)(torch.randn(3, 5, 10))
    >>> outputs.shape, state.shape
    (torch.Size([3, 5, 20]), torch.Size([1, 3, 20]))
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        _no_projection(kwargs)
        super().__init__("GRU", *args, **kwargs)

    def forward(self, input: Any, hx: Tensor | None = None) -> tuple[Any, Tensor]:
        """Outputs and final states."""
        output, (state,) = self._run(input, None if hx is None else (hx,))
        return output, state

    def _compute(self, x: Any, batch_sizes: Tensor | None, states: tuple[Any, ...], options: tuple[Any, ...]) -> Any:
        sizes = () if batch_sizes is None else (batch_sizes,)
        return gru(x, *sizes, states[0], self._flat_weights, *options)
