"""One step of a recurrent layer: RNNCell, LSTMCell and GRUCell."""

from __future__ import annotations

import math
from typing import Any

from ....ops.recurrent import gru_cell, lstm_cell, rnn_relu_cell, rnn_tanh_cell
from ....tensor.factories import empty, zeros
from ....tensor.tensor import Parameter, Tensor
from ... import init
from ..module import Module


class RNNCellBase(Module):
    """The base class of the cells.

    Attributes:
        weight_ih: shape (num_chunks · hidden_size, input_size).
        weight_hh: shape (num_chunks · hidden_size, hidden_size).
        bias_ih, bias_hh: shape (num_chunks · hidden_size,), or None. First values of all are uniform within
            ±1/√hidden_size.
    """

    __constants__ = ["input_size", "hidden_size", "bias"]
    input_size: int
    hidden_size: int
    bias: bool
    weight_hh: Parameter
    weight_ih: Parameter

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool, num_chunks: int, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        rows = num_chunks * hidden_size
        self.weight_ih = Parameter(empty((rows, input_size), device=device, dtype=dtype))
        self.weight_hh = Parameter(empty((rows, hidden_size), device=device, dtype=dtype))
        for name in ("bias_ih", "bias_hh"):
            vector = Parameter(empty(rows, device=device, dtype=dtype)) if bias else None
            self.register_parameter(name, vector)
        self.reset_parameters()

    def extra_repr(self) -> str:
        """The sizes, and what differs from the defaults."""
        text = f"{self.input_size}, {self.hidden_size}"
        if "bias" in self.__dict__ and self.bias is not True:
            text += f", bias={self.bias}"
        if "nonlinearity" in self.__dict__ and self.nonlinearity != "tanh":
            text += f", nonlinearity={self.nonlinearity}"
        return text

    def reset_parameters(self) -> None:
        """Draw first values."""
        bound = 1.0 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def _step(self, function: Any, input: Any, states: tuple[Any, ...] | None, count: int) -> tuple[Any, ...]:
        """The next states, of a batch or of a single sequence."""
        if input.dim() not in (1, 2):
            raise ValueError(f"{self._get_name()}: Expected input to be 1D or 2D, got {input.dim()}D instead")
        for i, state in enumerate(states or ()):
            if state.dim() not in (1, 2):
                name = "hidden" if count == 1 else f"hx[{i}]"
                raise ValueError(f"{self._get_name()}: Expected {name} to be 1D or 2D, got {state.dim()}D instead")
        batched = input.dim() == 2
        x = input if batched else input.unsqueeze(0)
        if states is None:
            states = (zeros(x.size(0), self.hidden_size, dtype=x.dtype),) * count
        elif not batched:
            states = tuple(state.unsqueeze(0) for state in states)
        weights = (self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
        found = function(x, states[0] if count == 1 else states, *weights)
        parts = (found,) if count == 1 else found
        return parts if batched else tuple(part.squeeze(0) for part in parts)


class RNNCell(RNNCellBase):
    """h' = tanh(W_ih x + b_ih + W_hh h + b_hh), or relu instead of tanh.

    Args:
        input_size: features of the input.
        hidden_size: features of the hidden state.
        bias: whether there are biases.
        nonlinearity: "tanh" or "relu".

    Shape:
        (batch, input_size) and (batch, hidden_size), zero if not given → (batch, hidden_size); or without batch.

    >>> import tapegrad as torch
    >>> torch.nn.RNNCell(10, 20)(torch.randn(3, 10)).shape
    torch.Size([3, 20])
    """

    __constants__ = ["input_size", "hidden_size", "bias", "nonlinearity"]
    nonlinearity: str

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, num_chunks=1, device=device, dtype=dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """The next state."""
        if self.nonlinearity not in ("tanh", "relu"):
            raise RuntimeError(f"Unknown nonlinearity: {self.nonlinearity}")
        function = rnn_tanh_cell if self.nonlinearity == "tanh" else rnn_relu_cell
        (state,) = self._step(function, input, None if hx is None else (hx,), 1)
        return state


class LSTMCell(RNNCellBase):
    """One step of `LSTM`.

    Args:
        input_size: features of the input.
        hidden_size: features of the hidden state.
        bias: whether there are biases.

    Shape:
        (batch, input_size) and states (h, c), each (batch, hidden_size), zero if not given → the next states (h, c);
        or without batch.

    >>> import tapegrad as torch
    >>> h, c = torch.nn.LSTMCell(10, 20)(torch.randn(3, 10))
    >>> h.shape, c.shape
    (torch.Size([3, 20]), torch.Size([3, 20]))
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, num_chunks=4, device=device, dtype=dtype)

    def forward(self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, Tensor]:
        """The next hidden and cell state."""
        if isinstance(hx, Tensor):
            raise TypeError("lstm_cell(): argument 'hx' (position 2) must be tuple of Tensors, not Tensor")
        h, c = self._step(lstm_cell, input, None if hx is None else tuple(hx), 2)
        return h, c


class GRUCell(RNNCellBase):
    """One step of `GRU`.

    Args:
        input_size: features of the input.
        hidden_size: features of the hidden state.
        bias: whether there are biases.

    Shape:
        as for `RNNCell`.

    >>> import tapegrad as torch
    >>> torch.nn.GRUCell(10, 20)(torch.randn(3, 10)).shape
    torch.Size([3, 20])
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, num_chunks=3, device=device, dtype=dtype)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """The next state."""
        (state,) = self._step(gru_cell, input, None if hx is None else (hx,), 1)
        return state
