"""What encoders and decoders share: masks, copies of layers, activations."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from ....tensor.factories import full
from ....tensor.tensor import Tensor
from ... import functional as F
from ..container import ModuleList
from ..module import Module

Activation = str | Callable[[Tensor], Tensor]


def _generate_square_subsequent_mask(sz: int, device: Any = None, dtype: Any = None) -> Tensor:
    mask: Any = full((sz, sz), float("-inf"), dtype=dtype, device=device)
    return mask.triu(diagonal=1)


def _get_seq_len(src: Tensor, batch_first: bool) -> int:
    """The number of elements of the sequences."""
    return src.size(1 if src.dim() == 3 and batch_first else 0)


def _get_clones(module: Module, N: int) -> ModuleList:
    return ModuleList([copy.deepcopy(module) for _ in range(N)])


def _get_activation_fn(activation: str) -> Callable[[Tensor], Tensor]:
    if activation not in ("relu", "gelu"):
        raise RuntimeError(f"activation should be relu/gelu, not {activation}")
    function: Callable[[Tensor], Tensor] = getattr(F, activation)
    return function


def _relu_or_gelu(function: Any) -> int:
    """1 for relu, 2 for gelu, else 0."""
    from ..activation import GELU, ReLU

    if function is F.relu or isinstance(function, ReLU):
        return 1
    return 2 if function is F.gelu or isinstance(function, GELU) else 0


def _detect_is_causal_mask(mask: Any, is_causal: bool | None = None, size: int | None = None) -> bool:
    """Whether a mask is the causal one; what is said of it is believed."""
    if is_causal is not None or mask is None:
        return is_causal is True
    causal = _generate_square_subsequent_mask(mask.size(-2) if size is None else size, dtype=mask.dtype)
    return mask.shape == causal.shape and bool((mask == causal).all())
