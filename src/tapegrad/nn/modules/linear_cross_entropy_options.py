"""How torch divides the work of `LinearCrossEntropyLoss`; accepted here, where it makes no difference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class LinearCrossEntropyOptions:
    """Options for working in chunks, which changes how much memory is used but no result.

    >>> LinearCrossEntropyOptions(batch_chunk_size=64).chunking_method
    'auto'
    """

    allow_retain_graph: bool = False
    batch_chunk_size: int | None = None
    chunking_method: str | None = "auto"
    acc_policy: str = "auto"
    acc_dtype: Any = None
