"""How tensors with rows print inside of `vmap`."""

from __future__ import annotations

import textwrap

from ..tensor.tensor import Tensor, new_tensor
from .levels import depth_of


def batched_repr(t: Tensor) -> str:
    """All rows, as torch shows them; they come first here, so `bdim` is 0.

    >>> import tapegrad as torch
    >>> _ = torch.vmap(lambda x: (print(x), x)[1])(torch.tensor([[1, 2], [3, 4]]))
    BatchedTensor(lvl=1, bdim=0, value=
        tensor([[1, 2],
                [3, 4]])
    )
    """
    inner = new_tensor(t._data.value)  # type: ignore[attr-defined]
    inner._fn, inner._flags = t._fn, t._flags & 1
    level = depth_of(t._data.level)  # type: ignore[attr-defined]
    return f"BatchedTensor(lvl={level}, bdim=0, value=\n{textwrap.indent(repr(inner), '    ')}\n)"
