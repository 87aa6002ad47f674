"""What recurrent layers share: their weights, and checks of what they are given."""

from __future__ import annotations

import math
import numbers
import warnings
from typing import Any

from ....ops.recurrent import autocasting
from ....tensor.factories import empty, zeros
from ....tensor.tensor import Parameter, Tensor
from ... import init
from ...utils.rnn import PackedSequence
from ..module import Module

# How many gates a layer of each kind has.
_GATES = {"LSTM": 4, "GRU": 3, "RNN_TANH": 1, "RNN_RELU": 1}


class RNNBase(Module):
    """The base class of RNN, LSTM and GRU.

    The weights of layer k are `weight_ih_l{k}`, shape (gates · hidden_size, input size), `weight_hh_l{k}`, shape
    (gates · hidden_size, hidden_size), the biases `bias_ih_l{k}` and `bias_hh_l{k}`, and if projecting
    `weight_hr_l{k}`, shape (proj_size, hidden_size); those of the other direction end in `_reverse`. First values are
    uniform within ±1/√hidden_size.

    Args:
        mode: "LSTM", "GRU", "RNN_TANH" or "RNN_RELU".
        input_size: features of the input.
        hidden_size: features of the hidden state.
        num_layers: layers, each of which takes the outputs of the one before.
        bias: whether there are biases.
        batch_first: input and output have shape (batch, time, features) instead of (time, batch, features).
        dropout: share of the outputs of every layer but the last that are zeroed in training.
        bidirectional: a second set of weights goes through the sequence backwards; outputs are joined.
        proj_size: if not 0, hidden states of an LSTM are projected to that size.
    """

    __constants__ = [
        "mode",
        "input_size",
        "hidden_size",
        "num_layers",
        "bias",
        "batch_first",
        "dropout",
        "bidirectional",
        "proj_size",
    ]
    __jit_unused_properties__ = ["all_weights"]
    mode: str
    input_size: int
    hidden_size: int
    num_layers: int
    bias: bool
    batch_first: bool
    dropout: float
    bidirectional: bool
    proj_size: int

    def __init__(
        self,
        mode: str,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        _check_options(input_size, hidden_size, num_layers, bias, batch_first, dropout, proj_size)
        if mode not in _GATES:
            raise ValueError(f"Unrecognized RNN mode: {mode}. Modes are {', '.join(_GATES)}.")
        self.mode = mode
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = float(dropout)
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        directions = ("", "_reverse") if bidirectional else ("",)
        rows = _GATES[mode] * hidden_size
        state = proj_size or hidden_size
        self._flat_weights_names: list[str] = []
        self._all_weights: list[list[str]] = []
        for layer in range(num_layers):
            features = state * len(directions) if layer else input_size
            shapes: dict[str, tuple[int, ...]] = {"weight_ih": (rows, features), "weight_hh": (rows, state)}
            if bias:
                shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)}
            if proj_size:
                shapes["weight_hr"] = (proj_size, hidden_size)
            for direction in directions:
                names = []
                for kind, shape in shapes.items():
                    names.append(f"{kind}_l{layer}{direction}")
                    setattr(self, names[-1], Parameter(empty(shape, device=device, dtype=dtype)))
                self._flat_weights_names += names
                self._all_weights.append(names)
        self.reset_parameters()

    @property
    def _flat_weights(self) -> list[Any]:
        """All weights in the order that the functions take them; always those that the module has now."""
        return [getattr(self, name, None) for name in self._flat_weights_names]

    @property
    def all_weights(self) -> list[list[Parameter]]:
        """The weights of each layer and direction."""
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    def flatten_parameters(self) -> None:
        """Nothing: for GPUs, torch moves the weights together here."""

    def reset_parameters(self) -> None:
        """Draw first values."""
        bound = 1.0 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    # -- checks ----------------------------------------------------------------------------------------------------

    def check_input(self, input: Tensor, batch_sizes: Tensor | None) -> None:
        """Refuse an input of another dtype, number of dimensions or features than the layer takes."""
        kind = getattr(self, self._flat_weights_names[0]).dtype
        if input.dtype is not kind and not autocasting():
            raise ValueError(
                f"RNN input dtype ({input.dtype}) does not match weight dtype ({kind}). Convert input:"
                f" input.to({kind}), or convert model: model.to({input.dtype})"
            )
        dims = 2 if batch_sizes is not None else 3
        if input.ndim != dims:
            raise RuntimeError(f"input must have {dims} dimensions, got {input.ndim}")
        if input._data.shape[-1] != self.input_size:
            raise RuntimeError(
                f"input.size(-1) must be equal to input_size. Expected {self.input_size}, got {input.size(-1)}"
            )

    def _expected_size(self, input: Tensor, batch_sizes: Tensor | None, features: int) -> tuple[int, int, int]:
        if batch_sizes is not None:
            batch = int(batch_sizes[0])
        else:
            batch = input._data.shape[0 if self.batch_first else 1]
        return self.num_layers * (2 if self.bidirectional else 1), batch, features

    def get_expected_hidden_size(self, input: Tensor, batch_sizes: Tensor | None) -> tuple[int, int, int]:
        """The shape of hidden states that go with an input: (layers · directions, batch, features)."""
        return self._expected_size(input, batch_sizes, self.proj_size or self.hidden_size)

    def check_hidden_size(
        self, hx: Tensor, expected_hidden_size: tuple[int, int, int], msg: str = "Expected hidden size {}, got {}"
    ) -> None:
        """Refuse a state of another shape."""
        if hx._data.shape != expected_hidden_size:
            raise RuntimeError(msg.format(expected_hidden_size, list(hx.shape)))

    def check_forward_args(self, input: Tensor, hidden: Any, batch_sizes: Tensor | None) -> None:
        """Refuse input and first states that do not go with the layer."""
        self.check_input(input, batch_sizes)
        self.check_hidden_size(hidden, self.get_expected_hidden_size(input, batch_sizes))

    def permute_hidden(self, hx: Any, permutation: Tensor | None) -> Any:
        """States in another order of the sequences."""
        return hx if permutation is None else hx.index_select(1, permutation)

    # -- what forward does around the computation --------------------------------------------------------------------

    def _state_features(self) -> tuple[int, ...]:
        """The features of each state."""
        return (self.hidden_size,)

    def _compute(self, x: Any, batch_sizes: Tensor | None, states: tuple[Any, ...], options: tuple[Any, ...]) -> Any:
        """The outputs and final states, of inputs that are packed if there are batch sizes."""
        raise NotImplementedError(f"{self._get_name()} does not say what it computes")

    def _run(self, input: Any, states: tuple[Any, ...] | None) -> tuple[Any, tuple[Any, ...]]:
        """Outputs and final states, in the form (unbatched, batched, packed) that the input has."""
        options = (self.bias, self.num_layers, self.dropout, self.training, self.bidirectional)
        if isinstance(input, PackedSequence):
            x, sizes, order, back = input
            first = self._first_states(x, sizes) if states is None else self._permuted(states, order)
            self.check_forward_args(x, first if len(first) > 1 else first[0], sizes)
            y, *final = self._compute(x, sizes, first, options)
            return PackedSequence(y, sizes, order, back), self._permuted(tuple(final), back)
        if input.dim() not in (2, 3):
            tensor = " tensor" if self.mode.startswith("RNN") else ""
            raise ValueError(f"{self._get_name()}: Expected input to be 2D or 3D, got {input.dim()}D{tensor} instead")
        batched = input.dim() == 3
        if states is not None:
            self._check_dims(states, batched)
        where = 0 if self.batch_first else 1
        x = input if batched else input.unsqueeze(where)
        if states is None:
            states = self._first_states(x, None)
        elif not batched:
            states = tuple(state.unsqueeze(1) for state in states)
        self.check_forward_args(x, states if len(states) > 1 else states[0], None)
        y, *final = self._compute(x, None, states, (*options, self.batch_first))
        if batched:
            return y, tuple(final)
        return y.squeeze(where), tuple(state.squeeze(1) for state in final)

    def _first_states(self, x: Tensor, batch_sizes: Tensor | None) -> tuple[Any, ...]:
        return tuple(
            zeros(self._expected_size(x, batch_sizes, features), dtype=x.dtype) for features in self._state_features()
        )

    def _permuted(self, states: tuple[Any, ...], order: Tensor | None) -> tuple[Any, ...]:
        return states if order is None else tuple(state.index_select(1, order) for state in states)

    def _check_dims(self, states: tuple[Any, ...], batched: bool) -> None:
        dims, kind = (3, "batched") if batched else (2, "unbatched")
        found = [state.dim() for state in states]
        if all(n == dims for n in found):
            return
        if len(found) == 1:
            raise RuntimeError(f"For {kind} {dims}-D input, hx should also be {dims}-D but got {found[0]}-D tensor")
        raise RuntimeError(
            f"For {kind} {dims}-D input, hx and cx should also be {dims}-D but got"
            f" ({', '.join(f'{n}-D' for n in found)}) tensors"
        )

    def extra_repr(self) -> str:
        """The options that differ from their defaults."""
        parts = [f"{self.input_size}, {self.hidden_size}"]
        defaults = {"proj_size": 0, "num_layers": 1, "bias": True, "batch_first": False, "dropout": 0,
                    "bidirectional": False}  # fmt: skip
        parts += [f"{name}={getattr(self, name)}" for name, usual in defaults.items() if getattr(self, name) != usual]
        return ", ".join(parts)


def _check_options(
    input_size: Any, hidden_size: Any, num_layers: Any, bias: Any, batch_first: Any, dropout: Any, proj_size: Any
) -> None:
    """Refuse options that no layer can have."""
    if not isinstance(dropout, numbers.Number) or isinstance(dropout, bool) or not 0 <= dropout <= 1:  # type: ignore[operator]
        raise ValueError(
            "dropout should be a number in range [0, 1] representing the probability of an element being zeroed."
            f" Found: {dropout!r}."
        )
    if dropout > 0 and num_layers == 1:  # type: ignore[operator]
        warnings.warn(
            "dropout option adds dropout after all but last recurrent layer, so non-zero dropout expects num_layers"
            f" greater than 1, but got dropout={dropout} and num_layers={num_layers}",
            stacklevel=4,
        )
    for name, value, kind in (
        ("bias", bias, bool), ("batch_first", batch_first, bool), ("input_size", input_size, int),
        ("hidden_size", hidden_size, int),
    ):  # fmt: skip
        if not isinstance(value, kind):
            raise TypeError(f"{name} should be of type {kind.__name__}, got: {type(value).__name__}")
        if kind is int and value <= 0:
            raise ValueError(f"{name} must be greater than zero. Found: {value}.")
    if num_layers <= 0:
        raise ValueError(f"num_layers must be greater than zero. Found: {num_layers}.")
    if proj_size < 0:
        raise ValueError(f"proj_size should be a positive integer or zero to disable projections. Found: {proj_size}.")
    if proj_size >= hidden_size:
        raise ValueError(f"proj_size has to be smaller than hidden_size. Found: {proj_size} and {hidden_size}.")
